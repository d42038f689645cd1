"""``check_gate``: what is about to go out, against what must hold. Fails closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from include.environment import WAREHOUSE
from include.flow import PushFlow, resolved
from include.gates.batch import BatchFacts
from include.stores import builds, gates
from include.stores.connection import lock_in_transaction
from include.stores.gates import Batch, BatchStatus
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace

if TYPE_CHECKING:
    from include.gates.validation import Verdict

GATE_SHUT = "gate shut"


def check_gate(flow: PushFlow, workspace: Workspace) -> dict[str, Any]:
    """Fix the rows that should go out, and check exactly those.

    A batch that passed, or was let out by a person, is left to ``fill_outbox``. A batch that is held is
    replaced by a new one as soon as something has been built since, because the fault may be mended.

    Returns:
        ``{"rows": in the batch, "gated": rows held, "batch_id": …, "gate": "open" or "shut"}``.
    """
    with (
        workspace.connect(f"check_gate {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "check_gate") as summary,
    ):
        batch, rows = _current_batch(connection, flow)
        if batch is None or not rows:
            clear_alert(connection, flow.dag_id, GATE_SHUT)
            return summary
        summary.update(batch_id=batch.batch_id, rows=rows)
        if batch.status is BatchStatus.MADE:
            is_open = _judge(connection, workspace, flow, batch, rows)
        else:
            is_open = batch.status is not BatchStatus.SHUT
        if is_open:
            clear_alert(connection, flow.dag_id, GATE_SHUT)
        summary.update(gate="open" if is_open else "shut", gated=0 if is_open else rows)
    return summary


def _current_batch(connection: psycopg.Connection, flow: PushFlow) -> tuple[Batch | None, int]:
    """The batch to be judged or filled, and its number of rows."""
    with connection.transaction():
        lock_in_transaction(connection, f"gate {flow.dag_id}")
        batch, last_built = gates.open_batch(connection, flow), builds.last_built(connection)
        if batch is not None:
            is_outdated = batch.status is BatchStatus.SHUT and batch.last_build_id < last_built
            if not is_outdated:
                return batch, gates.row_count(connection, batch.batch_id)
            gates.supersede(connection, batch.batch_id)
        is_covered = last_built < gates.first_build(connection, flow)
        if not last_built or (is_covered and not gates.accounts_to_tell(connection, flow)):
            return None, 0
        return gates.make_batch(connection, flow, last_built)


def _judge(
    connection: psycopg.Connection, workspace: Workspace, flow: PushFlow, batch: Batch, rows: int
) -> bool:
    from include.gates.validation import validated

    seal = gates.seal(connection, batch)
    facts = BatchFacts(row_count=rows, live_keys=gates.live_keys(connection, flow))
    verdict = validated(workspace.endpoint(WAREHOUSE), "gate", batch.table, resolved(flow.gate)(facts))
    page = workspace.landing.evidence(flow.dag_id, batch.table)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(verdict.page)
    with connection.transaction():
        gates.set_verdict(
            connection,
            batch.batch_id,
            is_open=verdict.is_open,
            verdict=verdict.to_json(),
            evidence_page=str(page),
            seal=seal,
        )
        if not verdict.is_open:
            _tell(connection, flow, batch, rows, verdict)
    return verdict.is_open


def _tell(
    connection: psycopg.Connection,
    flow: PushFlow,
    batch: Batch,
    rows: int,
    verdict: Verdict,
) -> None:
    broken = verdict.broken or ({"rule": "every expectation could be judged"},)
    raise_alert(
        connection,
        flow=flow.dag_id,
        incident=GATE_SHUT,
        owner=flow.owner,
        message=f"Batch {batch.batch_id} with {rows:,} rows is held: "
        + "; ".join(f"{one['rule']} ({one.get('count', 1)} broken)" for one in broken),
        runbook=f"{flow.runbook}#the-gate-is-shut",
    )
