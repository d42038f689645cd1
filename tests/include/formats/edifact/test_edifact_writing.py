from __future__ import annotations

import pytest
from hypothesis import given, settings

from include.formats import edifact
from tests.include.formats.edifact import edifact_documents as documents


def test_an_interchange_is_written_as_the_standard_has_it() -> None:
    message = documents.order("BGM+220+1", "DTM+137:20261102:102", "LIN+1", "UNS+S")
    assert documents.as_bytes(
        documents.interchange(message, application_reference="ORDERS", is_test=True)
    ) == (
        b"UNB+UNOC:3+4012345500004:14+5412345000013:14+261102:0430+77++ORDERS++++1'"
        b"UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+1'DTM+137:20261102:102'LIN+1'UNS+S'UNT+6+1'UNZ+1+77'"
    )


def test_separators_in_data_are_released() -> None:
    message = documents.order("BGM+220", "DTM+137:20261102:102", "UNS+S")
    message[1] = edifact.segment("BGM", "220", "a+b:c'd?e*f")
    data = documents.as_bytes(documents.interchange(message))
    assert b"BGM+220+a?+b?:c?'d??e*f'" in data
    assert documents.first_message(data).segments[1].value(2) == "a+b:c'd?e*f"


def test_una_stands_before_each_interchange_where_it_is_wanted() -> None:
    marks = edifact.Separators(decimal=b",", has_advice=True, line_break=b"\r\n")
    data = documents.as_bytes(
        [*documents.interchange(), *documents.interchange(control_reference="78")], marks
    )
    assert data.startswith(b"UNA:+,? '\r\nUNB+")
    assert data.count(b"UNA:+,? '\r\nUNB") == 2


@pytest.mark.parametrize(
    ("text", "separators", "reason"),
    [
        ("日本", edifact.LEVEL_A, "cannot be written as iso8859-1"),
        ("a\x1db", edifact.LEVEL_B, "no release character"),
    ],
)
def test_what_cannot_be_written_is_refused(text: str, separators: edifact.Separators, reason: str) -> None:
    message = edifact.message(documents.ORDERS, "1", [edifact.segment("BGM", "220", text)])
    with pytest.raises(edifact.Unwritable, match=reason) as raised:
        documents.as_bytes(documents.interchange(message), separators)
    assert raised.value.finding.field == "BGM02"


def test_repetitions_need_a_separator() -> None:
    message = edifact.message(documents.ORDERS, "1", [edifact.segment("COM", [("a", "TE"), ("b", "EM")])])
    with pytest.raises(edifact.Unwritable, match="repetition separator"):
        documents.as_bytes(documents.interchange(message))


@settings(max_examples=150, deadline=None)
@given(documents.sound_interchanges())
def test_reading_what_was_written_gives_what_was_meant(drawn: tuple) -> None:
    segments, separators = drawn
    data = documents.as_bytes(segments, separators)
    events = list(edifact.read([data]))
    remarks = {each.rule for each in documents.findings(data)} - {"edifact.character_not_in_set"}
    assert remarks == set()
    read = list(edifact.envelope_segments(iter(events)))
    assert [(each.tag, each.elements) for each in read] == [(each.tag, each.elements) for each in segments]
    begin = events[0]
    assert isinstance(begin, edifact.Interchange)
    assert begin.separators == separators
    assert edifact.write(read, begin.separators) == data
