"""One segment against its definition: every element, component and condition, with the standard's error codes."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from include.formats.x12 import codes
from include.formats.x12.codes import Rule
from include.formats.x12.definitions import (
    CompositeDefinition,
    ElementDefinition,
    ElementUse,
    SegmentDefinition,
    SyntaxNote,
)
from include.formats.x12.grammar import ILLEGAL, segment_pattern
from include.formats.x12.segments import COMPONENT, ELEMENT, REPETITION

_ILLEGAL = re.compile(f"[{ILLEGAL}]")
_DECIMAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_NUMBER = re.compile(r"-?[0-9]+")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:[0-9]{1,2})?)?")


# How many of the allowed codes a message lists.
_SHOWN_CODES = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one element: the rule, the place in the segment, what was found and what was expected."""

    rule: Rule
    message: str
    position: int
    value: str = ""
    component: int | None = None
    repetition: int | None = None
    reference: str | None = None


def is_clean(text: str, definition: SegmentDefinition) -> bool:
    """Whether the segment ``text`` (with the fixed separators) is faultless; quick."""
    return segment_pattern(definition).fullmatch(text) is not None


def problems(text: str, definition: SegmentDefinition) -> Iterator[Problem]:
    """Everything that is wrong with the segment ``text``."""
    values = text.split(ELEMENT)[1:]
    if definition.elements is None:
        yield from _illegal_in(values)
        return
    for position, use in enumerate(definition.elements, 1):
        yield from _element(values[position - 1] if position <= len(values) else "", use, position)
    for note in definition.notes:
        yield from _condition(note, values, definition)
    for position, value in enumerate(values[len(definition.elements) :], len(definition.elements) + 1):
        message = f"{definition.tag} has {len(definition.elements)} elements; another follows"
        yield Problem(codes.TOO_MANY_ELEMENTS, message, position, value)


def _illegal_in(values: Sequence[str]) -> Iterator[Problem]:
    for position, value in enumerate(values, 1):
        if _ILLEGAL.search(value.translate({ord(COMPONENT): None, ord(REPETITION): None})):
            yield Problem(
                codes.INVALID_CHARACTER, "a control character or bytes that do not decode", position, value
            )


def _element(value: str, use: ElementUse, position: int) -> Iterator[Problem]:
    if not value:
        if use.is_mandatory:
            message = f"{use.definition.name} is mandatory and missing"
            yield Problem(codes.ELEMENT_MISSING, message, position, reference=use.definition.reference)
        return
    repetitions = value.split(REPETITION)
    if len(repetitions) > use.repetitions:
        message = f"{use.definition.name} stands {len(repetitions)} times; {use.repetitions} at most"
        yield Problem(
            codes.TOO_MANY_REPETITIONS, message, position, value, reference=use.definition.reference
        )
    for repetition, each in enumerate(repetitions[: use.repetitions], 1):
        yield from _repetition(each, use, position, repetition if use.repetitions > 1 else None)


def _repetition(value: str, use: ElementUse, position: int, repetition: int | None) -> Iterator[Problem]:
    definition = use.definition
    if isinstance(definition, CompositeDefinition):
        yield from _composite(value, definition, position, repetition)
    elif COMPONENT in value:
        message = f"{definition.name} is a simple element; it holds the component separator"
        yield Problem(
            codes.TOO_MANY_COMPONENTS, message, position, value, None, repetition, definition.reference
        )
    elif (found := _value_problem(value, definition)) is not None:
        yield Problem(*found, position, value, None, repetition, definition.reference)


def _composite(
    value: str, definition: CompositeDefinition, position: int, repetition: int | None
) -> Iterator[Problem]:
    values = value.split(COMPONENT)
    for component, use in enumerate(definition.components, 1):
        part, simple = values[component - 1] if component <= len(values) else "", use.definition
        assert isinstance(simple, ElementDefinition)
        if part and (found := _value_problem(part, simple)) is not None:
            yield Problem(*found, position, part, component, repetition, simple.reference)
        elif not part and use.is_mandatory:
            message = f"{simple.name} is mandatory and missing"
            yield Problem(
                codes.ELEMENT_MISSING, message, position, "", component, repetition, simple.reference
            )
    if len(values) > len(definition.components):
        message = f"{definition.name} has {len(definition.components)} components; {len(values)} were found"
        yield Problem(
            codes.TOO_MANY_COMPONENTS, message, position, value, None, repetition, definition.reference
        )


