"""``edi-write``: what ``parse`` showed is written for a partner, and read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Seamline

ORDER = {
    "BEG": {
        "transaction_set_purpose_code": "00",
        "purchase_order_type_code": "SA",
        "purchase_order_number": "PO-4711",
        "date": "20261102",
    },
    "groups": {
        "PO1": [
            {
                "PO1": {
                    "quantity_ordered": 12,
                    "unit_or_basis_for_measurement_code": "EA",
                    "product_service_id_qualifier": "VN",
                    "product_service_id": "NK-1",
                }
            }
        ]
    },
}


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "records.json"


def test_what_is_written_is_read_again_and_written_again(
    seamline: Seamline, records: Path, tmp_path: Path
) -> None:
    records.write_text(json.dumps(ORDER))
    first, second = tmp_path / "first.edi", tmp_path / "second.edi"
    assert seamline("edi-write", "850", "nordkap", records, "--control-number", "77", "--to", first).code == 0
    assert b"*000000077*0*P*" in first.read_bytes()
    parsed = seamline("parse", first, "--json")
    assert (parsed.code, parsed.document["files"][0]["finding_count"]) == (0, 0)
    (one,) = parsed.document["files"][0]["interchanges"][0]["groups"][0]["sets"]
    assert one["document"]["groups"]["PO1"][0]["PO1"]["quantity_ordered"] == "12"
    records.write_text(json.dumps(one))
    seamline("edi-write", "850", "supplier_edi/nordkap", records, "--control-number", "77", "--to", second)
    assert body(second) == body(first)


def body(path: Path) -> list[bytes]:
    """The segments between the envelopes, whose times differ."""
    return path.read_bytes().splitlines()[2:-2]


def test_without_a_number_it_is_a_test(seamline: Seamline, records: Path) -> None:
    records.write_text(json.dumps([ORDER, ORDER]))
    answer = seamline("edi-write", "850", "nordkap", records, "--json")
    assert answer.code == 0
    assert answer.document["is_test"] is True
    assert "*000000001*0*T*" in answer.document["content"]
    assert answer.document["content"].count("ST*850*") == 2


def test_wrong_records_are_told_and_nothing_is_written(
    seamline: Seamline, records: Path, tmp_path: Path
) -> None:
    records.write_text(json.dumps({**ORDER, "BEG": {"purchase_order_number": "PO-4711"}}))
    target = tmp_path / "out.edi"
    answer = seamline("edi-write", "850", "nordkap", records, "--to", target)
    assert answer.code == 1
    assert "BEG01" in answer.out
    assert "Nothing was written." in answer.out
    assert not target.exists()
    told = seamline("edi-write", "850", "nordkap", records, "--json").document
    assert told["content"] is None
    assert {each["rule"] for each in told["findings"]} == {"x12.element_missing"}


@pytest.mark.parametrize(
    ("document", "partner", "content", "said"),
    [
        ("850", "nobody", ORDER, "There is no partner 'nobody': retailer_edi/harbor"),
        ("850", "../nordkap", ORDER, "There is no partner '../nordkap'"),
        ("850", "fjell", ORDER, "Documents 850 were not agreed with fjell; agreed are ORDERS"),
        ("850", "nordkap", [], "holds no document"),
        ("850", "nordkap", [1], "holds no document"),
        ("850", "nordkap", "{", "is no JSON"),
        ("850", "nordkap", "[" * 100_000, "is no JSON"),
        ("850", "nordkap", None, "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_done_is_said(
    seamline: Seamline, records: Path, document: str, partner: str, content: Any, said: str
) -> None:
    if content is not None:
        records.write_text(content if isinstance(content, str) else json.dumps(content))
    answer = seamline("edi-write", document, partner, records)
    assert answer.code == 2
    assert said in answer.err
