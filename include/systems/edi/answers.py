"""What partners say of what we sent: TA1, 997, 999 and CONTRL of its syntax, 824 and APERAK of its business."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from include.formats import edifact, x12
from include.formats.findings import Finding
from include.formats.x12.segments import COMPONENT
from include.systems.edi.partners import PartnerProfile, Standard

X12_KINDS = ("997", "999", "824")
EDIFACT_KINDS = ("CONTRL", "APERAK")
KINDS = ("TA1", *X12_KINDS, *EDIFACT_KINDS)


class Level(StrEnum):
    """Of which of the three an answer speaks; they are kept apart."""

    TRANSPORT = "transport"
    """The interchange arrived and its envelope can be read: TA1, or CONTRL that only says received."""

    SYNTAX = "syntax"
    """A document keeps the standard: 997, 999, CONTRL."""

    BUSINESS = "business"
    """The partner does what a document asks: 824, APERAK; confirmations (855, ORDRSP) come as documents."""


class Verdict(StrEnum):
    """What an answer says."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    WITH_ERRORS = "accepted_with_errors"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One statement about something that we sent. What it does not name, it says of everything.

    Attributes:
        kind: the document in which it stands, as ``997``.
        interchange: control number of our interchange, without leading zeros.
        functional_id, group: functional identifier and control number of our group.
        document: control number of our document, as we wrote it.
        document_number: the number that the document has in business, as that of an order.
        errors: what is wrong, in words and in codes of the standard.
    """

    kind: str
    level: Level
    verdict: Verdict
    interchange: str | None = None
    functional_id: str | None = None
    group: str | None = None
    document: str | None = None
    document_number: str | None = None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """An acknowledgement that breaks the standard itself, so that nobody knows what it says."""

    kind: str
    text: str
    findings: tuple[Finding, ...]


_X12_VERDICTS = {
    "A": Verdict.ACCEPTED,
    "E": Verdict.WITH_ERRORS,
    "P": Verdict.WITH_ERRORS,
    "R": Verdict.REJECTED,
    # Authentication, assurance or decryption failed (codes M, W, X of element 715 and 717).
    "M": Verdict.REJECTED,
    "W": Verdict.REJECTED,
    "X": Verdict.REJECTED,
}
# Element 0083: this level and all below rejected; acknowledged unless rejected explicitly; received.
_ACTIONS = {"4": Verdict.REJECTED, "7": Verdict.ACCEPTED, "8": Verdict.RECEIVED}
# Element 110, by its second letter.
_ADVICES = {"A": Verdict.ACCEPTED, "C": Verdict.WITH_ERRORS, "E": Verdict.WITH_ERRORS, "P": Verdict.WITH_ERRORS,
            "R": Verdict.REJECTED}  # fmt: skip
# Element 1225 of APERAK: not accepted; accepted without or with amendment, conditionally.
_RESPONSES = {
    "27": Verdict.REJECTED,
    "44": Verdict.ACCEPTED,
    "29": Verdict.ACCEPTED,
    "4": Verdict.WITH_ERRORS,
}
_LONGEST_EVIDENCE = 2_000


def answers(
    blocks: Iterable[bytes], profile: PartnerProfile, repeated: frozenset[int] = frozenset()
) -> Iterator[Answer | Unusable]:
    """Every answer in a file, in order; other documents in it are none of this reader's business.

    Nothing is believed before the envelope around it has closed as it should: who did not come from this partner
    says nothing.

    Args:
        repeated: interchanges of the file, from 1, that came before; nothing of them is read.

    Raises:
        Unreadable: there is no interchange in it.
    """
    is_edifact = profile.standard is Standard.EDIFACT
    events = _edifact_events(blocks, profile) if is_edifact else _x12_events(blocks, profile)
    waiting: list[Answer | Unusable] = []
    of_group = 0
    for event in events:
        match event:
            case x12.Interchange() | edifact.Interchange():
                waiting, of_group = [], 0
            case x12.Group() | edifact.Group():
                of_group = len(waiting)
            case x12.InterchangeNote() | x12.TransactionSet() | edifact.Message():
                waiting += _statements(event)
            case x12.GroupEnd() | edifact.GroupEnd() if not event.is_accepted:
                waiting[of_group:] = _given_up("group", event.findings, waiting[of_group:])
            case x12.InterchangeEnd() | edifact.InterchangeEnd():
                if not event.is_accepted:
                    waiting = _given_up("interchange", event.findings, waiting)
                if event.interchange.number not in repeated:
                    yield from waiting


def _x12_events(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[x12.Event]:
    sets = frozenset({*profile.sets, *X12_KINDS})
    return x12.read(blocks, replace(profile.reading(), sets=sets, releases=None))


def _edifact_events(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[edifact.Event]:
    messages = frozenset({*profile.sets, *EDIFACT_KINDS})
    return edifact.read(blocks, replace(profile.edifact_reading(), messages=messages))


def _statements(
    event: x12.InterchangeNote | x12.TransactionSet | edifact.Message,
) -> Iterator[Answer | Unusable]:
    if isinstance(event, x12.InterchangeNote):
        if event.segment.tag == "TA1":
            yield _note(event.segment)
        return
    kind = event.set_id if isinstance(event, x12.TransactionSet) else event.type.id
    if kind not in _MAKERS:
        return
    if event.is_accepted:
        yield from _MAKERS[kind](event.segments)
    else:
        yield _unusable(kind, x12.shown(event.text[:_LONGEST_EVIDENCE]), event.findings)


def _given_up(
    what: str, findings: Iterable[Finding], lost: Sequence[Answer | Unusable]
) -> list[Answer | Unusable]:
    """One letter for all that stood in an envelope that is refused; none where nothing stood in it."""
    kinds = sorted({each.kind for each in lost})
    return [_unusable(", ".join(kinds), f"{what} with {len(lost)} statements", findings)] if lost else []


def _unusable(kind: str, text: str, findings: Iterable[Finding]) -> Unusable:
    return Unusable(kind=kind, text=text, findings=tuple(each for each in findings if each.is_fatal))


def _note(ta1: x12.Segment) -> Answer:
    """TA1: of an interchange as a whole. Accepted there means no more than received."""
    verdict = _X12_VERDICTS.get(ta1.plain(4), Verdict.REJECTED)
    is_rejected = verdict is Verdict.REJECTED
    note = ta1.plain(5)
    return Answer(
        kind="TA1",
        level=Level.TRANSPORT,
        verdict=Verdict.REJECTED if is_rejected else Verdict.RECEIVED,
        interchange=_number(ta1.plain(1)),
        errors=(f"TA1 note {note}",) if note not in ("", "000") else (),
    )


def _functional(segments: Sequence[x12.Segment]) -> Iterator[Answer]:
    """997 and 999: each set that is named, then the group for all that are not."""
    kind = segments[0].plain(1)
    group = Answer(kind=kind, level=Level.SYNTAX, verdict=Verdict.ACCEPTED)
    document, errors, place = group, list[str](), ""
    for each in segments:
        match each.tag:
            case "AK1":
                group = replace(group, functional_id=each.plain(1), group=_number(each.plain(2)))
            case "AK2":
                document, errors, place = replace(group, document=each.plain(2)), [], ""
            case "AK3" | "IK3":
                place = f"segment {each.plain(2)} ({each.plain(1)})"
                errors += _codes(each, place, 4, 8)
            case "AK4" | "IK4":
                element = f"{place}, element {each.plain(1).replace(COMPONENT, '-')}"
                errors += _codes(each, element, 3, 3)
            case "AK5" | "IK5":
                errors += _codes(each, "set", 2, 6)
                verdict = _X12_VERDICTS.get(each.plain(1), Verdict.REJECTED)
                yield replace(document, verdict=verdict, errors=tuple(errors))
            case "AK9":
                # Partially accepted: what is rejected was named, the others are good.
                verdict = _X12_VERDICTS.get(each.plain(1).replace("P", "A"), Verdict.REJECTED)
                yield replace(group, verdict=verdict, errors=tuple(_codes(each, "group", 5, 9)))


def _codes(segment: x12.Segment, place: str, first: int, last: int) -> Iterator[str]:
    return (
        f"{place}: {segment.tag}{position:02} {segment.plain(position)}"
        for position in range(first, last + 1)
        if segment.plain(position)
    )


def _advice(segments: Sequence[x12.Segment]) -> Iterator[Answer]:
    """824: each OTI speaks of a document by its control numbers, its business number, or both."""
    found: Answer | None = None
    for each in segments:
        match each.tag:
            case "OTI":
                if found is not None:
                    yield found
                code = each.plain(1)
                found = Answer(
                    kind="824",
                    level=Level.BUSINESS,
                    verdict=_ADVICES.get(code[1:], Verdict.WITH_ERRORS),
                    group=_number(each.plain(8)) or None,
                    document=each.plain(9) or None,
                    document_number=each.plain(3) or None,
                )
            case "TED" if found is not None:
                text = " ".join(each.plain(position) for position in (1, 2) if each.plain(position))
                found = replace(found, errors=(*found.errors, f"TED {text}"))
            case "NTE" if found is not None:
                found = replace(found, errors=(*found.errors, each.plain(2)))
    if found is not None:
        yield found


def _controls(segments: Sequence[edifact.Segment]) -> Iterator[Answer]:
    """CONTRL: each message that is named, then the interchange for all that are not."""
    whole, document, errors = Answer(kind="CONTRL", level=Level.SYNTAX, verdict=Verdict.RECEIVED), None, []
    for each in segments:
        match each.tag:
            case "UCI":
                verdict = _ACTIONS.get(each.value(4), Verdict.REJECTED)
                level = Level.TRANSPORT if verdict is Verdict.RECEIVED else Level.SYNTAX
                noted = _noted(each, 5)
                whole = replace(
                    whole, level=level, verdict=verdict, interchange=_number(each.value(1)), errors=noted
                )
            case "UCM":
                if document is not None:
                    yield replace(document, errors=tuple(errors))
                verdict = _ACTIONS.get(each.value(3), Verdict.REJECTED)
                document = replace(whole, level=Level.SYNTAX, verdict=verdict, document=each.value(1))
                errors = [*_noted(each, 4)]
            case "UCS" if document is not None:
                errors.append(f"segment {each.value(1)}: error {each.value(2) or 'in an element'}")
            case "UCD" if document is not None:
                errors.append(f"element {each.value(2)}: error {each.value(1)}")
    if document is not None:
        yield replace(document, errors=tuple(errors))
    yield whole


def _noted(segment: edifact.Segment, position: int) -> tuple[str, ...]:
    code, tag = segment.value(position), segment.value(position + 1)
    return (f"error {code} in {tag}" if tag else f"error {code}",) if code else ()


def _application_answers(segments: Sequence[edifact.Segment]) -> Iterator[Answer]:
    """APERAK: of one document, by the reference of its message (ACW) and its number."""
    found = Answer(kind="APERAK", level=Level.BUSINESS, verdict=Verdict.ACCEPTED)
    for each in segments:
        match each.tag:
            case "BGM":
                found = replace(found, verdict=_RESPONSES.get(each.value(3), found.verdict))
            case "RFF" if each.value(1) == "ACW":
                found = replace(found, document=each.value(1, 2))
            case "RFF" if each.value(1) in ("ON", "IV", "AAK", "VN") and found.document_number is None:
                found = replace(found, document_number=each.value(1, 2))
            case "ERC":
                found = replace(found, errors=(*found.errors, f"ERC {each.value(1)}"))
            case "FTX" if found.errors:
                text = " ".join(part for part in (each.value(4, n) for n in range(1, 6)) if part)
                found = replace(found, errors=(*found.errors, text))
    if found.errors and found.verdict is Verdict.ACCEPTED:
        found = replace(found, verdict=Verdict.REJECTED)
    yield found


def _number(text: str) -> str:
    """A control number as we count: without the zeros and blanks that fill it up."""
    return text.strip().lstrip("0") if text.strip("0 ") else text.strip()[:1]


_MAKERS: dict[str, Callable[[Sequence[x12.Segment]], Iterator[Answer]]] = {
    "997": _functional,
    "999": _functional,
    "824": _advice,
    "CONTRL": _controls,
    "APERAK": _application_answers,
}
