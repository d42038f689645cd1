"""Airflow's components as processes of the stack, whether they are well, their users and their pools."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import yaml

from sandbox.stack.api import AirflowApi, Json
from sandbox.stack.components import Component, Stage
from sandbox.stack.credentials import UI_PASSWORDS
from sandbox.stack.failures import StackFailure
from sandbox.stack.private_files import write_private
from sandbox.stack.settings import COMPONENTS, Executor, worker_command

REPORTED_AS = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
# The triggerer often waits ten seconds for a child that has already ended: ask both, and do not wait that long.
ASKED_AS_A_GROUP = {"triggerer"}
GRACE = {"triggerer": 3.0}


def on_this_machine(command: tuple[str, ...]) -> tuple[str, ...]:
    """A command of `sandbox.stack.settings` run by this very Python, also after the checkout was moved."""
    program, *arguments = command
    return (sys.executable, *([] if program == "python" else ["-m", program]), *arguments)


def _component(name: str, command: tuple[str, ...]) -> Component:
    return Component(
        name=name,
        command=on_this_machine(command),
        stage=Stage.AIRFLOW,
        signals_group=name in ASKED_AS_A_GROUP,
        grace=GRACE.get(name, 8.0),
    )


def airflow_components(executor: Executor, workers: int) -> list[Component]:
    """Airflow's four components, and the Celery workers where Celery runs the tasks."""
    found = [_component(name, command) for name, command in COMPONENTS.items()]
    if executor is Executor.CELERY:
        names = [f"worker-{number}" for number in range(1, workers + 1)]
        found += [_component(name, worker_command(name)) for name in names]
    return found


def write_users(path: Path, passwords: dict[str, str] = UI_PASSWORDS) -> None:
    """The password file of the simple auth manager."""
    write_private(path, json.dumps(passwords) + "\n")


def _moment(text: str | None) -> float:
    if not text:
        return 0.0
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def is_healthy(health: Json, component: str, since: float) -> bool:
    """Whether Airflow reports a component healthy by a heartbeat made after it was started.

    Args:
        health: the answer of ``/api/v2/monitor/health``.
        component: its name in `COMPONENTS`.
        since: its start, in seconds of the epoch; the heartbeat of a killed predecessor does not count.
    """
    if component == "api-server":
        return health["metadatabase"]["status"] == "healthy"
    key = REPORTED_AS[component]
    report = health.get(key) or {}
    return report.get("status") == "healthy" and _moment(report.get(f"latest_{key}_heartbeat")) >= since


def is_up(api: AirflowApi, component: str, since: float) -> bool:
    """`is_healthy` by asking Airflow; no answer is a no."""
    try:
        return is_healthy(api.health(), component, since)
    except StackFailure:
        return False


def answering_workers(broker_url: str) -> set[str]:
    """The names of the Celery workers that answer a ping now."""
    from celery import Celery

    with Celery(broker=broker_url) as app:
        replies = app.control.ping(timeout=0.5) or []
    return {host.split("@")[0] for reply in replies for host in reply}


def pools(path: Path) -> Iterable[Json]:
    """The pools of `include/pools.yml` in the words of Airflow's REST API.

    Raises:
        StackFailure: a pool has no slots or no description.
    """
    for name, facts in yaml.safe_load(path.read_text()).items():
        if not isinstance(facts.get("slots"), int) or not facts.get("description"):
            raise StackFailure(f"{path}: pool {name} needs slots (a whole number) and a description.")
        yield {
            "name": name,
            "slots": facts["slots"],
            "description": facts["description"],
            "include_deferred": False,
        }
