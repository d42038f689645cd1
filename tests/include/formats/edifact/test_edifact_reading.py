from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import edifact
from include.formats.findings import Unreadable
from tests.include.formats.edifact import edifact_documents as documents
from tests.include.formats.edifact.edifact_documents import findings, rules

GOOD = documents.order_bytes()


def replaced(old: str, new: str, data: bytes = GOOD) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode())


def test_a_sound_interchange_is_read_without_a_remark() -> None:
    begin, message, end = edifact.read([GOOD])
    assert isinstance(begin, edifact.Interchange)
    assert (begin.sender, begin.recipient) == (documents.SENDER, documents.RECIPIENT)
    assert (begin.syntax_identifier, begin.syntax_version, begin.control_reference) == ("UNOC", "3", "77")
    assert begin.prepared_at == documents.PREPARED_AT
    assert isinstance(message, edifact.Message)
    assert str(message.type) == "ORDERS:D:96A:UN:EAN008"
    assert message.is_accepted
    assert isinstance(end, edifact.InterchangeEnd)
    assert end.received == 1
    assert end.is_accepted
    assert findings(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "code", "place"),
    [
        ("UNZ+1", "UNZ+2", "interchange_count", "29", "segment 19 of the file (UNZ), element 01"),
        ("UNZ+1+77", "UNZ+1+78", "interchange_reference", "28", "(UNZ), element 02"),
        ("UNZ+1+77'", "", "interchange_trailer_missing", "13", "(UNZ)"),
        ("UNT+17", "UNT+18", "segment_count", "29", "message 1, segment 17 (UNT), element 01"),
        ("UNT+17+1", "UNT+17+2", "message_reference", "28", "segment 17 (UNT), element 02"),
        ("UNT+17+1'", "", "message_trailer_missing", "13", "segment 16 (UNT)"),
        ("UNOC:3", "UNOC:7", "syntax_not_supported", "2", "(UNB), element 01, component 2"),
        ("UNOC:3", "UNOZ:3", "character_set_not_supported", "46", "(UNB), element 01, component 1"),
        ("UNH+1+", "UNH++", "message_reference_missing", "13", "segment 1 (UNH), element 01"),
    ],
)
def test_a_broken_envelope_is_refused_with_its_place_and_code(
    old: str, new: str, rule: str, code: str, place: str
) -> None:
    found = [each for each in findings(replaced(old, new)) if each.rule == f"edifact.{rule}"]
    assert len(found) == 1
    assert found[0].is_fatal
    assert found[0].code == code
    assert place in found[0].place


@pytest.mark.parametrize(
    "old,new,rule", [("UNZ+1", "UNZ+2", "interchange_count"), ("UNT+17", "UNT+1", "segment_count")]
)
def test_a_wrong_count_is_reported_and_accepted_where_that_was_agreed(old: str, new: str, rule: str) -> None:
    reading = edifact.Reading(tolerated=frozenset({f"edifact.{rule}"}))
    (found,) = findings(replaced(old, new), reading)
    assert found.rule == f"edifact.{rule}"
    assert not found.is_fatal
    assert documents.end_of(replaced(old, new), reading).is_accepted


def test_a_refused_message_does_not_take_its_neighbours_with_it() -> None:
    wrong = documents.order("BGM+220", "QTY+21:many", "UNS+S", reference="2")
    data = documents.as_bytes(documents.interchange(documents.order(), wrong, documents.order(reference="3")))
    end = documents.end_of(data)
    assert [verdict.is_accepted for verdict in end.verdicts] == [True, False, True]
    assert end.is_accepted


def test_a_message_without_its_trailer_ends_where_the_next_begins() -> None:
    data = documents.as_bytes(documents.interchange(documents.order(), documents.order(reference="2")))
    data = data.replace(b"UNT+17+1'", b"")
    assert [each.is_accepted for each in edifact.read([data]) if isinstance(each, edifact.Message)] == [
        False,
        True,
    ]


