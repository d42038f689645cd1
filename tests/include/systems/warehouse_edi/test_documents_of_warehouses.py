"""The samples of warehouses, column by column."""

from __future__ import annotations

import json
from typing import Any

from standard_pull_suite import SAMPLES, examined, landed

from include.flow import PullFlow
from include.systems.warehouse_edi.pull import PULL_RECEIPTS, PULL_SHIPMENTS, PULL_STOCK_CHANGES


def records(flow: PullFlow, name: str) -> list[dict[str, Any]]:
    (entity,) = flow.entities
    content = (SAMPLES / "warehouse_edi" / entity / name).read_bytes()
    kept = examined(flow, landed(flow, "central", {name: (entity, content)}))[entity]
    assert kept.refused == []
    return [row for frame in kept.accepted for row in frame.to_dicts()]


def test_an_article_knows_its_package_and_its_order() -> None:
    found = records(PULL_SHIPMENTS, "good_945.edi")
    said = [
        (row["package_code"][-2:], row["sku"], row["shipped_quantity"], row["lot_number"]) for row in found
    ]
    assert said == [("17", "LQ-20", 2, None), ("17", "LQ-21", 1, "LOT-7"), ("24", "LQ-21", 2, None)]
    assert {(row["order_number"], row["shipment_number"], row["carrier_code"]) for row in found} == {
        ("SO-9001", "SH-77", "DHLD")
    }
    assert found[0]["shipped_at"].isoformat() == "2026-11-02T14:30:00+00:00"


def test_what_arrived_damaged_stands_beside_what_was_taken() -> None:
    first, second = records(PULL_RECEIPTS, "good_944.edi")
    assert (first["receipt_number"], first["order_number"], first["vendor_sku"]) == (
        "R-555",
        "PO-4711",
        "NK-1001",
    )
    assert first["exceptions"] is None
    assert (second["received_quantity"], second["lot_number"]) == (58, "LOT-7")
    assert json.loads(second["exceptions"]) == [
        {"segment": "W13", "quantity": "2", "unit": "EA", "condition": "01", "damage_reason": "02"}
    ]


def test_a_receiving_advice_says_the_same_in_other_words() -> None:
    first, second = records(PULL_RECEIPTS, "good_861.edi")
    assert {row["order_number"] for row in (first, second)} == {"PO-4712"}
    assert [(row["sku"], row["received_quantity"], row["refused_quantity"]) for row in (first, second)] == [
        ("LQ-30", 40, 2),
        ("LQ-31", 0, 10),
    ]


def test_corrections_have_their_sign_and_their_reason() -> None:
    found = records(PULL_STOCK_CHANGES, "good_947.edi")
    assert [(row["sku"], row["changed_quantity"], row["reason_code"]) for row in found] == [
        ("LQ-20", -3, "55"),
        ("LQ-21", 1, "53"),
    ]
    assert {row["location"] for row in found} == {"DE-LEJ-1"}
