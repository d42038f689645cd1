"""What a partner gets back for a file: one interchange with a TA1 and a 997 where they are due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.formats import x12
from include.formats.findings import Unreadable
from include.systems.edi.partners import AcknowledgementKind, InterchangeAcknowledgement, PartnerProfile

_AS_REQUESTED = InterchangeAcknowledgement.AS_REQUESTED
# ISA14: the codes with which the sender asks for a TA1.
_ALWAYS, _WHEN_REJECTED, _WHEN_NOT_CLEAN = "1", "2", "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeResult:
    """What became of one interchange and of each of its functional groups."""

    end: x12.InterchangeEnd
    groups: tuple[x12.GroupEnd, ...]


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
        answers: of the groups that it answers; of none where it holds TA1 alone.
    """

    name: str
    content: bytes
    control_numbers: ControlNumbers
    answers: tuple[GroupAnswer, ...]


def results(blocks: Iterable[bytes], profile: PartnerProfile) -> list[InterchangeResult]:
    """What became of every interchange in a file; none where there is none in it."""
    found, groups = [], []
    try:
        for event in x12.read(blocks, profile.reading()):
            if isinstance(event, x12.GroupEnd):
                groups.append(event)
            elif isinstance(event, x12.InterchangeEnd):
                found.append(InterchangeResult(end=event, groups=tuple(groups)))
                groups = []
    except Unreadable:
        return []
    return found


def is_answer_due(found: Sequence[InterchangeResult], profile: PartnerProfile) -> bool:
    """Whether there is anything to answer; only then control numbers are needed."""
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
    notes = [x12.interchange_acknowledgement(each.end) for each in found if _is_note_due(each.end, profile)]
    groups = [group for each in found for group in _answered(each, profile)]
    release = profile.acknowledgement.version[:6]
    sets = [
        x12.functional_acknowledgement(group, f"{number:04}", release)
        for number, group in enumerate(groups, 1)
    ]
    header = _interchange_header(found, profile, numbers, prepared_at)
    body = [x12.functional_group(_group_header(profile, numbers, prepared_at), sets)] if sets else []
    return AcknowledgementFile(
        name=profile.answer_name(numbers.interchange, prepared_at),
        content=x12.write(x12.interchange(header, body, notes), profile.separators, profile.encoding),
        control_numbers=numbers,
        answers=tuple(_group_answer(group) for group in groups),
    )


def _answered(result: InterchangeResult, profile: PartnerProfile) -> Iterator[x12.GroupEnd]:
    """The groups that get a 997: none of an interchange that is rejected as a whole."""
    if profile.acknowledgement.kind is AcknowledgementKind.FUNCTIONAL and result.end.is_accepted:
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
