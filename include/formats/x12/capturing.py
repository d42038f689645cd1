"""Bytes to segments and whole transaction sets, cut out of the window by the separators of one interchange."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from include.formats.x12 import codes, separators
from include.formats.x12.codes import SyntaxFinding, finding
from include.formats.x12.envelopes import Reading
from include.formats.x12.separators import Separators
from include.formats.x12.window import Window

# What is kept of something that is too long, as evidence.
_EVIDENCE_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Captured:
    """Bytes cut out of the window, and what was wrong with them; ``is_cut`` where only their begin was kept."""

    raw: bytes
    findings: tuple[SyntaxFinding, ...] = ()
    is_cut: bool = False


class Scissors:
    """Cuts one interchange into segments and transaction sets, none longer than agreed."""

    def __init__(self, window: Window, marks: Separators, reading: Reading):
        self._window = window
        self._marks = marks
        self._reading = reading
        self._control = _control_pattern(marks)
        self._end_of_tag = re.compile(b"[" + re.escape(marks.element + marks.segment) + b"]")
        self._evidence_length = min(_EVIDENCE_LENGTH, reading.maximum_segment_length)

    def tag(self) -> str | None:
        """The identifier of the next segment; ``ISA`` where an interchange begins; nothing at the end of the file."""
        self._skip_blanks()
        if not self._window.fill(1):
            return None
        self._window.fill(4)
        head = bytes(self._window.data[:4])
        if separators.is_start(head):
            return "ISA"
        return self._end_of_tag.split(head)[0].decode("latin-1")

    def segment(self) -> Captured:
        """The next segment, with its terminator."""
        end = self._terminator(0)
        if end > self._reading.maximum_segment_length:
            return self._long_segment()
        header = separators.next_header(self._window.data, 1, end)
        return self._take(end if header < 0 else header)

    def transaction_set(self, first_tag: str) -> Captured:
        """Everything from here through SE, or up to where another part of an envelope begins."""
        if first_tag == "SE":
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
        return Captured(evidence, (self._excess(),), is_cut=True)

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
        if raw.rstrip(self._marks.blanks()).endswith(self._marks.segment):
            return Captured(raw)
        message = "the segment terminator is missing at the end"
        return Captured(raw, (finding(codes.LAST_TERMINATOR_MISSING, message),))

    def _terminator(self, start: int) -> int:
        """Where the segment at ``start`` ends, as far as it is worth while to look."""
        searched = start
        while (end := self._window.data.find(self._marks.segment, searched)) < 0:
            searched = len(self._window.data)
            if searched - start > self._reading.maximum_segment_length or not self._window.extend():
                return searched
        return end + 1

    def _boundary(self, start: int) -> int | None:
        """Where the set that is in view ends: behind SE, or before what cannot belong to it."""
        control = self._control.search(self._window.data, start)
        end = None
        if control is not None:
            end = control.start("other") if control["other"] else self._terminator(control.start("trailer"))
        data = self._window.data
        header = separators.next_header(
            data, max(start - separators.LENGTH, 1), len(data) if end is None else end
        )
        return end if header < 0 else header

    def _is_excessive(self, start: int, end: int) -> bool:
        """Whether the set in view before ``end`` is too long, or one of its segments from ``start`` on."""
        if end <= self._reading.maximum_segment_length:
            return False
        data, mark = self._window.data, self._marks.segment
        if max(map(len, data[start:end].split(mark))) > self._reading.maximum_segment_length:
            return True
        return data.rfind(mark, 0, end) >= self._reading.maximum_set_length

    def _excess(self) -> SyntaxFinding:
        message = (
            f"the transaction set is longer than {self._reading.maximum_set_length} bytes, "
            f"or one of its segments longer than {self._reading.maximum_segment_length}; it was passed over"
        )
        return finding(codes.SET_TOO_LONG, message)

    def _forget(self) -> None:
        """Let go of what is in view but for the end, where a boundary may still come to show."""
        data = self._window.data
        self._window.drop(max(data.rfind(self._marks.segment), len(data) - separators.LENGTH, 0))

    def _long_segment(self) -> Captured:
        evidence = bytes(self._window.data[: self._evidence_length])
        while (end := self._window.data.find(self._marks.segment)) < 0:
            self._window.drop(len(self._window.data))
            if not self._window.extend():
                break
        self._window.drop(end + 1)
        message = f"a segment is longer than {self._reading.maximum_segment_length} bytes; it was passed over"
        return Captured(evidence, (finding(codes.CONTROL_SEGMENT_TOO_LONG, message),), is_cut=True)


@lru_cache(maxsize=256)
def _control_pattern(marks: Separators) -> re.Pattern[bytes]:
    """A terminator, then the begin of a segment that ends a transaction set."""
    blanks = b"[" + re.escape(marks.blanks()) + b"]*+" if marks.blanks() else b""
    element = re.escape(marks.element)
    return re.compile(
        re.escape(marks.segment)
        + blanks
        + b"(?:(?P<trailer>SE)"
        + element
        + b"|(?P<other>(?:ST|GS|GE|IEA)"
        + element
        + b"|ISA[^0-9A-Za-z ]))"
    )
