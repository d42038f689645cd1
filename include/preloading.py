"""Libraries that a process of Airflow loads before it forks others, so that each of those begins with them at hand.

Libraries alone are loaded, never our own modules: a changed flow or step is taken in by the next fork without a
restart. They are loaded and not used: no connection and no thread of Python may exist when a process is forked. polars
is not among them: it starts a thread as soon as it is loaded, and does not start it again in a fork, as the allocator
of Arrow and OpenBLAS do theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib import import_module

log = logging.getLogger(__name__)

OF_DAG_FILES = (
    "airflow.sdk",
    "airflow.sdk.definitions.decorators",
    "airflow.providers.common.compat.assets",
    "airflow.sdk.definitions.connection",
    "airflow.timetables.assets",
    "airflow.timetables.trigger",
    "airflow.providers.standard.operators.trigger_dagrun",
    "psycopg",
    "pydantic",
    "pyarrow.compute",
    "pyarrow.parquet",
    "paramiko",
    "requests",
    "yaml",
)
"""What reading a DAG file loads, in the dag-processor and again in every task."""

OF_TASKS = (
    # Our one exception, and the first: it says how Great Expectations is loaded.
    "include.gates",
    *OF_DAG_FILES,
    "airflow.providers.postgres.hooks.postgres",
    "great_expectations",
    "great_expectations.expectations",
    "great_expectations.render.renderer",
    "great_expectations.render.view",
    "dbt.cli.main",
    "dbt.adapters.postgres",
)
"""What the work of tasks loads besides."""


def load(names: Iterable[str]) -> None:
    """Load libraries. What cannot be loaded is left to the processes that need it, which fail and say why."""
    for name in names:
        try:
            import_module(name)
        except ImportError as error:
            log.warning("%s could not be loaded before the processes that need it: %s", name, error)
