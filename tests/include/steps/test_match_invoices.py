"""Differences of invoices become mismatches of their owner, each once, and end when they are gone."""

from __future__ import annotations

from typing import Any

import purchase_tables
from databases import Database
from purchase_tables import differs, invoiced

from include.steps.match_invoices import match_invoices
from include.systems.supplier_edi.reconcile import RECONCILE_INVOICES
from include.workspace import Workspace

MISMATCHES = (
    "select key, field, ours, theirs, status, owner from reconciliation.mismatches order by mismatch_id"
)


def matched(workspace: Workspace) -> dict[str, Any]:
    return match_invoices(RECONCILE_INVOICES, workspace)


def mismatches(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in database.rows(MISMATCHES)]


def test_before_the_first_build_there_is_nothing_to_compare(workspace: Workspace, database: Database) -> None:
    assert matched(workspace) == {}
    assert mismatches(database) == []


def test_a_difference_is_one_mismatch_as_long_as_it_lasts(workspace: Workspace, database: Database) -> None:
    purchase_tables.make(database)
    invoiced(database, "PO-1", "PO-1", "PO-2")
    differs(database, "PO-1", "quantity", 100, 125)
    assert matched(workspace) == {"compared": 2, "agreed": 1, "mismatched": 1, "with_owner": 1, "alerts": 1}
    assert matched(workspace) == {"compared": 2, "agreed": 1, "mismatched": 1, "with_owner": 1, "alerts": 0}
    assert mismatches(database) == [("nordkap PO-1 NK-1", "quantity", "100", "125", "with_owner", "finance")]
    (alert,) = database.rows("select owner, message, cleared_at from seam.alerts")
    assert (alert["owner"], alert["cleared_at"]) == ("finance", None)
    database.execute("update conformed.invoice_differences set found = 110")
    matched(workspace)
    assert mismatches(database) == [("nordkap PO-1 NK-1", "quantity", "100", "110", "with_owner", "finance")]


def test_it_ends_when_the_difference_is_gone(workspace: Workspace, database: Database) -> None:
    purchase_tables.make(database)
    invoiced(database, "PO-1")
    differs(database, "PO-1", "quantity", 100, 125)
    differs(database, "PO-1", "price", 12.5, 13)
    matched(workspace)
    database.execute("delete from conformed.invoice_differences where kind = 'price'")
    assert matched(workspace)["with_owner"] == 1
    database.execute("delete from conformed.invoice_differences")
    assert matched(workspace) == {"compared": 1, "agreed": 1, "mismatched": 0, "with_owner": 0, "alerts": 0}
    assert {row[4] for row in mismatches(database)} == {"resolved"}
    assert database.value("select cleared_at is not null from seam.alerts")


def test_what_a_person_accepted_stays_so_while_it_is_the_same(
    workspace: Workspace, database: Database
) -> None:
    purchase_tables.make(database)
    differs(database, "PO-1", "price", 12.5, 13)
    matched(workspace)
    database.execute("update reconciliation.mismatches set status = 'accepted'")
    assert matched(workspace)["with_owner"] == 0
    database.execute("update conformed.invoice_differences set found = 14")
    assert matched(workspace)["with_owner"] == 1
    assert [(row[3], row[4]) for row in mismatches(database)] == [("13", "resolved"), ("14", "with_owner")]
