"""A pull that is killed anywhere and run again leaves what an undisturbed one leaves."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from databases import Database
from depot import MORNING, STEPS, Depot, row, run
from killed import run_until
from psycopg.rows import dict_row

from include.workspace import Workspace

MOST = 200
NOON = MORNING + timedelta(hours=6)
UNDISTURBED = "undisturbed"
LOOKS = {
    "raw": "select sku, size, price, _line, _as_of, _deleted_at from raw.depot__lists where _account = %s order by sku",
    "letters": "select level, step, rule, field, value, line, record_key, status, owner from dead_letter.letters "
    "where account = %s order by rule, line",
    "deliveries": "select name, status, as_of, is_built, contract_versions from landing.deliveries "
    "where account = %s order by as_of, name",
    "counts": "select d.name, delivered, accepted, refused, skipped, copied, new, changed, unchanged, older, "
    "deleted, in_raw from landing.delivery_counts join landing.deliveries as d using (delivery_id) where account = %s "
    "order by name",
    "files": "select d.name, position, entity, f.name as file, size_bytes, f.sha256 from landing.delivery_files as f "
    "join landing.deliveries as d using (delivery_id) where account = %s order by d.name, position",
    "findings": "select d.name, f.entity, f.rule from landing.delivery_findings as f "
    "join landing.deliveries as d using (delivery_id) where account = %s order by 1, 3",
    "watermark": "select watermark from landing.watermarks where account = %s",
}


def state(database: Database, account: str) -> dict[str, list[dict[str, Any]]]:
    with psycopg.connect(database.dsn(), row_factory=dict_row) as connection:
        return {name: connection.execute(query, [account]).fetchall() for name, query in LOOKS.items()}


def deliver_the_first(depot: Depot, account: str) -> None:
    depot.deliver([row("A"), row("B"), row("C")], account=account, name="first", full=["lists"])


def deliver_the_others(depot: Depot, account: str) -> None:
    rows = [row("A", price="2.00"), row("B", colour="red"), row("D"), row("E", price="-1")]
    watermark = {"at": NOON.isoformat()}
    depot.deliver(rows, account=account, name="second", full=["lists"], as_of=NOON, watermark=watermark)
    depot.deliver(b"", account=account, name="broken", as_of=NOON)


@pytest.mark.slow
def test_killed_at_any_boundary_and_run_again_it_leaves_what_an_undisturbed_one_leaves(
    workspace: Workspace, database: Database, depot: Depot
) -> None:
    flow = depot.flow("lists")
    accounts = {boundary: f"killed at {boundary}" for boundary in range(1, MOST + 1)}
    for account in (UNDISTURBED, *accounts.values()):
        deliver_the_first(depot, account)
    run(flow, workspace)
    deliver_the_others(depot, UNDISTURBED)
    run(flow, workspace)
    expected = state(database, UNDISTURBED)
    assert [len(expected[name]) for name in LOOKS] == [4, 2, 3, 2, 3, 1, 1]
    for boundary in itertools.count(1):
        deliver_the_others(depot, accounts[boundary])
        is_finished = run_until(boundary, depot, database, workspace.landing, "lists", STEPS)
        run(flow, workspace)
        assert state(database, accounts[boundary]) == expected, accounts[boundary]
        if is_finished:
            break
    assert boundary > 60
    assert not list(depot.inbox.iterdir())
    assert not list((workspace.landing.root / "accepted").iterdir())
