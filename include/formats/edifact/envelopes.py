"""What an EDIFACT file consists of, as the reader yields it: interchanges, groups, messages.

Each begins with an event and ends with one that says whether it closed as it should::

    Interchange                   UNA, UNB
        Group                     UNG (few partners use groups)
            Message               UNH … UNT, complete, checked
        GroupEnd                  UNE
    InterchangeEnd                UNZ
    Stray                         bytes that belong to no interchange
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from include.formats.edifact.codes import Place, SyntaxFinding, has_fatal
from include.formats.edifact.definitions import MessageDefinition
from include.formats.edifact.segments import ELEMENT, SEGMENT, Segment, segment_of, segments_of
from include.formats.edifact.separators import Separators

MEBIBYTE = 1024 * 1024


class Party(NamedTuple):
    """A sender or recipient of interchanges: identifier and its qualifier (element 0007)."""

    identifier: str
    qualifier: str = ""


class MessageType(NamedTuple):
    """What UNH02 says: ``ORDERS:D:96A:UN:EAN008``."""

    id: str = ""
    version: str = ""
    release: str = ""
    agency: str = ""
    association: str = ""

    def __str__(self) -> str:
        return ":".join(self).rstrip(":")


@dataclass(frozen=True, slots=True)
class Captured:
    """Bytes cut out of the window, and what was wrong with them; ``is_cut`` where only their begin was kept."""

    raw: bytes
    findings: tuple[SyntaxFinding, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read: what was agreed with the partner, and where patience ends.

    Attributes:
        encoding: of the text, where it is another than UNB's syntax identifier says (``latin-1`` for a partner
            that writes UNOA and means UNOC).
        tolerated: names of rules (``codes.RULES``) whose findings are reported but refuse nothing.
        messages: the message types that the partner may send; every one where nothing is said.
        sender, recipient: who must stand in UNB; anybody where nothing is said.
        maximum_segment_length: bytes of the longest segment that is read.
        maximum_message_length: bytes of the longest message that is read.
    """

    encoding: str | None = None
    tolerated: frozenset[str] = frozenset()
    messages: frozenset[str] | None = None
    sender: Party | None = None
    recipient: Party | None = None
    maximum_segment_length: int = MEBIBYTE
    maximum_message_length: int = 64 * MEBIBYTE


