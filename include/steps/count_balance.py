"""``count_balance``: does what came equal what was kept? Only then a delivery is closed."""

from __future__ import annotations

from typing import Any

import psycopg

from include.errors import CountGap
from include.flow import PullFlow
from include.stores import landing, line_hashes
from include.stores.landing import DeliveryStatus
from include.stores.landing_files import LandingFiles
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace


def count_balance(flow: PullFlow, workspace: Workspace) -> dict[str, Any]:
    """Close every loaded delivery whose counts close, and move the watermark behind it.

    Returns:
        ``{"closed": deliveries, "moved_rows": rows of raw that are new, changed or deleted}``.

    Raises:
        CountGap: some delivery does not close; the others are closed all the same.
    """
    with (
        workspace.connect(f"count_balance {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "count_balance") as summary,
    ):
        summary.update(closed=0, moved_rows=0)
        gaps = [
            gap
            for delivery_id in landing.deliveries_in(connection, flow.dag_id, DeliveryStatus.LOADED)
            for gap in _close(connection, workspace.landing, delivery_id, summary)
        ]
        if gaps:
            message = f"{flow.dag_id}: " + "; ".join(gaps)
            _alert(connection, flow, message)
            raise CountGap(message + ".")
        clear_alert(connection, flow.dag_id, "count gap")
    return summary


def _close(
    connection: psycopg.Connection, files: LandingFiles, delivery_id: int, summary: dict[str, Any]
) -> list[str]:
    """Close one delivery, or tell in sentences why it does not close.

    Its accepted records go first: raw holds them, and wherever this stops, the next run removes the rest.
    """
    with connection.transaction():
        facts = landing.claim(connection, delivery_id, DeliveryStatus.LOADED)
        if facts is None:
            return []
        gaps = [
            f"delivery {delivery_id}, {entity}: {gap}"
            for entity, gap in landing.gaps(connection, delivery_id)
        ]
        if gaps:
            return gaps
        files.forget_accepted(delivery_id)
        _forget_earlier_lines(files, facts, landing.counts_of(connection, delivery_id))
        if facts["next_watermark"] is not None:
            landing.move_watermark(
                connection, facts["flow"], facts["account"], facts["next_watermark"], delivery_id
            )
        landing.set_status(connection, delivery_id, DeliveryStatus.CLOSED)
        summary["closed"] += 1
        summary["moved_rows"] += sum(
            counts["new"] + counts["changed"] + counts["deleted"]
            for counts in landing.counts_of(connection, delivery_id)
        )
    return []


def _forget_earlier_lines(files: LandingFiles, facts: dict[str, Any], counts: list[dict[str, Any]]) -> None:
    """The next delivery is compared with this one; repairs are compared with nothing."""
    if facts["kind"] != "repair":
        for entity in (count["entity"] for count in counts):
            folder = files.line_hashes(facts["flow"], facts["account"], entity)
            line_hashes.forget_earlier(folder, facts["delivery_id"])


def _alert(connection: psycopg.Connection, flow: PullFlow, message: str) -> None:
    raise_alert(
        connection,
        flow=flow.dag_id,
        incident="count gap",
        owner=flow.owner,
        message=message,
        runbook=f"{flow.runbook}#counts-do-not-close",
    )
