from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from pydifact.parser import Parser

from include.formats import edifact
from include.formats.edifact.characters import ENCODINGS
from include.formats.recognition import recognize
from tests.include.formats.edifact import edifact_documents as documents

# The other parser has no directory of its own for some syntax versions; only its segments are compared.
pytestmark = pytest.mark.filterwarnings("ignore:segments.xml not found")

# What refuses each of the real files that are not sound; every other one is accepted in all its parts.
REFUSED = {
    "EANCOM__Invoice.txt": {"edifact.interchange_count"},
    "EDIFACT__Invoice.txt": {"edifact.interchange_count"},
    "EDIFACT__MixedTransactionsNoEnvelopes.txt": {"edifact.interchange_header_missing"},
    "EDIFACT__PurchaseOrderCustom1.txt": {"edifact.too_many_elements"},
    "EDIFACT__PurchaseOrderCustom2.txt": {
        "edifact.element_too_long",
        "edifact.segment_missing",
        "edifact.segment_out_of_order",
        "edifact.too_many_elements",
    },
    "EDIFACT__PurchaseOrderInvalid.txt": {"edifact.invalid_code"},
    "EDIFACT__PurchaseOrderModified.txt": {"edifact.element_too_long", "edifact.too_many_elements"},
    "EDIFACT__PurchaseOrderMultiLine.txt": {"edifact.segment_count"},
    "EDIFACT__PurchaseOrders.txt": {"edifact.invalid_code"},
}


@pytest.fixture
def manifest(shared: Path) -> list[dict[str, str]]:
    """The real EDIFACT files, and what was found out about them by other means."""
    with (shared / "data/edi/manifest.csv").open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if row["standard"] == "EDIFACT"]


@pytest.fixture
def files(shared: Path, manifest: list[dict[str, str]]) -> list[Path]:
    return [shared / "data" / row["file"] for row in manifest]


def documents_of(data: bytes) -> str:
    """The messages in a file as the manifest lists them."""
    found: dict[str, int] = {}
    for event in edifact.read([data]):
        if isinstance(event, edifact.Message) and event.has_header:
            name = ":".join(event.type)
            found[name] = found.get(name, 0) + 1
    return " ".join(f"{name}x{count}" for name, count in found.items())


def test_every_real_file_is_recognized_and_its_messages_are_found(
    shared: Path, manifest: list[dict[str, str]]
) -> None:
    assert len(manifest) == 60
    for row in manifest:
        data = (shared / "data" / row["file"]).read_bytes()
        assert recognize(data) == "edifact", row["file"]
        assert documents_of(data) == row["documents"], row["file"]


def test_every_real_file_is_accepted_or_refused_for_the_right_reason(files: list[Path]) -> None:
    for path in files:
        refused = {each.rule for each in documents.findings(path.read_bytes()) if each.is_fatal}
        assert refused == REFUSED.get(path.name, set()), path.name


def test_a_wrong_envelope_is_refused_in_every_real_file_that_has_one(
    files: list[Path], manifest: list[dict[str, str]]
) -> None:
    broken = {
        path.name for path, row in zip(files, manifest, strict=True) if row["envelope_counts_ok"] == "no"
    }
    assert broken
    assert broken <= set(REFUSED)


def test_real_files_one_byte_at_a_time_give_the_same(files: list[Path]) -> None:
    for path in files[::4]:
        data = path.read_bytes()
        whole = [repr(event) for event in edifact.read([data])]
        assert [repr(event) for event in edifact.read(documents.cut(data, [1]))] == whole, path.name


def test_real_files_are_written_as_they_were_read(files: list[Path]) -> None:
    written = 0
    for path in files:
        data = path.read_bytes()
        events = list(edifact.read([data]))
        begins = [event for event in events if isinstance(event, edifact.Interchange)]
        if len(begins) == 1:
            again = edifact.write(
                edifact.envelope_segments(iter(events)), begins[0].separators, begins[0].encoding
            )
            assert bare(again) == bare(data), path.name
            written += again == data
    assert written >= 25


def bare(data: bytes) -> bytes:
    """Without line breaks and a byte-order mark, which are no data."""
    return data.removeprefix(b"\xef\xbb\xbf").translate(None, b"\r\n")


def test_every_message_of_the_real_files_becomes_a_document_and_segments_again(files: list[Path]) -> None:
    again = 0
    for path in files:
        for event in edifact.read([path.read_bytes()]):
            if isinstance(event, edifact.Message) and event.definition and event.is_accepted:
                facts = edifact.document(event)
                written = edifact.segments_of_document(facts, event.definition)
                assert [(one.tag, lean(one)) for one in written] == [
                    (one.tag, lean(one)) for one in event.segments
                ], path.name
                again += 1
    assert again > 60


def lean(segment: edifact.Segment) -> list[object]:
    """The elements without what is empty at their ends, which says nothing."""
    elements = [_lean(element) for element in segment.elements]
    while elements and not elements[-1]:
        elements.pop()
    return elements


def _lean(element: object) -> object:
    if isinstance(element, list) and element and isinstance(element[0], tuple):
        return [_lean(each) for each in element]
    if not isinstance(element, (tuple, list)):
        return element
    parts = list(element)
    while parts and not parts[-1]:
        parts.pop()
    return (parts[0] if parts else "") if len(parts) < 2 else tuple(parts)


# The same bytes in the eyes of pydifact, a parser that shares nothing with ours.


def parsed_by_others(text: str) -> list[tuple[str, list[object]]]:
    """The segments that pydifact finds."""
    found = Parser().parse(text)
    return [
        (each.tag, lean(edifact.Segment(each.tag, tuple(each.elements))))
        for each in found
        if each.tag != "UNA"
    ]


def test_another_parser_finds_the_same_segments_in_the_real_files(files: list[Path]) -> None:
    compared = 0
    for path in files:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        events = list(edifact.read([data]))
        begin = next(event for event in events if isinstance(event, edifact.Interchange))
        if not begin.segment.elements or begin.segment.value(1, 2) == "":
            continue  # without UNB, or without a syntax version in it, the other parser gives up
        ours = [(each.tag, lean(each)) for each in edifact.envelope_segments(iter(events))]
        # The other parser keeps line breaks that stand inside segments.
        text = data.decode(begin.encoding).replace("\r", "").replace("\n", "")
        assert ours == parsed_by_others(text), path.name
        compared += len(ours)
    assert compared > 2000


@settings(max_examples=60, deadline=None)
@given(documents.sound_interchanges().filter(lambda drawn: not drawn[1].repetition))
def test_another_parser_reads_what_is_written(drawn: tuple) -> None:
    segments, _ = drawn
    data = documents.as_bytes(segments, edifact.Separators(has_advice=True, line_break=b"\n"))
    text = data.decode(ENCODINGS[segments[0].value(1)])
    assert parsed_by_others(text) == [(each.tag, lean(each)) for each in segments]
