"""The answers of the receiver: TA1 for an interchange, 997 for each functional group.

Sources: X12.5 (TA1), transaction set 997 Functional Acknowledgment, release 004010.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from include.formats.x12 import codes
from include.formats.x12.codes import Level, SyntaxFinding
from include.formats.x12.envelopes import GroupEnd, InterchangeEnd, SetVerdict
from include.formats.x12.segments import Segment, segment
from include.formats.x12.writing import transaction_set

_GROUP_NAMES = re.compile("[0-9A-Z]{2}/[0-9]{1,9}")
_SET_NAMES = re.compile("[0-9A-Z]{3}/[0-9A-Za-z .-]{4,9}")
_SEGMENT_ID = re.compile("[A-Z][0-9A-Z]{1,2}")
_COPY = re.compile("[0-9A-Za-z .-]+")
# AK304 to AK308, AK502 to AK506 and AK905 to AK909 hold five codes.
_MOST_CODES = 5
_LONGEST_COPY = 99
_LONGEST_VERSION, _LONGEST_IMPLEMENTATION = 12, 35
_GREATEST_COUNT = 999_999
# From here on, 997 repeats the version and the implementation that it answers.
_WITH_IMPLEMENTATION = "005010"


class Answer(StrEnum):
    """What an acknowledgement says (elements I17, 715 and 717)."""

    ACCEPTED = "A"
    WITH_ERRORS = "E"
    PARTIALLY = "P"
    REJECTED = "R"


def set_answer(verdict: SetVerdict) -> Answer:
    """What AK501 says of a transaction set."""
    if not verdict.is_accepted:
        return Answer.REJECTED
    return Answer.WITH_ERRORS if any(each.code for each in verdict.findings) else Answer.ACCEPTED


def group_answer(end: GroupEnd) -> Answer:
    """What AK901 says of a functional group."""
    if not end.is_accepted or not end.accepted_sets:
        return Answer.REJECTED
    if end.accepted_sets < end.received_sets:
        return Answer.PARTIALLY
    is_clean = all(set_answer(each) is Answer.ACCEPTED for each in end.verdicts) and not _has_codes(end)
    return Answer.ACCEPTED if is_clean else Answer.WITH_ERRORS


def interchange_answer(end: InterchangeEnd) -> Answer:
    """What TA104 says of an interchange."""
    if not end.is_accepted:
        return Answer.REJECTED
    return Answer.WITH_ERRORS if any(each.code for each in end.findings) else Answer.ACCEPTED


def is_to_be_acknowledged(end: GroupEnd) -> bool:
    """Whether the group gets a 997: an acknowledgement is never acknowledged, and what has no number cannot be."""
    names = f"{end.group.functional_id}/{end.group.control_number}"
    return end.group.functional_id != "FA" and _GROUP_NAMES.fullmatch(names) is not None


def functional_acknowledgement(end: GroupEnd, control_number: str, release: str = "004010") -> list[Segment]:
    """The transaction set 997 that answers a functional group, from ST to SE.

    A set without a valid name in ST cannot be answered by it; it shows in the counts of AK9.

    Args:
        release: of the 997 itself; codes that it does not have are not used.
    """
    version = _repeated(end.group.version, _LONGEST_VERSION, release)
    body = [
        segment("AK1", end.group.functional_id, end.group.control_number, version),
        *(each for verdict in end.verdicts if _is_named(verdict) for each in _set_response(verdict, release)),
        segment(
            "AK9",
            group_answer(end),
            _declared(end),
            end.received_sets,
            end.accepted_sets,
            *_codes((each for each in end.findings if each.level is Level.GROUP), release),
        ),
    ]
    return transaction_set("997", control_number, body)


def interchange_acknowledgement(end: InterchangeEnd) -> Segment:
    """The segment TA1 that answers an interchange: its number, date and time, the answer, the gravest note."""
    begin = end.interchange.segment
    notes = sorted((each for each in end.findings if each.code), key=lambda each: not each.is_fatal)
    note = notes[0].code if notes else "000" if end.is_accepted else "024"
    number = begin.value(13).strip(" ").zfill(9)
    return segment("TA1", number, begin.value(9), begin.value(10), interchange_answer(end), note)


def _declared(end: GroupEnd) -> int:
    """GE01, or what came where GE01 says nothing that AK902 could hold."""
    declared = end.declared_sets
    return end.received_sets if declared is None or declared > _GREATEST_COUNT else declared


def _has_codes(end: GroupEnd) -> bool:
    return any(each.code for each in end.findings)


def _set_response(verdict: SetVerdict, release: str) -> Iterator[Segment]:
    implementation = _repeated(verdict.implementation, _LONGEST_IMPLEMENTATION, release)
    yield segment("AK2", verdict.set_id, verdict.control_number, implementation)
    notes = [each for each in verdict.findings if _is_sayable(each, release)]
    for position, found in groupby(sorted(notes, key=_position), key=_position):
        yield from _segment_response(position, list(found), release)
    yield segment("AK5", set_answer(verdict), *_set_codes(verdict, release, has_notes=bool(notes)))


def _repeated(name: str, longest: int, release: str) -> str | None:
    """A name of the partner's that a later 997 repeats, where it is fit to be."""
    is_fit = len(name) <= longest and _COPY.fullmatch(name) is not None
    return name if release >= _WITH_IMPLEMENTATION and is_fit else None


