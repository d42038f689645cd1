from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from include.formats import edifact
from tests.include.formats.edifact import edifact_documents as documents


def document_of(data: bytes) -> dict:
    return edifact.document(documents.first_message(data))


def test_a_message_is_a_document_of_names() -> None:
    found = document_of(documents.order_bytes())
    assert found["BGM"] == {
        "document_name": {"document_name_code": "220"},
        "document_identification": {"document_identifier": "PO-1"},
        "message_function_code": "9",
    }
    first, second = found["groups"]["LIN"]
    assert first["LIN"]["item_number_identification"]["item_identifier"] == "4000862141404"
    assert first["QTY"] == [
        {
            "quantity_details": {
                "quantity_type_code_qualifier": "21",
                "quantity": "48",
                "measurement_unit_code": "PCE",
            }
        }
    ]
    assert first["groups"]["PRI"][0]["PRI"]["price_information"]["price_amount"] == "14.58"
    assert "groups" not in second
    assert (
        found["groups"]["RFF"][0]["DTM"][0]["date_or_time_or_period"]["date_or_time_or_period_text"]
        == "20261001"
    )


def test_components_of_one_name_are_numbered() -> None:
    lines = ("BGM+220", "DTM+137:20261102:102", "FTX+ZZZ+++one:two", "LIN+1", "UNS+S")
    (text,) = document_of(documents.order_bytes(*lines))["FTX"]
    assert text["text_literal"] == {"free_text": "one", "free_text_2": "two"}


def test_what_the_definition_does_not_know_stays_readable() -> None:
    data = documents.order_bytes("BGM+220:A:9:name:more+1+9+AA+extra", "XYZ+1+a:b", "LIN+1", "UNS+S")
    found = document_of(data)
    assert found["BGM"]["element_5"] == "extra"
    assert found["BGM"]["document_name"]["component_5"] == "more"
    assert found["out_of_place"] == [
        {"position": 3, "tag": "XYZ", "element_1": "1", "element_2": {"component_1": "a", "component_2": "b"}}
    ]


def test_a_message_that_is_not_described_is_a_list_of_segments() -> None:
    kind = edifact.MessageType("IFTMIN", "D", "96A", "UN")
    message = edifact.message(kind, "1", documents.of_text("BGM+610+X+9"))
    found = document_of(documents.as_bytes(documents.interchange(message)))
    assert [each["tag"] for each in found["segments"]] == ["UNH", "BGM", "UNT"]


@settings(max_examples=80, deadline=None)
@given(documents.sound_interchanges())
def test_a_document_says_all_that_is_needed_to_write_its_message(drawn: tuple) -> None:
    for event in edifact.read([documents.as_bytes(*drawn)]):
        if isinstance(event, edifact.Message):
            assert event.definition is not None
            facts = json.loads(json.dumps(edifact.document(event)))
            assert tuple(edifact.segments_of_document(facts, event.definition)) == event.segments


@pytest.mark.parametrize(
    "facts",
    [
        {"XYZ": {}},
        {"BGM": {"no_such_element": "1"}},
        {"BGM": {"document_name": {"no_such_component": "1"}}},
        {"BGM": {"message_function_code": {"a": "b"}}},
        {"groups": {"CPS": []}},
        {"out_of_place": [{"tag": "XYZ"}]},
    ],
)
def test_a_document_with_an_unknown_name_is_refused(facts: dict) -> None:
    definition = edifact.message_definition("ORDERS")
    assert definition is not None
    with pytest.raises(edifact.InvalidDocument):
        edifact.segments_of_document(facts, definition)
