"""A transaction set as a document of names: loops as lists, segments by tag, elements by name. And back.

::

    {"ST": {"transaction_set_identifier_code": "850", …}, "BEG": {"purchase_order_number": "4711", …},
     "REF": [{"reference_identification_qualifier": "DP", …}],
     "groups": {"PO1": [{"PO1": {"quantity_ordered": "12", …}, "groups": {"PID": […]}}]}}

A segment that may stand once is an object, one that may repeat a list of them. Everything that was in the set is in the
document: what its definition does not know is named by its position (``element_6``, ``component_4``), and a segment
without a place stands in ``out_of_place`` with its position. The document of a set that is in order says all that is
needed to write the set again.

EDIFACT's messages become documents in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from include.formats.x12.definitions import (
    CompositeDefinition,
    ElementUse,
    Loop,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    segment_definition,
)
from include.formats.x12.envelopes import TransactionSet
from include.formats.x12.placing import Placing
from include.formats.x12.segments import Element, Segment

GROUPS, OUT_OF_PLACE, SEGMENTS = "groups", "out_of_place", "segments"
# No segment has more elements, no composite more components: a larger number is a slip.
_MOST_PARTS = 999


class InvalidDocument(ValueError):
    """A document holds a name that its definition does not have, or something of the wrong kind."""


def document(found: TransactionSet) -> dict[str, Any]:
    """The set as a document; one that is not described has the list ``segments`` of its segments."""
    names = structure(found.group.release)
    if found.definition is None:
        return names.listed(found.segments)
    return names.document(found.segments, found.definition.body)


def segments_of_document(facts: Mapping[str, Any], definition: SetDefinition) -> list[Segment]:
    """The segments that a document says, from ST to SE, in the order of the definition.

    Raises:
        InvalidDocument: it names something that the definition does not have.
    """
    return structure(definition.release).segments(facts, definition.body)


@cache
def structure(release: str) -> Structure:
    """The names that a release of X12 gives."""
    return Structure(partial(segment_definition, release=release))


class Structure:
    """Documents of segments, and segments of documents, by the names of a standard.

    Args:
        definition_of: a segment by its tag; nothing where it is not described.
    """

    def __init__(self, definition_of: Callable[[str], SegmentDefinition | None]):
        self._definition_of = definition_of

    def listed(self, segments: Iterable[Segment]) -> dict[str, Any]:
        """Segments that have no definition around them, one after the other."""
        return {SEGMENTS: [{"tag": each.tag, **self.segment_document(each)} for each in segments]}

    def document(self, segments: Iterable[Segment], body: Loop) -> dict[str, Any]:
        """Segments in the loops of their definition."""
        root: dict[str, Any] = {}
        placing, nodes, loops = Placing(body), [root], [body]
        strays: list[dict[str, Any]] = []
        for each in segments:
            placed = placing.place(each.tag)
            if placed.segment is None:
                strays.append({"position": each.position, "tag": each.tag, **self.segment_document(each)})
                continue
            keep = placed.depth - len(placed.opened) + 1
            del nodes[keep:], loops[keep:]
            for loop in placed.opened:
                node: dict[str, Any] = {}
                nodes[-1].setdefault(GROUPS, {}).setdefault(loop.id, []).append(node)
                nodes.append(node)
                loops.append(loop)
            self._add(nodes[-1], each, is_single=each.tag in _single(loops[-1]))
        if strays:
            root[OUT_OF_PLACE] = strays
        return root

    def segments(self, facts: Mapping[str, Any], body: Loop) -> list[Segment]:
        """The segments that a document says, in the order of the definition, numbered from 1.

        Raises:
            InvalidDocument: it names something that the definition does not have.
        """
        if facts.get(OUT_OF_PLACE):
            raise InvalidDocument(f"{len(facts[OUT_OF_PLACE])} segments have no place in {body.id}")
        return [
            Segment(each.tag, each.elements, position)
            for position, each in enumerate(self._segments(facts, body), 1)
        ]

    def segment_document(self, each: Segment) -> dict[str, Any]:
        """The elements of a segment by their names; empty ones are left out."""
        definition = self._definition_of(each.tag)
        names = _names(definition)
        return {
            (names[number] if number < len(names) else f"element_{number + 1}"): _element_document(
                element, _use(definition, number)
            )
            for number, element in enumerate(each.elements)
            if element
        }

    def segment_of_document(self, tag: str, facts: Mapping[str, Any]) -> Segment:
        """The segment that such an object says.

        Raises:
            InvalidDocument: it names an element that the segment does not have.
        """
        if not isinstance(facts, Mapping):
            raise InvalidDocument(f"{tag} is no object of elements by their names")
        definition = self._definition_of(tag)
        names = _names(definition)
        elements: dict[int, Element] = {}
        for name, value in facts.items():
            number = _number(name, "element", names, tag)
            elements[number] = _element(value, _use(definition, number), f"{tag}.{name}")
        return Segment(
            tag, tuple(elements.get(number, "") for number in range(max(elements, default=-1) + 1))
        )

    def _add(self, node: dict[str, Any], each: Segment, is_single: bool) -> None:
        if is_single and each.tag not in node:
            node[each.tag] = self.segment_document(each)
            return
        present = node.setdefault(each.tag, [])
        if isinstance(present, dict):
            present = node[each.tag] = [present]
        present.append(self.segment_document(each))

    def _segments(self, facts: Mapping[str, Any], loop: Loop) -> Iterator[Segment]:
        groups = _checked(facts, loop)
        for part in loop.parts:
            if isinstance(part, Loop):
                for each in groups.get(part.id, ()):
                    yield from self._segments(each, part)
            else:
                stated = facts.get(part.tag, ())
                for each in [stated] if isinstance(stated, Mapping) else stated:
                    yield self.segment_of_document(part.tag, each)


def _checked(facts: Mapping[str, Any], loop: Loop) -> Mapping[str, Any]:
    """The groups of an object, in which nothing has a name that the definition does not have.

    Raises:
        InvalidDocument: something has, or is of the wrong kind.
    """
    known = {part.tag for part in loop.parts if isinstance(part, SegmentUse)}
    loops = {part.id for part in loop.parts if isinstance(part, Loop)}
    groups = facts.get(GROUPS, {}) if isinstance(facts, Mapping) else None
    if not isinstance(groups, Mapping):
        raise InvalidDocument(
            f"{loop.id} is no object of segments by their tags, with `groups` by their names"
        )
    for name in facts:
        if name not in known and name != GROUPS:
            raise InvalidDocument(f"{loop.id} has no segment {name}; it has {', '.join(sorted(known))}")
    for name in groups:
        if name not in loops:
            has = f"; it has {', '.join(sorted(loops))}" if loops else ""
            raise InvalidDocument(f"{loop.id} has no group {name}{has}")
    for name, value in (*groups.items(), *((name, facts[name]) for name in facts if name != GROUPS)):
        if not isinstance(value, list) and (name in groups or not isinstance(value, Mapping)):
            raise InvalidDocument(f"{loop.id}.{name} is no list of objects")
    return groups


@cache
def _single(loop: Loop) -> frozenset[str]:
    """The segments that may stand once in each repetition of a loop."""
    return frozenset(part.tag for part in loop.parts if isinstance(part, SegmentUse) and part.maximum == 1)


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
        name = _snake_case(use.definition.name)
        counts[name] = counts.get(name, 0) + 1
        names.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return tuple(names)


def _snake_case(name: str) -> str:
    return "_".join(re.findall("[a-z0-9]+", name.lower().replace("'", "")))


def _use(definition: SegmentDefinition | None, number: int) -> ElementUse | None:
    uses = () if definition is None else definition.elements or ()
    return uses[number] if number < len(uses) else None


def _element_document(element: Element, use: ElementUse | None) -> Any:
    if isinstance(element, list):
        return [_element_document(each, use) for each in element]
    composite = use.definition if use and isinstance(use.definition, CompositeDefinition) else None
    if composite is None and not isinstance(element, tuple):
        return element
    names = _component_names(composite) if composite else ()
    parts = element if isinstance(element, tuple) else (element,)
    return {
        names[number] if number < len(names) else f"component_{number + 1}": part
        for number, part in enumerate(parts)
        if part
    }


def _element(value: Any, use: ElementUse | None, place: str) -> Element:
    if isinstance(value, list):
        return [_value(each, use, place) for each in value]
    return _value(value, use, place)


def _value(value: Any, use: ElementUse | None, place: str) -> str | tuple[str, ...]:
    composite = use.definition if use and isinstance(use.definition, CompositeDefinition) else None
    if isinstance(value, Mapping):
        if use is not None and composite is None:
            raise InvalidDocument(f"{place} is no composite")
        return _composite(value, composite, place)
    return _text(value, place)


def _composite(
    facts: Mapping[str, Any], definition: CompositeDefinition | None, place: str
) -> str | tuple[str, ...]:
    names = _component_names(definition) if definition else ()
    parts = {
        _number(name, "component", names, place): _text(value, f"{place}.{name}")
        for name, value in facts.items()
    }
    found = tuple(parts.get(number, "") for number in range(max(parts, default=-1) + 1))
    return found if len(found) > 1 else "".join(found)


def _text(value: Any, place: str) -> str:
    """A value as it is written: text, or a number that JSON holds without loss."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidDocument(f"{place} is {value!r}; write it as text")


def _number(name: str, kind: str, names: tuple[str, ...], place: str) -> int:
    if name in names:
        return names.index(name)
    begin, _, number = name.rpartition("_")
    if begin == kind and number.isdecimal() and len(names) < int(number) <= _MOST_PARTS:
        return int(number) - 1
    raise InvalidDocument(f"{place} has no {kind} {name!r}; it has {', '.join(names) or 'none with a name'}")
