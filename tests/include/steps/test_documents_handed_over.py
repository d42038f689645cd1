"""One file with documents for several flows: each takes its own, and the partner is answered once."""

from __future__ import annotations

from typing import Any

from databases import Database
from edi_mailbox import deliver, taken

from include.operations import COLLECT_EDI_ACKNOWLEDGEMENTS
from include.steps.check_contract import check_contract
from include.steps.settle_answers import settle_answers
from include.stores import edi
from include.systems.supplier_edi.pull import PULL_ORDER_RESPONSES, PULL_STOCK
from include.workspace import Workspace
from tests.include.formats.x12 import x12_documents as documents

x12 = documents.x12
SUPPLIER = x12.Party("ZZ", "NORDKAP")
WAITING = "select flow, kind, account, status from landing.deliveries order by delivery_id"


def mixed(number: int = 501) -> bytes:
    """Stock, and an acknowledgement of what we sent."""
    answer = x12.transaction_set(
        "997", "0001", [x12.segment("AK1", "PO", 5), x12.segment("AK9", "A", 1, 1, 1)]
    )
    names = {"sender": "NORDKAP"}
    groups = (
        documents.group(documents.stock_set(), number=number, **names),
        documents.group(answer, number=number + 1, functional_id="FA", **names),
    )
    header = x12.InterchangeHeader(
        sender=SUPPLIER, receiver=documents.RECEIVER, control_number=number, prepared_at=documents.PREPARED_AT
    )
    return documents.as_bytes(x12.interchange(header, groups))


def flows(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in database.rows(WAITING)]


def test_an_acknowledgement_in_a_stock_report_reaches_those_who_wait_for_it(
    workspace: Workspace, database: Database
) -> None:
    deliver(workspace, PULL_STOCK, "nordkap", mixed())
    taken(workspace, PULL_STOCK)
    assert flows(database) == [
        ("pull_stock_from_supplier_edi", "interchange", "nordkap", "closed"),
        ("collect_edi_acknowledgements", "part", "supplier_edi/nordkap", "landed"),
    ]
    assert database.value("select count(*) from raw.supplier_edi__stock") == 1
    assert settle_answers(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)["answers"] == 1
    assert settle_answers(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)["answers"] == 0
    assert database.value("select count(*) from edi.interchanges") == 1


def test_whoever_waits_is_told_at_once_and_again_until_they_have_read_it(workspace: Workspace) -> None:
    deliver(workspace, PULL_STOCK, "nordkap", mixed())
    assert check_contract(PULL_STOCK, workspace)["wakes"] == [COLLECT_EDI_ACKNOWLEDGEMENTS.dag_id]
    again = check_contract(PULL_STOCK, workspace)
    assert (again["checked"], again["wakes"]) == (0, [COLLECT_EDI_ACKNOWLEDGEMENTS.dag_id])
    settle_answers(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)
    assert "wakes" not in check_contract(PULL_STOCK, workspace)


def test_documents_for_another_flow_wake_that_one(workspace: Workspace) -> None:
    deliver(workspace, PULL_ORDER_RESPONSES, "nordkap", mixed())
    woken = check_contract(PULL_ORDER_RESPONSES, workspace)["wakes"]
    assert woken == [COLLECT_EDI_ACKNOWLEDGEMENTS.dag_id, PULL_STOCK.dag_id]


def test_the_same_file_again_is_handed_over_once(workspace: Workspace, database: Database) -> None:
    deliver(workspace, PULL_STOCK, "nordkap", mixed())
    taken(workspace, PULL_STOCK)
    deliver(workspace, PULL_STOCK, "nordkap", mixed().replace(b"\n", b"\r\n"), name="again")
    taken(workspace, PULL_STOCK)
    assert [flow for flow, *_ in flows(database)].count("collect_edi_acknowledgements") == 1


def test_only_the_flow_that_landed_a_file_answers_it(workspace: Workspace, database: Database) -> None:
    deliver(workspace, PULL_STOCK, "nordkap", mixed())
    taken(workspace, PULL_STOCK)
    with workspace.connect("tests") as connection:
        assert [row["account"] for row in edi.unanswered(connection, PULL_STOCK.dag_id)] == ["nordkap"]
        assert edi.unanswered(connection, COLLECT_EDI_ACKNOWLEDGEMENTS.dag_id) == []
