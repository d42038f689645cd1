"""A message as a document of names: groups as lists, segments by tag, elements by name. And back.

::

    {"UNH": {"message_reference_number": "1", "message_identifier": {"message_type": "ORDERS", …}},
     "DTM": [{"date_or_time_or_period": {…}}],
     "groups": {"LIN": [{"LIN": {…}, "QTY": [{…}], "groups": {"PRI": […]}}]}}

A segment that may stand once is an object, one that may repeat a list of them. Everything that was in the message is
in the document: what its definition does not know is named by its position (``element_6``, ``component_4``), and a
segment without a place stands in ``out_of_place`` with its position. The document of a message that is in order says
all that is needed to write the message again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.formats.edifact.definitions import MessageDefinition, segment_definition
from include.formats.edifact.envelopes import Message
from include.formats.edifact.segments import Segment
from include.formats.x12.structure import InvalidDocument, Structure

__all__ = ["InvalidDocument", "document", "segment_document", "segment_of_document", "segments_of_document"]

_NAMES = Structure(segment_definition)


def document(found: Message) -> dict[str, Any]:
    """The message as a document; one that is not described has the list ``segments`` of its segments."""
    if found.definition is None:
        return _NAMES.listed(found.segments)
    return _NAMES.document(found.segments, found.definition.body)


def segments_of_document(facts: Mapping[str, Any], definition: MessageDefinition) -> list[Segment]:
    """The segments that a document says, in the order of the definition.

    Raises:
        InvalidDocument: it names something that the definition does not have.
    """
    return _NAMES.segments(facts, definition.body)


def segment_document(each: Segment) -> dict[str, Any]:
    """The elements of a segment by their names; empty ones are left out."""
    return _NAMES.segment_document(each)


def segment_of_document(tag: str, facts: Mapping[str, Any]) -> Segment:
    """The segment that such an object says.

    Raises:
        InvalidDocument: it names an element that the segment does not have.
    """
    return _NAMES.segment_of_document(tag, facts)
