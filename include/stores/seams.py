"""Schema seam: runs of steps, interventions of people, alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.stores.sql import statement


@contextmanager
def recorded(connection: psycopg.Connection, flow: str, step: str) -> Iterator[dict[str, Any]]:
    """Record a run of a step, whatever becomes of it.

    Yields:
        a summary to fill in; empty means that there was nothing to do.
    """
    summary: dict[str, Any] = {}
    row = connection.execute(statement("seams", "start_run"), {"flow": flow, "step": step}).fetchone()
    assert row is not None
    try:
        yield summary
    except BaseException as error:
        _finish(connection, row[0], "failed", summary, error)
        raise
    _finish(connection, row[0], "done" if any(summary.values()) else "nothing", summary, None)


def record_intervention(
    connection: psycopg.Connection, kind: str, subject: str, person: str, reason: str, **detail: Any
) -> int:
    """Record what a person did, and why; the id of the record."""
    row = connection.execute(
        statement("seams", "record_intervention"),
        {"kind": kind, "subject": subject, "person": person, "reason": reason, "detail": Jsonb(detail)},
    ).fetchone()
    assert row is not None
    return row[0]


def raise_alert(
    connection: psycopg.Connection, *, flow: str, incident: str, owner: str, message: str, runbook: str
) -> bool:
    """Note an incident; whether it is new, so that its owner is told once."""
    row = connection.execute(
        statement("seams", "raise_alert"),
        {"flow": flow, "incident": incident, "owner": owner, "message": message, "runbook": runbook},
    ).fetchone()
    return bool(row and row[0])


def untold(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Incidents of which nobody was told yet: ``flow, owner, message, runbook``. Whoever asks tells them."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("seams", "untold")).fetchall()


def clear_alert(connection: psycopg.Connection, flow: str, incident: str) -> None:
    """Say that an incident is over."""
    connection.execute(statement("seams", "clear_alert"), {"flow": flow, "incident": incident})


def _finish(
    connection: psycopg.Connection,
    run_id: int,
    outcome: str,
    summary: dict[str, Any],
    error: BaseException | None,
) -> None:
    if connection.broken:
        return
    connection.execute(
        statement("seams", "finish_run"),
        {
            "run_id": run_id,
            "outcome": outcome,
            "summary": Jsonb(summary),
            "error": None if error is None else f"{type(error).__name__}: {error}"[:2000],
        },
    )


def status(
    connection: psycopg.Connection, flows: Sequence[str], pushes: Sequence[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """How every flow does, one row each.

    Args:
        flows: ids of the flows.
        pushes: (id of the flow, channel, entity) of those that have an outbox.
    """
    names, channels, entities = (
        (list(column) for column in zip(*pushes, strict=True)) if pushes else ([], [], [])
    )
    parameters = {"flows": list(flows), "push_flows": names, "channels": channels, "entities": entities}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("seams", "status"), parameters).fetchall()
