"""Bytes to events: a file of X12 interchanges read as a stream, every level of the envelope checked.

The reader holds one transaction set at a time. What it cannot read it reports and passes over, up to the next part of
an envelope that makes sense: a broken set does not take its neighbours with it, nor a broken interchange the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from include.formats.findings import Unreadable
from include.formats.x12 import codes, separators
from include.formats.x12.capturing import Captured, Scissors
from include.formats.x12.codes import Place, SyntaxFinding, finding, tolerating
from include.formats.x12.envelope_checks import (
    SeenNumbers,
    declared_number,
    group_end_findings,
    group_findings,
    interchange_end_findings,
    interchange_findings,
    note_findings,
)
from include.formats.x12.envelopes import (
    Event,
    Group,
    GroupEnd,
    Interchange,
    InterchangeEnd,
    InterchangeNote,
    Reading,
    SetVerdict,
    Stray,
    TransactionSet,
)
from include.formats.x12.segments import SEGMENT, Segment, canonical_text, segment_of
from include.formats.x12.separators import Header
from include.formats.x12.transaction_sets import transaction_set
from include.formats.x12.window import Window

_BLANKS = b"\r\n\t "
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What is said of one interchange, or of the bytes between two, goes on no longer than this.
_MOST_REMARKS = 100
_NOTE_TAGS = frozenset({"TA1", "TA3", "ISB", "ISE"})


def read(blocks: Iterable[bytes], reading: Reading | None = None) -> Iterator[Event]:
    """The events of a file, as its blocks come in.

    Args:
        blocks: the file in blocks of any size.
        reading: what was agreed with the partner; by default everything that X12 allows.

    Raises:
        Unreadable: there is no interchange in the file that can be read.
    """
    return _File(Window(blocks), reading or Reading()).events()


class _File:
    """Interchange after interchange, and what stands between them."""

    def __init__(self, window: Window, reading: Reading):
        self.window = window
        self.reading = reading
        self.segments = 0
        self.interchanges = 0
        self.known = SeenNumbers()

    def events(self) -> Iterator[Event]:
        """Everything in the file."""
        passed: list[SyntaxFinding] = []
        while (header := self._next_header(passed)) is not None:
            if passed:
                yield Stray(findings=tolerating(passed, self.reading.tolerated))
                passed = []
            yield from _OpenInterchange(self, header).events()
            self.window.rewrap()
        if not self.interchanges:
            raise Unreadable(next((each for each in passed if each.is_fatal), self._no_interchange()))
        if passed:
            yield Stray(findings=tolerating(passed, self.reading.tolerated))

    def place(self) -> Place:
        """Where the window stands."""
        return Place(offset=self.window.offset, line=self.window.line, segment=self.segments + 1)

    def _next_header(self, passed: list[SyntaxFinding]) -> Header | None:
        """The next header that can be read; ``passed`` takes what is to be said of everything before it."""
        self._pass_blanks(passed)
        while self.window.fill(1):
            found = self._header()
            if isinstance(found, Header):
                return found
            if found is not None:
                passed.append(codes.located(found, self.place()))
            self._pass_over(passed, only_regular=found is not None)
            del passed[_MOST_REMARKS:]
        return None

    def _pass_blanks(self, passed: list[SyntaxFinding]) -> None:
        self.window.fill(len(_BYTE_ORDER_MARK))
        while (data := self.window.data) and (data[:1] in _BLANKS or data.startswith(_BYTE_ORDER_MARK)):
            if data.startswith(_BYTE_ORDER_MARK):
                message = "a byte-order mark stands before the interchange; X12 knows none"
                passed.append(codes.located(finding(codes.BYTE_ORDER_MARK, message), self.place()))
                self.window.drop(len(_BYTE_ORDER_MARK))
            self.window.drop(len(self.window.data) - len(self.window.data.lstrip(_BLANKS)))
            self.window.fill(len(_BYTE_ORDER_MARK))

    def _header(self) -> Header | SyntaxFinding | None:
        self.window.fill(4 * separators.LONGEST)
        return separators.header(bytes(self.window.data[: 4 * separators.LONGEST]))

    def _pass_over(self, passed: list[SyntaxFinding], only_regular: bool) -> None:
        """Move on to what may be the next header, or to the end of the file."""
        begin, line, value = self.window.offset, self.window.line, bytes(self.window.data[:80])
        while (start := self._candidate(only_regular)) < 0:
            self.window.drop(max(len(self.window.data) - separators.LENGTH, 0))
            if not self.window.extend():
                start = len(self.window.data)
                break
        self.window.drop(start)
        message = f"{self.window.offset - begin} bytes that belong to no interchange were passed over"
        words = f"line {line}, byte {begin + 1}"
        passed.append(finding(codes.BYTES_OUTSIDE, message, value=value, line=line, place=words))

    def _candidate(self, only_regular: bool) -> int:
        """Where behind the first byte in view an ISA seems to begin that is not the end of a word; -1 for nowhere."""
        data, start = self.window.data, 1
        if only_regular:
            return separators.next_header(data, start, len(data))
        while (start := data.find(b"ISA", start)) >= 0:
            if separators.is_start(data[start : start + 4]) and not data[start - 1 : start].isalnum():
                return start
            start += 3
        return -1

    def _no_interchange(self) -> SyntaxFinding:
        if not self.window.offset:
            return finding(codes.NO_INTERCHANGE, "the file is empty")
        message = f"no segment ISA was found in {self.window.offset} bytes: this is no X12 interchange"
        return finding(codes.NO_INTERCHANGE, message, line=1, segment_id="ISA")


class _OpenInterchange:
    """One interchange, from its header to its trailer or to where that should have stood."""

    def __init__(self, file: _File, header: Header):
        self._file = file
        self._header = header
        self._scissors = Scissors(file.window, header.separators, file.reading)
        self._interchange = self._begin(header)
        self._findings = list(self._interchange.findings)
        self._known_groups = SeenNumbers()
        self._groups = 0
        self._group: _OpenGroup | None = None

    def events(self) -> Iterator[Event]:
        """The interchange, everything in it, and its end."""
        yield self._interchange
        while (tag := self._scissors.tag()) is not None and tag not in ("ISA", "IEA"):
            if tag in _NOTE_TAGS and self._group is None:
                yield from self._note()
            elif tag == "GS":
                yield from self._close_group()
                yield self._open_group(self._segment)
            elif tag == "ST" or (self._group is not None and tag != "GE"):
                yield from self._transaction_set(tag)
            elif tag == "GE" and self._group is not None:
                yield from self._close_group(self._segment)
            else:
                self._stray(tag)
        yield from self._close_group()
        yield self._end(has_trailer=tag == "IEA")

    def _begin(self, header: Header) -> Interchange:
        file = self._file
        place = file.place()
        if header.is_wrapped:
            file.window.unwrap()
        file.window.drop(header.length)
        file.segments += 1
        file.interchanges += 1
        findings = interchange_findings(header, file.reading, file.known)
        return Interchange(
            number=file.interchanges,
            separators=header.separators,
            segment=Segment("ISA", header.elements),
            place=place,
            findings=tuple(codes.located(each, place) for each in findings),
        )

    def _segment(self) -> Segment:
        """The control segment that comes next; what is wrong with its bytes is the interchange's."""
        place = self._file.place()
        captured = self._scissors.segment()
        self._file.segments += 1
        self._note_findings(captured.findings, place)
        text = canonical_text(captured.raw, self._header.separators, "latin-1")
        return segment_of(text.partition(SEGMENT)[0])

    def _note_findings(self, findings: Iterable[SyntaxFinding], place: Place) -> None:
        located = (codes.located(each, place) for each in findings)
        self._findings.extend(tolerating(located, self._file.reading.tolerated))
        del self._findings[_MOST_REMARKS:]

    def _note(self) -> Iterator[InterchangeNote]:
        place = self._file.place()
        segment = self._segment()
        self._note_findings(note_findings(segment), place)
        yield InterchangeNote(interchange=self._interchange, segment=segment, place=place)

    def _stray(self, tag: str) -> None:
        place = self._file.place()
        segment = self._segment()
        message = f"segment {codes.readable(tag)} stands outside of any functional group"
        self._note_findings([finding(codes.STRAY_SEGMENT, message, value=tag, segment_id=segment.tag)], place)

    def _open_group(self, header: Callable[[], Segment]) -> Group:
        self._groups += 1
        place = self._file.place()
        group = Group(interchange=self._interchange, number=self._groups, segment=header(), place=place)
        self._group = _OpenGroup(group, group_findings(group, self._file.reading, self._known_groups))
        return self._group.group

    def _close_group(self, trailer: Callable[[], Segment] | None = None) -> Iterator[GroupEnd]:
        if self._group is not None:
            place = self._file.place()
            segment = None if trailer is None else trailer()
            yield self._group.end(segment, place, self._file.reading.tolerated)
            self._group = None

    def _transaction_set(self, tag: str) -> Iterator[Group | TransactionSet]:
        if self._group is None:
            yield self._open_group(lambda: Segment("GS", ()))
        assert self._group is not None
        place = self._file.place()
        captured = self._scissors.transaction_set(tag)
        found = self._group.take(captured, place, self._file.reading)
        self._file.segments += found.text.count(SEGMENT)
        yield found

    def _end(self, has_trailer: bool) -> InterchangeEnd:
        place = self._file.place()
        segment = self._segment() if has_trailer else None
        self._note_findings(interchange_end_findings(self._interchange, segment, self._groups), place)
        return InterchangeEnd(
            interchange=self._interchange,
            segment=segment,
            received_groups=self._groups,
            findings=tuple(self._findings),
        )


