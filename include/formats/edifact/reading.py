"""Bytes to events: a file of EDIFACT interchanges read as a stream, every level of the envelope checked.

The reader holds one message at a time. What it cannot read it reports and passes over, up to the next part of an
envelope that makes sense: a broken message does not take its neighbours with it, nor a broken interchange the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from include.formats.edifact import codes, separators
from include.formats.edifact.capturing import Scissors
from include.formats.edifact.characters import STATEFUL, encoding_of
from include.formats.edifact.codes import Place, SyntaxFinding, finding, tolerating
from include.formats.edifact.envelope_checks import (
    SeenInterchanges,
    group_end_findings,
    group_findings,
    interchange_end_findings,
    interchange_findings,
)
from include.formats.edifact.envelopes import (
    Captured,
    Event,
    Group,
    GroupEnd,
    Interchange,
    InterchangeEnd,
    Message,
    MessageVerdict,
    Reading,
    Stray,
)
from include.formats.edifact.messages import message
from include.formats.edifact.segments import SEGMENT, Segment, canonical_text, segment_of
from include.formats.edifact.separators import Header
from include.formats.edifact.window import RecodingWindow
from include.formats.findings import Unreadable
from include.formats.x12.envelope_checks import SeenNumbers

_BLANKS = b"\r\n\t "
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What is said of one interchange, or of the bytes between two, goes on no longer than this.
_MOST_REMARKS = 100
_LONGEST_START = 32


def read(blocks: Iterable[bytes], reading: Reading | None = None) -> Iterator[Event]:
    """The events of a file, as its blocks come in.

    Args:
        blocks: the file in blocks of any size.
        reading: what was agreed with the partner; by default everything that EDIFACT allows.

    Raises:
        Unreadable: there is no interchange in the file that can be read.
    """
    return _File(RecodingWindow(blocks), reading or Reading()).events()


class _File:
    """Interchange after interchange, and what stands between them."""

    def __init__(self, window: RecodingWindow, reading: Reading):
        self.window = window
        self.reading = reading
        self.segments = 0
        self.interchanges = 0
        self.known = SeenInterchanges()

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
            self._pass_over(passed)
            del passed[_MOST_REMARKS:]
        return None

    def _pass_blanks(self, passed: list[SyntaxFinding]) -> None:
        self.window.fill(len(_BYTE_ORDER_MARK))
        while (data := self.window.data) and (data[:1] in _BLANKS or data.startswith(_BYTE_ORDER_MARK)):
            if data.startswith(_BYTE_ORDER_MARK):
                message = "a byte-order mark stands before the interchange; EDIFACT knows none"
                passed.append(codes.located(finding(codes.BYTE_ORDER_MARK, message), self.place()))
                self.window.drop(len(_BYTE_ORDER_MARK))
            self.window.drop(len(self.window.data) - len(self.window.data.lstrip(_BLANKS)))
            self.window.fill(len(_BYTE_ORDER_MARK))

    def _header(self) -> Header | SyntaxFinding | None:
        self.window.fill(separators.LONGEST)
        found = separators.header(bytes(self.window.data[: separators.LONGEST]))
        # A message or group without UNB is only taken for an interchange where nothing else came before it.
        if isinstance(found, Header) and not found.has_interchange and self.interchanges:
            return None
        return found

    def _pass_over(self, passed: list[SyntaxFinding]) -> None:
        """Move on to what may be the next header, or to the end of the file."""
        begin, line, value = self.window.offset, self.window.line, bytes(self.window.data[:80])
        # The UNB behind a UNA that cannot be used is not read with other separators than that UNA meant.
        self.window.drop(separators.advised_length(value))
        while (start := self._candidate()) < 0:
            self.window.drop(max(len(self.window.data) - _LONGEST_START, 0))
            if not self.window.extend():
                start = len(self.window.data)
                break
        self.window.drop(start)
        message = f"{self.window.offset - begin} bytes that belong to no interchange were passed over"
        words = f"line {line}, byte {begin + 1}"
        passed.append(finding(codes.BYTES_OUTSIDE, message, value=value, line=line, place=words))

    def _candidate(self) -> int:
        """Where behind the first byte in view an interchange seems to begin; -1 for nowhere."""
        data = self.window.data
        undoubted = separators.next_header(data, 1, len(data))
        starts = [undoubted] if undoubted >= 0 else []
        for tag in (b"UNA", b"UNB", b"UIB"):
            start = 0
            while (start := data.find(tag, start + 1)) > 0:
                if separators.is_start(data[start : start + 9]) and not data[start - 1 : start].isalnum():
                    starts.append(start)
                    break
        return min(starts, default=-1)

    def _no_interchange(self) -> SyntaxFinding:
        if not self.window.offset:
            return finding(codes.NO_INTERCHANGE, "the file is empty")
        message = f"no segment UNB was found in {self.window.offset} bytes: this is no EDIFACT interchange"
        return finding(codes.NO_INTERCHANGE, message, line=1, segment_id="UNB")


class _OpenInterchange:
    """One interchange, from its header to its trailer or to where that should have stood."""

    def __init__(self, file: _File, header: Header):
        self._file = file
        self._marks = header.separators
        self._place = file.place()
        if header.is_wrapped:
            file.window.unwrap()
        file.window.drop(header.length)
        self._scissors = Scissors(file.window, header.separators, file.reading)
        self._findings: list[SyntaxFinding] = []
        self._interchange = self._begin(header)
        self._known_messages, self._known_groups = SeenNumbers(), SeenNumbers()
        self._messages = 0
        self._strays = 0
        self._group: _OpenGroup | None = None
        self._groups: list[GroupEnd] = []
        self._number_of_groups = 0
        self._verdicts: list[MessageVerdict] = []

    def events(self) -> Iterator[Event]:
        """The interchange, everything in it, and its end."""
        yield self._interchange
        while (tag := self._scissors.tag()) is not None and tag not in ("UNA", "UNB", "UNZ"):
            if tag == "UNG":
                yield from self._close_group()
                yield self._open_group()
            elif tag == "UNE":
                if self._group is None:
                    self._stray(tag)
                else:
                    yield from self._close_group(self._segment)
            else:
                yield self._message(tag)
        yield from self._close_group()
        yield self._end(has_trailer=tag == "UNZ")

    def _begin(self, header: Header) -> Interchange:
        file = self._file
        file.interchanges += 1
        remarks = []
        if header.is_wrapped:
            message = "line breaks stand inside segments, at a fixed column; they were taken out of this interchange"
            remarks.append(finding(codes.WRAPPED_LINES, message))
        if header.has_interchange:
            segment = self._segment("latin-1")
            found = interchange_findings(segment, file.reading, file.known)
            encoding = file.reading.encoding or encoding_of(segment.value(1)) or "utf-8"
            if encoding != "latin-1":
                segment = Segment(segment.tag, tuple(_recoded(each, encoding) for each in segment.elements))
        else:
            segment = Segment("UNB", ())
            message = "the file begins without UNB: its messages belong to no interchange"
            found = (finding(codes.INTERCHANGE_HEADER_MISSING, message, segment_id="UNB"),)
            encoding = file.reading.encoding or "utf-8"
        if segment.value(1) == STATEFUL and file.reading.encoding is None:
            encoding = self._decode_window(encoding)
        self._findings += tolerating(
            (codes.located(each, self._place) for each in (*remarks, *found)), file.reading.tolerated
        )
        return Interchange(
            number=file.interchanges,
            separators=self._marks,
            segment=segment,
            encoding=encoding,
            place=self._place,
            findings=tuple(self._findings),
        )

    def _decode_window(self, encoding: str) -> str:
        """Show UTF-8 from here on, so that no byte of a character can be taken for a separator."""
        self._file.window.recode(encoding)
        return "utf-8"

    def _segment(self, encoding: str | None = None) -> Segment:
        """The service segment that comes next; what is wrong with its bytes is the interchange's."""
        place = self._file.place()
        captured = self._scissors.segment()
        self._file.segments += 1
        self._note(captured.findings, place)
        text = canonical_text(captured.raw, self._marks, encoding or self._interchange.encoding)
        line = text.replace("\n", "").replace("\r", "").partition(SEGMENT)[0]
        segment = segment_of(line)
        if segment.tag != segment.tag.upper():
            message = "segment tags are written in lower case; they are read as upper case"
            remark = finding(codes.LOWER_CASE_TAG, message, value=segment.tag, segment_id=segment.tag.upper())
            self._note([remark], place)
            segment = replace(segment, tag=segment.tag.upper())
        return segment

    def _note(self, findings: Iterable[SyntaxFinding], place: Place) -> None:
        located = (codes.located(each, place) for each in findings)
        self._findings.extend(tolerating(located, self._file.reading.tolerated))
        del self._findings[_MOST_REMARKS:]

    def _stray(self, tag: str) -> None:
        place = self._file.place()
        segment = self._segment()
        message = f"segment {codes.readable(tag)} stands outside of any group"
        self._note([finding(codes.STRAY_SEGMENT, message, value=tag, segment_id=segment.tag)], place)

    def _open_group(self) -> Group:
        place = self._file.place()
        if self._messages and not self._number_of_groups:
            self._note([self._mixed()], place)
        self._number_of_groups += 1
        segment = self._segment()
        group = Group(
            interchange=self._interchange, number=self._number_of_groups, segment=segment, place=place
        )
        found = group_findings(group, self._file.reading, self._known_groups)
        self._group = _OpenGroup(replace(group, findings=tuple(codes.located(each, place) for each in found)))
        return self._group.group

    def _close_group(self, trailer: object = None) -> Iterator[GroupEnd]:
        if self._group is not None:
            place = self._file.place()
            segment = None if trailer is None else self._segment()
            end = self._group.end(segment, place, self._file.reading.tolerated)
            self._groups.append(end)
            self._group = None
            yield end

    def _message(self, tag: str) -> Message:
        place = self._file.place()
        captured = self._scissors.message(tag)
        group = self._group
        found = message(
            self._interchange,
            None if group is None else group.group,
            self._messages + self._strays + 1,
            captured,
            place,
            self._file.reading,
            self._known_messages if group is None else group.known,
        )
        if found.has_header or found.has_trailer:
            self._messages += 1
            if group is not None:
                group.received += 1
            elif self._number_of_groups:
                self._note([self._mixed()], place)
        else:
            self._strays += 1
        if found.header is not None:
            number = 0 if group is None else group.group.number
            self._verdicts.append(MessageVerdict(found.header, number, found.is_accepted, found.findings))
        elif not found.is_accepted:
            self._note_stray_segments(captured, place, found)
        self._file.segments += found.text.count(SEGMENT)
        return found

    def _note_stray_segments(self, captured: Captured, place: Place, found: Message) -> None:
        """No answer can name a message without UNH, so the interchange is what is answered."""
        rule, value = codes.STRAY_SEGMENT, captured.raw[:40]
        self._note([finding(rule, "segments stand outside of any message", value=value)], place)

    def _mixed(self) -> SyntaxFinding:
        message = "messages stand in groups and also outside of them"
        return finding(codes.GROUPS_AND_MESSAGES, message, segment_id="UNG")

    def _end(self, has_trailer: bool) -> InterchangeEnd:
        place = self._file.place()
        segment = self._segment() if has_trailer else None
        has_groups = self._number_of_groups > 0
        received = self._number_of_groups if has_groups else self._messages
        what = "groups" if has_groups else "messages"
        if self._interchange.segment.elements or segment is not None:
            header = self._interchange.segment
            self._note(interchange_end_findings(header, segment, received, what), place)
        if not received:
            message = "the interchange holds no message"
            self._note([finding(codes.INTERCHANGE_EMPTY, message, segment_id="UNZ")], place)
        return InterchangeEnd(
            interchange=self._interchange,
            segment=segment,
            received=received,
            groups=tuple(self._groups),
            verdicts=tuple(self._verdicts),
            findings=tuple(self._findings),
        )


class _OpenGroup:
    """One group, from its header to its trailer or to where that should have stood."""

    def __init__(self, group: Group):
        self.group = group
        self.known = SeenNumbers()
        self.received = 0

    def end(self, segment: Segment | None, place: Place, tolerated: frozenset[str]) -> GroupEnd:
        """The group's end."""
        findings = group_end_findings(self.group, segment, self.received)
        return GroupEnd(
            group=self.group,
            segment=segment,
            received_messages=self.received,
            findings=(
                *self.group.findings,
                *tolerating((codes.located(each, place) for each in findings), tolerated),
            ),
        )


def _recoded(element: object, encoding: str) -> object:
    """An element that was read as Latin-1 before its encoding was known."""
    if isinstance(element, (tuple, list)):
        return type(element)(_recoded(each, encoding) for each in element)
    return str(element).encode("latin-1").decode(encoding, "surrogateescape")
