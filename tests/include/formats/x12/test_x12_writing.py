from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from include.formats import x12
from tests.include.formats.x12 import x12_documents as documents

GOOD = documents.as_bytes(documents.interchange())


def segments(data: bytes, encoding: str = "utf-8") -> list[x12.Segment]:
    return list(x12.envelope_segments(x12.read([data], x12.Reading(encoding=encoding))))


def plain(each: x12.Segment) -> x12.Segment:
    """Without its position, and an ISA without its padding and the separators that it names."""
    if each.tag != "ISA":
        return replace(each, position=0)
    values = [str(element).rstrip() for element in each.elements]
    return x12.Segment("ISA", (*values[:10], "U", *values[11:15], ":"))


@settings(max_examples=40, deadline=None)
@given(documents.stock_interchanges(), documents.separators())
def test_what_is_written_is_read_as_it_was_meant(
    written: list[x12.Segment], separators: x12.Separators
) -> None:
    data = documents.as_bytes(written, separators)
    assert [plain(each) for each in segments(data)] == [plain(each) for each in written]
    assert documents.findings(data) == []


@settings(max_examples=40, deadline=None)
@given(documents.stock_interchanges(), documents.separators())
def test_what_was_read_is_written_as_the_same_bytes(
    written: list[x12.Segment], separators: x12.Separators
) -> None:
    data = documents.as_bytes(written, separators)
    (begin,) = (event for event in x12.read([data]) if isinstance(event, x12.Interchange))
    assert x12.write(segments(data), begin.separators, "utf-8") == data


def test_repetitions_and_composites_are_kept() -> None:
    separators = x12.Separators(repetition=b"^")
    body = [x12.Segment("ZZZ", ("a", ("b", "c"), ["d", ("e", "f"), ""], ""))]
    data = documents.as_bytes(
        documents.interchange(documents.group(x12.transaction_set("850", "0001", body)), version="00501"),
        separators,
    )
    assert b"ZZZ*a*b:c*d^e:f^*~" in data
    assert segments(data)[3].elements == body[0].elements


@pytest.mark.parametrize("value", ["a*b", "a~b", "a:b", ("a", "b*c"), ("a:b", "c"), "ä", ["a", "b"]])
def test_what_cannot_be_written_is_refused(value: x12.Element) -> None:
    body = [x12.Segment("REF", ("ZZ", value), position=7)]
    with pytest.raises(x12.Unwritable) as caught:
        x12.write(body, x12.Separators(), "ascii")
    assert caught.value.finding.field == "REF02"
    assert "segment 7 (REF), element 02" in str(caught.value)


def test_a_composite_needs_a_component_separator() -> None:
    with pytest.raises(x12.Unwritable):
        x12.write([x12.Segment("QTY", ("33", "1", ("EA", "2")))], x12.Separators(component=b""))


def test_text_goes_out_in_the_partners_encoding_and_comes_back() -> None:
    data = documents.as_bytes(
        documents.interchange(documents.group(documents.stock_set(documents.stock_line(sku="Ä1"))))
    )
    assert b"\xc41" in data
    assert segments(data, "latin-1")[5].value(3) == "Ä1"


def test_bytes_that_did_not_decode_are_written_as_they_came() -> None:
    data = GOOD.replace(b"LQ-1", b"LQ-\xe4")
    separators = x12.Separators(line_break=b"\n")
    assert x12.write(segments(data), separators, "utf-8") == data


def test_counts_and_control_numbers_are_made_by_the_writer() -> None:
    lines = GOOD.decode().split("\n")
    assert [len(lines[0]), lines[0][-2:]] == [106, ":~"]
    assert lines[1] == "GS*IB*CENTRALWMS*LINDQVIST*20261102*0430*101*X*004010~"
    assert lines[-4:] == ["SE*7*0001~", "GE*1*101~", "IEA*1*000000101~", ""]


def test_an_older_release_has_a_short_date() -> None:
    assert documents.group(version="003040")[0].value(4) == "261102"


def test_a_segment_leaves_out_empty_elements_at_its_end() -> None:
    assert x12.segment("N1", "WH", None, "", None) == x12.Segment("N1", ("WH",))
    assert x12.segment("AK9", "A", 0, 0) == x12.Segment("AK9", ("A", "0", "0"))
