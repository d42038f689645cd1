"""What must hold of the control segments: ISA and IEA, GS and GE."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from include.formats.x12 import codes
from include.formats.x12.codes import SyntaxFinding, finding, tolerating
from include.formats.x12.definitions import functional_groups, is_release, segment_definition
from include.formats.x12.elements import Problem, problems
from include.formats.x12.envelopes import Group, Interchange, Party, Reading
from include.formats.x12.segments import COMPONENT, ELEMENT, REPETITION, SEGMENT, Segment
from include.formats.x12.separators import NOTE_CODES, WIDTHS, Header, repetition_separator

_BASE_RELEASE = "004010"
_LONGEST_NUMBER = 18
# ISA is read before its separators are known; what of the fixed ones stands in it is data, and wrong.
_NO_SEPARATORS = dict.fromkeys(map(ord, (COMPONENT, ELEMENT, REPETITION, SEGMENT)), "\0")


class SeenNumbers:
    """Control numbers that stood already. Those that follow one another, as they should, take no room."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._names: set[str] = set()

    def add(self, number: str) -> bool:
        """Remember the number; true where it was seen before."""
        if number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER:
            # The leading 1 keeps 01 and 001 apart.
            return self._add(int("1" + number))
        is_known = number in self._names
        self._names.add(number)
        return is_known

    def _add(self, number: int) -> bool:
        index = bisect_right(self._starts, number)
        if index and number <= self._ends[index - 1]:
            return True
        if index and number == self._ends[index - 1] + 1:
            self._ends[index - 1] = number
        else:
            self._starts.insert(index, number)
            self._ends.insert(index, number)
        return False


def interchange_findings(header: Header, reading: Reading, known: SeenNumbers) -> tuple[SyntaxFinding, ...]:
    """What is wrong with ISA: its form, its elements, who sent it to whom, its number."""
    findings = (
        *header.findings,
        *_isa_elements(header),
        *_separators_in_isa(header),
        *_parties(header, reading),
        *_duplicate(header, known),
    )
    return tolerating(findings, reading.tolerated)


def _isa_elements(header: Header) -> Iterator[SyntaxFinding]:
    definition = segment_definition("ISA", _BASE_RELEASE)
    assert definition is not None
    values = [value.translate(_NO_SEPARATORS) for value in header.elements]
    if repetition_separator(header.elements):
        values[10] = "U"
    for problem in problems(ELEMENT.join(("ISA", *values[:15], "-")), definition):
        if len(header.elements[problem.position - 1]) == WIDTHS[problem.position - 1]:
            each = _control_finding(codes.ISA_ELEMENT, problem, "ISA")
            yield replace(each, code=NOTE_CODES[problem.position - 1])


def _separators_in_isa(header: Header) -> Iterator[SyntaxFinding]:
    """ISA is cut by its widths; whoever cuts it by its separators would read another one."""
    marks = header.separators
    for position, value in enumerate(header.elements[:15], 1):
        if position != 11 and any(
            byte in marks.component + marks.segment for byte in value.encode("latin-1")
        ):
            message = f"ISA{position:02} is {_shown(value)}, which holds a separator of the interchange"
            place = _at("ISA", position)
            each = finding(codes.ISA_HOLDS_SEPARATOR, message, value=value, **place)
            yield replace(each, code=NOTE_CODES[position - 1])


def _parties(header: Header, reading: Reading) -> Iterator[SyntaxFinding]:
    elements = header.elements
    for rule, position, expected in (
        (codes.UNKNOWN_SENDER, 6, reading.sender),
        (codes.UNKNOWN_RECEIVER, 8, reading.receiver),
    ):
        found = Party(elements[position - 2], elements[position - 1].rstrip(" "))
        if expected is not None and found != expected:
            message = (
                f"ISA{position:02} names {_shown(found.identifier)} with qualifier {_shown(found.qualifier)}; "
                f"{expected.identifier!r} with {expected.qualifier!r} was agreed"
            )
            field = f"ISA{position:02}"
            yield finding(
                rule,
                message,
                value=found.identifier,
                segment_id="ISA",
                element_position=position,
                field=field,
            )


def _duplicate(header: Header, known: SeenNumbers) -> Iterator[SyntaxFinding]:
    *_, number = names = [header.elements[position].strip(" ") for position in (4, 5, 6, 7, 12)]
    # The number is unique between two partners; theirs are kept apart by what follows the digits.
    if known.add(COMPONENT.join(names)):
        message = f"interchange control number {codes.readable(number)} stood in this file already"
        yield finding(
            codes.DUPLICATE_INTERCHANGE,
            message,
            value=number,
            segment_id="ISA",
            element_position=13,
            field="ISA13",
        )


def group_findings(group: Group, reading: Reading, known: SeenNumbers) -> tuple[SyntaxFinding, ...]:
    """What is wrong with GS: its elements, the kind of group, the version, its number."""
    if not group.segment.elements:
        message = "a transaction set stands outside of any functional group: GS is missing"
        return tolerating([finding(codes.GROUP_HEADER_MISSING, message, segment_id="GS")], reading.tolerated)
    findings = (*_gs_elements(group), *_kind_and_version(group, reading), *_duplicate_group(group, known))
    return tolerating(findings, reading.tolerated)


