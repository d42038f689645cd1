"""What EDIFACT itself calls the errors of an interchange, and the finding that carries such a code.

Source: ISO 9735, data element 0085 (syntax error, coded), which all levels of an interchange share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from include.formats.findings import Finding
from include.formats.x12.codes import Place, readable

__all__ = ["RULES", "Level", "Place", "Rule", "SyntaxFinding", "finding", "has_fatal", "located", "readable"]

SYNTAX_ERRORS = {
    "2": "syntax version or level not supported",
    "7": "interchange recipient not actual recipient",
    "12": "invalid value",
    "13": "missing",
    "14": "value not supported in this position",
    "15": "not supported in this position",
    "16": "too many constituents",
    "17": "no agreement",
    "18": "unspecified error",
    "19": "invalid decimal notation",
    "20": "character invalid as service character",
    "21": "invalid character",
    "22": "invalid service character",
    "23": "unknown interchange sender",
    "26": "duplicate detected",
    "28": "references do not match",
    "29": "control count does not match number of instances received",
    "30": "groups and messages mixed",
    "32": "lower level empty",
    "33": "invalid occurrence outside message or group",
    "34": "nesting indicator not allowed",
    "35": "too many data element or segment repetitions",
    "36": "too many segment group repetitions",
    "37": "invalid type of character",
    "39": "data element too long",
    "40": "data element too short",
    "45": "trailing separator",
    "46": "character set not supported",
    "47": "envelope functionality not supported",
}
"""What the codes of element 0085 that are used here mean."""


class Level(StrEnum):
    """The level of an interchange that an error belongs to: UCI, UCF, UCM, UCS or UCD reports it."""

    INTERCHANGE = "interchange"
    GROUP = "group"
    MESSAGE = "message"
    SEGMENT = "segment"
    ELEMENT = "element"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxFinding(Finding):
    """A finding of the EDIFACT reader, at its place in the interchange; ``code`` is of element 0085.

    Attributes:
        level: the level it belongs to.
        segment_id: the segment concerned, as ``QTY``.
        segment_position: its position in the message, where UNH is 1 (element 0096).
        segment_in_file: its position among all segments of the file.
        group_id: the segment group that it stands in, by the segment that begins the group.
        element_position: 1-based position of the element in its segment (element 0098 counts the tag as 1).
        component_position: 1-based position in a composite (element 0104).
        repetition: 1-based position among the repetitions of an element (element 0136).
        element_reference: the data element's number in the directory.
    """

    level: Level = Level.MESSAGE
    segment_id: str | None = None
    segment_position: int | None = None
    segment_in_file: int | None = None
    group_id: str | None = None
    element_position: int | None = None
    component_position: int | None = None
    repetition: int | None = None
    element_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the reader: its stable name, the level, and the code of the standard."""

    name: str
    level: Level
    code: str | None = None
    is_fatal: bool = True


def finding(rule: Rule, message: str, *, value: object = None, **place: object) -> SyntaxFinding:
    """The finding that ``rule`` is broken, with its code."""
    return SyntaxFinding(
        rule=rule.name,
        message=message,
        level=rule.level,
        code=rule.code,
        is_fatal=rule.is_fatal,
        value=None if value is None else readable(value),
        **place,  # type: ignore[arg-type]
    )


def located(each: SyntaxFinding, place: Place) -> SyntaxFinding:
    """The finding with the place of the service segment or the bytes that it is about."""
    words = f"line {place.line}, segment {place.segment} of the file"
    if each.segment_id:
        words += f" ({each.segment_id})"
    if each.element_position:
        words += f", element {each.element_position:02}"
    if each.component_position:
        words += f", component {each.component_position}"
    return replace(each, place=words, line=place.line, segment_in_file=place.segment)


def tolerating(findings: Iterable[SyntaxFinding], tolerated: frozenset[str]) -> tuple[SyntaxFinding, ...]:
    """The findings, those whose rule is tolerated no longer fatal."""
    return tuple(
        replace(each, is_fatal=False) if each.is_fatal and each.rule in tolerated else each
        for each in findings
    )


