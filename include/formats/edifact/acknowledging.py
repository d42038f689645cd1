"""The answer of the recipient: CONTRL, for an interchange with everything in it.

Sources: ISO 9735-4 (CONTRL for syntax version 4), and the CONTRL of syntax version 3 (UNTDID, CONTRL D.3). Elements are
counted with the tag as the first (element 0098), as the standard has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from include.formats.edifact.characters import encoding_of
from include.formats.edifact.codes import Level, SyntaxFinding
from include.formats.edifact.envelope_checks import VERSIONS
from include.formats.edifact.envelopes import GroupEnd, InterchangeEnd, MessageType, MessageVerdict
from include.formats.edifact.segments import Element, Segment, segment
from include.formats.edifact.writing import InterchangeHeader, interchange, message

CONTRL_3, CONTRL_4 = MessageType("CONTRL", "D", "3", "UN"), MessageType("CONTRL", "4", "1", "UN")

_REFERENCE = re.compile("[0-9A-Za-z .,()/=!%&*;<>_-]{1,14}")
_TAG = re.compile("[A-Z][0-9A-Z]{2}")
# A message says no more errors than this: 999 segments (UCS), 99 elements in each (UCD).
_MOST_SEGMENTS, _MOST_ELEMENTS = 999, 99
_UNSPECIFIED = "18"


class Action(StrEnum):
    """What a response says of its level (element 0083)."""

    REJECTED = "4"
    ACKNOWLEDGED = "7"
    RECEIVED = "8"


def is_to_be_acknowledged(end: InterchangeEnd) -> bool:
    """Whether the interchange gets a CONTRL: one of CONTRL only never does, and what has no reference cannot."""
    kinds, begin = {verdict.header.value(2) for verdict in end.verdicts}, end.interchange
    is_named = bool(begin.sender.identifier and begin.recipient.identifier)
    return kinds != {"CONTRL"} and is_named and _REFERENCE.fullmatch(begin.control_reference) is not None


def interchange_answer(end: InterchangeEnd) -> Action:
    """What UCI says: rejected with all that is in it, or acknowledged but for what is rejected explicitly."""
    return Action.ACKNOWLEDGED if end.is_accepted else Action.REJECTED


def message_answer(verdict: MessageVerdict) -> Action:
    """What UCM says of a message."""
    return Action.ACKNOWLEDGED if verdict.is_accepted else Action.REJECTED


def acknowledgement(end: InterchangeEnd, reference: str, version: int | None = None) -> list[Segment]:
    """The message CONTRL that answers an interchange, from UNH to UNT.

    Args:
        reference: of the CONTRL message.
        version: 3 or 4; where nothing is said, 4 for an interchange of syntax version 4, else 3.
    """
    version = version or (4 if end.interchange.syntax_version == "4" else 3)
    answer = interchange_answer(end)
    notes = list(_noted(end.findings, Level.INTERCHANGE)) if answer is Action.REJECTED else []
    begin = end.interchange.segment
    body = [
        segment(
            "UCI",
            begin.element(5),
            begin.element(2),
            begin.element(3),
            answer,
            *_note(notes, _UNSPECIFIED, version),
        )
    ]
    if answer is Action.ACKNOWLEDGED:
        body += _messages((each for each in end.verdicts if not each.group_number), version)
        for group in end.groups:
            body += _group(
                group, [each for each in end.verdicts if each.group_number == group.group.number], version
            )
    return message(CONTRL_4 if version == 4 else CONTRL_3, reference, body)


def _group(end: GroupEnd, verdicts: list[MessageVerdict], version: int) -> Iterator[Segment]:
    begin = end.group.segment
    answer = Action.ACKNOWLEDGED if end.is_accepted else Action.REJECTED
    notes = list(_noted(end.findings, Level.GROUP)) if answer is Action.REJECTED else []
    note = _note(notes, _UNSPECIFIED, version)
    yield segment("UCF", begin.element(5), begin.element(2), begin.element(3), answer, *note)
    if answer is Action.ACKNOWLEDGED:
        yield from _messages(verdicts, version)


def answering_interchange(
    end: InterchangeEnd, control_reference: str, prepared_at: datetime
) -> list[Segment]:
    """The interchange with the CONTRL that goes back to the sender, from UNB to UNZ, in its own syntax.

    Args:
        control_reference: of our interchange; its message is the first.
        prepared_at: in the time zone that UNB is to speak in.
    """
    begin = end.interchange
    is_known = begin.syntax_version in VERSIONS and encoding_of(begin.syntax_identifier) is not None
    header = InterchangeHeader(
        sender=begin.recipient,
        recipient=begin.sender,
        control_reference=control_reference,
        prepared_at=prepared_at,
        syntax_identifier=begin.syntax_identifier if is_known else "UNOC",
        syntax_version=int(begin.syntax_version) if is_known else 3,
        is_test=begin.is_test,
    )
    return interchange(header, [acknowledgement(end, "1")])


def _messages(verdicts: Iterable[MessageVerdict], version: int) -> Iterator[Segment]:
    """Every message is answered; only errors are explained."""
    for verdict in verdicts:
        answer = message_answer(verdict)
        notes = list(_noted(verdict.findings, Level.MESSAGE)) if answer is Action.REJECTED else []
        header = verdict.header
        yield segment("UCM", header.element(1), header.element(2), answer, *_note(notes, None, version))
        if answer is Action.REJECTED:
            yield from _segments(verdict, version)


def _segments(verdict: MessageVerdict, version: int) -> Iterator[Segment]:
    levels = (Level.SEGMENT, Level.ELEMENT)
    found = [
        each for each in verdict.findings if each.level in levels and each.code and each.segment_position
    ]
    found.sort(key=_position)
    for number, (position, at_segment) in enumerate(groupby(found, key=_position)):
        if number == _MOST_SEGMENTS:
            return
        each = list(at_segment)
        own = [one.code for one in each if one.level is Level.SEGMENT]
        yield segment("UCS", position, own[0] if own else None)
        elements = [one for one in each if one.level is Level.ELEMENT and one.element_position]
        for one in elements[:_MOST_ELEMENTS]:
            yield segment("UCD", one.code, _place(one, version))


def _position(each: SyntaxFinding) -> int:
    return each.segment_position or 0


def _noted(findings: Iterable[SyntaxFinding], level: Level) -> Iterator[SyntaxFinding]:
    return (each for each in findings if each.is_fatal and each.level is level)


def _note(notes: list[SyntaxFinding], default: str | None, version: int) -> list[Element | None]:
    """The first error of a level: its code, the service segment and the place in it."""
    if not notes:
        return []
    each = next((one for one in notes if one.code), notes[0])
    tag = each.segment_id if each.segment_id and _TAG.fullmatch(each.segment_id) else None
    is_named = tag is not None and tag.startswith("UN")
    place = _place(each, version) if is_named and each.element_position else None
    return [each.code or default or _UNSPECIFIED, tag if is_named else None, place]


def _place(each: SyntaxFinding, version: int) -> Element:
    """S011. The standard counts the tag as element 1; the occurrence came with version 4."""
    parts = [str((each.element_position or 0) + 1)]
    if each.component_position or (each.repetition and version == 4):
        parts.append(str(each.component_position or ""))
    if each.repetition and version == 4:
        parts.append(str(each.repetition))
    return tuple(parts) if len(parts) > 1 else parts[0]
