"""``match_invoices``: where invoices differ from orders and receipts, for the owner to settle with the supplier."""

from __future__ import annotations

from typing import Any

from include.flow import MatchFlow
from include.stores.reconciliation import match
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace

INCIDENT = "invoices differ"


def match_invoices(flow: MatchFlow, workspace: Workspace) -> dict[str, Any]:
    """Note every difference that the model has found, and close those that are gone.

    A difference that a person accepted stays accepted as long as it is the same. Before the first build there is
    nothing to compare.

    Returns:
        ``{"compared": orders that were invoiced, "agreed", "mismatched", "with_owner": differences that wait,
        "alerts": 1 if the owner is to be told}``; empty before the first build.
    """
    with (
        workspace.connect(f"match_invoices {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "match_invoices") as summary,
    ):
        with connection.transaction():
            found = match(connection, flow)
        if found is None:
            return summary
        summary.update(found, alerts=0)
        if not found["with_owner"]:
            clear_alert(connection, flow.dag_id, INCIDENT)
            return summary
        summary["alerts"] = int(
            raise_alert(
                connection,
                flow=flow.dag_id,
                incident=INCIDENT,
                owner=flow.owner,
                message=f"{found['with_owner']:,} differences of invoices wait to be settled with suppliers.",
                runbook=f"{flow.runbook}#mismatches",
            )
        )
    return summary