def _value_problem(value: str, definition: ElementDefinition) -> tuple[Rule, str] | None:
    if _ILLEGAL.search(value):
        return (
            codes.INVALID_CHARACTER,
            f"{definition.name} holds a control character or bytes that do not decode",
        )
    match definition.type[0]:
        case "R":
            return _number_problem(value, definition, _DECIMAL, "a decimal number with a point")
        case "N":
            return _number_problem(value, definition, _NUMBER, "a whole number")
        case "D":
            return _length_problem(value, definition) or _date_problem(value, definition)
        case "T":
            return _length_problem(value, definition) or _time_problem(value, definition)
    return _length_problem(value, definition) or _code_problem(value, definition)


def _number_problem(
    value: str, definition: ElementDefinition, pattern: re.Pattern[str], what: str
) -> tuple[Rule, str] | None:
    if not pattern.fullmatch(value):
        return codes.INVALID_CHARACTER, f"{definition.name} must be {what}"
    return _length_problem(value.replace("-", "").replace(".", ""), definition)


def _length_problem(value: str, definition: ElementDefinition) -> tuple[Rule, str] | None:
    expected = f"{definition.minimum} to {definition.maximum} are allowed"
    if definition.minimum == definition.maximum:
        expected = f"{definition.minimum} are required"
    message = f"{definition.name} has {len(value)} characters; {expected}"
    if len(value) < definition.minimum:
        return codes.ELEMENT_TOO_SHORT, message
    if len(value.rstrip(" ")) > definition.maximum:
        return codes.ELEMENT_TOO_LONG, message
    return None


def _code_problem(value: str, definition: ElementDefinition) -> tuple[Rule, str] | None:
    if not definition.codes or value.rstrip(" ") in definition.codes:
        return None
    listed = sorted(definition.codes)
    shown = ", ".join(listed if len(listed) <= _SHOWN_CODES else [*listed[:_SHOWN_CODES], "…"])
    return codes.INVALID_CODE, f"{definition.name} must be one of {shown}"


def _date_problem(value: str, definition: ElementDefinition) -> tuple[Rule, str] | None:
    return None if _is_date(value) else (codes.INVALID_DATE, f"{definition.name} is no date of the calendar")


def _is_date(value: str) -> bool:
    if not (value.isascii() and value.isdigit()):
        return False
    # Without a century the year is only needed for the length of February.
    year = int(value[:-4]) if len(value) == 8 else 2000 + int(value[:-4])
    month, day = int(value[-4:-2]), int(value[-2:])
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _time_problem(value: str, definition: ElementDefinition) -> tuple[Rule, str] | None:
    return (
        None if _TIME.fullmatch(value) else (codes.INVALID_TIME, f"{definition.name} is no time of the day")
    )


def _condition(note: SyntaxNote, values: Sequence[str], definition: SegmentDefinition) -> Iterator[Problem]:
    present = [position for position in note.positions if position <= len(values) and values[position - 1]]
    absent = [position for position in note.positions if position not in present]
    if note.kind == "E":
        for _, position in combinations(present[:2], 2):
            message = f"at most one of {_fields(note, definition)} may be used ({note})"
            yield Problem(codes.ELEMENT_EXCLUDED, message, position, values[position - 1])
    elif absent and _is_broken(note, present, absent):
        yield _missing(note, absent[0], definition)


def _is_broken(note: SyntaxNote, present: list[int], absent: list[int]) -> bool:
    match note.kind:
        case "P":
            return bool(present)
        case "R":
            return not present
        case "C":
            return note.positions[0] in present
        case _:
            return present == [note.positions[0]]


def _missing(note: SyntaxNote, position: int, definition: SegmentDefinition) -> Problem:
    assert definition.elements is not None
    element = definition.elements[position - 1].definition
    message = f"{element.name} is required by the others of {_fields(note, definition)} ({note})"
    if note.kind == "R":
        message = f"at least one of {_fields(note, definition)} is required ({note})"
    return Problem(codes.ELEMENT_CONDITION, message, position, reference=element.reference)


def _fields(note: SyntaxNote, definition: SegmentDefinition) -> str:
    return ", ".join(f"{definition.tag}{position:02}" for position in note.positions)