def _is_named(verdict: SetVerdict) -> bool:
    return _SET_NAMES.fullmatch(f"{verdict.set_id}/{verdict.control_number}") is not None


def _is_sayable(each: SyntaxFinding, release: str) -> bool:
    is_of_segment = each.level in (Level.SEGMENT, Level.ELEMENT) and _code(each, release) is not None
    return is_of_segment and _SEGMENT_ID.fullmatch(each.segment_id or "") is not None


def _position(each: SyntaxFinding) -> tuple[int, str]:
    return each.segment_position or 0, each.segment_id or ""


def _segment_response(
    position: tuple[int, str], found: list[SyntaxFinding], release: str
) -> Iterator[Segment]:
    elements = [each for each in found if each.level is Level.ELEMENT]
    syntax = _codes((each for each in found if each.level is Level.SEGMENT), release)
    if elements:
        syntax = [*syntax[: _MOST_CODES - 1], codes.SEGMENT_HAS_ELEMENT_ERRORS]
    yield segment("AK3", position[1], position[0], found[0].loop_id, *syntax)
    for each in elements:
        yield segment(
            "AK4", _element_position(each), _reference(each), _code(each, release), _copy(each.value)
        )


def _element_position(each: SyntaxFinding) -> str | tuple[str, ...]:
    position = str(each.element_position)
    return position if each.component_position is None else (position, str(each.component_position))


def _reference(each: SyntaxFinding) -> str | None:
    """AK402 is a number: the reference of a composite (C001) has no place in it."""
    return each.element_reference if (each.element_reference or "").isdecimal() else None


def _copy(value: str | None) -> str | None:
    """The bad value as AK404 may repeat it: nothing where it holds what might break the answer itself."""
    return value[:_LONGEST_COPY].rstrip() if value and _COPY.fullmatch(value) else None


def _set_codes(verdict: SetVerdict, release: str, has_notes: bool) -> list[str]:
    found = _codes((each for each in verdict.findings if each.level is Level.SET), release)
    if has_notes and codes.SEGMENTS_IN_ERROR not in found:
        found = [*found[: _MOST_CODES - 1], codes.SEGMENTS_IN_ERROR]
    return found


def _codes(findings: Iterable[SyntaxFinding], release: str) -> list[str]:
    found = (_code(each, release) for each in findings)
    return list(dict.fromkeys(code for code in found if code))[:_MOST_CODES]


def _code(each: SyntaxFinding, release: str) -> str | None:
    """The code of a finding in the release of the answer, which may be another than that of the group."""
    rule = codes.RULES.get(each.rule)
    return each.code if rule is None else rule.code_in(release)