def test_segments_without_a_header_are_no_message_that_counts() -> None:
    data = documents.order_bytes().replace(b"UNZ+1", b"FTX+ZZZ+++lost'UNZ+1")
    assert sorted(rules(data)) == ["message_header_missing", "stray_segment"]
    assert not documents.end_of(data).is_accepted


def test_several_interchanges_may_separate_in_several_ways() -> None:
    other = edifact.Separators(b"|", b"^", b".", b"!", b"", b"\x15", has_advice=True)
    data = GOOD + b"\r\n" + documents.as_bytes(documents.interchange(control_reference="78"), other) + b"\n  "
    begins = [each for each in edifact.read([data]) if isinstance(each, edifact.Interchange)]
    assert [each.control_reference for each in begins] == ["77", "78"]
    assert findings(data) == []


def test_an_interchange_that_was_cut_off_does_not_take_the_next_with_it() -> None:
    data = GOOD[:200] + documents.as_bytes(documents.interchange(control_reference="78"))
    ends = [each for each in edifact.read([data]) if isinstance(each, edifact.InterchangeEnd)]
    assert [each.is_accepted for each in ends] == [False, True]


def test_the_same_reference_of_the_same_sender_is_a_duplicate() -> None:
    assert rules(GOOD + GOOD) == ["duplicate_interchange"]
    assert rules(documents.as_bytes(documents.interchange(documents.order(), documents.order()))) == [
        "duplicate_message"
    ]


def test_messages_of_many_kinds_stand_in_one_interchange() -> None:
    errors = documents.of_text("BGM+313+X+9", "DTM+137:20261102:102", "ERC+12", "FTX+AAO+++wrong price")
    aperak = edifact.message(edifact.MessageType("APERAK", "D", "01B", "UN", "EAN003"), "2", errors)
    unknown = edifact.message(
        edifact.MessageType("IFTMIN", "D", "96A", "UN"), "3", documents.of_text("BGM+610")
    )
    data = documents.as_bytes(documents.interchange(documents.order(), aperak, unknown))
    assert rules(data) == ["message_not_described"]
    kinds = [each.type.id for each in edifact.read([data]) if isinstance(each, edifact.Message)]
    assert kinds == ["ORDERS", "APERAK", "IFTMIN"]


def grouped(*groups: str) -> bytes:
    begin = "UNB+UNOC:3+4012345500004:14+5412345000013:14+261102:0430+77'"
    return f"{begin}{''.join(groups)}UNZ+{len(groups)}+77'".encode()


def group(reference: str = "5", count: int = 1, trailer: str = "UNE+{count}+{reference}'") -> str:
    header = f"UNG+ORDERS+4012345500004:14+5412345000013:14+261102:0430+{reference}+UN+D:96A'"
    body = documents.as_bytes(documents.order()).decode()
    return header + body + trailer.format(count=count, reference=reference)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (grouped(group("5"), group("6")), []),
        (grouped(group("5"), group("5")), ["duplicate_group"]),
        (grouped(group(count=2)), ["group_count"]),
        (grouped(group(trailer="UNE+1+9'")), ["group_reference"]),
        (grouped(group(trailer="")), ["group_trailer_missing"]),
        (grouped(group().replace("UNG+ORDERS", "UNG+INVOIC")), ["message_not_in_group"]),
        (
            grouped(group() + documents.as_bytes(documents.order(reference="9")).decode()),
            ["groups_and_messages_mixed"],
        ),
    ],
)
def test_groups_are_checked(data: bytes, expected: list[str]) -> None:
    assert rules(data) == expected


def test_what_has_no_interchange_is_read_and_refused() -> None:
    data = documents.as_bytes(documents.order())
    assert rules(data) == ["interchange_header_missing"]
    assert documents.first_message(data).is_accepted
    assert not documents.end_of(data).is_accepted


