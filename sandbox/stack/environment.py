"""The environment of every process of the stack, the connections of the DAGs in it, and the file that keeps it.

What the stack sets goes into the file; processes also inherit the environment of the person who starts
the stack, except for what would change the behaviour of Airflow, libpq or Python behind the stack's back.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.stack.credentials import Credentials
from sandbox.stack.failures import StackFailure
from sandbox.stack.places import PROJECT, Places
from sandbox.stack.ports import LOOPBACK
from sandbox.stack.postgres import dsn
from sandbox.stack.private_files import write_private
from sandbox.stack.settings import Executor, airflow_settings

FOREIGN = ("AIRFLOW_", "AIRFLOW__", "PG", "SEAMLINE_DSN", "CELERY_")
FOREIGN_NAMES = {"PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "SEAMLINE_COMPONENT"}
WAREHOUSE_ROLES = {
    "warehouse_db": "seamline_pipeline",
    "warehouse_db_owner": "seamline_owner",
    "warehouse_db_builder": "seamline_builder",
    "warehouse_db_reader": "seamline_reader",
    "warehouse_db_analyst": "seamline_analyst",
}


@dataclass(frozen=True)
class Addresses:
    """Where the parts of one stack listen.

    Attributes:
        ports: a port number per name of `sandbox.stack.ports.PREFERRED`.
        executor: who runs the tasks.
    """

    ports: Mapping[str, int]
    executor: Executor

    @property
    def ui(self) -> str:
        """The address of Airflow's api-server."""
        return f"http://{LOOPBACK}:{self.ports['ui']}"


def inherited(shell: Mapping[str, str]) -> dict[str, str]:
    """What a process of the stack may take over from the person's shell."""
    return {
        name: value
        for name, value in shell.items()
        if not name.startswith(FOREIGN) and name not in FOREIGN_NAMES
    }


def _unproxied(shell: Mapping[str, str]) -> dict[str, str]:
    known = shell.get("no_proxy") or shell.get("NO_PROXY") or ""
    hosts = ",".join(dict.fromkeys([*filter(None, known.split(",")), LOOPBACK, "localhost"]))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def process_environment(own: Mapping[str, str], shell: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment of a process: what is inherited, the programs of this Python first, what the stack sets."""
    programs = Path(sys.executable).parent
    path = {"PATH": f"{programs}{os.pathsep}{shell.get('PATH', os.defpath)}"}
    return {**inherited(shell), **_unproxied(shell), **path, **own}


def _surroundings(where: Places) -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(where.project), str(PROJECT)])),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "XDG_RUNTIME_DIR": str(where.runtime),
        "XDG_CACHE_HOME": str(where.state / "cache"),
        "XDG_CONFIG_HOME": str(where.state / "config"),
        "XDG_DATA_HOME": str(where.state / "data"),
        "SEAMLINE_LOCAL": str(where.state),
        "SEAMLINE_LANDING": where.landing.as_uri(),
        "SEAMLINE_DBT_TARGET": str(where.state / "dbt"),
    }


def _airflow(where: Places, secrets: Credentials, addresses: Addresses) -> dict[str, str]:
    database = dsn("airflow", secrets.airflow, addresses.ports["postgres"], "airflow")
    return {
        **airflow_settings(addresses.executor),
        "AIRFLOW_HOME": str(where.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(where.dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(where.plugins),
        "AIRFLOW__CORE__FERNET_KEY": secrets.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(where.users),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{addresses.ui}/execution/",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(addresses.ports["ui"]),
        "AIRFLOW__API__BASE_URL": addresses.ui,
        "AIRFLOW__API__SECRET_KEY": secrets.api_secret_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.jwt_secret,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg2://"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(where.logs / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(where.logs / "dags"),
    }


def _celery(secrets: Credentials, addresses: Addresses) -> dict[str, str]:
    if addresses.executor is not Executor.CELERY:
        return {}
    results = dsn("airflow", secrets.airflow, addresses.ports["postgres"], "airflow")
    return {
        "AIRFLOW__CELERY__BROKER_URL": f"redis://:{secrets.redis}@{LOOPBACK}:{addresses.ports['redis']}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": results.replace("postgresql://", "db+postgresql+psycopg2://"),
    }


def _warehouse_connection(role: str, password: str, port: int) -> dict[str, Any]:
    return {
        "conn_type": "postgres",
        "host": LOOPBACK,
        "port": port,
        "login": role,
        "password": password,
        "schema": "warehouse",
    }


def connection_variables(connections: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Airflow connections as the environment variables that Airflow reads them from.

    Source: Airflow, "Managing Connections", section "Storing connections in environment variables".
    """
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(fields) for name, fields in connections.items()}


def _warehouse(secrets: Credentials, port: int) -> dict[str, str]:
    passwords = {name: (role, getattr(secrets, role)) for name, role in WAREHOUSE_ROLES.items()}
    connections = {name: _warehouse_connection(*login, port) for name, login in passwords.items()}
    dsns = {name.removeprefix("warehouse_db").upper(): login for name, login in passwords.items()}
    return {
        **connection_variables(connections),
        **{f"SEAMLINE_DSN{suffix}": dsn(*login, port, "warehouse") for suffix, login in dsns.items()},
    }


def stack_environment(
    where: Places, secrets: Credentials, addresses: Addresses, overrides: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What the stack sets for all its processes, except the connections of the outside systems.

    Args:
        where: the places of the stack.
        secrets: its passwords and keys.
        addresses: its ports and executor.
        overrides: settings that win over all others, as ``AIRFLOW__CORE__PARALLELISM``.
    """
    return {
        **_surroundings(where),
        **_airflow(where, secrets, addresses),
        **_celery(secrets, addresses),
        **_warehouse(secrets, addresses.ports["postgres"]),
        **(overrides or {}),
    }


def write_environment(path: Path, own: Mapping[str, str]) -> None:
    """Keep what the stack sets as ``export NAME='value'`` lines, mode 0600."""
    write_private(
        path, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(own.items()))
    )


def read_environment(path: Path) -> dict[str, str]:
    """What ``write_environment`` kept.

    Raises:
        StackFailure: the stack has not been started yet.
    """
    if not path.exists():
        raise StackFailure(f"The stack was never started here ({path} is not there). Run `make up`.")
    return dict(word.split("=", 1) for word in shlex.split(path.read_text()) if word != "export")
