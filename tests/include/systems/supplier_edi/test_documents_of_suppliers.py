"""The samples of suppliers, column by column: what each document says, and that nothing of it is lost."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from standard_pull_suite import SAMPLES, examined, landed, read_rows

from include.flow import PullFlow
from include.systems.supplier_edi.pull import (
    PULL_CATALOG,
    PULL_INVOICES,
    PULL_ORDER_RESPONSES,
    PULL_SHIP_NOTICES,
    PULL_STOCK,
)

FLOWS = (PULL_STOCK, PULL_CATALOG, PULL_ORDER_RESPONSES, PULL_SHIP_NOTICES, PULL_INVOICES)


def records(flow: PullFlow, name: str) -> list[dict[str, Any]]:
    (entity,) = flow.entities
    account = "fjell" if "fjell" in name else "nordkap"
    content = (SAMPLES / "supplier_edi" / entity / name).read_bytes()
    kept = examined(flow, landed(flow, account, {name: (entity, content)}))[entity]
    assert kept.refused == []
    return [row for frame in kept.accepted for row in frame.to_dicts()]


def facts(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


def test_a_response_has_a_record_for_each_status_of_a_line() -> None:
    found = records(PULL_ORDER_RESPONSES, "good_855.edi")
    said = [
        facts(row, "line_number", "status_code", "confirmed_quantity", "ordered_quantity") for row in found
    ]
    assert said == [["1", "IA", 100, 100], ["2", "IQ", 60, 100], ["2", "IB", 40, 100], ["3", "IR", None, 10]]
    assert {row["order_number"] for row in found} == {"PO-4711"}
    assert [row["confirmed_ship_date"] for row in found[:3]] == [date(2026, 11, 10)] * 2 + [date(2026, 12, 1)]
    assert facts(found[3], "sku", "vendor_sku", "price_amount") == ["LQ-33", None, 9]


def test_an_order_may_be_answered_as_a_whole() -> None:
    (found,) = records(PULL_ORDER_RESPONSES, "good_855_whole_order.edi")
    assert facts(found, "order_number", "status_code", "line_number") == ["PO-4712", "RJ", None]


def test_edifact_says_the_same_in_other_words() -> None:
    first, second = records(PULL_ORDER_RESPONSES, "good_fjell_ordrsp.edi")
    assert facts(first, "order_number", "response_number", "currency_code") == ["PO-4713", "FJ-R-9", "EUR"]
    assert facts(second, "status_code", "ordered_quantity", "confirmed_quantity") == ["3", 10, 8]
    assert second["confirmed_delivery_date"] == date(2026, 11, 20)


def test_an_item_knows_its_package_its_order_and_its_shipment() -> None:
    first, second = records(PULL_SHIP_NOTICES, "good_856.edi")
    named = ("shipment_number", "order_number", "package_code", "vendor_sku", "shipped_quantity")
    assert facts(first, *named) == ["NK-S-77", "PO-4711", "00370123450000000012", "NK-1001", 100]
    assert facts(second, *named) == ["NK-S-77", "PO-4711", "00370123450000000029", "NK-1002", 60]
    assert facts(second, "carrier_code", "bill_of_lading", "ship_to") == ["POSTNORD", "BOL-1", "DE-LEJ-1"]
    assert second["shipped_at"].isoformat() == "2026-11-09T12:00:00+00:00"


def test_lines_of_a_despatch_advice_stand_in_their_package() -> None:
    found = records(PULL_SHIP_NOTICES, "good_fjell_desadv.edi")
    assert [facts(row, "ean", "shipped_quantity", "unit") for row in found] == [
        ["4006381333955", 4, "EA"],
        ["4006381333962", 8, "EA"],
    ]
    assert {row["package_code"] for row in found} == {"340123450000000017"}
    assert {row["order_number"] for row in found} == {"PO-4713"}


def test_an_invoice_keeps_its_charges_and_taxes_with_their_codes() -> None:
    first, second = records(PULL_INVOICES, "good_810.edi")
    assert facts(first, "invoice_number", "invoice_date", "due_date") == [
        "NK-F-900", date(2026, 11, 10), date(2026, 12, 10),
    ]  # fmt: skip
    assert str(first["invoice_total_amount"]) == "2007.3500"
    assert json.loads(second["charges"]) == [
        {"segment": "SAC", "kind": "A", "code": "C310", "amount": "7.65"}
    ]
    assert json.loads(first["document_charges"]) == [
        {"segment": "SAC", "kind": "C", "code": "D240", "amount": "150.00"}
    ]
    assert json.loads(first["document_taxes"]) == [
        {"segment": "TXI", "kind": "VA", "amount": "401.47", "percent": "25"}
    ]
    assert first["charges"] is None


def test_an_invoice_of_edifact_states_amounts_by_their_qualifiers() -> None:
    first, second = records(PULL_INVOICES, "good_fjell_invoic.edi")
    amounts = ("invoice_total_amount", "lines_total_amount", "tax_total_amount", "line_amount")
    assert [str(value) for value in facts(first, *amounts)] == ["2310.9800", "1942.0000", "None", "982.0000"]
    assert json.loads(first["document_taxes"])[0]["MOA"] == [[["124", "368.98"]]]
    assert facts(second, "shipment_number", "supplier_party") == ["FJ-S-5", "4012345000009"]


def test_prices_have_their_basis_and_their_kind() -> None:
    first, second = records(PULL_CATALOG, "good_832.edi")
    assert facts(first, "purchase_price_amount", "price_basis_quantity", "list_price_amount") == [
        1250,
        100,
        2990,
    ]
    assert facts(second, "purchase_price_amount", "price_basis_quantity", "sku") == [
        Decimal("12.75"),
        None,
        "LQ-21",
    ]
    assert first["valid_from_date"] == date(2026, 12, 1)
    (chair,) = records(PULL_CATALOG, "good_fjell_pricat.edi")
    assert facts(chair, "article", "description", "currency_code") == ["FJ-77", "Armchair, oak", "EUR"]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.dag_id)
def test_every_value_of_a_document_stands_in_some_record(flow: PullFlow) -> None:
    (entity,) = flow.entities
    for path in sorted((SAMPLES / "supplier_edi" / entity).glob("good_*")):
        account = "fjell" if "fjell" in path.name else "nordkap"
        rows = read_rows(flow, landed(flow, account, {path.name: (entity, path.read_bytes())}))
        told = repr(rows)
        for value in ("NK-1001", "NK-1002", "4006381333955", "4006381333962"):
            assert (value in told) == (value in path.read_text()), (path.name, value)
