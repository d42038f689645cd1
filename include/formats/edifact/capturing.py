"""Bytes to segments and whole messages, cut out of the window by the separators of one interchange."""

from __future__ import annotations

import re
from functools import lru_cache

from include.formats.edifact import codes, separators
from include.formats.edifact.codes import finding
from include.formats.edifact.envelopes import Captured, Reading
from include.formats.edifact.separators import Separators
from include.formats.x12.window import Window

# What is kept of something that is too long, as evidence.
_EVIDENCE_LENGTH = 4096


class Scissors:
    """Cuts one interchange into segments and messages, none longer than agreed."""

    def __init__(self, window: Window, marks: Separators, reading: Reading):
        self._window = window
        self._marks = marks
        self._reading = reading
        self._control = _control_pattern(marks)
        self._end_of_tag = re.compile(
            b"[" + re.escape(marks.element + marks.segment + marks.component) + b"]"
        )
        self._evidence_length = min(_EVIDENCE_LENGTH, reading.maximum_segment_length)

    def tag(self) -> str | None:
        """The tag of the next segment in upper case; ``UNA`` before a header; nothing at the end of the file."""
        self._skip_blanks()
        if not self._window.fill(1):
            return None
        self._window.fill(separators.UNA_LENGTH)
        head = bytes(self._window.data[: separators.UNA_LENGTH])
        if head[:3].upper() in (b"UNA", b"UIB") and separators.is_start(head):
            return "UNA"
        if head[:3].upper() == b"UNB":
            return "UNB"
        return self._end_of_tag.split(head)[0][:4].decode("latin-1").upper()

    def segment(self) -> Captured:
        """The next segment, with its terminator."""
        end = self._terminator(0)
        if end > self._reading.maximum_segment_length:
            return self._long_segment()
        header = separators.next_header(self._window.data, 1, end)
        return self._take(end if header < 0 else header)

    def message(self, first_tag: str) -> Captured:
        """Everything from here through UNT, or up to where another part of an envelope begins."""
        if first_tag == "UNT":
            return self.segment()
        start, evidence = 0, b""
        while (end := self._boundary(start)) is None:
            if evidence or self._is_excessive(start, len(self._window.data)):
                evidence = evidence or bytes(self._window.data[: self._evidence_length])
                self._forget()
            start = max(self._window.data.rfind(self._marks.segment), 0)
            if not self._window.extend():
                end = len(self._window.data)
                break
        if not evidence and not self._is_excessive(start, end):
            return self._take(end)
        evidence = evidence or bytes(self._window.data[: self._evidence_length])
        self._window.drop(end)
        message = (
            f"the message is longer than {self._reading.maximum_message_length} bytes, "
            f"or one of its segments longer than {self._reading.maximum_segment_length}; it was passed over"
        )
        return Captured(evidence, (finding(codes.MESSAGE_TOO_LONG, message),), is_cut=True)

    def _skip_blanks(self) -> None:
        blanks = self._marks.blanks()
        while self._window.fill(1):
            data = self._window.data
            length = len(data) - len(data.lstrip(blanks))
            if not length:
                return
            self._window.drop(length)

    def _take(self, end: int) -> Captured:
        raw = bytes(self._window.data[:end])
        self._window.drop(end)
        whole = raw.rstrip(self._marks.blanks())
        if whole.endswith(self._marks.segment) and not self._is_released(whole, len(whole) - 1):
            return Captured(raw)
        message = "the segment terminator is missing at the end"
        return Captured(raw, (finding(codes.LAST_TERMINATOR_MISSING, message),))

    def _is_released(self, data: bytes | bytearray, position: int) -> bool:
        release = self._marks.release
        return bool(release) and separators.is_released(data, release, position)

    def _terminator(self, start: int) -> int:
        """Where the segment at ``start`` ends, as far as it is worth while to look."""
        searched, marks = start, self._marks
        while (end := separators.released_end(self._window.data, marks.segment, marks.release, searched)) < 0:
            searched = len(self._window.data)
            if searched - start > self._reading.maximum_segment_length or not self._window.extend():
                return searched
        return end + 1

    def _boundary(self, start: int) -> int | None:
        """Where the message that is in view ends: behind UNT, or before what cannot belong to it."""
        control, end = self._control.search(self._window.data, start), None
        while control is not None and self._is_released(self._window.data, control.start()):
            control = self._control.search(self._window.data, control.start() + 1)
        if control is not None:
            end = control.start("other") if control["other"] else self._terminator(control.start("trailer"))
        data = self._window.data
        header = separators.next_header(data, max(start - 32, 1), len(data) if end is None else end)
        return end if header < 0 else header

    def _is_excessive(self, start: int, end: int) -> bool:
        """Whether the message in view before ``end`` is too long, or one of its segments from ``start`` on."""
        if end <= self._reading.maximum_segment_length:
            return False
        data, mark = self._window.data, self._marks.segment
        if max(map(len, data[start:end].split(mark))) > self._reading.maximum_segment_length:
            return True
        return data.rfind(mark, 0, end) >= self._reading.maximum_message_length

    def _forget(self) -> None:
        """Let go of what is in view but for the end, where a boundary may still come to show."""
        data = self._window.data
        self._window.drop(max(data.rfind(self._marks.segment), len(data) - 64, 0))

    def _long_segment(self) -> Captured:
        evidence, marks = bytes(self._window.data[: self._evidence_length]), self._marks
        while (end := separators.released_end(self._window.data, marks.segment, marks.release, 0)) < 0:
            self._window.drop(max(len(self._window.data) - 1, 1))
            if not self._window.extend():
                end = len(self._window.data)
                break
        self._window.drop(end + 1)
        message = f"a segment is longer than {self._reading.maximum_segment_length} bytes; it was passed over"
        return Captured(evidence, (finding(codes.CONTROL_SEGMENT_TOO_LONG, message),), is_cut=True)


@lru_cache(maxsize=256)
def _control_pattern(marks: Separators) -> re.Pattern[bytes]:
    """A terminator, then the begin of a segment that ends a message."""
    blanks = b"[" + re.escape(marks.blanks()) + b"]*+" if marks.blanks() else b""
    follows = b"(?=[" + re.escape(marks.element + marks.component) + b"])"
    return re.compile(
        re.escape(marks.segment)
        + blanks
        + b"(?:(?P<trailer>(?i:UNT))"
        + follows
        + b"|(?P<other>(?i:UN[HGEZB])"
        + follows
        + b"|UNA[^0-9A-Za-z]{3}|(?i:UIB)"
        + follows
        + b"))",
    )
