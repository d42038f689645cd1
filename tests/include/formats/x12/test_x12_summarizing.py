"""Sets of every kind as people read them, from our own samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.formats import x12
from tests.include.formats.x12 import x12_documents as documents

SAMPLES = Path(__file__).parents[3] / "samples"
SAID: dict[str, tuple[str, list[dict[str, str]], list[str]]] = {
    "supplier_edi/order_responses/good_855.edi": (
        "purchase order acknowledgment PO-4711",
        [
            {"line": "1", "prices": "12.50", "answers": "100 EA accepted ship scheduled 2026-11-10"},
            {"item": "NK-1002 vendor's", "description": "Parka, navy, L"},
            {"item": "LQ-33 buyer's", "answers": "rejected"},
        ],
        ["lines 3"],
    ),
    "supplier_edi/invoices/good_810.edi": (
        "invoice NK-F-900",
        [
            {"quantities": "100 EA invoiced", "description": "Parka, navy, M"},
            {"line": "2", "allowances_and_charges": "allowance C310 7.65"},
        ],
        ["invoice total 2007.35", "lines 2"],
    ),
    "supplier_edi/catalog/good_832.edi": (
        "price/sales catalog NK-2026-W45",
        [
            {"prices": "1250 unit cost for 100; 2990.00 list"},
            {"item": "NK-1002 vendor's; 4006381333948 UPC; LQ-21 buyer's"},
        ],
        ["lines 2"],
    ),
    "supplier_edi/ship_notices/good_856.edi": (
        "ship notice/manifest NK-S-77",
        [
            {"level": "shipment", "parties": "ship to DE-LEJ-1"},
            {"level": "order", "within": "1", "references": "purchase order PO-4711"},
            {"level": "package", "within": "2", "marks": "00370123450000000012"},
            {"level": "item", "within": "3", "quantities": "100 EA shipped"},
            {"level": "package"},
            {"level": "item", "within": "5", "quantities": "60 EA shipped"},
        ],
        ["lines 6"],
    ),
    "warehouse_edi/shipments/good_945.edi": (
        "warehouse shipping advice SH-77",
        [{"item": "LQ-20 SKU", "quantities": "2 EA shipped"}, {}, {"line": "3"}],
        ["units shipped 5"],
    ),
    "warehouse_edi/receipts/good_944.edi": (
        "warehouse stock transfer receipt advice R-555",
        [{"item": "LQ-20 SKU; NK-1001 vendor's"}, {"quantities": "58 EA received"}],
        ["units received 158"],
    ),
    "warehouse_edi/stock_changes/good_947.edi": (
        "warehouse inventory adjustment advice ADJ-12",
        [{"quantities": "-3 EA adjusted", "reason": "55"}, {"item": "LQ-21 SKU; 4006381333948 UPC"}],
        [],
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_people_read_what_a_document_says(name: str) -> None:
    document, lines, totals = SAID[name]
    found = x12.summary(documents.first_set((SAMPLES / name).read_bytes()))
    assert (found.document, found.totals) == (document, totals)
    assert len(found.lines) == len(lines)
    for read, wanted in zip(found.lines, lines, strict=True):
        assert wanted.items() <= read.items()


def test_an_acknowledgement_says_what_was_answered() -> None:
    bad = documents.stock_bytes("LIN*1*SK*A", "QTY*33*many*EA")
    (end,) = (event for event in x12.read([bad]) if isinstance(event, x12.GroupEnd))
    answer = x12.functional_acknowledgement(end, "0001")
    group = documents.group(answer, functional_id="FA")
    found = x12.summary(documents.first_set(documents.as_bytes(documents.interchange(group))))
    assert (found.document, found.function) == ("answer to group IB 101", "rejected")
    (line,) = found.lines
    assert (line["document"], line["number"], line["answer"]) == ("846", "0001", "rejected 5")
    assert line["errors"] == "segment 5 (QTY) 8; element 2 6 many"
    assert found.totals == ["0 of 1 sets accepted"]


def test_what_has_no_name_and_no_sense_is_shown_as_it_came() -> None:
    body = [
        x12.segment("BEG", "ZZ", "??", "PO-1", None, "20269999"),
        x12.segment("DTM", "999", "noday"),
        x12.segment("PO1", None, None, None, None, None, "UP"),
        x12.segment("SAC", "C", None, None, None, "1.50"),
    ]
    data = documents.as_bytes(documents.interchange(documents.group(x12.transaction_set("850", "1", body))))
    found = x12.summary(documents.first_set(data))
    assert found.function == "ZZ, ??"
    assert found.dates == ["dated 20269999", "999 noday"]
    assert found.lines == [{"line": "1", "allowances_and_charges": "charge 1.50"}]