def test_lower_case_tags_are_read_and_reported() -> None:
    data = (
        GOOD.replace(b"LIN+", b"lin+").replace(b"UNZ", b"unz").replace(b"UNB", b"unb").replace(b"UNH", b"Unh")
    )
    assert set(rules(data)) == {"lower_case_tag"}
    assert documents.first_message(data).is_accepted
    assert [each.tag for each in documents.first_message(data).segments].count("LIN") == 2


def test_line_breaks_and_blanks_around_segments_are_no_data() -> None:
    for line_break in (b"\n", b"\r\n", b"   \r\n", b"\t\r\n\r\n"):
        data = GOOD.replace(b"'", b"'" + line_break)
        assert rules(data) == []
        assert documents.first_message(data).segments == documents.first_message(GOOD).segments


def test_lines_of_fixed_length_are_put_together() -> None:
    for line_break in (b"\n", b"\r\n"):
        data = line_break.join(GOOD[start : start + 80] for start in range(0, len(GOOD), 80))
        assert set(rules(data)) == {"wrapped_lines"}
        assert documents.first_message(data).segments == documents.first_message(GOOD).segments
        later = line_break.join(documents.cut(GOOD + documents.order_bytes(control_reference="2"), [80]))
        assert rules(later).count("wrapped_lines") >= 1


def test_a_line_break_inside_a_segment_is_taken_out_and_reported() -> None:
    data = replaced("4000862141404", "400086\r\n2141404")
    assert rules(data) == ["line_break_inside"]
    assert "4000862141404" in documents.first_message(data).text


def test_a_byte_order_mark_and_what_follows_the_end_are_reported() -> None:
    assert rules(b"\xef\xbb\xbf" + GOOD) == ["byte_order_mark"]
    assert rules(b"garbage " + GOOD + b" and more") == ["bytes_outside", "bytes_outside"]


def test_who_sends_and_receives_is_compared_with_what_was_agreed() -> None:
    other = edifact.Party("1234567890128", "14")
    assert rules(GOOD, edifact.Reading(sender=documents.SENDER, recipient=documents.RECIPIENT)) == []
    (found,) = findings(GOOD, edifact.Reading(sender=other))
    assert (found.code, found.is_fatal) == ("23", True)
    (found,) = findings(GOOD, edifact.Reading(recipient=other))
    assert (found.code, found.is_fatal) == ("7", True)
    assert rules(GOOD, edifact.Reading(messages=frozenset({"INVOIC"}))) == ["message_not_agreed"]


def test_text_is_decoded_as_the_syntax_identifier_says() -> None:
    lines = ("BGM+220+PO-1+9", "DTM+137:20261102:102", "FTX+ZZZ+++{}", "LIN+1", "QTY+21:1", "UNS+S")
    for name, text in (
        ("UNOC", "Füße"),
        ("UNOE", "Жар"),
        ("UNOL", "5 €"),
        ("UNOY", "漢字"),
        ("UNOX", "日本語"),
    ):
        data = documents.order_bytes(*(line.format(text) for line in lines), syntax_identifier=name)
        assert rules(data) == [], name
        assert documents.first_message(data).segments[3].value(4) == text


def test_shifted_bytes_that_are_no_character_are_reported_and_the_next_message_goes_on() -> None:
    texts = ("漢字", "日本")
    lines = ("BGM+220+PO-1+9", "DTM+137:20261102:102", "FTX+ZZZ+++{}", "LIN+1", "QTY+21:1", "UNS+S")
    orders = (
        documents.order(*(line.format(text) for line in lines), reference=str(number))
        for number, text in enumerate(texts, 1)
    )
    data = documents.as_bytes(documents.interchange(*orders, syntax_identifier="UNOX"))
    assert rules(data) == []
    good = texts[0].encode("iso2022_jp_2")
    for place in range(3, len(good) - 3):
        # 0x7F is in no plane of shifted characters; as a byte it is plain ASCII.
        broken = data.replace(good, good[:place] + b"\x7f" + good[place + 1 :])
        for blocks in ([broken], list(documents.cut(broken, range(1, len(broken), 7)))):
            events = list(edifact.read(blocks))
            told = [each.rule for event in events for each in event.findings if each.is_fatal]
            assert "edifact.invalid_character" in told
            (last,) = [e for e in events if isinstance(e, edifact.Message) and e.reference == "2"]
            assert last.segments[3].value(4) == texts[1]