def _gs_elements(group: Group) -> Iterator[SyntaxFinding]:
    definition = segment_definition("GS", group.release if is_release(group.release) else _BASE_RELEASE)
    assert definition is not None
    for problem in problems(_text(group.segment), definition):
        rule = codes.GROUP_CONTROL_NUMBER_INVALID if problem.position == 6 else codes.GROUP_ELEMENT
        yield _control_finding(rule, problem, "GS")


def _kind_and_version(group: Group, reading: Reading) -> Iterator[SyntaxFinding]:
    if group.functional_id not in functional_groups():
        message = f"no functional group is called {_shown(group.functional_id)}"
        yield _on_gs(codes.GROUP_UNKNOWN, message, 1, group)
    if not is_release(group.release):
        message = f"release {_shown(group.version)} is not known; its sets are read as envelopes only"
        yield _on_gs(codes.VERSION_UNKNOWN, message, 8, group)
    if reading.releases is not None and group.version not in reading.releases:
        agreed = ", ".join(sorted(reading.releases))
        message = f"version {_shown(group.version)} was not agreed; {agreed} was"
        yield _on_gs(codes.VERSION_NOT_AGREED, message, 8, group)


def _duplicate_group(group: Group, known: SeenNumbers) -> Iterator[SyntaxFinding]:
    if known.add(group.control_number):
        message = (
            f"group control number {codes.readable(group.control_number)} stood in this interchange already"
        )
        yield _on_gs(codes.DUPLICATE_GROUP, message, 6, group)


def _on_gs(rule: codes.Rule, message: str, position: int, group: Group) -> SyntaxFinding:
    return finding(
        rule,
        message,
        release=group.release,
        value=group.segment.plain(position),
        segment_id="GS",
        element_position=position,
        field=f"GS{position:02}",
    )


def group_end_findings(group: Group, segment: Segment | None, received: int) -> Iterator[SyntaxFinding]:
    """What is wrong with GE, or that it is missing."""
    if segment is None:
        number = codes.readable(group.control_number)
        message = f"functional group {number} has no trailer: GE is missing before this place"
        yield finding(codes.GROUP_TRAILER_MISSING, message, segment_id="GE")
        return
    if declared_number(segment, 1) != received:
        message = f"GE01 says {_shown(segment.plain(1))} transaction sets, {received} came"
        yield finding(codes.SET_COUNT, message, value=segment.plain(1), **_at("GE", 1))
    if not _is_same_number(segment.plain(2), group.control_number):
        message = f"GE02 is {_shown(segment.plain(2))}, GS06 is {_shown(group.control_number)}; they must be the same"
        yield finding(codes.GROUP_CONTROL_NUMBER, message, value=segment.plain(2), **_at("GE", 2))
    if len(segment.elements) > 2:
        message = "GE has 2 elements; another follows"
        yield finding(codes.GROUP_ELEMENT, message, value=segment.plain(3), **_at("GE", 3))


def interchange_end_findings(
    interchange: Interchange, segment: Segment | None, received: int
) -> Iterator[SyntaxFinding]:
    """What is wrong with IEA, or that it is missing."""
    if segment is None:
        message = (
            f"interchange {interchange.control_number} has no trailer: the file ends or goes on before IEA"
        )
        yield finding(codes.INTERCHANGE_TRAILER_MISSING, message, segment_id="IEA")
        return
    if declared_number(segment, 1) != received:
        message = f"IEA01 says {_shown(segment.plain(1))} functional groups, {received} came"
        yield finding(codes.GROUP_COUNT, message, value=segment.plain(1), **_at("IEA", 1))
    if not _is_same_number(segment.plain(2), interchange.control_number):
        found, expected = _shown(segment.plain(2)), _shown(interchange.control_number)
        message = f"IEA02 is {found}, ISA13 is {expected}; they must be the same"
        yield finding(codes.INTERCHANGE_CONTROL_NUMBER, message, value=segment.plain(2), **_at("IEA", 2))


def declared_number(segment: Segment | None, position: int) -> int | None:
    """The count that a trailer states in an element; nothing where it states none."""
    value = "" if segment is None else segment.plain(position).strip(" ")
    is_count = value.isascii() and value.isdecimal() and len(value) <= _LONGEST_NUMBER
    return int(value) if is_count else None


def _is_same_number(one: str, other: str) -> bool:
    one, other = one.strip(" "), other.strip(" ")
    return one == other or (one.isdecimal() and other.isdecimal() and one.lstrip("0") == other.lstrip("0"))


def _shown(value: str) -> str:
    return repr(codes.readable(value))


def _at(tag: str, position: int) -> dict[str, object]:
    return {"segment_id": tag, "element_position": position, "field": f"{tag}{position:02}"}


def _control_finding(rule: codes.Rule, problem: Problem, tag: str) -> SyntaxFinding:
    return finding(
        rule,
        problem.message,
        value=problem.value or None,
        element_reference=problem.reference,
        **_at(tag, problem.position),
    )


def _text(segment: Segment) -> str:
    return ELEMENT.join(
        (segment.tag, *(segment.plain(number) for number in range(1, len(segment.elements) + 1)))
    )


def note_findings(segment: Segment) -> Iterator[SyntaxFinding]:
    """What is wrong with a segment that stands in an interchange outside of its groups, as TA1."""
    definition = segment_definition(segment.tag, _BASE_RELEASE)
    for problem in problems(_text(segment), definition) if definition else ():
        yield _control_finding(codes.NOTE_ELEMENT, problem, segment.tag)
