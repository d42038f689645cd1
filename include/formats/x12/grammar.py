"""Regular expressions made from the definitions: of a segment, of a transaction set, of its records.

An expression accepts only what ``checking`` finds no fault with, so a transaction set that matches needs no other
look; one that does not match is gone through segment by segment, which tells why. All of them work on the text with
the fixed separators of ``segments``. Every repetition is possessive: matching takes time and memory in proportion to
the text, whatever the text is.

A set of which every line is a record has one expression for all of it. Of any other, two expressions ask two
questions: what is in the segments, and, of their tags alone, in which order they stand; together they are far
smaller, as a segment is described once, however many places it has.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from include.formats.x12.definitions import (
    CompositeDefinition,
    ElementDefinition,
    ElementUse,
    Loop,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
    segment_definition,
)
from include.formats.x12.segments import COMPONENT, ELEMENT, REPETITION, SEGMENT

# What no data element may hold: control characters and bytes that did not decode.
ILLEGAL = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
_DATA = f"[^{ILLEGAL}]"
# The same for a text that is ASCII throughout; one range is compared faster than three.
_ASCII_DATA = "[ -~]"
_ANYTHING = f"(?:[{ELEMENT}{COMPONENT}{REPETITION}]|{_DATA})*+"
_ELEMENT_TEXT = f"[^{ELEMENT}{SEGMENT}]"

# 29 February is left to the calendar.
_LONG_MONTH, _SHORT_MONTH = (
    "(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])",
    "(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)",
)
_MONTH_AND_DAY = f"(?:{_LONG_MONTH}|{_SHORT_MONTH}|02(?:0[1-9]|1[0-9]|2[0-8]))"
_TIME = "(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:[0-9]{1,2})?+)?+"


@lru_cache(maxsize=4096)
def segment_pattern(definition: SegmentDefinition) -> re.Pattern[str]:
    """Matches one segment of this kind, its terminator left out."""
    return re.compile(_segment(definition))


@cache
def set_pattern(definition: SetDefinition, is_ascii: bool) -> re.Pattern[str]:
    """Matches the whole text of a transaction set, which is ASCII or not."""
    return _compiled(_parts(definition.body), is_ascii)


@cache
def order_pattern(definition: SetDefinition) -> re.Pattern[str]:
    """Matches the tags of a transaction set, a blank behind each of them."""
    return re.compile(_order(definition.body))


@cache
def segments_pattern(definition: SetDefinition, is_ascii: bool) -> re.Pattern[str]:
    """Matches any number of segments of a transaction set, in any order, each as it is described."""
    branches: dict[str, list[str]] = {}
    for tag in sorted(definition.tags):
        segment = segment_definition(tag, definition.release)
        assert segment is not None
        branches.setdefault(tag[0], []).append(_segment(segment)[1:])
    alternatives = (f"{letter}(?:{'|'.join(rest)})" for letter, rest in branches.items())
    return _compiled(f"(?:(?:{'|'.join(alternatives)}){SEGMENT})*+", is_ascii)


@cache
def records_pattern(definition: SetDefinition, is_ascii: bool) -> re.Pattern[str]:
    """Matches as many records as follow one another, each complete, in the text of a transaction set."""
    assert definition.record_loop is not None
    following = "|".join(sorted({definition.record_loop.tag, *definition.after_records}))
    record = f"{_parts(definition.record_loop)}(?=(?:{following})[{ELEMENT}{SEGMENT}])"
    return _compiled(f"(?:{record})++", is_ascii)


def _compiled(pattern: str, is_ascii: bool) -> re.Pattern[str]:
    return re.compile(pattern.replace(_DATA, _ASCII_DATA) if is_ascii else pattern)


def _order(loop: Loop) -> str:
    return "".join(
        f"(?:{_order(part) if isinstance(part, Loop) else part.tag + ' '}){_times(part.is_mandatory, part.maximum)}"
        for part in loop.parts
    )


def _parts(loop: Loop) -> str:
    return "".join(_repeated(part) for part in loop.parts)


def _repeated(part: SegmentUse | Loop) -> str:
    pattern = _parts(part) if isinstance(part, Loop) else _segment(part.segment) + SEGMENT
    return f"(?:{pattern}){_times(part.is_mandatory, part.maximum)}"


def _times(is_mandatory: bool, maximum: int | None) -> str:
    return f"{{{int(is_mandatory)},{'' if maximum is None else maximum}}}+"


def _segment(definition: SegmentDefinition) -> str:
    if definition.elements is None:
        return f"{definition.tag}(?:{ELEMENT}{_ANYTHING})?+"
    conditions = "".join(_condition(note) for note in definition.notes if not _is_adjacent_pair(note))
    pairs = frozenset(note.positions[0] for note in definition.notes if _is_adjacent_pair(note))
    return definition.tag + conditions + _elements(definition.elements, pairs)


def _is_adjacent_pair(note: SyntaxNote) -> bool:
    return note.kind == "P" and len(note.positions) == 2 and note.positions[1] == note.positions[0] + 1


def _elements(uses: tuple[ElementUse, ...], pairs: frozenset[int]) -> str:
    """The elements, each one holding those after it, so that empty ones at the end may be missing."""
    pattern, position = "", len(uses)
    while position:
        if position - 1 in pairs:
            position -= 1
            pair = f"{_use(uses[position - 1])}{ELEMENT}{_use(uses[position])}"
            pattern = f"(?:{ELEMENT}(?:(?:{pair}|{ELEMENT}){pattern})?+)?+"
        else:
            pattern = _followed(uses[position - 1], pattern, any(use.is_mandatory for use in uses[position:]))
        position -= 1
    return pattern


def _followed(use: ElementUse, pattern: str, is_needed: bool) -> str:
    if use.is_mandatory:
        return f"{ELEMENT}{_use(use)}{pattern}"
    if is_needed:
        return f"{ELEMENT}(?:{_use(use)})?+{pattern}"
    return f"(?:{ELEMENT}(?:{_use(use)})?+{pattern})?+"


def _use(use: ElementUse) -> str:
    pattern = (
        _composite(use.definition)
        if isinstance(use.definition, CompositeDefinition)
        else _value(use.definition)
    )
    if use.repetitions == 1:
        return pattern
    return f"{pattern}(?:{REPETITION}{pattern}){{0,{use.repetitions - 1}}}+"


def _composite(definition: CompositeDefinition) -> str:
    pattern = ""
    for use in reversed(definition.components[1:]):
        value = _value(use.definition)  # type: ignore[arg-type]
        pattern = (
            f"{COMPONENT}{value}{pattern}" if use.is_mandatory else f"(?:{COMPONENT}(?:{value})?+{pattern})?+"
        )
    return _value(definition.components[0].definition) + pattern  # type: ignore[arg-type]


def _value(definition: ElementDefinition) -> str:
    shortest, longest = definition.minimum, definition.maximum
    match definition.type[0]:
        case "R":
            return _decimal(shortest, longest)
        case "N":
            return f"-?[0-9]{{{shortest},{longest}}}+"
        case "D":
            return ("[0-9]{2}" if longest == 6 else "(?:19|20)[0-9]{2}") + _MONTH_AND_DAY
        case "T":
            return _TIME if longest > 4 else "(?:[01][0-9]|2[0-3])[0-5][0-9]"
    if definition.codes:
        return f"(?:{'|'.join(sorted(map(re.escape, definition.codes)))})"
    return f"{_DATA}{{{shortest},{longest}}}+"


def _decimal(shortest: int, longest: int) -> str:
    """Neither sign nor decimal point counts for the length (X12.6, 3.5.1.2)."""
    whole = f"[0-9]{{{shortest},{longest}}}+(?!\\.)"
    broken = f"(?=[0-9.]{{{shortest + 1},{longest + 1}}}+(?![0-9.]))[0-9]*+\\.[0-9]*+"
    return f"-?+(?:{whole}|{broken})"


def _condition(note: SyntaxNote) -> str:
    first, *others = (_presence(position) for position in note.positions)
    match note.kind:
        case "R":
            return f"(?={'|'.join((first, *others))})"
        case "C":
            return "".join(_implication(first, (other,)) for other in others)
        case "L":
            return _implication(first, others)
        case "E":
            return _exclusion([first, *others])
        case _:
            every = (first, *others)
            return "".join(_implication(a, (b,)) for a in every for b in every if a != b)


def _presence(position: int) -> str:
    return f"(?:{ELEMENT}{_ELEMENT_TEXT}*+){{{position - 1}}}+{ELEMENT}{_ELEMENT_TEXT}"


def _implication(premise: str, conclusions: tuple[str, ...] | list[str]) -> str:
    return f"(?:(?!{premise})|(?={'|'.join(conclusions)}))"


def _exclusion(presences: list[str]) -> str:
    return "".join(
        f"(?!(?={one}){other})" for index, one in enumerate(presences) for other in presences[index + 1 :]
    )