def has_fatal(findings: Iterable[SyntaxFinding]) -> bool:
    """Whether one of the findings refuses what it belongs to."""
    return any(each.is_fatal for each in findings)


# Interchange
NO_INTERCHANGE = Rule("edifact.no_interchange", Level.INTERCHANGE)
INTERACTIVE = Rule("edifact.interactive", Level.INTERCHANGE, "47")
BYTES_OUTSIDE = Rule("edifact.bytes_outside", Level.INTERCHANGE, is_fatal=False)
BYTE_ORDER_MARK = Rule("edifact.byte_order_mark", Level.INTERCHANGE, is_fatal=False)
SEPARATORS_UNUSABLE = Rule("edifact.separators_unusable", Level.INTERCHANGE, "22")
SEPARATORS_UNKNOWN = Rule("edifact.separators_unknown", Level.INTERCHANGE, "20")
WRAPPED_LINES = Rule("edifact.wrapped_lines", Level.INTERCHANGE, is_fatal=False)
INTERCHANGE_HEADER_MISSING = Rule("edifact.interchange_header_missing", Level.INTERCHANGE, "13")
SYNTAX_NOT_SUPPORTED = Rule("edifact.syntax_not_supported", Level.INTERCHANGE, "2")
CHARACTER_SET_NOT_SUPPORTED = Rule("edifact.character_set_not_supported", Level.INTERCHANGE, "46")
HEADER_ELEMENT = Rule("edifact.header_element", Level.INTERCHANGE, "12", is_fatal=False)
UNKNOWN_SENDER = Rule("edifact.unknown_sender", Level.INTERCHANGE, "23")
UNKNOWN_RECIPIENT = Rule("edifact.unknown_recipient", Level.INTERCHANGE, "7")
DUPLICATE_INTERCHANGE = Rule("edifact.duplicate_interchange", Level.INTERCHANGE, "26", is_fatal=False)
STRAY_SEGMENT = Rule("edifact.stray_segment", Level.INTERCHANGE, "33")
CONTROL_SEGMENT_TOO_LONG = Rule("edifact.control_segment_too_long", Level.INTERCHANGE, "18")
LAST_TERMINATOR_MISSING = Rule("edifact.last_terminator_missing", Level.INTERCHANGE, is_fatal=False)
INTERCHANGE_TRAILER_MISSING = Rule("edifact.interchange_trailer_missing", Level.INTERCHANGE, "13")
INTERCHANGE_REFERENCE = Rule("edifact.interchange_reference", Level.INTERCHANGE, "28")
INTERCHANGE_COUNT = Rule("edifact.interchange_count", Level.INTERCHANGE, "29")
INTERCHANGE_EMPTY = Rule("edifact.interchange_empty", Level.INTERCHANGE, "32", is_fatal=False)
GROUPS_AND_MESSAGES = Rule("edifact.groups_and_messages_mixed", Level.INTERCHANGE, "30", is_fatal=False)

# Group
GROUP_ELEMENT = Rule("edifact.group_element", Level.GROUP, "12", is_fatal=False)
GROUP_TRAILER_MISSING = Rule("edifact.group_trailer_missing", Level.GROUP, "13")
GROUP_REFERENCE = Rule("edifact.group_reference", Level.GROUP, "28")
GROUP_COUNT = Rule("edifact.group_count", Level.GROUP, "29")
DUPLICATE_GROUP = Rule("edifact.duplicate_group", Level.GROUP, "26", is_fatal=False)

