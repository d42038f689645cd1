"""The seams as an operator sees them: one row per flow, and a word for how it does."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import psycopg

from include.flow import Flow, PushFlow, flows
from include.ownership import owners
from include.stores import seams


class Health(StrEnum):
    """How a seam does, worst first."""

    FAILING = "failing"
    """The last run of one of its steps failed."""

    HELD = "held"
    """Its gate is shut."""

    LATE = "late"
    """Its last success is older than its latency class allows."""

    WAITING = "waiting for its owner"
    """It runs, but something was set aside or does not match."""

    NEVER = "not run yet"
    """It has not run, or not for long."""

    OK = "ok"
    """Nothing to do."""


def seam_rows(connection: psycopg.Connection, now: datetime | None = None) -> list[dict[str, Any]]:
    """Every seam: the columns of ``stores.seams.status``, and ``health``, ``owner``, ``runbook``."""
    known = flows()
    pushes = [
        (flow.dag_id, flow.system, flow.entity) for flow in known.values() if isinstance(flow, PushFlow)
    ]
    rows = seams.status(connection, list(known), pushes)
    moment = now or datetime.now(UTC)
    return [
        row
        | {
            "health": str(health(known[row["flow"]], row, moment)),
            "latency_class": str(known[row["flow"]].latency),
            "owner": owners()[known[row["flow"]].owner].name,
            "runbook": known[row["flow"]].runbook,
        }
        for row in rows
    ]


def health(flow: Flow, row: dict[str, Any], now: datetime) -> Health:
    """A word for a row of ``stores.seams.status``."""
    if row["is_failing"]:
        return Health.FAILING
    if row["held"]:
        return Health.HELD
    if row["last_success_at"] is None:
        return Health.NEVER
    if flow.late_after and now - row["last_success_at"] > flow.late_after:
        return Health.LATE
    if row["dead_letters"] or row["mismatches"]:
        return Health.WAITING
    return Health.OK
