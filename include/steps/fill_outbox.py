"""``fill_outbox``: a batch that passed its gate becomes messages, exactly the rows that were checked."""

from __future__ import annotations

from typing import Any

from include.flow import PushFlow
from include.stores import gates
from include.stores.gates import BatchStatus
from include.stores.outbox import Outbox
from include.stores.seams import recorded
from include.workspace import Workspace

MAY_GO_OUT = (BatchStatus.PASSED, BatchStatus.OPENED)


def fill_outbox(flow: PushFlow, workspace: Workspace) -> dict[str, Any]:
    """Put one message per row of the flow's open batch into the outbox, in one transaction.

    Returns:
        ``{"messages": …}``; none if there is no batch or its gate is shut.
    """
    with (
        workspace.connect(f"fill_outbox {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "fill_outbox") as summary,
    ):
        summary.update(messages=0)
        batch = gates.open_batch(connection, flow)
        if batch is not None and batch.status in MAY_GO_OUT:
            filled = Outbox(connection, flow.system, flow.entity).fill(batch.batch_id, batch.table)
            summary["messages"] = filled or 0
    return summary
