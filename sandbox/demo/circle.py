"""When the circle is closed: everything that came has been taken in, built, sent, shown and compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from include.flow import CollectFlow, MatchFlow, PullFlow, PushFlow, ReconcileFlow, flows
from include.operations import BUILD_WAREHOUSE
from sandbox.demo.figures import Figures
from sandbox.stack.failures import StackFailure
from sandbox.stack.outside_systems import ask
from sandbox.stack.running import Stack

LOOK_SECONDS = 1.0
FIRST_TURN_SECONDS = 20.0
# A day takes two minutes on two idle cores, and three times as long where others work too.
PATIENCE_SECONDS = 600.0
FAILED = "failed"
TAKES_IN = (PullFlow, CollectFlow)
CONTROL = "CONTRL"
"""An acknowledgement that some partners put where their documents lie."""
MAIL, AWAITED = "mail:", "messages are accepted"


def start_flows(stack: Stack, watch: Callable[[list[str]], None]) -> None:
    """Let every flow run by its own schedule and events: first what takes deliveries in, then the build, so that one
    build takes up all of them, then what goes out.

    Args:
        watch: told what is still on its way, again and again.
    """
    wanted = [flow for flow in flows().values() if not flow.is_optional]
    taking_in = [flow.dag_id for flow in wanted if isinstance(flow, TAKES_IN)]
    for first in (taking_in, [BUILD_WAREHOUSE.dag_id]):
        _start(stack, first)
        _wait_until_idle(stack, watch)
    begun = {*taking_in, BUILD_WAREHOUSE.dag_id}
    _start(stack, [flow.dag_id for flow in wanted if flow.dag_id not in begun])


def look_for_deliveries(stack: Stack) -> None:
    """Let everything that looks for deliveries look now instead of at its next turn."""
    for flow in flows().values():
        if isinstance(flow, TAKES_IN) and not flow.is_optional:
            stack.api.trigger(flow.dag_id)


def wait_until_closed(stack: Stack, figures: Figures, watch: Callable[[list[str]], None]) -> None:
    """Wait until nothing is on its way and no run is active, then compare with the channel once more.

    Args:
        watch: told what is still on its way, again and again.

    Raises:
        StackFailure: it takes too long; the message says what is still on its way.
        ComponentDied: a part of the stack ended.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    compared: set[str] = set()
    is_idle = False
    while True:
        stack.check()
        active = list(_active(stack))
        work = [*active, *figures.open_work(), *_mail(stack)]
        watch(work)
        # What an event starts comes a moment after the run that told it.
        was_idle, is_idle = is_idle, not active
        if work and is_idle and was_idle:
            _look_at_mail(stack)
            _take_up(stack, work)
            _send_what_is_due(stack, work)
        if not work and compared:
            return
        if not work:
            compared = _compare(stack)
        if time.monotonic() > deadline:
            raise StackFailure("The circle did not close in time. Still on its way: " + "; ".join(work[:5]))
        time.sleep(LOOK_SECONDS)


def _mail(stack: Stack) -> Iterator[str]:
    """What lies in the mailboxes of suppliers: what they have not taken, and what we have not fetched."""
    for path in ask(stack.systems, "GET", "mail"):
        yield f"{MAIL} {path}"


def _look_at_mail(stack: Stack) -> None:
    """Let what partners have answered be fetched now, if there is anything: acknowledgements by the flow that hears of
    them, and by one that fetches documents where they lie among those; documents by the flows that take their kind."""
    mail = [path.split("/") for path in ask(stack.systems, "GET", "mail")]
    kinds = {(system, name.partition("_")[0]) for system, *_, name in mail}
    for flow in flows().values():
        wanted: set[tuple[str, str]] = set()
        if isinstance(flow, PullFlow) and flow.documents:
            wanted = {(flow.system, kind) for kind in (*flow.documents, CONTROL)} & kinds
        if mail and (isinstance(flow, CollectFlow) or wanted):
            stack.api.trigger(flow.dag_id)
            kinds.discard((flow.system, CONTROL))


def _take_up(stack: Stack, work: list[str]) -> None:
    """Let flows go on now, instead of at their next turn, with what a worker that died has left half done."""
    waiting = {line.partition(":")[0] for line in work}
    for flow in flows().values():
        if isinstance(flow, TAKES_IN) and flow.dag_id in waiting:
            stack.api.trigger(flow.dag_id)


def failed_runs(stack: Stack) -> list[dict[str, Any]]:
    """Flows whose newest run failed."""
    return [run for dag_id in flows() if (run := _newest(stack, dag_id)) and run["state"] == FAILED]


def _send_what_is_due(stack: Stack, work: list[str]) -> None:
    """Let pushes look now instead of at their next turn: what failed before may be due again. What waits for an answer
    is woken by it."""
    answers_lie_there = any(line.startswith(MAIL) for line in work)
    due = [line for line in work if not (answers_lie_there and line.endswith(AWAITED))]
    for flow in flows().values():
        if isinstance(flow, PushFlow) and any(
            line.startswith((f"{flow.dag_id}:", f"{flow.system} {flow.entity}:")) for line in due
        ):
            stack.api.trigger(flow.dag_id)


def _compare(stack: Stack) -> set[str]:
    """Start every comparison; its runs are waited for like any other."""
    started = {f.dag_id for f in flows().values() if isinstance(f, ReconcileFlow | MatchFlow)}
    for dag_id in started:
        stack.api.trigger(dag_id)
    return started


def _active(stack: Stack) -> Iterator[str]:
    for run in stack.api.dag_runs(state=["running", "queued"]):
        yield f"{run['dag_id']}: {run['state']}"


def _newest(stack: Stack, dag_id: str) -> dict[str, Any] | None:
    runs = stack.api.request("GET", f"/dags/{dag_id}/dagRuns", params={"order_by": "-run_after", "limit": 1})
    return next(iter(runs["dag_runs"]), None)


def _start(stack: Stack, dag_ids: list[str]) -> None:
    """Let flows run; Airflow begins those that have turns with the one that was due last."""
    for dag_id in dag_ids:
        _parsed(stack, dag_id)
        stack.api.unpause(dag_id)
    deadline = time.monotonic() + FIRST_TURN_SECONDS
    due = {dag_id for dag_id in dag_ids if flows()[dag_id].schedule}
    while not due <= {run["dag_id"] for run in stack.api.dag_runs()} and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _wait_until_idle(stack: Stack, watch: Callable[[list[str]], None]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (active := list(_active(stack))) and time.monotonic() < deadline:
        stack.check()
        watch(active)
        time.sleep(LOOK_SECONDS)


def _parsed(stack: Stack, dag_id: str) -> None:
    """Wait until Airflow has read the DAG's file.

    Raises:
        StackFailure: it could not, with the reason.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while dag_id not in {dag["dag_id"] for dag in stack.api.dags()}:
        errors = stack.api.import_errors()
        if errors:
            raise StackFailure(f"{errors[0]['filename']} cannot be read: {errors[0]['stack_trace']}")
        if time.monotonic() > deadline:
            raise StackFailure(f"Airflow has not read {dag_id} in {PATIENCE_SECONDS:g} seconds.")
        stack.check()
        time.sleep(LOOK_SECONDS)
