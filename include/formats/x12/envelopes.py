"""What an X12 file consists of, as the reader yields it: interchanges, functional groups, transaction sets.

Each begins with an event and ends with one that says whether it closed as it should::

    Interchange                   ISA
        InterchangeNote           TA1
        Group                     GS
            TransactionSet        ST … SE, complete, checked
        GroupEnd                  GE
    InterchangeEnd                IEA
    Stray                         bytes that belong to no interchange
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from include.formats.x12.codes import Place, SyntaxFinding, has_fatal
from include.formats.x12.definitions import SetDefinition
from include.formats.x12.segments import Segment, segments_of
from include.formats.x12.separators import Separators

MEBIBYTE = 1024 * 1024


class Party(NamedTuple):
    """A sender or receiver of interchanges: qualifier (element I05) and identifier, without its padding."""

    qualifier: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read: what was agreed with the partner, and where patience ends.

    Attributes:
        encoding: of the text: ``ascii``, ``latin-1`` (also ``cp1252``) or ``utf-8``.
        tolerated: names of rules (``codes.RULES``) whose findings are reported but refuse nothing.
        sets: the transaction sets that the partner may send; every one where nothing is said.
        releases: the values of GS08 that the partner may use; every known one where nothing is said.
        sender, receiver: who must stand in ISA; anybody where nothing is said.
        maximum_segment_length: bytes of the longest segment that is read.
        maximum_set_length: bytes of the longest transaction set that is read.
    """

    encoding: str = "utf-8"
    tolerated: frozenset[str] = frozenset()
    sets: frozenset[str] | None = None
    releases: frozenset[str] | None = None
    sender: Party | None = None
    receiver: Party | None = None
    maximum_segment_length: int = MEBIBYTE
    maximum_set_length: int = 64 * MEBIBYTE


@dataclass(frozen=True, kw_only=True)
class Interchange:
    """ISA: the begin of an interchange."""

    number: int
    separators: Separators
    segment: Segment
    place: Place
    findings: tuple[SyntaxFinding, ...] = ()

    @property
    def sender(self) -> Party:
        """ISA05 and ISA06."""
        return Party(self.segment.plain(5), self.segment.plain(6).rstrip(" "))

    @property
    def receiver(self) -> Party:
        """ISA07 and ISA08."""
        return Party(self.segment.plain(7), self.segment.plain(8).rstrip(" "))

    @property
    def version(self) -> str:
        """ISA12, the version of the control segments, as ``00401``."""
        return self.segment.plain(12)

    @property
    def control_number(self) -> str:
        """ISA13."""
        return self.segment.plain(13)

    @property
    def acknowledgement_requested(self) -> str:
        """ISA14: 0 no TA1, 1 always, 2 when rejected, 3 when rejected or with errors."""
        return self.segment.plain(14)

    @property
    def is_test(self) -> bool:
        """Whether ISA15 says that these are test data."""
        return self.segment.plain(15) == "T"

    @property
    def prepared_at(self) -> datetime | None:
        """ISA09 and ISA10 (years 00 to 68 are of this century), in the sender's time zone; nothing if invalid."""
        return _moment(self.segment.plain(9), self.segment.plain(10))

    @property
    def is_accepted(self) -> bool:
        """Whether nothing in ISA refuses the interchange."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class InterchangeNote:
    """A segment that stands in an interchange outside of its groups: TA1, TA3, ISB or ISE."""

    interchange: Interchange
    segment: Segment
    place: Place


@dataclass(frozen=True, kw_only=True)
class Group:
    """GS: the begin of a functional group. Where GS is missing, its segment has no elements."""

    interchange: Interchange
    number: int
    segment: Segment
    place: Place
    findings: tuple[SyntaxFinding, ...] = ()

    @property
    def functional_id(self) -> str:
        """GS01, as ``IB``."""
        return self.segment.plain(1)

    @property
    def sender(self) -> str:
        """GS02, the application sender's code."""
        return self.segment.plain(2).strip(" ")

    @property
    def receiver(self) -> str:
        """GS03, the application receiver's code."""
        return self.segment.plain(3).strip(" ")

    @property
    def control_number(self) -> str:
        """GS06."""
        return self.segment.plain(6)

    @property
    def version(self) -> str:
        """GS08, as ``004010VICS``."""
        return self.segment.plain(8).strip(" ")

    @property
    def release(self) -> str:
        """The standard's release in GS08, as ``004010``, without an industry's suffix."""
        return self.version[:6]

    @property
    def prepared_at(self) -> datetime | None:
        """GS04 and GS05, in the sender's time zone; nothing if they are invalid."""
        return _moment(self.segment.plain(4), self.segment.plain(5))

    @property
    def is_accepted(self) -> bool:
        """Whether nothing in GS refuses the group."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class TransactionSet:
    """One transaction set, complete and checked.

    Attributes:
        number: its position in the group, 1 is the first.
        set_id, control_number, implementation: ST01, ST02 and ST03; empty where ST is missing.
        raw: the bytes from ST to the terminator of SE; their beginning where the set is too long to be kept.
        text: the same with the fixed separators of ``segments``, decoded, without white space around segments.
        has_trailer: whether it ends with SE.
        definition: what its segments were checked against; nothing where the set is read as an envelope only.
    """

    group: Group
    number: int
    set_id: str
    control_number: str
    implementation: str
    place: Place
    raw: bytes
    text: str
    has_trailer: bool
    definition: SetDefinition | None
    findings: tuple[SyntaxFinding, ...] = ()

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Its segments from ST to SE, numbered from 1."""
        return tuple(segments_of(self.text))

    @property
    def is_accepted(self) -> bool:
        """Whether the set as a whole can be used; single records of it may still be refused."""
        return not has_fatal(self.findings)

    @property
    def refused_records(self) -> frozenset[int]:
        """The records (position of their first segment) that are refused in it."""
        return frozenset(each.record for each in self.findings if each.record is not None and each.is_fatal)

    @property
    def has_header(self) -> bool:
        """Whether it begins with ST, so that an answer can name it."""
        return self.text.startswith("ST")