# Message
MESSAGE_HEADER_MISSING = Rule("edifact.message_header_missing", Level.MESSAGE, "13")
MESSAGE_HEADER_ELEMENT = Rule("edifact.message_header_element", Level.MESSAGE, "12", is_fatal=False)
MESSAGE_REFERENCE_MISSING = Rule("edifact.message_reference_missing", Level.MESSAGE, "13")
MESSAGE_TYPE_INVALID = Rule("edifact.message_type_invalid", Level.MESSAGE, "12")
MESSAGE_NOT_AGREED = Rule("edifact.message_not_agreed", Level.MESSAGE, "17")
MESSAGE_NOT_DESCRIBED = Rule("edifact.message_not_described", Level.MESSAGE, is_fatal=False)
DIRECTORY_UNKNOWN = Rule("edifact.directory_unknown", Level.MESSAGE, is_fatal=False)
MESSAGE_NOT_IN_GROUP = Rule("edifact.message_not_in_group", Level.MESSAGE, "14", is_fatal=False)
DUPLICATE_MESSAGE = Rule("edifact.duplicate_message", Level.MESSAGE, "26", is_fatal=False)
MESSAGE_TRAILER_MISSING = Rule("edifact.message_trailer_missing", Level.MESSAGE, "13")
MESSAGE_REFERENCE = Rule("edifact.message_reference", Level.MESSAGE, "28")
SEGMENT_COUNT = Rule("edifact.segment_count", Level.MESSAGE, "29")
MESSAGE_TOO_LONG = Rule("edifact.message_too_long", Level.MESSAGE, "18")
TOO_MANY_ERRORS = Rule("edifact.too_many_errors", Level.MESSAGE, "18")
CONTROL_TOTAL = Rule("edifact.control_total", Level.MESSAGE, "29")
LOWER_CASE_TAG = Rule("edifact.lower_case_tag", Level.MESSAGE, is_fatal=False)
LINE_BREAK_INSIDE = Rule("edifact.line_break_inside", Level.MESSAGE, is_fatal=False)
EMPTY_SEGMENT = Rule("edifact.empty_segment", Level.MESSAGE, is_fatal=False)
TRAILING_SEPARATOR = Rule("edifact.trailing_separator", Level.MESSAGE, "45", is_fatal=False)
CHARACTER_NOT_IN_SET = Rule("edifact.character_not_in_set", Level.MESSAGE, "21", is_fatal=False)
UNDECODABLE = Rule("edifact.undecodable", Level.MESSAGE, "21")

# Segment
SEGMENT_UNRECOGNIZED = Rule("edifact.segment_unrecognized", Level.SEGMENT, "12")
SEGMENT_NOT_IN_MESSAGE = Rule("edifact.segment_not_in_message", Level.SEGMENT, "15")
SEGMENT_OUT_OF_ORDER = Rule("edifact.segment_out_of_order", Level.SEGMENT, "15")
SEGMENT_MISSING = Rule("edifact.segment_missing", Level.SEGMENT, "13")
SEGMENT_REPEATED = Rule("edifact.segment_repeated", Level.SEGMENT, "35")
GROUP_REPEATED = Rule("edifact.group_repeated", Level.SEGMENT, "36")
NESTING_INDICATED = Rule("edifact.nesting_indicated", Level.SEGMENT, "34")

# Element
ELEMENT_MISSING = Rule("edifact.element_missing", Level.ELEMENT, "13")
TOO_MANY_ELEMENTS = Rule("edifact.too_many_elements", Level.ELEMENT, "16")
TOO_MANY_COMPONENTS = Rule("edifact.too_many_components", Level.ELEMENT, "16")
TOO_MANY_REPETITIONS = Rule("edifact.too_many_repetitions", Level.ELEMENT, "35")
ELEMENT_TOO_LONG = Rule("edifact.element_too_long", Level.ELEMENT, "39")
ELEMENT_TOO_SHORT = Rule("edifact.element_too_short", Level.ELEMENT, "40")
INVALID_CHARACTER = Rule("edifact.invalid_character", Level.ELEMENT, "21")
INVALID_TYPE = Rule("edifact.invalid_type_of_character", Level.ELEMENT, "37")
INVALID_CODE = Rule("edifact.invalid_code", Level.ELEMENT, "12")
INVALID_DATE = Rule("edifact.invalid_date", Level.ELEMENT, "12", is_fatal=False)
DECIMAL_MARK = Rule("edifact.decimal_mark", Level.ELEMENT, "19", is_fatal=False)

RULES = {rule.name: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
