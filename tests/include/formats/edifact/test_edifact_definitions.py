from __future__ import annotations

import pytest

from include.formats import edifact
from include.formats.edifact.definitions import (
    CompositeDefinition,
    Loop,
    SegmentUse,
    described_segments,
    is_directory,
    segment_definition,
)
from include.formats.edifact.grammar import order_pattern, segments_pattern
from include.formats.edifact.records import table_mapping

MESSAGES = [
    "APERAK",
    "CONTRL",
    "DESADV",
    "INVOIC",
    "INVRPT",
    "ORDCHG",
    "ORDERS",
    "ORDRSP",
    "PRICAT",
    "RECADV",
    "REMADV",
    "SLSRPT",
]


def loops(loop: Loop) -> list[Loop]:
    return [loop, *(each for part in loop.parts if isinstance(part, Loop) for each in loops(part))]


def definition(message: str) -> edifact.MessageDefinition:
    found = edifact.message_definition(message)
    assert found is not None
    return found


def test_every_message_that_retailers_exchange_is_described() -> None:
    assert sorted(edifact.described_messages()) == MESSAGES
    assert edifact.message_definition("IFTMIN") is None


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_begins_and_ends_with_its_envelope(message: str) -> None:
    body = definition(message).body
    assert [body.parts[0].tag, body.parts[-1].tag] == ["UNH", "UNT"]
    assert all(part.is_mandatory for part in (body.parts[0], body.parts[-1]))


@pytest.mark.parametrize("message", MESSAGES)
def test_every_part_of_a_group_has_a_name_of_its_own(message: str) -> None:
    for loop in loops(definition(message).body):
        names = [part.id if isinstance(part, Loop) else part.tag for part in loop.parts[1:]]
        assert len(names) == len(set(names)), loop.id
        first = loop.parts[0]
        assert isinstance(first, SegmentUse)
        assert (first.is_mandatory, first.maximum) == (True, 1)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_grammar_of_every_message_can_be_made(message: str) -> None:
    assert order_pattern(definition(message)).fullmatch("UNH ") is None


def test_the_grammar_of_segments_takes_every_segment() -> None:
    assert segments_pattern(".", True).fullmatch("UNS\x1dS\x1eQTY\x1d21\x1f2.5\x1e")
    assert not segments_pattern(".", True).fullmatch("UNS\x1dS\x1eQTY\x1d21\x1f2,5\x1e")
    for tag in described_segments():
        found = segment_definition(tag)
        assert found is not None
        needs = any(use.is_mandatory for use in found.elements or ())
        assert (segments_pattern(".", True).fullmatch(f"{tag}\x1e") is None) == needs, tag


def test_elements_are_as_the_directory_has_them() -> None:
    quantity = segment_definition("QTY")
    assert quantity is not None
    assert quantity.elements is not None
    (use,) = quantity.elements
    assert isinstance(use.definition, CompositeDefinition)
    assert [each.definition.reference for each in use.definition.components] == ["6063", "6060", "6411"]
    assert [each.is_mandatory for each in use.definition.components] == [True, True, False]


def test_directories_are_told_from_other_versions() -> None:
    assert is_directory("D", "96A")
    assert is_directory("D", "10A")
    assert not is_directory("D", "96C")
    assert not is_directory("2", "912")


def test_every_table_takes_a_segment_of_its_own() -> None:
    tags = [table.tag for table in table_mapping().values()]
    assert len(tags) == len(set(tags))


def test_every_code_that_a_rule_reports_is_one_of_the_standard() -> None:
    assert {rule.code for rule in edifact.RULES.values() if rule.code} <= set(edifact.SYNTAX_ERRORS)