class SetVerdict(NamedTuple):
    """What became of one transaction set, for the acknowledgement of its group."""

    set_id: str
    control_number: str
    implementation: str
    is_accepted: bool
    findings: tuple[SyntaxFinding, ...]


@dataclass(frozen=True, kw_only=True)
class GroupEnd:
    """GE, or the place where it should have stood.

    Attributes:
        segment: GE; nothing where it is missing.
        declared_sets: GE01; nothing where it is missing or no number.
        received_sets: transaction sets that came.
        verdicts: of each set that has a header, in order.
        findings: of the group as a whole, those of its header included.
    """

    group: Group
    segment: Segment | None
    declared_sets: int | None
    received_sets: int
    verdicts: tuple[SetVerdict, ...]
    findings: tuple[SyntaxFinding, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the group as a whole can be used; single sets of it may still be refused."""
        return not has_fatal(self.findings)

    @property
    def accepted_sets(self) -> int:
        """How many of its transaction sets are accepted; none where the group is not."""
        return sum(verdict.is_accepted for verdict in self.verdicts) if self.is_accepted else 0


@dataclass(frozen=True, kw_only=True)
class InterchangeEnd:
    """IEA, or the place where it should have stood.

    Attributes:
        segment: IEA; nothing where it is missing.
        received_groups: functional groups that came.
        findings: of the interchange as a whole, those of its header included.
    """

    interchange: Interchange
    segment: Segment | None
    received_groups: int
    findings: tuple[SyntaxFinding, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the interchange can be used; single groups of it may still be refused."""
        return not has_fatal(self.findings)


@dataclass(frozen=True, kw_only=True)
class Stray:
    """Bytes that belong to no interchange, or an ISA that cannot be read."""

    findings: tuple[SyntaxFinding, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether they may be passed over."""
        return not has_fatal(self.findings)


Event = Interchange | InterchangeNote | Group | TransactionSet | GroupEnd | InterchangeEnd | Stray


def envelope_segments(events: Iterator[Event]) -> Iterator[Segment]:
    """Every segment of the events, in the order of the file: what ``write`` takes."""
    for event in events:
        if isinstance(event, TransactionSet):
            yield from event.segments
        elif not isinstance(event, Stray) and event.segment is not None and event.segment.elements:
            yield event.segment


def _moment(date: str, time: str) -> datetime | None:
    pattern = {6: "%y%m%d", 8: "%Y%m%d"}.get(len(date), "") + {4: "%H%M"}.get(len(time[:6]), "%H%M%S")
    try:
        return datetime.strptime(date + time[:6], pattern)
    except ValueError:
        return None
