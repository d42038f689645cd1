"""``load_raw``: the same raw, whatever the order and repetition of deliveries."""

from __future__ import annotations

from datetime import timedelta

from databases import Database
from depot import MORNING, Depot, row, run

from include.workspace import Workspace

NOON = MORNING + timedelta(hours=6)


def test_a_complete_list_deletes_although_columns_beside_the_key_are_required(
    workspace: Workspace, database: Database, depot: Depot
) -> None:
    flow = depot.flow("lists")
    depot.deliver([row("A"), row("B")], full=["lists"])
    run(flow, workspace)
    depot.deliver([row("A")], full=["lists"], as_of=NOON)
    assert run(flow, workspace)["load_raw"]["deleted"] == 1
    deleted = database.rows("select sku from raw.depot__lists where _deleted_at is not null")
    assert deleted == [{"sku": "B"}]
