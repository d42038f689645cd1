"""Regular expressions made from the definitions: one for a segment, one for all segments, one for a message's order.

What is in the segments and in which order they stand are two questions: the first expression runs over the text of
a message with the fixed separators, the second over its tags alone. A message that matches both needs no other look;
one that does not is gone through segment by segment, which tells why. Every repetition is possessive: matching takes
time and memory in proportion to the text, whatever the text is.
"""

from __future__ import annotations

import re
from functools import cache

from include.formats.edifact.definitions import (
    CompositeDefinition,
    ElementDefinition,
    ElementUse,
    Loop,
    MessageDefinition,
    SegmentDefinition,
    described_segments,
    segment_definition,
)
from include.formats.edifact.segments import COMPONENT, ELEMENT, REPETITION, SEGMENT
from include.formats.x12.grammar import ILLEGAL

__all__ = ["ILLEGAL", "order_pattern", "segment_pattern", "segments_pattern"]

_DATA = f"[^{ILLEGAL}]"
# The same for a text that is ASCII throughout; one range is compared faster than three.
_ASCII_DATA = "[ -~]"
_LETTERS = f"[^{ILLEGAL}0-9]"
_ANYTHING = f"(?:[{ELEMENT}{COMPONENT}{REPETITION}]|{_DATA})*+"


@cache
def segment_pattern(definition: SegmentDefinition, marks: str) -> re.Pattern[str]:
    """Matches one segment of this kind, its terminator left out; numbers have one of ``marks`` as decimal mark."""
    return re.compile(definition.tag + _content(definition, marks))


@cache
def segments_pattern(marks: str, is_ascii: bool) -> re.Pattern[str]:
    """Matches any number of segments, each as it is described."""
    endings = {tag: _content(segment_definition(tag), marks) for tag in described_segments()}  # type: ignore[arg-type]
    pattern = f"(?:{_tree(endings)}{SEGMENT})*+"
    return re.compile(pattern.replace(_DATA, _ASCII_DATA) if is_ascii else pattern)


@cache
def order_pattern(definition: MessageDefinition) -> re.Pattern[str]:
    """Matches the tags of a message, a blank behind each of them."""
    return re.compile(_order(definition.body))


def _order(loop: Loop) -> str:
    return "".join(
        f"(?:{_order(part) if isinstance(part, Loop) else part.tag + ' '}){_times(part.is_mandatory, part.maximum)}"
        for part in loop.parts
    )


def _times(is_mandatory: bool, maximum: int | None) -> str:
    return f"{{{int(is_mandatory)},{'' if maximum is None else maximum}}}+"


def _tree(endings: dict[str, str]) -> str:
    """Alternatives that share their first letters, so that few are tried."""
    if "" in endings:
        return endings[""]
    branches: dict[str, dict[str, str]] = {}
    for tag, ending in sorted(endings.items()):
        branches.setdefault(tag[0], {})[tag[1:]] = ending
    patterns = [letter + _tree(rest) for letter, rest in branches.items()]
    return patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})"


def _content(definition: SegmentDefinition, marks: str) -> str:
    if definition.elements is None:
        return f"(?:{ELEMENT}{_ANYTHING})?+"
    pattern, is_needed = "", False
    for use in reversed(definition.elements):
        value = f"(?:{_use(use, marks)})"
        if use.is_mandatory:
            pattern, is_needed = f"{ELEMENT}{value}{pattern}", True
        elif is_needed:
            pattern = f"{ELEMENT}{value}?+{pattern}"
        else:
            pattern = f"(?:{ELEMENT}{value}?+{pattern})?+"
    return pattern


def _use(use: ElementUse, marks: str) -> str:
    composite = isinstance(use.definition, CompositeDefinition)
    pattern = _composite(use.definition, marks) if composite else _value(use.definition, marks)  # type: ignore[arg-type]
    if use.repetitions == 1:
        return pattern
    return f"{pattern}(?:{REPETITION}{pattern}){{0,{use.repetitions - 1}}}+"


def _composite(definition: CompositeDefinition, marks: str) -> str:
    """Its components; something must stand in it, which ``(?=…)`` makes sure of where none is mandatory."""
    first, *others = definition.components
    pattern, is_needed = "", False
    for use in reversed(others):
        value = f"(?:{_value(use.definition, marks)})"  # type: ignore[arg-type]
        if use.is_mandatory:
            pattern, is_needed = f"{COMPONENT}{value}{pattern}", True
        elif is_needed:
            pattern = f"{COMPONENT}{value}?+{pattern}"
        else:
            pattern = f"(?:{COMPONENT}{value}?+{pattern})?+"
    begin = f"(?:{_value(first.definition, marks)})"  # type: ignore[arg-type]
    if first.is_mandatory:
        return begin + pattern
    return f"(?=[^{ELEMENT}{SEGMENT}{REPETITION}]){begin}?+{pattern}"


def _value(definition: ElementDefinition, marks: str) -> str:
    shortest, longest = definition.minimum, definition.maximum
    if definition.pattern:
        return f"(?:{definition.pattern})"
    match definition.type:
        case "n":
            return _number(shortest, longest, marks)
        case "a":
            return f"{_LETTERS}{{{shortest},{longest}}}+"
    return f"{_DATA}{{{shortest},{longest}}}+"


def _number(shortest: int, longest: int, marks: str) -> str:
    """Neither sign nor decimal mark counts for the length (ISO 9735, 10)."""
    mark = f"[{marks}]"
    whole = f"[0-9]{{{shortest},{longest}}}+(?!{mark})"
    broken = f"(?=[0-9{marks}]{{{shortest + 1},{longest + 1}}}+(?![0-9{marks}]))[0-9]++{mark}[0-9]++"
    return f"-?+(?:{whole}|{broken})"
