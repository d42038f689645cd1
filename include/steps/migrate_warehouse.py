"""``migrate_warehouse``: the numbered migrations, and raw tables brought up to their contracts."""

from __future__ import annotations

from typing import Any

from include.contracts.contract import contract, contract_ids
from include.environment import WAREHOUSE_OWNER, dsn
from include.flow import Flow
from include.stores import raw
from include.stores.migrations import migrate
from include.stores.seams import recorded
from include.workspace import Workspace


def migrate_warehouse(flow: Flow, workspace: Workspace) -> dict[str, Any]:
    """Apply what is missing, all of it or nothing.

    Returns:
        ``{"migrations": names applied, "raw": what was made or added}``.

    Raises:
        Misconfigured: an applied migration was edited, or a raw column has another type than its contract.
    """
    applied = migrate(dsn(workspace.endpoint(WAREHOUSE_OWNER)))
    with (
        workspace.connect("migrate_warehouse") as connection,
        recorded(connection, flow.dag_id, "migrate_warehouse") as summary,
    ):
        made = [change for ids in contract_ids() for change in raw.ensure(connection, contract(*ids))]
        summary.update(migrations=applied, raw=made)
    return summary
