"""``reconcile``: what the channel really shows, against what it should show."""

from __future__ import annotations

from typing import Any

from include.flow import PushFlow, ReconcileFlow, resolved
from include.flow import flow as flow_of
from include.stores import builds
from include.stores.outbox import Outbox
from include.stores.reconciliation import Comparison, now
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace

INCIDENT = "mismatches wait for their owner"


def reconcile(flow: ReconcileFlow, workspace: Workspace) -> dict[str, Any]:
    """Read the channel back, note what differs, and mend up to ``repair_cap`` keys; the rest is the owner's.

    A key that was mended before and differs again within a day is not mended a second time: somebody else changes
    it. Rows that no gate has let pass are not sent this way either. Before the first build is complete nothing is
    known that should be shown, and nothing is compared.

    Returns:
        ``{"compared", "agreed", "explained", "mismatched", "repairs", "with_owner"}``; empty before the first build.

    Raises:
        RetryLater, Stop: the channel cannot be read; nothing is noted then.
    """
    pushed = flow_of(flow.repairs_with)
    assert isinstance(pushed, PushFlow)
    with (
        workspace.connect(f"reconcile {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "reconcile") as summary,
    ):
        if not builds.last_built(connection):
            return summary
        read_from = now(connection)
        shown = list(resolved(flow.reader)(workspace.endpoint(flow.system)))
        with connection.transaction():
            comparison = Comparison(connection, flow, pushed, read_from)
            comparison.compare(shown)
            repairs = _repair(comparison, Outbox(connection, pushed.system, pushed.entity))
            summary.update(comparison.finish(repairs), repairs=repairs)
        _tell(connection, flow, summary)
    return summary


def _repair(comparison: Comparison, outbox: Outbox) -> int:
    repairs = 0
    for row in comparison.repairable():
        made = outbox.queue_again("repair", row["key"], row["payload"], row["content_hash"], row["as_of_at"])
        if made is not None:
            comparison.set_repairing(row["mismatch_id"], made)
            repairs += 1
    return repairs


def _tell(connection: Any, flow: ReconcileFlow, summary: dict[str, Any]) -> None:
    if not summary["with_owner"]:
        clear_alert(connection, flow.dag_id, INCIDENT)
        return
    raise_alert(
        connection,
        flow=flow.dag_id,
        incident=INCIDENT,
        owner=flow.owner,
        message=f"{summary['with_owner']:,} differences between {flow.system} and us wait for their owner.",
        runbook=f"{flow.runbook}#mismatches",
    )
