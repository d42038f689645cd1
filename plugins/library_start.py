"""Has processes of Airflow that fork others load first what all of those need: see ``include/preloading.py``.

The scheduler does so where it forks tasks itself, the dag-processor for the reading of DAG files. In Airflow's other
processes it does nothing.
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
    match sys.argv[1:2]:
        case ["scheduler"] if conf.get("core", "executor") == "LocalExecutor":
            import_module("include.worker_start")
        case ["dag-processor"]:
            preloading = import_module("include.preloading")
            preloading.load(preloading.OF_DAG_FILES)


class LibraryStart(AirflowPlugin):
    """The listener, for Airflow."""

    name = "library_start"
    listeners = [sys.modules[__name__]]  # noqa: RUF012 - as Airflow wants it
