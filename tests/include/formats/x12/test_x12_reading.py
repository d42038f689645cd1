from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import x12
from include.formats.findings import Unreadable
from tests.include.formats.x12 import x12_documents as documents
from tests.include.formats.x12.x12_documents import group, interchange, stock_set

GOOD = documents.as_bytes(interchange())
TWO_SETS = documents.as_bytes(interchange(group(stock_set(), stock_set(number="0002"))))


def events(data: bytes, reading: x12.Reading | None = None) -> list[x12.Event]:
    return list(x12.read([data], reading))


def rules(data: bytes, reading: x12.Reading | None = None) -> list[str]:
    return [each.rule for each in documents.findings(data, reading)]


def sets(data: bytes, reading: x12.Reading | None = None) -> list[x12.TransactionSet]:
    return [event for event in events(data, reading) if isinstance(event, x12.TransactionSet)]


def test_events_of_a_good_file_carry_what_the_envelopes_say() -> None:
    begin, first_group, found, group_end, end = events(GOOD)
    assert isinstance(begin, x12.Interchange)
    assert (begin.sender, begin.receiver) == (documents.SENDER, documents.RECEIVER)
    assert (begin.control_number, begin.version, begin.is_test) == ("000000101", "00401", False)
    assert begin.prepared_at == documents.PREPARED_AT
    assert isinstance(first_group, x12.Group)
    assert (first_group.functional_id, first_group.control_number, first_group.release) == (
        "IB",
        "101",
        "004010",
    )
    assert isinstance(found, x12.TransactionSet)
    assert (found.set_id, found.control_number, found.is_accepted) == ("846", "0001", True)
    assert [each.tag for each in found.segments] == ["ST", "BIA", "DTM", "LIN", "QTY", "CTT", "SE"]
    assert found.segments[4].value(3) == "EA"
    assert isinstance(group_end, x12.GroupEnd)
    assert (group_end.declared_sets, group_end.received_sets, group_end.accepted_sets) == (1, 1, 1)
    assert isinstance(end, x12.InterchangeEnd)
    assert end.is_accepted
    assert documents.findings(GOOD) == []


def comparable(found: list[x12.Event]) -> list[object]:
    """Events without the window's own arithmetic; they hold no reference to it."""
    return [event.__dict__ if hasattr(event, "__dict__") else event for event in found]


@settings(max_examples=40, deadline=None)
@given(
    documents.stock_interchanges(),
    documents.separators(),
    st.lists(st.integers(1, 300), min_size=1, max_size=6),
)
def test_blocks_may_split_anywhere(
    segments: list[x12.Segment], separators: x12.Separators, sizes: list[int]
) -> None:
    data = documents.as_bytes(segments, separators)
    whole = events(data)
    assert comparable(list(x12.read(documents.cut(data, sizes)))) == comparable(whole)
    assert [each for event in whole for each in getattr(event, "findings", ())] == []


@pytest.mark.parametrize("mistake", [b"", b"QTY*33*x~", b"~~", b"ST*846*0009~", b"-- note --", b"ISA*00*"])
def test_one_byte_at_a_time_gives_the_same(mistake: bytes) -> None:
    data = GOOD.replace(b"CTT", mistake + b"CTT") + b"\r\nfoot\r\n" + GOOD
    assert comparable(list(x12.read(documents.cut(data, [1])))) == comparable(events(data))


def test_interchanges_with_other_separators_follow_each_other() -> None:
    other = x12.Separators(element=b"|", component=b"^", segment=b"'")
    data = GOOD + documents.as_bytes(interchange(number=102), other)
    assert [each.control_number for each in sets(data)] == ["0001", "0001"]
    assert rules(data) == []


def test_the_same_interchange_number_twice_is_reported() -> None:
    assert rules(GOOD + GOOD) == ["x12.duplicate_interchange"]


def test_bytes_between_interchanges_are_reported_with_their_place() -> None:
    data = GOOD + b"end of VISA* file\n" + documents.as_bytes(interchange(number=102))
    (finding,) = documents.findings(data)
    assert finding.rule == "x12.bytes_outside"
    assert not finding.is_fatal
    assert "18 bytes" in finding.message
    assert finding.line == GOOD.count(b"\n") + 1
    assert len(sets(data)) == 2


