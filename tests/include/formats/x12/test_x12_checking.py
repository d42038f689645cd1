from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import x12
from include.formats.x12 import codes
from include.formats.x12.checking import _Walk, structure_findings
from include.formats.x12.definitions import set_definition
from include.formats.x12.grammar import set_pattern
from include.formats.x12.segments import COMPONENT, ELEMENT, SEGMENT
from tests.include.formats.x12 import x12_documents as documents

STOCK = set_definition("846", "004010")
LINE = ("LIN*1*SK*LQ-1*UP*4006381333931", "QTY*33*40*EA")


def found(*lines: str) -> list[tuple[str, str | None, str | None, int | None, int | None]]:
    """Rule, code, field, position and record of everything that is wrong with a stock report of these lines."""
    return [
        (each.rule.removeprefix("x12."), each.code, each.field, each.segment_position, each.record)
        for each in documents.findings(documents.stock_bytes(*lines))
        if each.rule != "x12.all_records_wrong"
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("QTY*33*4x*EA", ("invalid_character", "6", "QTY02", 5, 4)),
        ("QTY*33*1,5*EA", ("invalid_character", "6", "QTY02", 5, 4)),
        ("QTY*33*1234567890123456*EA", ("element_too_long", "5", "QTY02", 5, 4)),
        ("QTY*3*40*EA", ("element_too_short", "4", "QTY01", 5, 4)),
        ("QTY**40*EA", ("element_missing", "1", "QTY01", 5, 4)),
        ("QTY*33**EA", ("element_condition", "2", "QTY02", 5, 4)),
        ("QTY*33*40*EA*many", ("element_excluded", "10", "QTY04", 5, 4)),
        ("QTY*33*40*EA**x", ("too_many_elements", "3", "QTY05", 5, 4)),
        ("QTY*33*40*EAX", ("element_too_long", "5", "QTY03-01", 5, 4)),
        ("QTY*33*40*:2", ("element_missing", "1", "QTY03-01", 5, 4)),
        ("QTY*33*40*EA:x", ("invalid_character", "6", "QTY03-02", 5, 4)),
        ("QTY*33*4:0*EA", ("too_many_components", "6", "QTY02", 5, 4)),
        ("DTM*007*20260229", ("invalid_date", "8", "DTM02", 5, 4)),
        ("DTM*007*261102", ("element_too_short", "4", "DTM02", 5, 4)),
        ("DTM*007*20261102*2460", ("invalid_time", "9", "DTM03", 5, 4)),
        ("DTM*007*20261102*0430*XX", ("invalid_code", "7", "DTM04", 5, 4)),
        ("DTM*007*20261102**UT", ("element_condition", "2", "DTM03", 5, 4)),
        ("DTM*007", ("element_condition", "2", "DTM02", 5, 4)),
        ("N1*WH**92", ("element_condition", "2", "N104", 5, 4)),
        ("PID*F****a\tb", ("invalid_character", "6", "PID05", 5, 4)),
        ("PO1*1*2*EA", ("segment_not_in_set", "6", "PO1", 5, 4)),
        ("$$*1", ("segment_unrecognized", "1", "$$", 5, 4)),
        ("BIA*00*SI*1*20261102", ("segment_out_of_order", "7", "BIA", 5, 4)),
        ("CS*anything*at*all", None),
        ("UIT*EA*2.50*", None),
        ("REF*ZZ*X**BT:1:LI:2", None),
    ],
)
def test_a_line_that_breaks_the_standard(line: str, expected: tuple[object, ...] | None) -> None:
    assert found(LINE[0], line) == ([] if expected is None else [expected])


def test_positions_and_records_of_the_second_line() -> None:
    assert found(*LINE, "LIN*2*SK", "QTY*33*1*EA") == [("element_missing", "1", "LIN03", 6, 6)]


def test_order_within_a_line() -> None:
    assert found(*LINE, "PID*F****late") == [("segment_out_of_order", "7", "PID", 6, 4)]


def test_a_segment_that_stands_too_often() -> None:
    assert found(LINE[0], "CUR*SE*EUR", "CUR*SE*USD") == [("segment_repeated", "5", "CUR", 6, 4)]


def test_a_loop_that_stands_too_often_goes_on_being_read() -> None:
    many = ["QTY*33*1*EA"] * 100
    assert found(LINE[0], *many, "UIT*EA") == [("loop_repeated", "4", "QTY", 104, 4)]


def test_a_mandatory_segment_that_is_missing() -> None:
    assert found(*LINE, "LS*A", "REF*ZZ*1", *LINE) == [("segment_missing", "3", "LE", 8, 4)]
    data = (
        documents.stock_bytes(*LINE)
        .replace(b"BIA*00*SI*101-1*20261102*0430~\n", b"")
        .replace(b"SE*7", b"SE*6")
    )
    assert [(each.rule, each.field, each.record) for each in documents.findings(data)] == [
        ("x12.segment_missing", "BIA", None)
    ]