def test_what_the_character_set_does_not_have_is_reported() -> None:
    lower = documents.order_bytes("BGM+220+po-1+9", *documents.ORDER[1:], syntax_identifier="UNOA")
    (found,) = findings(lower)
    assert (found.rule, found.code, found.is_fatal) == ("edifact.character_not_in_set", "21", False)
    accent = documents.order_bytes("BGM+220+PÖ-1+9", *documents.ORDER[1:]).replace(b"UNOC", b"UNOB")
    (found,) = [each for each in findings(accent) if each.is_fatal]
    assert (found.rule, found.code, found.field) == ("edifact.invalid_character", "21", "BGM02-01")
    assert rules(accent, edifact.Reading(encoding="latin-1")) == ["character_not_in_set"]


def test_what_is_too_long_is_passed_over() -> None:
    reading = edifact.Reading(maximum_segment_length=300, maximum_message_length=700)
    long_segment = documents.order("BGM+220", "FTX+ZZZ+++" + "X" * 400, reference="2")
    long_message = documents.order(*documents.ORDER * 4, reference="3")
    data = documents.as_bytes(
        documents.interchange(documents.order(), long_segment, long_message, documents.order(reference="4"))
    )
    for blocks in ([data], list(documents.cut(data, [50]))):
        events = list(edifact.read(blocks, reading))
        accepted = [each.is_accepted for each in events if isinstance(each, edifact.Message)]
        assert accepted == [True, False, False, True]
        assert next(each for each in events if isinstance(each, edifact.InterchangeEnd)).is_accepted


@pytest.mark.parametrize(
    ("data", "separators"),
    [
        # Read as it stands, such a byte would become the separator that it stood for.
        (b"BGM+220+a\x01b'", edifact.LEVEL_A),
        (b"BGM+220+a?+\x02b'", edifact.LEVEL_A),
        (b"BGM\x1d220\x1da?\x1db'", edifact.Separators(element=b"\x1d")),
    ],
)
def test_control_characters_in_data_are_found(data: bytes, separators: edifact.Separators) -> None:
    begin, end = documents.as_bytes(documents.interchange(documents.order()), separators).split(b"BGM", 1)
    advice = replace(separators, has_advice=True).advice()
    whole = advice + begin + data + end[end.index(b"'") + 1 :]
    assert rules(whole) == ["invalid_character"]


@settings(max_examples=60, deadline=None)
@given(documents.sound_interchanges(), st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_blocks_of_any_size_give_the_same(drawn: tuple, sizes: list[int]) -> None:
    data = documents.as_bytes(*drawn)
    whole = [repr(event) for event in edifact.read([data])]
    assert [repr(event) for event in edifact.read(documents.cut(data, sizes))] == whole


def test_memory_does_not_grow_with_the_file() -> None:
    message = documents.as_bytes(documents.order())

    def peak(count: int) -> int:
        def blocks() -> Iterator[bytes]:
            yield GOOD[: GOOD.index(b"UNH")]
            for _ in range(count):
                yield message.replace(b"UNH+1+", b"UNH+" + b"%d+" % 1).replace(b"UNT+17+1", b"UNT+17+1")
            yield b"UNZ+%d+77'" % count

        tracemalloc.start()
        for event in edifact.read(blocks()):
            if isinstance(event, edifact.InterchangeEnd):
                assert event.received == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    few, many = peak(200), peak(2000)
    # What stays of each message is its verdict, for the answer.
    assert (many - few) / 1800 < 4 * len(message)


def test_an_empty_file_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="empty"):
        list(edifact.read([]))
