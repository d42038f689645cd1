from __future__ import annotations

import pytest

from include.formats import edifact
from include.formats.edifact.checking import MOST_FINDINGS
from tests.include.formats.edifact import edifact_documents as documents
from tests.include.formats.edifact.edifact_documents import ORDER, findings, order_bytes


def changed(line: str, *new: str) -> bytes:
    """The order with other lines in place of one of its own."""
    index = ORDER.index(line)
    return order_bytes(*ORDER[:index], *new, *ORDER[index + 1 :])


QTY, LIN, DTM, PRI = (
    "QTY+21:48:PCE",
    "LIN+1++4000862141404:EN",
    "DTM+137:20261102:102",
    "PRI+AAA:14.58::NTP:1:PCE",
)


@pytest.mark.parametrize(
    ("data", "rule", "code", "place", "value"),
    [
        (changed(QTY, "QTY+21"), "element_missing", "13", "segment 11 (QTY), element 01, component 2", None),
        (changed(QTY, "QTY"), "element_missing", "13", "segment 11 (QTY), element 01", None),
        (changed(QTY, "QTY+21:many"), "invalid_type_of_character", "37", "element 01, component 2", "many"),
        (changed(QTY, "QTY+21:.5"), "invalid_type_of_character", "37", "element 01, component 2", ".5"),
        (changed(QTY, "QTY+21:" + "9" * 31), "element_too_long", "39", "element 01, component 2", "9" * 31),
        (changed(QTY, "QTY+2100:1"), "element_too_long", "39", "element 01, component 1", "2100"),
        (
            changed(QTY, "QTY+21:1:PCE:X"),
            "too_many_components",
            "16",
            "element 01, component 4",
            "21\x1f1\x1fPCE\x1fX",
        ),
        (changed(QTY, "QTY+21:1:PCE+X"), "too_many_elements", "16", "segment 11 (QTY), element 02", "X"),
        (changed(LIN, "LIN+1+A:B"), "too_many_components", "16", "segment 9 (LIN), element 02", "A\x1fB"),
        (changed("UNS+S", "UNS+X"), "invalid_code", "12", "segment 15 (UNS), element 01", "X"),
        (changed("NAD+BY+5412345000013::9", "NAD+BY+1::GS"), "invalid_code", "12", "component 3", "GS"),
        (changed(DTM), "segment_missing", "13", "segment 3 (DTM)", None),
        (changed(LIN, "FTX+ZZZ", LIN), "segment_out_of_order", "15", "segment 9 (FTX)", None),
        (changed(LIN, LIN, "CPS+1"), "segment_not_in_message", "15", "segment 10 (CPS)", None),
        (changed(LIN, LIN, "L!N+1"), "segment_unrecognized", "12", "segment 10 (L!N)", None),
        (changed(LIN, LIN, "QVR+1", "QVR+2"), "segment_repeated", "35", "segment 11 (QVR)", None),
        (changed(LIN, *["TOD+6"] * 11, LIN), "group_repeated", "36", "segment 19 (TOD)", None),
        (
            order_bytes().replace(b"LIN+1+", b"LIN:1:2+1+"),
            "nesting_indicated",
            "34",
            "segment 9 (LIN)",
            None,
        ),
        (
            changed("CNT+2:2", "CNT+2:3"),
            "control_total",
            "29",
            "segment 16 (CNT), element 01, component 2",
            "3",
        ),
    ],
)
def test_what_a_message_may_not_hold_is_said_with_place_and_code(
    data: bytes, rule: str, code: str, place: str, value: str | None
) -> None:
    wrong = [each for each in findings(data) if each.is_fatal]
    assert wrong[0].rule == f"edifact.{rule}"
    assert wrong[0].code == code
    assert place in wrong[0].place
    assert wrong[0].value == (value and edifact.readable(value))
    assert not documents.first_message(data).is_accepted


