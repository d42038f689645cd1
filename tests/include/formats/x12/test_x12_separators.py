from __future__ import annotations

import pytest
from hypothesis import given, settings

from include.formats import x12
from include.formats.x12.separators import LENGTH, Header, header
from tests.include.formats.x12 import x12_documents as documents

GOOD = documents.as_bytes(documents.interchange())


def isa(data: bytes) -> Header:
    found = header(data)
    assert isinstance(found, Header), found
    return found


@settings(deadline=None)
@given(documents.separators())
def test_every_separator_is_learned_from_isa(separators: x12.Separators) -> None:
    data = documents.as_bytes(documents.interchange(version="00403"), separators)
    assert isa(data).separators == separators
    assert isa(data).length == LENGTH
    assert isa(data).findings == ()


def test_before_00402_isa11_is_no_separator() -> None:
    assert isa(GOOD).separators.repetition == b""


def test_a_letter_does_not_separate_repetitions() -> None:
    data = documents.as_bytes(documents.interchange(version="00501"))
    assert isa(data).separators.repetition == b""
    assert [each.rule for each in isa(data).findings] == ["x12.repetition_separator_unusable"]


def test_a_digit_at_the_end_of_the_next_segment_is_no_sign_of_a_missing_separator() -> None:
    data = documents.as_bytes(documents.interchange(), x12.Separators(segment=b"\n")).replace(
        b"*P*:\n", b"*P*0\n"
    )
    assert isa(data).separators.segment == b"\n"


def test_a_letter_does_not_separate_components() -> None:
    found = isa(GOOD.replace(b"*P*:~", b"*P*X~"))
    assert found.separators.component == b""
    assert [each.rule for each in found.findings] == ["x12.separator_unusable"]


def test_wrong_width_is_named_with_what_was_found() -> None:
    found = isa(GOOD.replace(b"CENTRALWMS     *", b"CENTRALWMS    *", 1))
    assert found.separators.segment == b"~"
    (finding,) = found.findings
    assert (finding.rule, finding.code, finding.field) == ("x12.isa_length", "006", "ISA06")
    assert "14 characters where the standard fixes 15" in finding.message
    assert "105 bytes instead of 106" in finding.message


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(b"*P*:~", b"*P*~"),
        GOOD.replace(b"*P*:~\n", b"*P*~\n"),
        GOOD.replace(b"*P*:~", b"*P*::"),
        GOOD.replace(b"*00*          *00*", b"*00*", 1),
        GOOD.replace(b"*P*:~\nGS", b"*P*:~\nXX").replace(b"LINDQVIST      ", b"LINDQVIST     ", 1),
        GOOD[:60],
        b"ISA*",
        b"ISA" + b"*" * 300,
    ],
    ids=[
        "no-isa16",
        "no-isa16-line-break",
        "no-terminator",
        "elements-missing",
        "nothing-follows",
        "cut",
        "tag",
        "stars",
    ],
)
def test_separators_are_never_guessed(data: bytes) -> None:
    found = header(data)
    assert not isinstance(found, Header)
    assert found is not None
    assert found.rule == "x12.isa_unreadable"


@pytest.mark.parametrize("data", [b"", b"IS", b"ISABELLA*", b"ISA ", b"UNB+UNOA", GOOD[1:]])
def test_what_is_no_isa(data: bytes) -> None:
    assert header(data) is None


def test_lines_wrapped_within_isa_are_joined() -> None:
    found = isa(GOOD[:80] + b"\r\n" + GOOD[80:])
    assert found.is_wrapped
    assert found.length == LENGTH
    assert found.elements[12] == "000000101"