def test_byte_order_mark_and_white_space_before_isa() -> None:
    assert rules(b"\xef\xbb\xbf \r\n" + GOOD) == ["x12.byte_order_mark"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "x12.no_interchange"),
        (b"  \r\n", "x12.no_interchange"),
        (b"sku;quantity\n", "x12.no_interchange"),
        (b"\x00" * 1000, "x12.no_interchange"),
        (GOOD[:50], "x12.isa_unreadable"),
        (GOOD.replace(b"*P*:~", b"*P*~"), "x12.isa_unreadable"),
    ],
)
def test_a_file_without_an_interchange_is_unreadable(data: bytes, rule: str) -> None:
    with pytest.raises(Unreadable) as caught:
        events(data)
    assert caught.value.finding.rule == rule


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"SE*7*0001", b"SE*8*0001", ["x12.segment_count"]),
        (b"SE*7*0001", b"SE*x*0001", ["x12.segment_count", "x12.invalid_character"]),
        (b"SE*7*0001", b"SE*7*0002", ["x12.set_control_number"]),
        (b"SE*7*0001~\n", b"", ["x12.set_trailer_missing"]),
        (b"ST*846*0001~\n", b"", ["x12.set_header_missing", "x12.segment_count"]),
        (b"GE*1*101", b"GE*2*101", ["x12.set_count"]),
        (b"GE*1*101", b"GE*1*7", ["x12.group_control_number"]),
        (b"GE*1*101~\n", b"", ["x12.group_trailer_missing"]),
        (b"IEA*1*000000101", b"IEA*2*000000101", ["x12.group_count"]),
        (b"IEA*1*000000101", b"IEA*1*000000102", ["x12.interchange_control_number"]),
        (b"IEA*1*000000101~\n", b"", ["x12.interchange_trailer_missing"]),
        (b"IEA*1*000000101~\n", b"IEA*1*000000101", ["x12.last_terminator_missing"]),
        (b"GE*1*101~\n", b"GE*1*101~\nREF*ZZ*lost~\n", ["x12.stray_segment"]),
        (b"ST*846*0001", b"ST*84*0001", ["x12.set_identifier_invalid"]),
        (b"ST*846*0001", b"ST*998*0001", ["x12.set_not_described", "x12.set_not_in_group"]),
        (b"ST*846*0001", b"ST*84Z*0001", ["x12.set_not_supported"]),
        (b"GS*IB*", b"GS*PO*", ["x12.set_not_in_group"]),
        (b"GS*IB*", b"GS*QQ*", ["x12.group_unknown"]),
        (b"CENTRALWMS     *ZZ", b"CENTRAL~WMS    *ZZ", ["x12.isa_holds_separator"]),
        (b"ST*846*0001~", b"TA1*000000101*261102*0430*A*000~\nST*846*0001~", ["x12.set_header_missing"]),
        (b"IEA*1*", b"IEA*1:*", ["x12.group_count"]),
        (b"SE*7*", b"SE*7:*", ["x12.segment_count", "x12.too_many_components"]),
        (b"GS*IB", b"TA1*1*261102~\nGS*IB", ["x12.note_element"] * 4),
        (b"IEA*1*", b"IEA\x00*1*", ["x12.stray_segment", "x12.interchange_trailer_missing"]),
        (b"*X*004010", b"*X*009990", ["x12.set_not_described", "x12.version_unknown"]),
        (b"*20261102*0430*101*X", b"*261102*0430*101*X", ["x12.group_element"]),
        (b"*U*00401*", b"* *00401*", ["x12.isa_element"]),
        (b"CTT*1~\n", b"CTT*1~\n~\n", ["x12.empty_segment"]),
        (b"CTT*1~", b"CTT*2~", ["x12.total"]),
    ],
)
def test_each_broken_part_of_an_envelope_has_its_rule(old: bytes, new: bytes, expected: list[str]) -> None:
    assert old in GOOD
    assert rules(GOOD.replace(old, new)) == expected


def test_control_numbers_of_a_set_must_have_four_to_nine_characters() -> None:
    data = GOOD.replace(b"*0001", b"*001")
    assert "x12.set_control_number_invalid" in rules(data)


def test_the_number_of_a_set_may_stand_once_in_a_group() -> None:
    (finding,) = documents.findings(documents.as_bytes(interchange(group(stock_set(), stock_set()))))
    assert (finding.rule, finding.code, finding.is_fatal) == ("x12.duplicate_set", "23", False)
    assert sets(documents.as_bytes(interchange(group(), group(number=102)))) != []
    assert rules(documents.as_bytes(interchange(group(), group(number=102)))) == []


