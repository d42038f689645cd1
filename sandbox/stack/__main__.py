"""`python -m sandbox.stack up|down|status|psql|env`: the local stack by hand; the Makefile calls these."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from sandbox.stack import airflow, postgres
from sandbox.stack.api import AirflowApi
from sandbox.stack.credentials import UI_PASSWORDS
from sandbox.stack.environment import read_environment
from sandbox.stack.failures import StackFailure
from sandbox.stack.places import Places, places
from sandbox.stack.progress import Steps
from sandbox.stack.records import Running, is_alive, read_record
from sandbox.stack.running import ended_in_order, start_stack, take_down
from sandbox.stack.settings import COMPONENTS, ROLES, Executor

application = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


class Role(StrEnum):
    """Who may see what in the warehouse."""

    READER = "reader"
    ANALYST = "analyst"
    PIPELINE = "pipeline"
    BUILDER = "builder"
    OWNER = "owner"

    @property
    def dsn_variable(self) -> str:
        """The variable of the stack's environment that holds its connection string."""
        return "SEAMLINE_DSN" if self is Role.PIPELINE else f"SEAMLINE_DSN_{self.name}"


@contextmanager
def _told_in_sentences() -> Iterator[None]:
    try:
        yield
    except (StackFailure, OSError) as failure:
        complaints.print(str(failure), markup=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        complaints.print("Interrupted; everything that was started is stopped.")
        raise typer.Exit(130) from None


def _api(where: Places) -> AirflowApi:
    return AirflowApi(read_environment(where.environment)["AIRFLOW__API__BASE_URL"], timeout=5)


def _is_healthy(running: Running, api: AirflowApi) -> bool:
    return is_alive(running) and (
        running.name not in COMPONENTS or airflow.is_up(api, running.name, since=running.started_at)
    )


def _is_up(where: Places) -> bool:
    running = read_record(where.processes).running
    names = {one.name for one in running}
    return names >= {"postgres", "sandbox", *COMPONENTS} and all(
        _is_healthy(one, _api(where)) for one in running
    )


def _say_how_to_use(where: Places) -> None:
    settings = read_environment(where.environment)
    users = ", ".join(f"{user} / {password} ({ROLES[user]})" for user, password in UI_PASSWORDS.items())
    console.print(f"Airflow     {settings['AIRFLOW__API__BASE_URL']}", markup=False)
    console.print(f"Sign in as  {users}", markup=False)
    console.print(
        "Warehouse   make psql                (reads everything; ROLE=analyst reads what is published)",
        markup=False,
    )
    console.print(f"Logs        {where.logs}", markup=False)
    console.print("Stop        make down", markup=False)


@application.command()
def up(
    executor: Annotated[Executor, typer.Option(help="Who runs the tasks.")] = Executor.LOCAL,
    workers: Annotated[int, typer.Option(min=1, help="Celery workers.")] = 2,
) -> None:
    """Start PostgreSQL, the sandbox systems and Airflow, wait until all are healthy, and leave them running."""
    where = places()
    with _told_in_sentences(), ended_in_order():
        if _is_up(where):
            console.print(f"The stack in {where.state} is already up.", markup=False)
        else:
            start_stack(where, executor, workers=workers, steps=Steps())
        _say_how_to_use(where)


@application.command()
def down() -> None:
    """Stop everything that runs here, also what a killed command left behind."""
    where = places()
    with _told_in_sentences():
        stopped = take_down(where)
        console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.", markup=False)


def _state(running: Running, api: AirflowApi) -> str:
    if not is_alive(running):
        return f"has ended; see {running.log}"
    return (
        "healthy"
        if _is_healthy(running, api)
        else f"runs, but Airflow does not call it healthy; see {running.log}"
    )


@application.command()
def status() -> None:
    """One line per component; exit code 1 unless everything is healthy."""
    where = places()
    with _told_in_sentences():
        running = read_record(where.processes).running
        if not running:
            raise StackFailure(f"Nothing runs in {where.state}. `make up` starts the stack.")
        api = _api(where)
        states = {one.name: _state(one, api) for one in running}
        for name, state in states.items():
            console.print(f"{name:<15}{state}", markup=False)
        raise typer.Exit(0 if set(states.values()) == {"healthy"} else 1)


@application.command()
def env() -> None:
    """Print what the stack adds to the environment: `eval "$(python -m sandbox.stack env)"`. It contains secrets."""
    where = places()
    with _told_in_sentences():
        read_environment(where.environment)
        typer.echo(where.environment.read_text(), nl=False)


@application.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(
    context: typer.Context,
    role: Annotated[Role, typer.Option(help="Who asks.")] = Role.READER,
) -> None:
    """Open psql on the warehouse; further arguments go to psql: `psql -- -c "select 1"`."""
    where = places()
    with _told_in_sentences():
        if not any(one.name == "postgres" and is_alive(one) for one in read_record(where.processes).running):
            raise StackFailure("PostgreSQL does not run here. `make up` starts it.")
        settings = read_environment(where.environment)
        program = postgres.binary("psql")
        variables = {**os.environ, **postgres.libpq_variables(settings[role.dsn_variable])}
        os.execve(program, [str(program), *context.args], variables)  # noqa: S606 psql itself must get Ctrl-C


if __name__ == "__main__":
    application()
