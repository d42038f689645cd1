from __future__ import annotations

import pytest

from include.formats import edifact
from include.formats.edifact import separators
from include.formats.edifact.codes import SyntaxFinding
from include.formats.edifact.separators import Header
from include.formats.findings import Unreadable
from include.formats.recognition import Format, recognize
from tests.include.formats.edifact import edifact_documents as documents


def found(data: bytes) -> Header:
    header = separators.header(data)
    assert isinstance(header, Header)
    return header


def test_una_names_every_separator() -> None:
    marks = found(b"UNA|^,!~\x15\r\nUNB^UNOC|4^A^B^C^D\x15").separators
    assert (marks.component, marks.element, marks.decimal) == (b"|", b"^", b",")
    assert (marks.release, marks.repetition, marks.segment) == (b"!", b"~", b"\x15")
    assert marks.has_advice


def test_without_una_the_defaults_hold() -> None:
    marks = found(b"UNB+UNOA:3+A+B+261102:0430+1'\r\nUNH+1+ORDERS:D:96A:UN'").separators
    assert marks == edifact.Separators(line_break=b"\r\n")


def test_level_b_separates_with_control_characters_and_releases_nothing() -> None:
    data = b"UNB\x1dUNOB\x1f2\x1dA\x1dB\x1d261102\x1f0430\x1d1\x1cUNZ\x1d0\x1d1\x1c"
    assert found(data).separators == edifact.LEVEL_B
    assert documents.end_of(data).interchange.sender.identifier == "A"


@pytest.mark.parametrize(
    ("data", "repetition"),
    [
        (b"UNB+UNOC:4+A+B+20261102:0430+1'", b"*"),
        (b"UNB+UNOC:3+A+B+261102:0430+1'", b""),
        (b"UNA:+.?^'UNB+UNOC:4+A+B+20261102:0430+1'", b"^"),
        (b"UNA:+.? 'UNB+UNOC:4+A+B+20261102:0430+1'", b""),
        # Reserved before version 4; some senders write anything there.
        (b"UNA:+.?*'UNB+UNOC:3+A+B+261102:0430+1'", b""),
        (b"UNA:+.?''UNB+UNOC:3+A+B+261102:0430+1'", b""),
    ],
)
def test_repetitions_are_separated_from_syntax_version_4_on(data: bytes, repetition: bytes) -> None:
    assert found(data).separators.repetition == repetition


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"UNA::.? 'UNB:UNOC", "separators_unusable"),
        (b"UNA:\n.? 'UNB\nUNOC", "separators_unusable"),
        (b"UNA\r+.? 'UNB+UNOC", "separators_unusable"),
        (b"UNA:+.\n 'UNB+UNOC", "separators_unusable"),
        (b"UNA\x1b+.? 'UNB+UNOC", "separators_unusable"),
        (b"UNB*UNOA:1*A*B", "separators_unknown"),
        (b"UNA:+.? 'XYZ+1'", "separators_unknown"),
        (b"UIB+UNOA:4++X+++A+B'", "interactive"),
        (b"UNA:+.? 'UIB+UNOA:4'", "interactive"),
    ],
)
def test_what_cannot_be_known_is_not_guessed(data: bytes, rule: str) -> None:
    header = separators.header(data)
    assert isinstance(header, SyntaxFinding)
    assert header.rule == f"edifact.{rule}"
    with pytest.raises(Unreadable) as raised:
        list(edifact.read([data]))
    assert raised.value.finding.rule == f"edifact.{rule}"


@pytest.mark.parametrize("data", [b"", b"   \r\n", b"hello", b"UNBELIEVABLE", b"ISA*00*"])
def test_what_is_no_edifact_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        list(edifact.read([data]))
    assert raised.value.finding.rule == "edifact.no_interchange"


def test_an_even_number_of_release_characters_releases_nothing() -> None:
    assert separators.released_end(b"a?'b??'c", b"'", b"?", 0) == 6
    assert separators.released_end(b"a???'b'", b"'", b"?", 0) == 6
    assert separators.released_end(b"a?'b", b"'", b"?", 0) == -1


@pytest.mark.parametrize(
    "data",
    [documents.order_bytes(), b"UNA:+.? 'UNB+UNOA:1+A+B'", b"\xef\xbb\xbfUNB+UNOA:1", b"UNH+1+X:D:96A:UN'"],
)
def test_it_is_recognized_from_its_bytes(data: bytes) -> None:
    assert recognize(data) is Format.EDIFACT