def test_a_refused_set_does_not_take_its_neighbours_with_it() -> None:
    data = TWO_SETS.replace(b"SE*7*0001", b"SE*9*0001")
    assert [(each.control_number, each.is_accepted) for each in sets(data)] == [
        ("0001", False),
        ("0002", True),
    ]
    end = next(event for event in events(data) if isinstance(event, x12.GroupEnd))
    assert (end.is_accepted, end.received_sets, end.accepted_sets) == (True, 2, 1)


def test_a_cut_interchange_does_not_take_the_next_with_it() -> None:
    data = GOOD[: GOOD.index(b"QTY") + 6] + documents.as_bytes(interchange(number=102))
    ends = [event for event in events(data) if isinstance(event, x12.InterchangeEnd)]
    assert [end.is_accepted for end in ends] == [False, True]
    assert [each.is_accepted for each in sets(data)] == [False, True]


def test_places_name_line_segment_and_element() -> None:
    finding = next(each for each in documents.findings(GOOD.replace(b"QTY*33*40", b"QTY*33*4x")))
    assert finding.place == "line 7, transaction set 0001, segment 5 (QTY), element 02"
    assert (finding.line, finding.segment_position, finding.segment_in_file) == (7, 5, 7)
    assert (finding.element_position, finding.element_reference, finding.value) == (2, "380", "4x")
    assert (finding.record, finding.loop_id) == (4, "QTY")


def test_tolerated_rules_are_reported_and_refuse_nothing() -> None:
    data = GOOD.replace(b"GE*1*", b"GE*2*").replace(b"SE*7*", b"SE*8*")
    reading = x12.Reading(tolerated=frozenset({"x12.set_count", "x12.segment_count"}))
    assert rules(data, reading) == ["x12.segment_count", "x12.set_count"]
    assert documents.is_all_accepted(data, reading)
    assert not documents.is_all_accepted(data)


def test_what_was_agreed_is_held_against_what_came() -> None:
    reading = x12.Reading(
        sets=frozenset({"850"}),
        releases=frozenset({"005010"}),
        sender=x12.Party("01", "CENTRALWMS"),
        receiver=documents.RECEIVER,
    )
    assert rules(GOOD, reading) == ["x12.set_not_supported", "x12.version_not_agreed", "x12.unknown_sender"]


def test_bytes_that_do_not_decode_are_found_where_they_stand() -> None:
    data = GOOD.replace(b"LQ-1", b"LQ-\xe4")
    (finding, _) = documents.findings(data)
    assert (finding.rule, finding.field, finding.value) == ("x12.invalid_character", "LIN03", r"LQ-\xe4")
    assert documents.findings(data, x12.Reading(encoding="latin-1")) == []
    assert sets(data, x12.Reading(encoding="latin-1"))[0].segments[3].value(3) == "LQ-ä"


def test_bytes_that_do_not_decode_in_a_set_that_is_not_described() -> None:
    data = GOOD.replace(b"ST*846", b"ST*830").replace(b"GS*IB", b"GS*PS").replace(b"LQ-1", b"LQ-\xe4")
    assert "x12.undecodable" in rules(data)


def test_line_breaks_and_indents_change_nothing() -> None:
    flat = documents.as_bytes(interchange(), x12.Separators())
    for line_break in (b"\r\n", b"\n    ", b"  \r\n\t", b" "):
        data = flat.replace(b"~", b"~" + line_break)
        assert [each.segments for each in sets(data)] == [each.segments for each in sets(flat)]
        assert rules(data) == []


def test_lines_wrapped_at_a_column_are_joined() -> None:
    flat = documents.as_bytes(interchange(), x12.Separators())
    wrapped = b"\r\n".join(flat[start : start + 80] for start in range(0, len(flat), 80))
    other = x12.Separators(segment=b"\n")
    data = wrapped + b"\r\n" + documents.as_bytes(interchange(number=102), other)
    assert rules(data) == ["x12.wrapped_lines"]
    assert [each.segments for each in sets(data)] == [each.segments for each in sets(flat)] * 2


def test_a_long_segment_refuses_its_set_alone() -> None:
    long = b"QTY*33*" + b"9" * 5000 + b"~\n"
    data = TWO_SETS.replace(b"QTY*33*40*EA~\n", long, 1)
    reading = x12.Reading(maximum_segment_length=1000)
    for sizes in ([1 << 20], [100], [7]):
        found = [
            each
            for each in x12.read(documents.cut(data, sizes), reading)
            if isinstance(each, x12.TransactionSet)
        ]
        assert [each.is_accepted for each in found] == [False, True]
        assert [finding.rule for finding in found[0].findings] == ["x12.set_too_long"]


