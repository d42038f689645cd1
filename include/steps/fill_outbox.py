"""``fill_outbox``: a batch that passed its gate becomes messages, exactly the rows that were checked."""

from __future__ import annotations

from typing import Any

import psycopg

from include.errors import BatchChanged
from include.flow import PushFlow
from include.stores import gates
from include.stores.gates import Batch, BatchStatus
from include.stores.outbox import Outbox
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace

MAY_GO_OUT = (BatchStatus.PASSED, BatchStatus.OPENED)
CHANGED = "batch changed after its check"


def fill_outbox(flow: PushFlow, workspace: Workspace) -> dict[str, Any]:
    """Put one message per row of the flow's open batch into the outbox, in one transaction.

    Returns:
        ``{"messages": …}``; none if there is no batch or its gate is shut.

    Raises:
        BatchChanged: somebody changed the rows after they were judged; the batch is given up.
    """
    with (
        workspace.connect(f"fill_outbox {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "fill_outbox") as summary,
    ):
        summary.update(messages=0)
        batch = gates.open_batch(connection, flow)
        if batch is not None and batch.status in MAY_GO_OUT:
            summary["messages"] = _filled(connection, flow, batch)
            clear_alert(connection, flow.dag_id, CHANGED)
    return summary


def _filled(connection: psycopg.Connection, flow: PushFlow, batch: Batch) -> int:
    outbox = Outbox(connection, flow.system, flow.entity)
    with connection.transaction():
        if gates.is_as_checked(connection, batch):
            return outbox.fill(batch.batch_id, batch.table) or 0
        gates.supersede(connection, batch.batch_id)
        message = f"The rows of gate.{batch.table} are not those that were checked; none of them is sent."
        raise_alert(
            connection,
            flow=flow.dag_id,
            incident=CHANGED,
            owner=flow.owner,
            message=message,
            runbook=f"{flow.runbook}#other-failures",
        )
    raise BatchChanged(message)
