"""Segments to bytes, and the envelopes of what we send.

X12 has no release character: a value that holds a separator cannot be written, and is refused here rather than sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.formats.findings import Finding
from include.formats.x12.codes import readable
from include.formats.x12.envelopes import Party
from include.formats.x12.segments import Element, Segment, segment
from include.formats.x12.separators import FIRST_WITH_REPETITION, WIDTHS, Separators


class Unwritable(ValueError):
    """A value cannot stand in an interchange with these separators and this encoding; ``finding`` says which."""

    def __init__(self, finding: Finding):
        super().__init__(f"{finding.place}: {finding.message}")
        self.finding = finding


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeHeader:
    """What the envelope of an interchange to send says.

    Attributes:
        version: ISA12, as ``00401``.
        prepared_at: ISA09 and ISA10, in the time zone that was agreed.
        acknowledgement_requested: ISA14, whether a TA1 is wanted.
    """

    sender: Party
    receiver: Party
    control_number: int
    prepared_at: datetime
    version: str = "00401"
    acknowledgement_requested: bool = False
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHeader:
    """What the envelope of a functional group to send says; ``version`` is GS08, as ``004010VICS``."""

    functional_id: str
    sender: str
    receiver: str
    control_number: int
    prepared_at: datetime
    version: str = "004010"


def write(segments: Iterable[Segment], separators: Separators, encoding: str = "ascii") -> bytes:
    """The bytes of ``segments``, in their order, ISA included.

    ISA is padded to its fixed width, and names these separators whatever it named before.

    Raises:
        Unwritable: a value holds a separator, or a character that ``encoding`` does not have.
    """
    return b"".join(_line(each, separators, encoding) for each in segments)


def transaction_set(set_id: str, control_number: str, body: Sequence[Segment]) -> list[Segment]:
    """A transaction set around ``body``, with its count."""
    return [segment("ST", set_id, control_number), *body, segment("SE", len(body) + 2, control_number)]


def functional_group(header: GroupHeader, sets: Sequence[Sequence[Segment]]) -> list[Segment]:
    """A functional group of transaction ``sets``, with its count."""
    number, long_date = str(header.control_number), header.version >= "004000"
    begin = segment(
        "GS",
        header.functional_id,
        header.sender,
        header.receiver,
        header.prepared_at.strftime("%Y%m%d" if long_date else "%y%m%d"),
        header.prepared_at.strftime("%H%M"),
        number,
        "X",
        header.version,
    )
    return [begin, *(each for one in sets for each in one), segment("GE", len(sets), number)]


def interchange(
    header: InterchangeHeader, groups: Sequence[Sequence[Segment]], notes: Sequence[Segment] = ()
) -> list[Segment]:
    """An interchange of functional ``groups``, with its count; ``notes`` (TA1) stand before them."""
    number = f"{header.control_number:09}"
    begin = segment(
        "ISA",
        "00",
        "",
        "00",
        "",
        *header.sender,
        *header.receiver,
        header.prepared_at.strftime("%y%m%d"),
        header.prepared_at.strftime("%H%M"),
        "U",
        header.version,
        number,
        "1" if header.acknowledgement_requested else "0",
        "T" if header.is_test else "P",
        ":",
    )
    return [begin, *notes, *(each for one in groups for each in one), segment("IEA", len(groups), number)]


def _line(each: Segment, separators: Separators, encoding: str) -> bytes:
    if each.tag == "ISA":
        return _isa(each, separators, encoding) + separators.segment + separators.line_break
    parts = (
        _bytes(element, each, position, separators, encoding)
        for position, element in enumerate(each.elements, 1)
    )
    line = separators.element.join((each.tag.encode("ascii"), *parts))
    return line + separators.segment + separators.line_break


def _isa(each: Segment, separators: Separators, encoding: str) -> bytes:
    values = [each.value(position) for position in range(1, 17)]
    encoded = [
        _plain(value, each, position, separators, encoding) for position, value in enumerate(values[:15], 1)
    ]
    if values[11] >= FIRST_WITH_REPETITION and separators.repetition:
        encoded[10] = separators.repetition
    padded = [value.ljust(width) for value, width in zip(encoded, WIDTHS, strict=False)]
    return separators.element.join((b"ISA", *padded, separators.component or values[15].encode("latin-1")))


def _bytes(element: Element, each: Segment, position: int, separators: Separators, encoding: str) -> bytes:
    if isinstance(element, list):
        if not separators.repetition:
            raise _refusal(each, position, "it repeats, and the interchange has no repetition separator")
        return separators.repetition.join(
            _value(one, each, position, separators, encoding) for one in element
        )
    return _value(element, each, position, separators, encoding)


def _value(
    value: str | tuple[str, ...], each: Segment, position: int, separators: Separators, encoding: str
) -> bytes:
    if isinstance(value, tuple):
        if not separators.component:
            raise _refusal(
                each, position, "it is a composite, and the interchange has no component separator"
            )
        return separators.component.join(_plain(one, each, position, separators, encoding) for one in value)
    return _plain(value, each, position, separators, encoding)


def _plain(value: str, each: Segment, position: int, separators: Separators, encoding: str) -> bytes:
    try:
        encoded = value.encode(encoding, "surrogateescape")
    except UnicodeEncodeError as error:
        raise _refusal(each, position, f"{readable(value)!r} cannot be written as {encoding}") from error
    if each.tag != "ISA" and any(byte in separators.all() for byte in encoded):
        raise _refusal(each, position, f"{readable(value)!r} holds a separator of the interchange")
    return encoded


def _refusal(each: Segment, position: int, reason: str) -> Unwritable:
    field = f"{each.tag}{position:02}"
    place = f"segment {each.position} ({each.tag}), element {position:02}" if each.position else field
    return Unwritable(Finding(rule="x12.unwritable", message=f"{field}: {reason}", place=place, field=field))
