"""Segments as data, and the text in which every separator has one fixed character.

A partner may separate with any four bytes. Before anything else looks at a transaction set, they are exchanged for
the four characters that ISO 646 reserves for information separators, so that one grammar and one way of splitting
serve every partner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from include.formats.x12.separators import Separators

REPETITION = "\x1c"
ELEMENT = "\x1d"
SEGMENT = "\x1e"
COMPONENT = "\x1f"

# An element is a value, the components of a composite, or the repetitions of either.
Element = str | tuple[str, ...] | list["str | tuple[str, ...]"]

# What stands in a text for a byte that does not decode.
UNDECODED = re.compile("[\ud800-\udfff]")

_SHOWN = {REPETITION: "^", ELEMENT: "*", SEGMENT: "\n", COMPONENT: ":"}
_RESERVED = (REPETITION + ELEMENT + SEGMENT + COMPONENT).encode()
_BLANKS = re.compile(rb"[\r\n\t ]*\x1e[\r\n\t ]*")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment.

    Attributes:
        tag: its identifier, as ``QTY``.
        elements: the values from element 01 on. A composite is a tuple of its components; an element that repeats is
            a list of values or composites.
        position: 1-based position in its transaction set, 0 where it stands in none.
    """

    tag: str
    elements: tuple[Element, ...]
    position: int = 0

    def element(self, number: int) -> Element:
        """Element ``number`` (1 is the first), empty where the segment ends before it."""
        return self.elements[number - 1] if number <= len(self.elements) else ""

    def plain(self, number: int) -> str:
        """Element ``number`` of a segment that knows neither composites nor repetitions, in one piece."""
        element = self.element(number)
        parts = element if isinstance(element, list) else [element]
        return REPETITION.join(COMPONENT.join(part) if isinstance(part, tuple) else part for part in parts)

    def value(self, number: int, component: int = 1) -> str:
        """The value of element ``number``, of its first repetition and the named component."""
        element = self.element(number)
        if isinstance(element, list):
            element = element[0]
        if isinstance(element, tuple):
            return element[component - 1] if component <= len(element) else ""
        return element if component == 1 else ""


def segment(tag: str, *elements: Element | int | None) -> Segment:
    """A segment to write: nothing stands for an empty element, empty ones at the end are left out."""
    values = [
        "" if element is None else str(element) if isinstance(element, int) else element
        for element in elements
    ]
    while values and not values[-1]:
        values.pop()
    return Segment(tag, tuple(values))


def canonical_text(raw: bytes, separators: Separators, encoding: str) -> str:
    """The text of ``raw`` with the fixed separators, without the white space around segments.

    Bytes that do not decode stay in it as lone surrogates; a reserved character that was data becomes NUL. Neither
    may stand in a data element, so both are found when elements are checked.
    """
    data = raw.translate(_translation(separators))
    if separators.line_break:
        data = data.replace(SEGMENT.encode() + separators.line_break, SEGMENT.encode())
    data = data.strip(b"\r\n\t ")
    if _has_blanks(data):
        data = _BLANKS.sub(SEGMENT.encode(), data)
    return data.decode(encoding, "surrogateescape")


def _has_blanks(data: bytes) -> bool:
    return any(blank in data for blank in (b"\r", b"\n", b"\t", b" \x1e", b"\x1e "))


@lru_cache(maxsize=256)
def _translation(separators: Separators) -> bytes:
    table = bytearray(range(256))
    for byte in _RESERVED:
        table[byte] = 0
    for fixed, byte in (
        (REPETITION, separators.repetition),
        (COMPONENT, separators.component),
        (ELEMENT, separators.element),
        (SEGMENT, separators.segment),
    ):
        if byte:
            table[byte[0]] = ord(fixed)
    return bytes(table)


def segment_of(text: str, position: int = 0) -> Segment:
    """The segment that ``text`` (with the fixed separators, without terminator) says."""
    tag, *elements = text.split(ELEMENT)
    return Segment(tag, tuple(_element(each) for each in elements), position)


def _element(text: str) -> Element:
    if REPETITION in text:
        return [_value(each) for each in text.split(REPETITION)]
    return _value(text)


def _value(text: str) -> str | tuple[str, ...]:
    return tuple(text.split(COMPONENT)) if COMPONENT in text else text


def shown(text: str) -> str:
    """A text with the fixed separators as a person reads it: a line for each segment, the usual separators."""
    return "".join(
        _SHOWN.get(each, each) if each.isprintable() or each in _SHOWN else "\ufffd" for each in text
    )


def segments_of(text: str) -> Iterator[Segment]:
    """The segments of a transaction set's ``text``, numbered from 1; empty ones are passed over."""
    lines = (line for line in text.split(SEGMENT) if line)
    for position, line in enumerate(lines, 1):
        yield segment_of(line, position)
