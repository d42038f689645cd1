from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import x12
from include.formats.findings import Unreadable
from tests.include.formats.x12 import x12_documents as documents
from tests.include.formats.x12.test_x12_real_files import MANIFEST, READING, needs_real_files

REAL_FILES = sorted(path for path in documents.REAL_FILES.rglob("*") if path.is_file() and path != MANIFEST)


def document_of(data: bytes) -> dict:
    return x12.document(documents.first_set(data))


def definition(set_id: str = "846") -> x12.SetDefinition:
    found = x12.set_definition(set_id, "004010")
    assert found is not None
    return found


def without_empty_ends(segments: tuple[x12.Segment, ...] | list[x12.Segment]) -> list[x12.Segment]:
    """Segments as we write them: separators at the end say nothing."""
    return [x12.segment(each.tag, *map(_trimmed, each.elements)) for each in segments]


def _trimmed(element: x12.Element) -> x12.Element:
    if not isinstance(element, tuple):
        return element
    while len(element) > 1 and not element[-1]:
        element = element[:-1]
    return element if len(element) > 1 else element[0]


def test_a_set_is_a_document_of_names() -> None:
    found = document_of(documents.stock_bytes("N1*WH*Central*92*C1", "LIN*1*SK*A*UP*B", "QTY*33*1*EA"))
    assert found["BIA"]["reference_identification"] == "101-1"
    (party,) = found["groups"]["N1"]
    assert party["N1"] == {
        "entity_identifier_code": "WH",
        "name": "Central",
        "identification_code_qualifier": "92",
        "identification_code": "C1",
    }
    (line,) = found["groups"]["LIN"]
    assert line["LIN"] == {
        "assigned_identification": "1",
        "product_service_id_qualifier": "SK",
        "product_service_id": "A",
        "product_service_id_qualifier_2": "UP",
        "product_service_id_2": "B",
    }
    (quantity,) = line["groups"]["QTY"]
    assert quantity["QTY"]["composite_unit_of_measure"] == {"unit_or_basis_for_measurement_code": "EA"}


def test_what_has_no_place_and_no_name_stays_readable() -> None:
    found = document_of(documents.stock_bytes("LIN*1*SK*A", "PO1*1", "XX*1*a:b"))
    assert found["out_of_place"] == [
        {"position": 5, "tag": "PO1", "assigned_identification": "1"},
        {"position": 6, "tag": "XX", "element_1": "1", "element_2": {"component_1": "a", "component_2": "b"}},
    ]


def test_a_set_that_is_not_described_is_a_list_of_segments() -> None:
    data = documents.stock_bytes("LIN*1*SK*A").replace(b"ST*846", b"ST*830")
    assert [each["tag"] for each in document_of(data)["segments"]] == ["ST", "BIA", "DTM", "LIN", "CTT", "SE"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(documents.values(1, 20), documents.quantities), min_size=1, max_size=6),
    documents.separators(),
)
def test_a_document_says_all_that_is_needed_to_write_its_set(
    lines: list[tuple[str, str]], separators: x12.Separators
) -> None:
    body = [documents.stock_line(number, sku, amount) for number, (sku, amount) in enumerate(lines, 1)]
    data = documents.as_bytes(
        documents.interchange(documents.group(documents.stock_set(*body))), separators=separators
    )
    found = documents.first_set(data)
    facts = json.loads(json.dumps(x12.document(found)))
    assert x12.segments_of_document(facts, definition()) == list(found.segments)


@needs_real_files
def test_every_accepted_set_of_the_real_files_is_written_again_from_its_document() -> None:
    written = 0
    for path in REAL_FILES:
        for found in accepted_sets(path):
            assert found.definition is not None
            facts = json.loads(json.dumps(x12.document(found)))
            again = x12.segments_of_document(facts, found.definition)
            assert without_empty_ends(again) == without_empty_ends(list(found.segments)), path
            written += 1
    assert written > 150


def accepted_sets(path: Path) -> list[x12.TransactionSet]:
    try:
        events = list(x12.read([path.read_bytes()], READING))
    except Unreadable:
        return []
    return [
        event
        for event in events
        if isinstance(event, x12.TransactionSet) and event.definition is not None and event.is_accepted
    ]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"XYZ": {}}, "846 has no segment XYZ; it has "),
        ({"BIA": {"no_such_element": "1"}}, "BIA has no element 'no_such_element'; it has "),
        ({"BIA": {"date": {"a": "b"}}}, "BIA.date is no composite"),
        ({"BIA": {"date": 20261102.5}}, "BIA.date is 20261102.5; write it as text"),
        ({"BIA": {"element_1000000": "1"}}, "BIA has no element 'element_1000000'"),
        ({"BIA": "00"}, "846.BIA is no list of objects"),
        ({"DTM": ["007"]}, "DTM is no object of elements by their names"),
        ({"groups": {"CPS": []}}, "846 has no group CPS; it has "),
        ({"groups": {"LIN": {}}}, "846.LIN is no list of objects"),
        ({"groups": {"LIN": ["A"]}}, "LIN is no object of segments by their tags"),
        ({"groups": []}, "846 is no object of segments"),
        ({"out_of_place": [{"tag": "XYZ"}]}, "1 segments have no place in 846"),
    ],
)
def test_a_document_that_is_none_is_refused_in_words(facts: dict, why: str) -> None:
    with pytest.raises(x12.InvalidDocument) as refused:
        x12.segments_of_document(facts, definition())
    assert str(refused.value).startswith(why)
