"""`python -m sandbox.stack.containers prepare|provision`: what docker-compose.yml needs beside the components.

The local stack does the same with the same functions, `ensure_databases`, `write_users` and `set_pools`.
Everything comes from the environment; docker-compose.yml shows which variables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from sandbox.stack import airflow, outside_systems, postgres
from sandbox.stack.api import AirflowApi, Json
from sandbox.stack.failures import StackFailure
from sandbox.stack.places import PROJECT
from sandbox.stack.settings import ROLES

application = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def needed(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """A variable that must be set.

    Raises:
        StackFailure: it is not.
    """
    value = environment.get(name)
    if not value:
        raise StackFailure(f"{name} is not set. Copy .env.example to .env, fill it in, and start again.")
    return value


def _role_passwords() -> dict[str, str]:
    return {role: needed(f"PASSWORD_{role.upper()}") for role in postgres.LOGIN_ROLES}


def _user_passwords() -> dict[str, str]:
    return {user: needed(f"PASSWORD_UI_{user.upper()}") for user in ROLES}


def _entity(connection_id: str, fields: Mapping[str, Any]) -> Json:
    return {"connection_id": connection_id, **fields, "extra": json.dumps(fields.get("extra", {}))}


@application.command()
def prepare() -> None:
    """Make the login roles and databases (PG* name the server) and the users of Airflow's UI."""
    postgres.ensure_databases("", _role_passwords())
    airflow.write_users(Path(needed("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE")), _user_passwords())


@application.command()
def provision() -> None:
    """Make the pools, and the connections to the sandbox systems where they run."""
    api = AirflowApi(needed("SEAMLINE_API_URL"), "admin", needed("PASSWORD_UI_ADMIN"))
    api.set_pools(airflow.pools(PROJECT / "include" / "pools.yml"))
    systems = outside_systems.ready(Path(os.environ.get("SEAMLINE_SANDBOX_READY", "")))
    if systems:
        reached = outside_systems.seen_from_afar(systems, needed("SEAMLINE_SANDBOX_HOST"))
        api.set_connections(_entity(*item) for item in outside_systems.connections(reached).items())


if __name__ == "__main__":
    try:
        application()
    except StackFailure as failure:
        raise SystemExit(str(failure)) from None
