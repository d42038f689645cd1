from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from include.formats import x12
from include.formats.x12 import records
from include.systems.warehouse_edi.read import stock_mapping_facts
from tests.include.formats.x12 import x12_documents as documents

TABLES = {
    "item_numbers": {"SK": "partner_sku", "UP": "ean", "VN": "vendor_sku"},
    "quantities": {"33": "quantity_available", "17": "quantity_on_hand", "29": "quantity_committed"},
    "locations": {"WH": "location"},
    "references": {"WS": "location"},
    "moments": {"007": "as_of_at"},
}
AT = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)


def mapping(**changes: Any) -> x12.RecordMapping:
    settings = {"time_zone": "Europe/Berlin", "copies": {"sku": "partner_sku"}, **changes}
    return x12.record_mapping(stock_mapping_facts(), TABLES, **settings)


def taken(data: bytes, **changes: Any) -> tuple[pl.DataFrame, list[x12.RefusedRecord]]:
    """The rows and the refused records of everything accepted in the bytes."""
    table, refused = x12.RecordTable(mapping(**changes)), []
    for event in x12.read([data]):
        if isinstance(event, x12.TransactionSet) and event.is_accepted:
            refused += table.add(event)
    return table.frame(), refused


def rows(*lines: str, **changes: Any) -> list[dict[str, Any]]:
    return taken(documents.stock_bytes(*lines), **changes)[0].to_dicts()


def refusals(*lines: str, **changes: Any) -> list[tuple[int, list[str]]]:
    _, refused = taken(documents.stock_bytes(*lines), **changes)
    return [(each.segment_position, [finding.rule for finding in each.findings]) for each in refused]


def test_a_line_becomes_a_typed_row() -> None:
    (row,) = rows("LIN*1*SK*LQ-1*UP*4006381333931", "QTY*33*40.5*EA", "QTY*17*-3*EA")
    assert row == {
        "sku": "LQ-1",
        "partner_sku": "LQ-1",
        "ean": "4006381333931",
        "buyer_sku": None,
        "vendor_sku": None,
        "quantity_on_hand": Decimal("-3.000000"),
        "quantity_available": Decimal("40.500000"),
        "quantity_committed": None,
        "quantity_on_order": None,
        "unit": "EA",
        "location": None,
        "as_of_at": AT,
        "as_of_zone": "UTC",
        "document_number": "101-1",
        "document_action": "00",
        "interchange_control_number": "000000101",
        "group_control_number": "101",
        "set_control_number": "0001",
        "line_number": "1",
        "segment_position": 4,
        "segment_in_file": 6,
        "currency_code": None,
        "unmapped": '{"document": [["BIA", "00", "SI", "101-1", "20261102", "0430"]]}',
    }


def test_columns_have_their_types_even_without_rows() -> None:
    frame = x12.RecordTable(mapping()).frame()
    assert frame.height == 0
    assert frame.schema["quantity_on_hand"] == pl.Decimal(38, 6)
    assert frame.schema["as_of_at"] == pl.Datetime("us", "UTC")
    assert frame.schema["segment_position"] == pl.Int64


def test_a_line_says_more_than_its_document() -> None:
    here, there = rows(
        "N1*WH**92*C1",
        "LIN*1*SK*A",
        "DTM*007*20261101*2300*ET",
        "CUR*SE*EUR",
        "N1*WH**92*C2",
        "LIN*2*SK*B",
    )
    assert (here["location"], there["location"]) == ("C2", "C1")
    assert (here["as_of_at"], there["as_of_at"]) == (datetime(2026, 11, 2, 4, tzinfo=UTC), AT)
    assert (here["as_of_zone"], there["as_of_zone"]) == ("America/New_York", "UTC")
    assert [here["currency_code"], there["currency_code"]] == ["EUR", None]


def test_without_a_date_of_its_own_the_document_speaks_in_the_partners_zone() -> None:
    data = (
        documents.stock_bytes("LIN*1*SK*A")
        .replace(b"DTM*007*20261102*0430*UT~\n", b"")
        .replace(b"SE*6", b"SE*5")
    )
    (row,) = taken(data)[0].to_dicts()
    assert (row["as_of_at"], row["as_of_zone"]) == (datetime(2026, 11, 2, 3, 30, tzinfo=UTC), "Europe/Berlin")


