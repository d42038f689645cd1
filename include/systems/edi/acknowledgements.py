"""What a partner gets back for a file: one interchange with TA1 and 997 or 999, or with CONTRL, where they are due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.formats import edifact, x12
from include.formats.findings import Unreadable
from include.systems.edi.partners import (
    AcknowledgementKind,
    InterchangeAcknowledgement,
    PartnerProfile,
    Standard,
)

_AS_REQUESTED = InterchangeAcknowledgement.AS_REQUESTED
# ISA14: the codes with which the sender asks for a TA1.
_ALWAYS, _WHEN_REJECTED, _WHEN_NOT_CLEAN = "1", "2", "3"
_OF_GROUPS = (AcknowledgementKind.FUNCTIONAL, AcknowledgementKind.IMPLEMENTATION)
# Of the segments of a 997, those that a 999 has under another name (release 005010, 999).
_IN_999 = {"AK3": "IK3", "AK4": "IK4", "AK5": "IK5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeResult:
    """What became of one interchange and, in X12, of each of its functional groups."""

    end: x12.InterchangeEnd | edifact.InterchangeEnd
    groups: tuple[x12.GroupEnd, ...] = ()

    @property
    def is_accepted_whole(self) -> bool:
        """Nothing in it is refused."""
        if isinstance(self.end, edifact.InterchangeEnd):
            ends = (self.end, *self.end.groups, *self.end.verdicts)
            return all(each.is_accepted for each in ends)
        return self.end.is_accepted and all(
            group.accepted_sets == group.received_sets for group in self.groups
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlNumbers:
    """The next control numbers of what we send to a partner: of the interchange and of the group in it."""

    interchange: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAnswer:
    """What was answered for one functional group, by the control numbers of the partner."""

    interchange_control_number: str
    group_control_number: str
    answer: x12.Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementFile:
    """The file to put on the partner's server.

    Attributes:
        answers: of the groups that it answers; of none where it holds TA1 or CONTRL alone.
    """

    name: str
    content: bytes
    control_numbers: ControlNumbers
    answers: tuple[GroupAnswer, ...]


def results(blocks: Iterable[bytes], profile: PartnerProfile) -> list[InterchangeResult]:
    """What became of every interchange in a file; none where there is none in it."""
    try:
        if profile.standard is Standard.EDIFACT:
            events = edifact.read(blocks, profile.edifact_reading())
            return [InterchangeResult(end=e) for e in events if isinstance(e, edifact.InterchangeEnd)]
        return list(_x12_results(blocks, profile))
    except Unreadable:
        return []


def _x12_results(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[InterchangeResult]:
    groups: list[x12.GroupEnd] = []
    for event in x12.read(blocks, profile.reading()):
        if isinstance(event, x12.GroupEnd):
            groups.append(event)
        elif isinstance(event, x12.InterchangeEnd):
            yield InterchangeResult(end=event, groups=tuple(groups))
            groups = []


def is_answer_due(found: Sequence[InterchangeResult], profile: PartnerProfile) -> bool:
    """Whether there is anything to answer; only then control numbers are needed."""
    if profile.standard is Standard.EDIFACT:
        return any(True for _ in _controlled(found, profile))
    return any(_is_note_due(each.end, profile) or any(_answered(each, profile)) for each in found)


def acknowledgement_file(
    found: Sequence[InterchangeResult],
    profile: PartnerProfile,
    numbers: ControlNumbers,
    prepared_at: datetime,
) -> AcknowledgementFile:
    """The interchange that answers what was ``found`` in a file. Ask ``is_answer_due`` first.

    Args:
        numbers: from the caller, who keeps them without gaps and repeats.
        prepared_at: in the time zone that ISA and GS are to speak in.
    """
    if profile.standard is Standard.EDIFACT:
        content = _control_interchange(found, profile, numbers, prepared_at)
        return _file(profile, content, numbers, prepared_at)
    notes = [x12.interchange_acknowledgement(each.end) for each in found if _is_note_due(each.end, profile)]
    groups = [group for each in found for group in _answered(each, profile)]
    release = profile.acknowledgement.version[:6]
    sets = [
        _acknowledgement(group, f"{number:04}", release, profile) for number, group in enumerate(groups, 1)
    ]
    header = _interchange_header(found, profile, numbers, prepared_at)
    body = [x12.functional_group(_group_header(profile, numbers, prepared_at), sets)] if sets else []
    content = x12.write(x12.interchange(header, body, notes), profile.separators, profile.encoding)
    return _file(profile, content, numbers, prepared_at, *map(_group_answer, groups))


def _file(
    profile: PartnerProfile,
    content: bytes,
    numbers: ControlNumbers,
    prepared_at: datetime,
    *answers: GroupAnswer,
) -> AcknowledgementFile:
    name = profile.answer_name(numbers.interchange, prepared_at)
    return AcknowledgementFile(name=name, content=content, control_numbers=numbers, answers=answers)


def _acknowledgement(
    group: x12.GroupEnd, number: str, release: str, profile: PartnerProfile
) -> list[x12.Segment]:
    found = x12.functional_acknowledgement(group, number, release)
    if profile.acknowledgement.kind is AcknowledgementKind.FUNCTIONAL:
        return found
    renamed = (x12.Segment(_IN_999.get(each.tag, each.tag), each.elements) for each in found[1:-1])
    body = list(renamed)
    header = x12.segment("ST", "999", number, profile.acknowledgement.version)
    return [header, *body, x12.segment("SE", len(body) + 2, number)]


def _controlled(
    found: Sequence[InterchangeResult], profile: PartnerProfile
) -> Iterator[edifact.InterchangeEnd]:
    """The interchanges of EDIFACT that get a CONTRL."""
    if profile.acknowledgement.kind is AcknowledgementKind.CONTROL:
        ends = (each.end for each in found if isinstance(each.end, edifact.InterchangeEnd))
        yield from (end for end in ends if edifact.is_to_be_acknowledged(end))


def _control_interchange(
    found: Sequence[InterchangeResult],
    profile: PartnerProfile,
    numbers: ControlNumbers,
    prepared_at: datetime,
) -> bytes:
    ends = list(_controlled(found, profile))
    identifier, _, version = profile.acknowledgement.syntax.partition(":")
    header = edifact.InterchangeHeader(
        sender=profile.us.edifact_party,
        recipient=profile.partner.edifact_party,
        control_reference=str(numbers.interchange),
        prepared_at=prepared_at,
        syntax_identifier=identifier,
        syntax_version=int(version),
        is_test=all(end.interchange.is_test for end in ends),
    )
    messages = [edifact.acknowledgement(end, str(number)) for number, end in enumerate(ends, 1)]
    return edifact.write(edifact.interchange(header, messages), profile.separators)


def _answered(result: InterchangeResult, profile: PartnerProfile) -> Iterator[x12.GroupEnd]:
    """The groups that get a 997 or 999: none of an interchange that is rejected as a whole."""
    if profile.acknowledgement.kind in _OF_GROUPS and result.end.is_accepted:
        yield from (group for group in result.groups if x12.is_to_be_acknowledged(group))


def _is_note_due(end: x12.InterchangeEnd, profile: PartnerProfile) -> bool:
    answer, asked = x12.interchange_answer(end), end.interchange.acknowledgement_requested
    if profile.acknowledgement.interchange is InterchangeAcknowledgement.NEVER:
        return False
    if answer is x12.Answer.REJECTED and profile.acknowledgement.interchange is not _AS_REQUESTED:
        return True
    if asked == _WHEN_NOT_CLEAN:
        return answer is not x12.Answer.ACCEPTED
    return asked == _ALWAYS or (asked == _WHEN_REJECTED and answer is x12.Answer.REJECTED)


def _interchange_header(
    found: Sequence[InterchangeResult],
    profile: PartnerProfile,
    numbers: ControlNumbers,
    prepared_at: datetime,
) -> x12.InterchangeHeader:
    return x12.InterchangeHeader(
        sender=profile.us.party,
        receiver=profile.partner.party,
        control_number=numbers.interchange,
        prepared_at=prepared_at,
        version=profile.acknowledgement.control_version,
        is_test=all(each.end.interchange.is_test for each in found),
    )


def _group_header(profile: PartnerProfile, numbers: ControlNumbers, prepared_at: datetime) -> x12.GroupHeader:
    return x12.GroupHeader(
        functional_id="FA",
        sender=profile.us.application,
        receiver=profile.partner.application,
        control_number=numbers.group,
        prepared_at=prepared_at,
        version=profile.acknowledgement.version,
    )


def _group_answer(end: x12.GroupEnd) -> GroupAnswer:
    return GroupAnswer(
        interchange_control_number=end.group.interchange.control_number,
        group_control_number=end.group.control_number,
        answer=x12.group_answer(end),
    )
