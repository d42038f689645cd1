"""``watch_exchanges``: partners that do not answer in time, and numbers of theirs that never came."""

from __future__ import annotations

from typing import Any

import psycopg

from include.flow import CollectFlow, resolved
from include.formats.findings import Finding
from include.stores import dead_letters, edi
from include.stores.dead_letters import Origin
from include.stores.seams import raise_alert, recorded
from include.systems.partners import partners
from include.workspace import Workspace


def watch_exchanges(flow: CollectFlow, workspace: Workspace) -> dict[str, Any]:
    """Alert the owner of what is overdue, once; set missing numbers aside, once; and take both back when they come.

    Returns:
        ``{"alerts": interchanges that became overdue, "missing": ranges of numbers that became missing,
        "came": ranges that came after all}``.
    """
    with (
        workspace.connect(f"watch_exchanges {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "watch_exchanges") as summary,
    ):
        summary.update(alerts=0, missing=0, came=0)
        with connection.transaction():
            edi.clear_answered(connection)
            summary["alerts"] = sum(_alert(connection, sent) for sent in edi.overdue(connection))
        for system in flow.mailboxes:
            for one in partners(system):
                with connection.transaction():
                    summary["came"] += edi.settle_filled_gaps(connection, system, one.account)
                    summary["missing"] += _set_aside_gaps(connection, flow, system, one.account)
    return summary


def _alert(connection: psycopg.Connection, sent: dict[str, Any]) -> bool:
    return raise_alert(
        connection,
        flow=sent["flow"],
        incident=edi.incident_of(sent["interchange_id"]),
        owner=sent["owner"],
        message=f"{sent['account']} ({sent['source_system']}) has not acknowledged interchange "
        f"{sent['control_number']} ({sent['file_name']}), sent {sent['sent_at']:%Y-%m-%d %H:%M} UTC, due "
        f"{sent['due_at']:%Y-%m-%d %H:%M} UTC.",
        runbook=sent["runbook"],
    )


def _set_aside_gaps(connection: psycopg.Connection, flow: CollectFlow, system: str, account: str) -> int:
    profile = resolved(flow.exchange)(system, account)
    origin = Origin(
        step="watch_exchanges",
        flow=flow.dag_id,
        source_system=system,
        account=account,
        entity=None,
        delivery_id=None,
        contract_version=None,
        owner=profile.owner,
        runbook=flow.runbook,
    )
    patience = profile.acknowledgement.gap_patience
    return sum(
        dead_letters.set_aside_once(
            connection,
            origin,
            _gap(gap).to_json(),
            level="delivery",
            record={name: gap[name] for name in ("sender", "receiver", "first_number", "last_number")},
        )
        is not None
        for gap in edi.missing_numbers(connection, system, account, patience)
    )


def _gap(gap: dict[str, Any]) -> Finding:
    first, last = gap["first_number"], gap["last_number"]
    numbers = f"Interchange {first}" if first == last else f"Interchanges {first} to {last}"
    return Finding(
        rule="control_number_gap",
        message=f"{numbers} of {gap['sender']} did not come, though a later one did, "
        f"{gap['noticed_at']:%Y-%m-%d %H:%M} UTC. Ask the partner for it; if the number was never used, suppress this.",
        field="interchange control number",
        value=str(first) if first == last else f"{first} to {last}",
    )
