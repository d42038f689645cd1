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

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from include.formats.edifact.definitions import (
    CompositeDefinition,
    ElementUse,
    Loop,
    MessageDefinition,
    SegmentDefinition,
    SegmentUse,
    segment_definition,
)
from include.formats.edifact.envelopes import Message
from include.formats.edifact.segments import Element, Segment
from include.formats.x12.placing import Placing

GROUPS, OUT_OF_PLACE, SEGMENTS = "groups", "out_of_place", "segments"


class InvalidDocument(ValueError):
    """A document holds a name that its definition does not have, or something of the wrong kind."""


def document(found: Message) -> dict[str, Any]:
    """The message as a document; one that is not described has the list ``segments`` of its segments."""
    if found.definition is None:
        return {SEGMENTS: [{"tag": each.tag, **segment_document(each)} for each in found.segments]}
    root: dict[str, Any] = {}
    placing, nodes, loops = Placing(found.definition.body), [root], [found.definition.body]
    strays: list[dict[str, Any]] = []
    for each in found.segments:
        placed = placing.place(each.tag)
        if placed.segment is None:
            strays.append({"position": each.position, "tag": each.tag, **segment_document(each)})
            continue
        keep = placed.depth - len(placed.opened) + 1
        del nodes[keep:], loops[keep:]
        for loop in placed.opened:
            node: dict[str, Any] = {}
            nodes[-1].setdefault(GROUPS, {}).setdefault(loop.id, []).append(node)
            nodes.append(node)
            loops.append(loop)
        _add(nodes[-1], each, is_single=each.tag in _single(loops[-1]))
    if strays:
        root[OUT_OF_PLACE] = strays
    return root


def segments_of_document(facts: Mapping[str, Any], definition: MessageDefinition) -> list[Segment]:
    """The segments that a document says, in the order of the definition.

    Raises:
        InvalidDocument: it names something that the definition does not have.
    """
    if facts.get(OUT_OF_PLACE):
        raise InvalidDocument(f"{len(facts[OUT_OF_PLACE])} segments have no place in {definition.id}")
    return [
        Segment(each.tag, each.elements, position)
        for position, each in enumerate(_segments(facts, definition.body), 1)
    ]


def segment_document(each: Segment) -> dict[str, Any]:
    """The elements of a segment by their names; empty ones are left out."""
    definition = segment_definition(each.tag)
    names = _names(definition)
    return {
        (names[number] if number < len(names) else f"element_{number + 1}"): _element_document(
            element, _use(definition, number)
        )
        for number, element in enumerate(each.elements)
        if element
    }


def segment_of_document(tag: str, facts: Mapping[str, Any]) -> Segment:
    """The segment that such an object says.

    Raises:
        InvalidDocument: it names an element that the segment does not have.
    """
    definition = segment_definition(tag)
    names = _names(definition)
    elements: dict[int, Element] = {}
    for name, value in facts.items():
        number = _number(name, "element", names, tag)
        elements[number] = _element(value, _use(definition, number), f"{tag}.{name}")
    return Segment(tag, tuple(elements.get(number, "") for number in range(max(elements, default=-1) + 1)))


def _add(node: dict[str, Any], each: Segment, is_single: bool) -> None:
    if is_single and each.tag not in node:
        node[each.tag] = segment_document(each)
        return
    present = node.setdefault(each.tag, [])
    if isinstance(present, dict):
        present = node[each.tag] = [present]
    present.append(segment_document(each))


@cache
def _single(loop: Loop) -> frozenset[str]:
    """The segments that may stand once in each repetition of a group."""
    return frozenset(part.tag for part in loop.parts if isinstance(part, SegmentUse) and part.maximum == 1)


def _segments(facts: Mapping[str, Any], loop: Loop) -> Iterator[Segment]:
    known = {part.tag for part in loop.parts if isinstance(part, SegmentUse)}
    groups = facts.get(GROUPS, {})
    for name in (*facts, *groups):
        is_group = name in groups and any(isinstance(part, Loop) and part.id == name for part in loop.parts)
        if name not in known and name != GROUPS and not is_group:
            raise InvalidDocument(f"{loop.id} has no {name}; it has {', '.join(sorted(known))}")
    for part in loop.parts:
        if isinstance(part, Loop):
            for each in groups.get(part.id, ()):
                yield from _segments(each, part)
        else:
            stated = facts.get(part.tag, ())
            for each in [stated] if isinstance(stated, Mapping) else stated:
                yield segment_of_document(part.tag, each)


@cache
def _names(definition: SegmentDefinition | None) -> tuple[str, ...]:
    return _numbered(() if definition is None or definition.elements is None else definition.elements)


@cache
def _component_names(definition: CompositeDefinition) -> tuple[str, ...]:
    return _numbered(definition.components)


def _numbered(uses: Sequence[ElementUse]) -> tuple[str, ...]:
    """The names of elements; from the second of one name on with their number, as ``free_text_2``."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for use in uses:
        name = use.definition.name
        counts[name] = counts.get(name, 0) + 1
        names.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return tuple(names)


def _use(definition: SegmentDefinition | None, number: int) -> ElementUse | None:
    uses = () if definition is None else definition.elements or ()
    return uses[number] if number < len(uses) else None


def _element_document(element: Element, use: ElementUse | None) -> Any:
    if isinstance(element, list):
        return [_element_document(each, use) for each in element]
    if use is None or not isinstance(use.definition, CompositeDefinition):
        return list(element) if isinstance(element, tuple) else element
    names = _component_names(use.definition)
    parts = element if isinstance(element, tuple) else (element,)
    return {
        names[number] if number < len(names) else f"component_{number + 1}": part
        for number, part in enumerate(parts)
        if part
    }


def _element(value: Any, use: ElementUse | None, place: str) -> Element:
    is_composite = use is not None and isinstance(use.definition, CompositeDefinition)
    if isinstance(value, Mapping):
        if not is_composite:
            raise InvalidDocument(f"{place} is no composite")
        return _composite(value, use.definition, place)  # type: ignore[union-attr, arg-type]
    if isinstance(value, list) and is_composite:
        return [_element(each, use, place) for each in value]  # type: ignore[misc]
    return tuple(map(str, value)) if isinstance(value, list) else str(value)


def _composite(
    facts: Mapping[str, Any], definition: CompositeDefinition, place: str
) -> str | tuple[str, ...]:
    names = _component_names(definition)
    parts = {_number(name, "component", names, place): str(value) for name, value in facts.items()}
    found = tuple(parts.get(number, "") for number in range(max(parts, default=-1) + 1))
    return found if len(found) > 1 else "".join(found)


def _number(name: str, kind: str, names: tuple[str, ...], place: str) -> int:
    if name in names:
        return names.index(name)
    begin, _, number = name.rpartition("_")
    if begin == kind and number.isdecimal() and int(number) > len(names):
        return int(number) - 1
    raise InvalidDocument(f"{place} has no {kind} {name!r}; it has {', '.join(names)}")
