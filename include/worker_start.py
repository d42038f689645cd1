"""What a worker loads before it forks its tasks, so that each task begins with it at hand: seconds less a task.

Celery imports this module (``AIRFLOW__CELERY__EXTRA_CELERY_CONFIG``); where the scheduler forks the tasks itself, the
plugin ``plugins/worker_start.py`` does. Libraries alone are loaded, never our own modules: a changed flow or step is
taken in by the next task without a restart. They are loaded and not used: no connection and no thread of Python may
exist when a process is forked. polars is not among them: it starts a thread as soon as it is loaded, and does not
start it again in a fork, as the allocator of Arrow and OpenBLAS do theirs.
"""

from __future__ import annotations

import logging
from importlib import import_module

log = logging.getLogger(__name__)

LIBRARIES = (
    # Our one exception, and the first: it says how Great Expectations is loaded.
    "include.gates",
    "airflow.sdk",
    "airflow.timetables.assets",
    "airflow.timetables.trigger",
    "airflow.providers.postgres.hooks.postgres",
    "pyarrow.parquet",
    "psycopg",
    "pydantic",
    "paramiko",
    "requests",
    "yaml",
    "great_expectations",
    "great_expectations.expectations",
    "great_expectations.render.renderer",
    "great_expectations.render.view",
    "dbt.cli.main",
    "dbt.adapters.postgres",
)


def load_libraries() -> None:
    """Load what tasks need. What cannot be loaded is left to the tasks that need it, which fail and say why."""
    for name in LIBRARIES:
        try:
            import_module(name)
        except ImportError as error:
            log.warning("%s could not be loaded before the tasks that need it: %s", name, error)


load_libraries()
