"""Airflow's settings and commands: one truth for the local stack and for docker-compose.yml.

Names and meanings: Airflow 3.3, "Configuration Reference". What differs between the two (addresses,
folders, secrets) is added in `sandbox.stack.environment` and in the compose file; a test compares the rest.
"""

from __future__ import annotations

from enum import StrEnum

ROLES = {"admin": "admin", "operator": "op", "viewer": "viewer"}


class Executor(StrEnum):
    """Who runs the tasks: children of the scheduler, or Celery workers behind a Redis broker."""

    LOCAL = "local"
    CELERY = "celery"

    @property
    def airflow_name(self) -> str:
        """Its name in Airflow's configuration."""
        return {"local": "LocalExecutor", "celery": "CeleryExecutor"}[self]


NO_TELEMETRY = {
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "GX_ANALYTICS_ENABLED": "False",
    "SCARF_NO_ANALYTICS": "true",
    "DO_NOT_TRACK": "1",
}

AIRFLOW_SETTINGS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
    # Tasks at once. A task is a process of its own: more than this is slower on two cores.
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in ROLES.items()),
    # A changed DAG file is taken in at once whatever these say; the first is for new files, the last for what a
    # settled one imports.
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "2",
    "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    # How soon the work of a lost machine is noticed and given to another.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__API__EXPOSE_CONFIG": "False",
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
}

CELERY_SETTINGS = {
    # What may wait at the broker; how many run at once, the workers say. A task that ends in the moment in which its
    # worker is lost keeps its place in the scheduler until that restarts, so there are more places than workers need.
    "AIRFLOW__CORE__PARALLELISM": "32",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
    "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
    "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
    "AIRFLOW__CELERY__EXTRA_CELERY_CONFIG": '{"imports": ["include.worker_start"]}',
}

MIGRATE_AIRFLOW = ("airflow", "db", "migrate")
MIGRATE_WAREHOUSE = ("python", "-m", "include.stores.migrate")
SANDBOX = ("python", "-m", "sandbox.serve")
# Logs lie in a folder that all components share, so nobody has to serve them.
COMPONENTS = {
    "api-server": ("airflow", "api-server"),
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}


def worker_command(name: str = "worker") -> tuple[str, ...]:
    """A Celery worker that answers to ``<name>@<host>``."""
    quiet = ("--skip-serve-logs", "--without-mingle", "--without-gossip")
    return ("airflow", "celery", "worker", "--celery-hostname", f"{name}@%h", *quiet)


def airflow_settings(executor: Executor) -> dict[str, str]:
    """The settings that do not depend on the machine, as environment variables."""
    celery = CELERY_SETTINGS if executor is Executor.CELERY else {}
    return {**NO_TELEMETRY, **AIRFLOW_SETTINGS, **celery, "AIRFLOW__CORE__EXECUTOR": executor.airflow_name}