@dataclass(frozen=True, kw_only=True)
class Interchange:
    """UNB: the begin of an interchange. Where UNB is missing, its segment has no elements.

    Attributes:
        encoding: of its text.
    """

    number: int
    separators: Separators
    segment: Segment
    encoding: str
    place: Place
    findings: tuple[SyntaxFinding, ...] = ()

    @cached_property
    def syntax_identifier(self) -> str:
        """The character set (element 0001), as ``UNOC``."""
        return self.segment.value(1)

    @cached_property
    def syntax_version(self) -> str:
        """Element 0002: 1 to 4."""
        return self.segment.value(1, 2)

    @cached_property
    def decimal_marks(self) -> str:
        """The decimal marks that numbers may have: from syntax version 4 on both, before that what UNA says."""
        return ".," if self.syntax_version == "4" else self.separators.decimal.decode("ascii")

    @cached_property
    def sender(self) -> Party:
        """Elements 0004 and 0007."""
        return Party(self.segment.value(2), self.segment.value(2, 2))

    @cached_property
    def recipient(self) -> Party:
        """Elements 0010 and 0007."""
        return Party(self.segment.value(3), self.segment.value(3, 2))

    @property
    def prepared_at(self) -> datetime | None:
        """Elements 0017 and 0019, in the sender's time zone; nothing if they are invalid."""
        return _moment(self.segment.value(4), self.segment.value(4, 2))

    @cached_property
    def control_reference(self) -> str:
        """Element 0020."""
        return self.segment.value(5)

    @property
    def application_reference(self) -> str:
        """Element 0026."""
        return self.segment.value(7)

    @property
    def acknowledgement_requested(self) -> bool:
        """Whether element 0031 asks for a CONTRL."""
        return self.segment.value(9) == "1"

    @property
    def is_test(self) -> bool:
        """Whether element 0035 says that these are test data."""
        return self.segment.value(11) == "1"

    @property
    def is_accepted(self) -> bool:
        """Whether nothing in UNB refuses the interchange."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class Group:
    """UNG: the begin of a group of messages."""

    interchange: Interchange
    number: int
    segment: Segment
    place: Place
    findings: tuple[SyntaxFinding, ...] = ()

    @property
    def message_type(self) -> str:
        """Element 0038: the message type that all of its messages have, as ``ORDERS``."""
        return self.segment.value(1)

    @property
    def reference(self) -> str:
        """Element 0048."""
        return self.segment.value(5)

    @property
    def is_accepted(self) -> bool:
        """Whether nothing in UNG refuses the group."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, complete and checked.

    Attributes:
        group: the group that it stands in, where there is one.
        number: its position in the interchange, 1 is the first.
        reference: element 0062; empty where UNH is missing.
        raw: the bytes from UNH to the terminator of UNT; their beginning where the message is too long to be kept.
        text: the same with the fixed separators of ``segments``, decoded, nothing released any more.
        tags: the first three letters of each segment, a blank behind each.
        has_trailer: whether it ends with UNT.
        definition: what its segments were checked against; nothing where the message is read as an envelope only.
    """

    interchange: Interchange
    group: Group | None
    number: int
    type: MessageType
    reference: str
    place: Place
    raw: bytes
    text: str
    tags: str
    has_trailer: bool
    definition: MessageDefinition | None
    findings: tuple[SyntaxFinding, ...] = ()

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Its segments from UNH to UNT, numbered from 1."""
        return tuple(segments_of(self.text))

    @cached_property
    def header(self) -> Segment | None:
        """UNH; nothing where it is missing."""
        return segment_of(self.text.partition(SEGMENT)[0], 1) if self.has_header else None

    @property
    def is_accepted(self) -> bool:
        """Whether the message can be used."""
        return not has_fatal(self.findings)

    @property
    def has_header(self) -> bool:
        """Whether it begins with UNH, so that an answer can name it."""
        return self.text.startswith(("UNH" + ELEMENT, "UNH" + SEGMENT))


class MessageVerdict(NamedTuple):
    """What became of one message, for the CONTRL that answers its interchange."""

    header: Segment
    group_number: int
    is_accepted: bool
    findings: tuple[SyntaxFinding, ...]


@dataclass(frozen=True, kw_only=True)
class GroupEnd:
    """UNE, or the place where it should have stood.

    Attributes:
        segment: UNE; nothing where it is missing.
        received_messages: messages that came.
        findings: of the group as a whole, those of its header included.
    """

    group: Group
    segment: Segment | None
    received_messages: int
    findings: tuple[SyntaxFinding, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the group as a whole can be used; single messages of it may still be refused."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class InterchangeEnd:
    """UNZ, or the place where it should have stood.

    Attributes:
        segment: UNZ; nothing where it is missing.
        received: messages that came, or groups where there are groups.
        groups: the ends of its groups.
        verdicts: of each message that has a header, in order.
        findings: of the interchange as a whole, those of its header included.
    """

    interchange: Interchange
    segment: Segment | None
    received: int
    groups: tuple[GroupEnd, ...]
    verdicts: tuple[MessageVerdict, ...]
    findings: tuple[SyntaxFinding, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the interchange can be used; single messages of it may still be refused."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class Stray:
    """Bytes that belong to no interchange, or a header that cannot be read."""

    findings: tuple[SyntaxFinding, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether they may be passed over."""
        return not has_fatal(self.findings)


Event = Interchange | Group | Message | GroupEnd | InterchangeEnd | Stray


def envelope_segments(events: Iterator[Event]) -> Iterator[Segment]:
    """Every segment of the events, in the order of the file: what ``write`` takes."""
    for event in events:
        if isinstance(event, Message):
            yield from event.segments
        elif not isinstance(event, Stray) and event.segment is not None and event.segment.elements:
            yield event.segment


def _moment(date: str, time: str) -> datetime | None:
    pattern = {6: "%y%m%d", 8: "%Y%m%d"}.get(len(date))
    try:
        return datetime.strptime(date + time, pattern + "%H%M") if pattern else None
    except ValueError:
        return None
