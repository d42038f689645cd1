"""What X12 itself calls the errors of an interchange, and the finding that carries such a code.

Sources: X12 data elements I18 (TA1), 716 (AK9), 718 (AK5), 720 (AK3) and 723 (AK4), release 004010 and later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from include.formats.findings import Finding, excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the file something begins: 0-based byte, 1-based line, 1-based segment."""

    offset: int
    line: int
    segment: int


class Level(StrEnum):
    """The level of an interchange that an error belongs to, and with it the list that its code is from."""

    INTERCHANGE = "interchange"  # element I18
    GROUP = "group"  # element 716
    SET = "set"  # element 718
    SEGMENT = "segment"  # element 720
    ELEMENT = "element"  # element 723


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxFinding(Finding):
    """A finding of the X12 reader, at its place in the interchange.

    Attributes:
        level: the level it belongs to; ``code`` is from that level's list.
        segment_id: the segment concerned, as ``QTY``.
        segment_position: its position in the transaction set, where ST is 1 (element 719).
        segment_in_file: its position among all segments of the file, where the first ISA is 1.
        loop_id: the loop that it stands in (element 447).
        element_position: 1-based position of the element in its segment (element 722).
        component_position: 1-based position in a composite (element 1528).
        repetition: 1-based position among the repetitions of an element (element 1686).
        element_reference: the data element's number in the standard (element 725).
        record: the position of the first segment of the record that alone is refused for it; none where the whole
            transaction set is.
    """

    level: Level = Level.SET
    segment_id: str | None = None
    segment_position: int | None = None
    segment_in_file: int | None = None
    loop_id: str | None = None
    element_position: int | None = None
    component_position: int | None = None
    repetition: int | None = None
    element_reference: str | None = None
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the reader: its stable name, the level, and the code of the standard.

    ``since`` is the first release whose list holds the code; ``instead`` is what older ones say.
    """

    name: str
    level: Level
    code: str | None = None
    since: str = ""
    instead: str | None = None
    is_fatal: bool = True

    def code_in(self, release: str) -> str | None:
        """The code to report to a partner that uses ``release``, as ``004010``."""
        return self.code if release >= self.since else self.instead


def finding(
    rule: Rule, message: str, *, release: str = "", value: object = None, **place: object
) -> SyntaxFinding:
    """The finding that ``rule`` is broken, with its code in ``release`` (all codes where none is given)."""
    return SyntaxFinding(
        rule=rule.name,
        message=message,
        level=rule.level,
        code=rule.code_in(release) if release else rule.code,
        is_fatal=rule.is_fatal,
        value=None if value is None else readable(value),
        **place,  # type: ignore[arg-type]
    )


def readable(value: object) -> str:
    """An excerpt in which what cannot be shown or stored is escaped: control characters, bytes that do not decode."""
    text = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    shown = excerpt(text)
    return shown if shown.isprintable() else "".join(map(_escaped, shown))


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def located(each: SyntaxFinding, place: Place) -> SyntaxFinding:
    """The finding with the place of the control segment or the bytes that it is about."""
    words = f"line {place.line}, segment {place.segment} of the file"
    if each.segment_id:
        words += f" ({each.segment_id})"
    if each.element_position:
        words += f", element {each.element_position:02}"
    return replace(each, place=words, line=place.line, segment_in_file=place.segment)


def tolerating(findings: Iterable[SyntaxFinding], tolerated: frozenset[str]) -> tuple[SyntaxFinding, ...]:
    """The findings, those whose rule is tolerated no longer fatal."""
    return tuple(
        replace(each, is_fatal=False) if each.is_fatal and each.rule in tolerated else each
        for each in findings
    )


def has_fatal(findings: Iterable[SyntaxFinding]) -> bool:
    """Whether one of the findings refuses what it belongs to as a whole."""
    return any(each.is_fatal and each.record is None for each in findings)


# Interchange: element I18
NO_INTERCHANGE = Rule("x12.no_interchange", Level.INTERCHANGE)
BYTES_OUTSIDE = Rule("x12.bytes_outside", Level.INTERCHANGE, is_fatal=False)
BYTE_ORDER_MARK = Rule("x12.byte_order_mark", Level.INTERCHANGE, is_fatal=False)
ISA_LENGTH = Rule("x12.isa_length", Level.INTERCHANGE)
ISA_UNREADABLE = Rule("x12.isa_unreadable", Level.INTERCHANGE, "022")
ISA_ELEMENT = Rule("x12.isa_element", Level.INTERCHANGE, is_fatal=False)
ISA_HOLDS_SEPARATOR = Rule("x12.isa_holds_separator", Level.INTERCHANGE)
SEPARATOR_UNUSABLE = Rule("x12.separator_unusable", Level.INTERCHANGE, "027", is_fatal=False)
REPETITION_UNUSABLE = Rule("x12.repetition_separator_unusable", Level.INTERCHANGE, "016", is_fatal=False)
WRAPPED_LINES = Rule("x12.wrapped_lines", Level.INTERCHANGE, is_fatal=False)
UNKNOWN_SENDER = Rule("x12.unknown_sender", Level.INTERCHANGE, "006")
UNKNOWN_RECEIVER = Rule("x12.unknown_receiver", Level.INTERCHANGE, "009")
NOTE_ELEMENT = Rule("x12.note_element", Level.INTERCHANGE, is_fatal=False)
STRAY_SEGMENT = Rule("x12.stray_segment", Level.INTERCHANGE, "022")
INTERCHANGE_CONTROL_NUMBER = Rule("x12.interchange_control_number", Level.INTERCHANGE, "001")
INTERCHANGE_TRAILER_MISSING = Rule("x12.interchange_trailer_missing", Level.INTERCHANGE, "023")
GROUP_COUNT = Rule("x12.group_count", Level.INTERCHANGE, "021")
DUPLICATE_INTERCHANGE = Rule("x12.duplicate_interchange", Level.INTERCHANGE, "025", is_fatal=False)
LAST_TERMINATOR_MISSING = Rule("x12.last_terminator_missing", Level.INTERCHANGE, is_fatal=False)
CONTROL_SEGMENT_TOO_LONG = Rule("x12.control_segment_too_long", Level.INTERCHANGE, "024")

# Functional group: element 716
GROUP_UNKNOWN = Rule("x12.group_unknown", Level.GROUP, "1", is_fatal=False)
VERSION_UNKNOWN = Rule("x12.version_unknown", Level.GROUP, "2", is_fatal=False)
VERSION_NOT_AGREED = Rule("x12.version_not_agreed", Level.GROUP, "2")
GROUP_HEADER_MISSING = Rule("x12.group_header_missing", Level.GROUP)
GROUP_TRAILER_MISSING = Rule("x12.group_trailer_missing", Level.GROUP, "3")
GROUP_CONTROL_NUMBER = Rule("x12.group_control_number", Level.GROUP, "4")
SET_COUNT = Rule("x12.set_count", Level.GROUP, "5")
GROUP_CONTROL_NUMBER_INVALID = Rule("x12.group_control_number_invalid", Level.GROUP, "6", is_fatal=False)
GROUP_ELEMENT = Rule("x12.group_element", Level.GROUP, is_fatal=False)
DUPLICATE_GROUP = Rule("x12.duplicate_group", Level.GROUP, "19", since="004030", is_fatal=False)

# Transaction set: element 718
SET_NOT_SUPPORTED = Rule("x12.set_not_supported", Level.SET, "1")
SET_TRAILER_MISSING = Rule("x12.set_trailer_missing", Level.SET, "2")
SET_CONTROL_NUMBER = Rule("x12.set_control_number", Level.SET, "3")
SEGMENT_COUNT = Rule("x12.segment_count", Level.SET, "4")
SEGMENTS_IN_ERROR = "5"
ALL_RECORDS_WRONG = Rule("x12.all_records_wrong", Level.SET, SEGMENTS_IN_ERROR)
TOO_MANY_ERRORS = Rule("x12.too_many_errors", Level.SET, SEGMENTS_IN_ERROR)
SET_HEADER_MISSING = Rule("x12.set_header_missing", Level.SET, "6")
SET_IDENTIFIER_INVALID = Rule("x12.set_identifier_invalid", Level.SET, "6")
SET_CONTROL_NUMBER_INVALID = Rule("x12.set_control_number_invalid", Level.SET, "7")
DUPLICATE_SET = Rule("x12.duplicate_set", Level.SET, "23", is_fatal=False)
SET_NOT_IN_GROUP = Rule("x12.set_not_in_group", Level.SET, is_fatal=False)
SET_NOT_DESCRIBED = Rule("x12.set_not_described", Level.SET, is_fatal=False)
SET_TOO_LONG = Rule("x12.set_too_long", Level.SET)
TOTAL = Rule("x12.total", Level.SET)
UNDECODABLE = Rule("x12.undecodable", Level.SET, is_fatal=False)

# Segment: element 720
SEGMENT_UNRECOGNIZED = Rule("x12.segment_unrecognized", Level.SEGMENT, "1")
SEGMENT_MISSING = Rule("x12.segment_missing", Level.SEGMENT, "3")
LOOP_REPEATED = Rule("x12.loop_repeated", Level.SEGMENT, "4")
SEGMENT_REPEATED = Rule("x12.segment_repeated", Level.SEGMENT, "5")
SEGMENT_NOT_IN_SET = Rule("x12.segment_not_in_set", Level.SEGMENT, "6")
SEGMENT_OUT_OF_ORDER = Rule("x12.segment_out_of_order", Level.SEGMENT, "7")
EMPTY_SEGMENT = Rule("x12.empty_segment", Level.SEGMENT, is_fatal=False)
SEGMENT_HAS_ELEMENT_ERRORS = "8"

# Element: element 723
ELEMENT_MISSING = Rule("x12.element_missing", Level.ELEMENT, "1")
ELEMENT_CONDITION = Rule("x12.element_condition", Level.ELEMENT, "2")
TOO_MANY_ELEMENTS = Rule("x12.too_many_elements", Level.ELEMENT, "3")
ELEMENT_TOO_SHORT = Rule("x12.element_too_short", Level.ELEMENT, "4")
ELEMENT_TOO_LONG = Rule("x12.element_too_long", Level.ELEMENT, "5")
INVALID_CHARACTER = Rule("x12.invalid_character", Level.ELEMENT, "6")
INVALID_CODE = Rule("x12.invalid_code", Level.ELEMENT, "7")
INVALID_DATE = Rule("x12.invalid_date", Level.ELEMENT, "8")
INVALID_TIME = Rule("x12.invalid_time", Level.ELEMENT, "9")
ELEMENT_EXCLUDED = Rule("x12.element_excluded", Level.ELEMENT, "10")
TOO_MANY_REPETITIONS = Rule("x12.too_many_repetitions", Level.ELEMENT, "12", since="004030", instead="6")
TOO_MANY_COMPONENTS = Rule("x12.too_many_components", Level.ELEMENT, "13", since="004030", instead="6")

RULES = {rule.name: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
