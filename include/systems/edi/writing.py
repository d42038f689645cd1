"""A document to a partner, as its profile asks for it: from the names of the standard to the bytes of an interchange.

The documents are those of ``formats.x12.structure`` and ``formats.edifact.structure``, as ``./seamline parse --json``
shows them. What envelopes say (ST and SE, UNH and UNT, numbers, counts) is made here and may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from text_unidecode import unidecode

from include.errors import NotPossible
from include.formats import edifact, x12
from include.formats.findings import Finding, Unreadable
from include.systems.edi.partners import PartnerProfile, Standard

INVALID_DOCUMENT = "edi.invalid_document"
_ENVELOPES = ("ST", "SE", "UNH", "UNT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the envelope of an interchange to send says beside the parties.

    Attributes:
        control_number: of the interchange.
        group_control_number: of the functional group in it; EDIFACT has none.
        prepared_at: in the time zone of the partner's profile.
    """

    control_number: int
    group_control_number: int
    prepared_at: datetime
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An interchange, and what our own reader says of it; with any finding it must not be sent.

    Attributes:
        functional_id: GS01 of its group; EDIFACT has none.
        control_numbers: of its documents, in their order.
    """

    content: bytes = b""
    functional_id: str | None = None
    control_numbers: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)


def write(
    kind: str, documents: Sequence[Mapping[str, Any]], profile: PartnerProfile, envelope: Envelope
) -> Written:
    """One interchange with documents of a kind, read back before anybody sends it.

    Args:
        kind: a transaction set or message, as ``850`` or ``ORDERS``.
        documents: each by the names of its standard.

    Raises:
        NotPossible: the kind was not agreed with the partner, or is not described.
    """
    if kind not in profile.writes:
        agreed = ", ".join(profile.writes) or "none"
        raise NotPossible(
            f"Documents {kind} were not agreed with {profile.name}; agreed are {agreed}. Add it under `edi.writes` of "
            "the partner's profile, with the version that the partner takes."
        )
    write_standard = _x12 if profile.standard is Standard.X12 else _edifact
    try:
        written = write_standard(kind, documents, profile, envelope)
    except (x12.InvalidDocument, x12.Unwritable, edifact.Unwritable) as error:
        found = getattr(error, "finding", None)
        return Written(findings=[found or Finding(rule=INVALID_DOCUMENT, message=f"{error}.")])
    return replace(written, findings=_remarks(written.content, profile, kind))


def fitting(text: str, profile: PartnerProfile, length: int) -> str:
    """A text for people as the partner's character set can carry it: letters that it lacks become those that stand for
    them (ß becomes ss), other signs and separators blanks, and what is too long is cut. Never for numbers and codes."""
    x12_marks = (
        profile.separators.all().decode("latin-1") if isinstance(profile.separators, x12.Separators) else ""
    )
    syntax = "" if x12_marks else profile.acknowledgement.syntax.partition(":")[0]
    encoding = profile.encoding or edifact.encoding_of(syntax) or "ascii"
    carried = "".join(one if _is_carried(one, encoding) else unidecode(one) for one in text)
    if syntax == "UNOA":
        carried = carried.upper()
    plain = "".join(
        " " if one in x12_marks or not one.isprintable() or edifact.outside_repertoire(one, syntax) else one
        for one in carried
    )
    return " ".join(plain.split())[:length].rstrip()


def _is_carried(one: str, encoding: str) -> bool:
    try:
        return bool(one.encode(encoding))
    except UnicodeEncodeError:
        return False


def _x12(
    kind: str, documents: Sequence[Mapping[str, Any]], profile: PartnerProfile, envelope: Envelope
) -> Written:
    version = profile.writes[kind]
    definition = x12.set_definition(kind, version[:6])
    if definition is None:
        raise _not_described(kind, version)
    numbers = tuple(f"{number:04}" for number in range(1, len(documents) + 1))
    sets = [
        x12.transaction_set(kind, number, _body(x12.segments_of_document(_bare(facts), definition)))
        for number, facts in zip(numbers, documents, strict=True)
    ]
    group = x12.GroupHeader(
        functional_id=definition.functional_group,
        sender=profile.us.application,
        receiver=profile.partner.application,
        control_number=envelope.group_control_number,
        prepared_at=envelope.prepared_at,
        version=version,
    )
    header = x12.InterchangeHeader(
        sender=profile.us.party,
        receiver=profile.partner.party,
        control_number=envelope.control_number,
        prepared_at=envelope.prepared_at,
        version=profile.acknowledgement.control_version,
        is_test=envelope.is_test,
    )
    segments = x12.interchange(header, [x12.functional_group(group, sets)])
    content = x12.write(segments, profile.separators, profile.encoding)
    return Written(content=content, functional_id=definition.functional_group, control_numbers=numbers)


def _edifact(
    kind: str, documents: Sequence[Mapping[str, Any]], profile: PartnerProfile, envelope: Envelope
) -> Written:
    definition = edifact.message_definition(kind)
    if definition is None:
        raise _not_described(kind, profile.writes[kind])
    message_type = edifact.MessageType(kind, *profile.writes[kind].split(":"))
    numbers = tuple(str(number) for number in range(1, len(documents) + 1))
    messages = [
        edifact.message(message_type, number, _body(edifact.segments_of_document(_bare(facts), definition)))
        for number, facts in zip(numbers, documents, strict=True)
    ]
    identifier, _, syntax_version = profile.acknowledgement.syntax.partition(":")
    header = edifact.InterchangeHeader(
        sender=profile.us.edifact_party,
        recipient=profile.partner.edifact_party,
        control_reference=str(envelope.control_number),
        prepared_at=envelope.prepared_at,
        syntax_identifier=identifier,
        syntax_version=int(syntax_version),
        is_test=envelope.is_test,
    )
    segments = edifact.interchange(header, messages)
    content = edifact.write(segments, profile.separators, profile.encoding or None)
    return Written(content=content, control_numbers=numbers)


def _bare(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A document without the segments that its envelope makes anew."""
    return {name: value for name, value in facts.items() if name not in _ENVELOPES}


def _body(segments: Sequence[x12.Segment]) -> list[x12.Segment]:
    return [x12.segment(each.tag, *each.elements) for each in segments]


def _remarks(content: bytes, profile: PartnerProfile, kind: str) -> list[Finding]:
    """Everything that our reader says of what we wrote, were we the partner who gets it."""
    try:
        return [each for event in _events(content, profile, kind) for each in getattr(event, "findings", ())]
    except Unreadable as error:
        return [error.finding]


def _events(content: bytes, profile: PartnerProfile, kind: str) -> list[x12.Event] | list[edifact.Event]:
    if profile.standard is Standard.EDIFACT:
        reading = edifact.Reading(
            encoding=profile.encoding or None,
            messages=frozenset({kind}),
            sender=profile.us.edifact_party,
            recipient=profile.partner.edifact_party,
        )
        return list(edifact.read([content], reading))
    return list(
        x12.read(
            [content],
            x12.Reading(
                encoding=profile.encoding,
                sets=frozenset({kind}),
                releases=frozenset({profile.writes[kind]}),
                sender=profile.us.party,
                receiver=profile.partner.party,
            ),
        )
    )


def _not_described(kind: str, version: str) -> NotPossible:
    return NotPossible(
        f"Documents {kind} are not described here for version {version}, so none can be written."
    )