@pytest.mark.parametrize(
    ("data", "rule", "code"),
    [
        (changed(DTM, "DTM+137:20261302:102"), "invalid_date", "12"),
        (changed(DTM, "DTM+137:2026-11-02:102"), "invalid_date", "12"),
        (changed(PRI, "PRI+AAA:14,58"), "decimal_mark", "19"),
        (changed(LIN, "LIN+1++4000862141404:EN::"), "trailing_separator", "45"),
        (changed(LIN, "LIN+1++4000862141404:EN+"), "trailing_separator", "45"),
    ],
)
def test_what_partners_do_is_reported_and_refuses_nothing(data: bytes, rule: str, code: str) -> None:
    (found,) = findings(data)
    assert (found.rule, found.code, found.is_fatal) == (f"edifact.{rule}", code, False)
    assert documents.first_message(data).is_accepted


def test_a_tolerated_rule_is_reported_and_refuses_nothing() -> None:
    data = changed("CNT+2:2", "CNT+2:3")
    reading = edifact.Reading(tolerated=frozenset({"edifact.control_total"}))
    (found,) = findings(data, reading)
    assert not found.is_fatal
    assert documents.first_message(data, reading).is_accepted


def test_every_error_of_a_message_is_found() -> None:
    data = changed(QTY, "QTY+21:x", "PRI+AAA:y", "XXX+1", "IMD+FFFF")
    wrong = [(each.rule.removeprefix("edifact."), each.segment_position) for each in findings(data)]
    assert wrong == [
        ("invalid_type_of_character", 11),
        ("invalid_type_of_character", 12),
        ("segment_not_in_message", 13),
        ("segment_out_of_order", 14),
        ("element_too_long", 14),
    ]


def test_an_error_names_the_group_that_it_stands_in() -> None:
    (found,) = findings(changed(PRI, "PRI+AAA:x"))
    assert (found.group_id, found.field, found.element_reference) == ("PRI", "PRI01-02", "5118")
    assert found.segment_in_file == 13


def test_decimal_commas_are_numbers_where_una_says_so() -> None:
    marks = edifact.Separators(decimal=b",", has_advice=True)
    data = documents.as_bytes(documents.interchange(), marks)
    assert [each.rule for each in findings(data)] == ["edifact.decimal_mark"] * 2
    assert findings(data.replace(b"14.58", b"14,58").replace(b"2.5", b"2,5")) == []


def test_repetitions_are_counted_in_syntax_version_4() -> None:
    begin = ("BGM+220", DTM, "NAD+BY+1::9", "CTA+OC")
    three, four = "COM+a:TE*b:EM*c:FX", "COM+a:TE*b:EM*c:FX*d:AL"
    assert findings(order_bytes(*begin, three, "LIN+1", "UNS+S", syntax_version=4)) == []
    wrong = order_bytes(*begin, four, "LIN+1", "UNS+S", syntax_version=4)
    assert [(each.rule, each.code) for each in findings(wrong)] == [("edifact.too_many_repetitions", "35")]
    one_by_one = order_bytes(*begin, "COM+a:TE+b:EM+c:FX", "LIN+1", "UNS+S")
    assert findings(one_by_one) == []


def test_a_message_full_of_errors_is_not_looked_at_to_the_end() -> None:
    data = order_bytes("BGM+220", DTM, *["XXX"] * (MOST_FINDINGS + 10), "UNS+S")
    wrong = findings(data)
    assert wrong[-1].rule == "edifact.too_many_errors"
    assert len(wrong) == MOST_FINDINGS + 2


@pytest.mark.parametrize("directory", ["93A", "96A", "97A", "99B", "01B", "07A", "10A"])
def test_every_directory_is_read(directory: str) -> None:
    kind = documents.ORDERS._replace(release=directory)
    assert findings(documents.as_bytes(documents.interchange(documents.order(kind=kind)))) == []


def test_an_unknown_directory_is_reported() -> None:
    kind = documents.ORDERS._replace(release="77X")
    data = documents.as_bytes(documents.interchange(documents.order(kind=kind)))
    assert documents.rules(data) == ["directory_unknown"]