def test_what_has_no_column_stays_readable() -> None:
    (row,) = rows(
        "N1*SE*Grete & Sons*92*S1",
        "LIN*1*SK*A*LT*LOT-9",
        "PID*F****Teapot; <b>x</b>",
        "QTY*87*75*EA",
        "QTY*33*1*EA:2",
    )
    assert json.loads(row["unmapped"]) == {
        "document": [
            ["BIA", "00", "SI", "101-1", "20261102", "0430"],
            ["N1", "SE", "Grete & Sons", "92", "S1"],
        ],
        "record": [
            ["LIN", "1", "SK", "A", "LT", "LOT-9"],
            ["PID", "F", "", "", "", "Teapot; <b>x</b>"],
            ["QTY", "87", "75", "EA"],
            ["QTY", "33", "1", ["EA", "2"]],
        ],
    }
    assert row["quantity_available"] == Decimal(1)


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (["QTY*33*1*EA", "QTY*33*2*EA"], "x12.ambiguous_value"),
        (["QTY*33*1*EA", "QTY*17*1*CA"], "x12.ambiguous_value"),
        (["QTY*33*1*EA", "UIT*CA"], "x12.ambiguous_value"),
        (["QTY*33*1.1234567*EA"], "x12.number_too_long"),
        (["QTY*33*1*XX"], "x12.unknown_value"),
        (["QTY*33*x*EA"], "x12.invalid_character"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_alone(lines: list[str], rule: str) -> None:
    refused = refusals(
        "LIN*1*SK*A", "QTY*33*1*EA", "LIN*2*SK*B", *lines, translations={"unit": {"EA": "EA", "CA": "CA"}}
    )
    assert refused == [(6, [rule])]


def test_the_same_said_twice_is_no_contradiction() -> None:
    (row,) = rows("LIN*1*SK*A", "QTY*33*1*EA", "UIT*EA", "QTY*33*1*EA", "QTY*17*2.0000000*EA")
    assert (row["quantity_available"], row["quantity_on_hand"]) == (Decimal(1), Decimal(2))


def test_a_refused_record_keeps_all_of_itself_and_its_place() -> None:
    _, (refused,) = taken(documents.stock_bytes("LIN*1*SK*A", "LIN*2*SK*B", "QTY*33*1*EA", "QTY*33*2*EA"))
    assert refused.text == "LIN*2*SK*B\nQTY*33*1*EA\nQTY*33*2*EA"
    assert (refused.segment_position, refused.segment_in_file) == (5, 7)
    (finding,) = refused.findings
    assert finding.place == "line 7, transaction set 0001, segment 5"
    assert "quantity_available is stated twice, and not alike: 1 and 2" in finding.message


def test_codes_and_defaults_of_the_partner() -> None:
    here, there = rows(
        "LIN*1*SK*A",
        "QTY*33*1*EC",
        "LIN*2*SK*B",
        "QTY*33*1",
        translations={"unit": {"EC": "EA", "PC": "EA"}},
        defaults={"unit": "PC", "location": "C9"},
    )
    assert (here["unit"], there["unit"]) == ("EA", "EA")
    assert (here["location"], there["location"]) == ("C9", "C9")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"defaults": {"colour": "red"}}, "no column 'colour'"),
        ({"translations": {"colour": {}}}, "no column 'colour'"),
        ({"copies": {"sku": "colour"}}, "no column 'colour'"),
    ],
)
def test_a_mapping_names_only_what_exists(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(x12.InvalidMapping, match=complaint):
        mapping(**change)


def test_a_mapping_names_only_tables_that_exist() -> None:
    with pytest.raises(x12.InvalidMapping, match="no table 'locations'"):
        x12.record_mapping(stock_mapping_facts(), {name: {} for name in TABLES if name != "locations"})


def stated(each: x12.Segment) -> list[x12.Element]:
    """The values of a segment whose qualifiers a column's name may say."""
    match each.tag:
        case "LIN":
            return [each.element(1), *each.elements[2::2]]
        case "QTY":
            return list(each.elements[1:])
        case "PID" | "N1":
            return list(each.elements[1:2] + each.elements[3:])
    return []


@settings(max_examples=40, deadline=None)
@given(documents.stock_interchanges())
def test_nothing_of_a_document_is_dropped(segments: list[x12.Segment]) -> None:
    data = documents.as_bytes(segments, x12.Separators(repetition=b"^"))
    frame, refused = taken(data)
    kept = json.dumps(
        [frame.select(pl.exclude("^quantity.*$")).to_dicts(), [each.segments for each in refused]],
        default=str,
    )
    numbers = {value for row in frame.select("^quantity.*$").rows() for value in row}
    sets = [event for event in x12.read([data]) if isinstance(event, x12.TransactionSet)]
    for each in (each for found in sets for each in found.segments):
        for value in stated(each):
            text = value if isinstance(value, str) else value[0]
            assert text in kept or (each.tag == "QTY" and Decimal(str(text)) in numbers), each


@settings(max_examples=50, deadline=None)
@given(documents.stock_interchanges(), documents.stock_interchanges())
def test_shapes_change_nothing(one: list[x12.Segment], other: list[x12.Segment]) -> None:
    separators = x12.Separators(repetition=b"^")
    data = (
        documents.as_bytes(one, separators)
        + documents.as_bytes(other, separators)
        + documents.as_bytes(one, separators)
    )
    quick = taken(data, translations={"unit": {"EA": "EA"}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "shape_of", lambda *_: None)
        slow = taken(data, translations={"unit": {"EA": "EA"}})
    assert quick[0].equals(slow[0])
    assert quick[1] == slow[1]


def test_shapes_are_used() -> None:
    table = x12.RecordTable(mapping())
    lines = [documents.stock_line(number) for number in range(1, 50)]
    found = documents.first_set(
        documents.as_bytes(documents.interchange(documents.group(documents.stock_set(*lines))))
    )
    assert table.add(found) == []
    assert len(table._shapes) == 1
    assert table.height == 49
    frame = table.frame()
    assert frame["line_number"].to_list() == [str(number) for number in range(1, 50)]
    assert frame["segment_position"].to_list() == list(range(4, 102, 2))


def test_a_tolerated_number_that_is_none_refuses_its_record() -> None:
    reading = x12.Reading(tolerated=frozenset({"x12.invalid_character", "x12.element_too_long"}))
    data = documents.stock_bytes(
        "LIN*1*SK*A",
        "QTY*33*4x*EA",
        "LIN*2*SK*B",
        f"QTY*33*{'9' * 40}*EA",
        "LIN*3*SK*C\x00\x07",
        "QTY*33*1*EA",
    )
    table = x12.RecordTable(mapping())
    refused = table.add(documents.first_set(data, reading))
    assert [each.findings[0].rule for each in refused] == ["x12.not_a_number", "x12.number_too_long"]
    assert table.frame()["sku"].to_list() == ["C\ufffd\x07"]