def test_a_long_set_is_refused_alone() -> None:
    many = documents.as_bytes(
        interchange(group(stock_set(*[documents.stock_line()] * 200), stock_set(number="0002")))
    )
    reading = x12.Reading(maximum_set_length=4000, maximum_segment_length=1000)
    for sizes in ([1 << 20], [512]):
        found = [
            each
            for each in x12.read(documents.cut(many, sizes), reading)
            if isinstance(each, x12.TransactionSet)
        ]
        assert [(each.control_number, each.is_accepted) for each in found] == [
            ("0001", False),
            ("0002", True),
        ]


def endless_line(megabytes: int) -> Iterator[bytes]:
    yield GOOD[: GOOD.index(b"CTT")]
    for _ in range(megabytes):
        yield b"x" * (1 << 20)
    yield GOOD[GOOD.index(b"CTT") :]


def many_sets(count: int) -> Iterator[bytes]:
    opening, closing = GOOD[: GOOD.index(b"ST*")], GOOD[GOOD.index(b"GE*") :]
    body = documents.as_bytes(stock_set(*[documents.stock_line()] * 50))
    yield opening
    for number in range(count):
        yield body.replace(b"*0001~", b"*%06d~" % number)
    yield closing.replace(b"GE*1*", b"GE*%d*" % count)


def peak_megabytes(blocks: Iterator[bytes]) -> float:
    tracemalloc.start()
    for _ in x12.read(blocks):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / (1 << 20)


def test_a_line_without_end_takes_no_memory() -> None:
    assert peak_megabytes(endless_line(100)) < 12


def test_memory_does_not_grow_with_the_file() -> None:
    x12.read([GOOD]).__next__()
    few, many = peak_megabytes(many_sets(20)), peak_megabytes(many_sets(400))
    assert many < few + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SE*7*", b"SE*" + b"7" * 9000 + b"*"),
        (b"GE*1*", b"GE*" + b"1" * 9000 + b"*"),
        (b"GE*1*101", b"GE*1*" + b"1" * 9000),
        (b"0430*101*X", b"0430*" + b"1" * 9000 + b"*X"),
        (b"IEA*1*", b"IEA*" + b"1" * 9000 + b"*"),
        (b"ST*846*0001", b"ST*846*" + b"1" * 9000),
        (b"CTT*1", b"CTT*" + b"1" * 9000),
    ],
)
def test_numbers_without_end_are_wrong_numbers(old: bytes, new: bytes) -> None:
    assert old in GOOD
    assert not documents.is_all_accepted(GOOD.replace(old, new))


def test_a_big_set_in_small_blocks_takes_time_in_proportion() -> None:
    lines = [documents.stock_line(number) for number in range(9_000)]
    many = GOOD.replace(documents.as_bytes(stock_set()), documents.as_bytes(stock_set(*lines * 5)))
    reading = x12.Reading(maximum_segment_length=500, tolerated=frozenset({"x12.loop_repeated"}))
    found = [
        each
        for each in x12.read(documents.cut(many, [4096]), reading)
        if isinstance(each, x12.TransactionSet)
    ]
    assert [len(each.segments) for each in found] == [2 * 45_000 + 5]


def test_remarks_do_not_pile_up() -> None:
    outside = GOOD.replace(b"GE*1*101~\n", b"GE*1*101~\n" + b"REF*ZZ*1~\n" * 5_000)
    assert len(rules(outside)) == 100
    assert not documents.is_all_accepted(outside)
    headers = GOOD[:105] + b"A" + GOOD[106:]
    with pytest.raises(Unreadable):
        events(headers * 500)


def test_errors_without_end_refuse_the_set() -> None:
    line = [x12.segment("LIN", "1", "SK", "A"), *[x12.segment("QTY", "33", "x")] * 90]
    data = documents.as_bytes(interchange(group(stock_set(*[line] * 300))))
    (found,) = sets(data)
    assert not found.is_accepted
    assert found.findings[-1].rule == "x12.too_many_errors"
    assert len(found.findings) < 20_100


def test_what_is_said_can_be_shown_and_stored() -> None:
    data = GOOD.replace(b"QTY*33*40*EA", b"QTY*33*4\x000*E\xffA\x07").replace(b"GE*1*101", b"GE*1*1\x0001")
    for each in documents.findings(data.replace(b"000000101", b"00000\x00101")):
        for text in (each.message, each.value or "", each.place, each.field or ""):
            assert text.isprintable(), each
