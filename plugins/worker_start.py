"""Has the scheduler load what tasks need, where it forks them itself: see ``include/worker_start.py``.

With other executors, and in Airflow's other processes, it does nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from airflow.configuration import conf
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin


@hookimpl
def on_starting(component: Any) -> None:
    """A component of Airflow begins."""
    if "scheduler" in sys.argv[1:2] and conf.get("core", "executor") == "LocalExecutor":
        import_module("include.worker_start")


class WorkerStart(AirflowPlugin):
    """The listener, for Airflow."""

    name = "worker_start"
    listeners = [sys.modules[__name__]]  # noqa: RUF012 - as Airflow wants it
