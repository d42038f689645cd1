"""One segment against its definition: every element and component, with the standard's error codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from include.formats.edifact import codes
from include.formats.edifact.codes import Rule
from include.formats.edifact.definitions import (
    CompositeDefinition,
    ElementDefinition,
    ElementUse,
    SegmentDefinition,
)
from include.formats.edifact.grammar import ILLEGAL, segment_pattern
from include.formats.edifact.segments import COMPONENT, ELEMENT, REPETITION

_ILLEGAL = re.compile(f"[{ILLEGAL}]")
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")


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


def is_clean(text: str, definition: SegmentDefinition, marks: str) -> bool:
    """Whether the segment ``text`` (with the fixed separators) is faultless; quick."""
    return segment_pattern(definition, marks).fullmatch(text) is not None


def problems(text: str, definition: SegmentDefinition, marks: str) -> Iterator[Problem]:
    """Everything that is wrong with the segment ``text``; ``marks`` are the decimal marks that may stand in numbers."""
    values = text.split(ELEMENT)[1:]
    if definition.elements is None:
        for position, value in enumerate(values, 1):
            if _ILLEGAL.search(value.replace(COMPONENT, "").replace(REPETITION, "")):
                message = "a control character or bytes that do not decode"
                yield Problem(codes.INVALID_CHARACTER, message, position, value)
        return
    for position, use in enumerate(definition.elements, 1):
        yield from _element(values[position - 1] if position <= len(values) else "", use, position, marks)
    for position, value in enumerate(values[len(definition.elements) :], len(definition.elements) + 1):
        if value:
            message = f"{definition.tag} has {len(definition.elements)} elements; another follows"
            yield Problem(codes.TOO_MANY_ELEMENTS, message, position, value)


def _element(value: str, use: ElementUse, position: int, marks: str) -> Iterator[Problem]:
    reference = use.definition.reference
    if not value.strip(COMPONENT + REPETITION):
        if use.is_mandatory:
            yield Problem(codes.ELEMENT_MISSING, _missing(use), position, reference=reference)
        return
    repetitions = value.split(REPETITION)
    if len(repetitions) > use.repetitions:
        message = f"{use.definition.name} stands {len(repetitions)} times; {use.repetitions} at most"
        yield Problem(codes.TOO_MANY_REPETITIONS, message, position, value, reference=reference)
    for number, each in enumerate(repetitions[: use.repetitions], 1):
        yield from _repetition(each, use, position, number if len(repetitions) > 1 else None, marks)


def _missing(use: ElementUse) -> str:
    return f"{use.definition.name} is mandatory and missing"


def _repetition(
    value: str, use: ElementUse, position: int, repetition: int | None, marks: str
) -> Iterator[Problem]:
    definition, values = use.definition, value.split(COMPONENT)
    if isinstance(definition, CompositeDefinition):
        yield from _composite(values, definition, position, repetition, marks)
        return
    assert isinstance(definition, ElementDefinition)
    if any(values[1:]):
        message = f"{definition.name} is a simple element; it holds the component separator"
        yield Problem(
            codes.TOO_MANY_COMPONENTS, message, position, value, None, repetition, definition.reference
        )
    elif (found := _value_problem(values[0], definition, marks)) is not None:
        yield Problem(*found, position, value, None, repetition, definition.reference)


def _composite(
    values: Sequence[str], definition: CompositeDefinition, position: int, repetition: int | None, marks: str
) -> Iterator[Problem]:
    for number, use in enumerate(definition.components, 1):
        part, simple = values[number - 1] if number <= len(values) else "", use.definition
        assert isinstance(simple, ElementDefinition)
        if part and (found := _value_problem(part, simple, marks)) is not None:
            yield Problem(*found, position, part, number, repetition, simple.reference)
        elif not part and use.is_mandatory:
            yield Problem(
                codes.ELEMENT_MISSING, _missing(use), position, "", number, repetition, simple.reference
            )
    if any(values[len(definition.components) :]):
        message = f"{definition.name} has {len(definition.components)} components; {len(values)} were found"
        value, number = COMPONENT.join(values), len(definition.components) + 1
        yield Problem(
            codes.TOO_MANY_COMPONENTS, message, position, value, number, repetition, definition.reference
        )


def _value_problem(value: str, definition: ElementDefinition, marks: str) -> tuple[Rule, str] | None:
    name = definition.name
    if _ILLEGAL.search(value):
        return codes.INVALID_CHARACTER, f"{name} holds a control character or bytes that do not decode"
    if definition.type == "n":
        return _number_problem(value, definition, marks)
    if definition.type == "a" and any(character.isdigit() for character in value):
        return codes.INVALID_TYPE, f"{name} must hold letters"
    return _length_problem(value, definition) or _code_problem(value, definition)


def _number_problem(value: str, definition: ElementDefinition, marks: str) -> tuple[Rule, str] | None:
    if not _NUMBER.fullmatch(value):
        return (
            codes.INVALID_TYPE,
            f"{definition.name} must be a number with digits on both sides of its decimal mark",
        )
    too_long = _length_problem(value.translate({ord(sign): None for sign in "-.,"}), definition)
    if too_long is None and any(mark in value and mark not in marks for mark in ".,"):
        message = f"{definition.name} has another decimal mark than the interchange states; it is read as one"
        return codes.DECIMAL_MARK, message
    return too_long


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
    if definition.pattern is None or re.fullmatch(definition.pattern, value.rstrip(" ")):
        return None
    return codes.INVALID_CODE, f"{value!r} is no code of {definition.name}"