class _OpenGroup:
    """One functional group, from its header to its trailer or to where that should have stood."""

    def __init__(self, group: Group, findings: Iterable[SyntaxFinding]):
        self.group = replace(group, findings=tuple(codes.located(each, group.place) for each in findings))
        self._known_sets = SeenNumbers()
        self._verdicts: list[SetVerdict] = []
        self._positions = 0
        self._received = 0

    def take(self, captured: Captured, place: Place, reading: Reading) -> TransactionSet:
        """The next transaction set, checked."""
        self._positions += 1
        found = transaction_set(self.group, self._positions, captured, place, reading, self._known_sets)
        self._received += found.has_header or found.has_trailer
        if found.has_header:
            names = (found.set_id, found.control_number, found.implementation)
            self._verdicts.append(SetVerdict(*names, found.is_accepted, found.findings))
        return found

    def end(self, segment: Segment | None, place: Place, tolerated: frozenset[str]) -> GroupEnd:
        """The group's end, with what came of its sets."""
        findings = group_end_findings(self.group, segment, self._received)
        return GroupEnd(
            group=self.group,
            segment=segment,
            declared_sets=declared_number(segment, 1),
            received_sets=self._received,
            verdicts=tuple(self._verdicts),
            findings=(
                *self.group.findings,
                *tolerating((codes.located(each, place) for each in findings), tolerated),
            ),
        )