def test_a_report_without_a_line_is_refused() -> None:
    assert found("REF*ZZ*nothing") == [("segment_missing", "3", "LIN", 5, None)]


def test_an_error_in_a_record_refuses_that_record_alone() -> None:
    data = documents.stock_bytes(*LINE, "LIN*2*SK*B", "QTY*33*x*EA", "LIN*3*SK*C", "QTY*33*1*EA")
    first = documents.first_set(data)
    assert first.is_accepted
    assert first.refused_records == {6}


def test_a_set_of_which_every_record_is_wrong_is_refused() -> None:
    first = documents.first_set(documents.stock_bytes("LIN*1*SK*A", "QTY*33*x*EA"))
    assert not first.is_accepted
    assert [each.rule for each in first.findings] == ["x12.invalid_character", "x12.all_records_wrong"]


def test_an_error_outside_of_the_records_refuses_the_set() -> None:
    data = documents.stock_bytes(*LINE).replace(b"BIA*00", b"BIA*0")
    assert not documents.first_set(data).is_accepted


def test_a_segment_out_of_its_place_is_still_looked_at() -> None:
    reading = x12.Reading(tolerated=frozenset({"x12.segment_out_of_order"}))
    data = documents.stock_bytes(*LINE, "DTM*007*20269999")
    data = data.replace(b"DTM*007*20261102*0430*UT~\n", b"N1*WH*X~\nDTM*007*2026~\n").replace(
        b"SE*8", b"SE*9"
    )
    rules = [(each.rule, each.segment_position) for each in documents.findings(data, reading)]
    assert ("x12.element_too_short", 4) in rules


@pytest.mark.parametrize(
    ("release", "date", "expected"),
    [("003040", "261102", []), ("003040", "20261102", ["x12.element_too_long"]), ("006030", "20261102", [])],
)
def test_releases_differ(release: str, date: str, expected: list[str]) -> None:
    body = [
        x12.segment("BIA", "00", "SI", "1", date),
        *documents.stock_line(),
        x12.segment("CTT", 1),
    ]
    data = documents.as_bytes(
        documents.interchange(documents.group(x12.transaction_set("846", "0001", body), version=release))
    )
    assert [each.rule for each in documents.findings(data)] == expected


def test_industry_suffixes_are_read_by_their_release() -> None:
    data = documents.as_bytes(documents.interchange(documents.group(version="004010VICS")))
    assert documents.findings(data) == []
    assert documents.first_set(data).definition is STOCK


def test_limits_of_a_release_are_lifted_by_a_later_one() -> None:
    lines = [documents.stock_line()] * 10_001
    for version, expected in (("004010", ["x12.loop_repeated"]), ("005010", [])):
        data = documents.as_bytes(
            documents.interchange(documents.group(documents.stock_set(*lines), version=version))
        )
        assert [each.rule for each in documents.findings(data)] == expected


def walked(text: str) -> list[x12.SyntaxFinding]:
    """What going through the set segment by segment finds, whatever its grammar says."""
    assert STOCK is not None
    walk, begin, position = _Walk(STOCK), 0, 1
    while begin < len(text):
        begin, position = walk.take(text, begin, position), position + 1
    walk.finish()
    return walk.findings


@settings(max_examples=40, deadline=None)
@given(documents.stock_interchanges())
def test_the_grammar_takes_what_the_standard_allows(segments: list[x12.Segment]) -> None:
    for event in x12.read([documents.as_bytes(segments, x12.Separators(repetition=b"^"))]):
        if isinstance(event, x12.TransactionSet):
            assert set_pattern(STOCK, True).fullmatch(event.text)
            assert set_pattern(STOCK, False).fullmatch(event.text)
            assert walked(event.text) == []


@settings(max_examples=120, deadline=None)
@given(documents.stock_interchanges(), st.data())
def test_the_grammar_takes_nothing_that_the_standard_forbids(
    segments: list[x12.Segment], data: st.DataObject
) -> None:
    text = documents.first_set(documents.as_bytes(segments, x12.Separators(repetition=b"^"))).text
    place = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 4))
    put = data.draw(st.text("AEQTYLIN0159.- x\t" + ELEMENT + COMPONENT + SEGMENT, max_size=5))
    changed = text[:place] + put + text[place + length :]
    if not changed.endswith(SEGMENT):
        changed += SEGMENT
    for is_ascii in (True, False):
        if set_pattern(STOCK, is_ascii).fullmatch(changed):
            assert walked(changed) == []
    beside = (codes.TOTAL.name, codes.ALL_RECORDS_WRONG.name)
    assert [each for each in structure_findings(changed, STOCK) if each.rule not in beside] == walked(changed)
