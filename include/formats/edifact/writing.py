"""Segments to bytes, and the envelopes of what we send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.formats.edifact.characters import encoding_of
from include.formats.edifact.codes import readable
from include.formats.edifact.envelopes import MessageType, Party
from include.formats.edifact.segments import Element, Segment, segment
from include.formats.edifact.separators import LEVEL_A, Separators
from include.formats.findings import Finding


class Unwritable(ValueError):
    """A value cannot stand in an interchange with these separators and this encoding; ``finding`` says which."""

    def __init__(self, finding: Finding):
        super().__init__(f"{finding.place}: {finding.message}")
        self.finding = finding


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeHeader:
    """What the envelope of an interchange to send says.

    Attributes:
        prepared_at: elements 0017 and 0019, in the time zone that was agreed.
        syntax_identifier, syntax_version: the character set, as ``UNOC``, and 1 to 4.
        application_reference: element 0026.
        agreement: element 0032, as ``EANCOM``.
        acknowledgement_requested: element 0031, whether a CONTRL is wanted.
    """

    sender: Party
    recipient: Party
    control_reference: str
    prepared_at: datetime
    syntax_identifier: str = "UNOC"
    syntax_version: int = 3
    application_reference: str = ""
    agreement: str = ""
    acknowledgement_requested: bool = False
    is_test: bool = False


def write(
    segments: Iterable[Segment], separators: Separators = LEVEL_A, encoding: str | None = None
) -> bytes:
    """The bytes of ``segments``, in their order, UNA before each UNB where the separators have it.

    Args:
        encoding: of the text; where nothing is said, the one that the last UNB names.

    Raises:
        Unwritable: a value holds a character that the encoding does not have, or a separator that cannot be released.
    """
    lines, used = [], encoding or "utf-8"
    for each in segments:
        if each.tag == "UNB":
            used = encoding or encoding_of(each.value(1)) or used
            if separators.has_advice:
                lines.append(separators.advice() + separators.line_break)
        lines.append(_line(each, separators, used))
    return b"".join(lines)


def message(kind: MessageType, reference: str, body: Sequence[Segment]) -> list[Segment]:
    """A message around ``body``, with its count."""
    names = tuple(str(kind).split(":"))
    return [segment("UNH", reference, names), *body, segment("UNT", len(body) + 2, reference)]


def interchange(header: InterchangeHeader, messages: Sequence[Sequence[Segment]]) -> list[Segment]:
    """An interchange of ``messages``, with its count."""
    long_date = header.syntax_version >= 4
    begin = segment(
        "UNB",
        (header.syntax_identifier, str(header.syntax_version)),
        _party(header.sender),
        _party(header.recipient),
        (
            header.prepared_at.strftime("%Y%m%d" if long_date else "%y%m%d"),
            header.prepared_at.strftime("%H%M"),
        ),
        header.control_reference,
        None,
        header.application_reference,
        None,
        "1" if header.acknowledgement_requested else None,
        header.agreement,
        "1" if header.is_test else None,
    )
    end = segment("UNZ", len(messages), header.control_reference)
    return [begin, *(each for one in messages for each in one), end]


def _party(party: Party) -> Element:
    return (party.identifier, party.qualifier) if party.qualifier else party.identifier


def _line(each: Segment, separators: Separators, encoding: str) -> bytes:
    parts = (
        _bytes(element, each, position, separators, encoding)
        for position, element in enumerate(each.elements, 1)
    )
    line = separators.element.join((each.tag.encode("ascii"), *parts))
    return line + separators.segment + separators.line_break


def _bytes(element: Element, each: Segment, position: int, separators: Separators, encoding: str) -> bytes:
    if not isinstance(element, list):
        return _value(element, each, position, separators, encoding)
    if not separators.repetition:
        raise _refusal(each, position, "it repeats, and the interchange has no repetition separator")
    return separators.repetition.join(_value(one, each, position, separators, encoding) for one in element)


def _value(
    value: str | tuple[str, ...], each: Segment, position: int, separators: Separators, encoding: str
) -> bytes:
    components = value if isinstance(value, tuple) else (value,)
    return separators.component.join(_plain(one, each, position, separators, encoding) for one in components)


def _plain(value: str, each: Segment, position: int, separators: Separators, encoding: str) -> bytes:
    try:
        encoded = value.encode(encoding, "surrogateescape")
    except UnicodeEncodeError as error:
        raise _refusal(each, position, f"{readable(value)!r} cannot be written as {encoding}") from error
    marks = separators.all()
    if not any(byte in encoded for byte in marks):
        return encoded
    if not separators.release:
        reason = f"{readable(value)!r} holds a separator, and the interchange has no release character"
        raise _refusal(each, position, reason)
    if encoding.startswith("iso2022"):
        return _released_in_states(value, separators, encoding)
    return b"".join(
        separators.release + bytes([byte]) if byte in marks else bytes([byte]) for byte in encoded
    )


def _released_in_states(value: str, separators: Separators, encoding: str) -> bytes:
    """In an encoding with states, only characters of ASCII are bytes that could be separators."""
    release = separators.release.decode("latin-1")
    marks = separators.all().decode("latin-1")
    return "".join(release + each if each in marks else each for each in value).encode(
        encoding, "surrogateescape"
    )


def _refusal(each: Segment, position: int, reason: str) -> Unwritable:
    field = f"{each.tag}{position:02}"
    place = f"segment {each.position} ({each.tag}), element {position:02}" if each.position else field
    return Unwritable(
        Finding(rule="edifact.unwritable", message=f"{field}: {reason}", place=place, field=field)
    )
