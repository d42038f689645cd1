"""Delimited text record by record, with the csv module: for text that breaks the rules somewhere.

The one hard thing is a quote that should not be there: it swallows the lines behind it. A record
that breaks the rules therefore costs its first line only; reading goes on at the next one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from include.formats.batches import RefusedRecord
from include.formats.findings import Finding, Unreadable, excerpt

MAX_BROKEN_QUOTES = 2_000
MAX_REFUSED_RECORDS = 50_000
EVIDENCE_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """UTF-8 text that begins with a record, the line of the file it begins on, and whether the file ends with it."""

    text: bytes
    first_line: int
    is_last: bool


@dataclass(slots=True)
class Found:
    """The records of a stretch: cells and lines of the good ones, the refused ones, and the bytes they took."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    refused: list[RefusedRecord] = field(default_factory=list)
    bytes_taken: int = 0


def decoded_lines(text: bytes) -> list[str]:
    """The lines without their breaks; bytes that are not UTF-8 become lone surrogates."""
    return text.decode("utf-8", "surrogateescape").split("\n")


def without_blanks(lines: list[str], delimiter: str) -> list[str]:
    """Lines that begin with a record, without the blanks around its quoted fields."""
    return _padded_field(delimiter).sub(lambda field: field[1] or field[0], "\n".join(lines)).split("\n")


class ExactReader:
    """Reads the stretches of one file record by record."""

    def __init__(self, column_count: int, delimiter: str, is_padded: bool, max_record_bytes: int):
        self.column_count = column_count
        self.delimiter = delimiter
        self.is_padded = is_padded
        self.max_record_bytes = max_record_bytes
        self.refused_count = 0
        self.broken_quotes = 0
        csv.field_size_limit(max(csv.field_size_limit(), 2 * max_record_bytes))

    def read(self, stretch: Stretch) -> Found:
        """The records of a stretch. What is not complete at its end is left for the next one.

        Raises:
            Unreadable: the file is cut off, or so much of it is broken that it is something else.
        """
        reading = _Reading(self, stretch)
        reading.read_all()
        return reading.found


class _Overlong(Exception):
    """A record took more text than a record may."""


class _Reading:
    """The reading of one stretch: where it stands and what it found."""

    def __init__(self, reader: ExactReader, stretch: Stretch):
        self.reader = reader
        self.stretch = stretch
        self.lines = decoded_lines(stretch.text)
        self.unfinished = [] if stretch.is_last else [self.lines.pop()]
        self.is_ended = bool(self.lines) and self.lines[-1] == ""
        if stretch.is_last and self.is_ended:
            self.lines.pop()
        self.found = Found()
        self.start = 0
        self.end = 0
        self.size = 0
        self.is_trimming = False
        self.last_unclosed: int | None = None

    def read_all(self) -> None:
        goes_on = True
        while goes_on and self.start < len(self.lines):
            goes_on = self._read_until_broken()
        self._refuse_if_cut_in_quotes()
        rest = "\n".join([*self.lines[self.start :], *self.unfinished])
        self.found.bytes_taken = len(self.stretch.text) - len(rest.encode("utf-8", "surrogateescape"))

    def _read_until_broken(self) -> bool:
        """Read records from ``start`` on; False if what is left needs the next stretch."""
        self.end, self.size = self.start, 0
        reader = csv.reader(
            self._feed(),
            delimiter=self.reader.delimiter,
            strict=True,
            skipinitialspace=self.reader.is_padded,
        )
        try:
            for cells in reader:
                if not self._take(cells):
                    break
                self.start, self.size = self.end, 0
                if self.is_trimming:
                    break
        except (csv.Error, _Overlong) as error:
            return self._after_broken_quotes(error)
        self.is_trimming = False
        return True

    def _feed(self) -> Iterator[str]:
        """Lines for the csv module, which takes one at a time; ``end`` follows it."""
        trimmed = iter(self._without_blanks() if self.is_trimming else ())
        while self.end < len(self.lines):
            if self.end > self.start + 1 and self.size > self.reader.max_record_bytes:
                raise _Overlong
            line = next(trimmed, self.lines[self.end])
            self.end += 1
            self.size += len(line)
            yield line + "\n"

    def _without_blanks(self) -> list[str]:
        """The lines of the record from ``start`` on, without the blanks behind its closing quotes."""
        quotes = size = 0
        for end in range(self.start, len(self.lines)):
            quotes += self.lines[end].count('"')
            size += len(self.lines[end])
            if quotes % 2 == 0 or size > self.reader.max_record_bytes:
                break
        return without_blanks(self.lines[self.start : end + 1], self.reader.delimiter)

    def _take(self, cells: list[str]) -> bool:
        """Keep or refuse the record from ``start`` to ``end``; False if reading must begin anew behind it."""
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            return True
        if len(cells) != self.reader.column_count:
            return self._refuse_wrong_count(cells)
        undecodable = next((cell for cell in cells if _has_surrogate(cell)), None)
        if undecodable is not None:
            self._refuse(_wrong_bytes(undecodable, self._line))
            return True
        self.found.rows.append([cell.strip() for cell in cells] if self.reader.is_padded else cells)
        self.found.lines.append(self._line)
        return True

    def _refuse_wrong_count(self, cells: list[str]) -> bool:
        is_at_end = self.stretch.is_last and self.end == len(self.lines)
        if is_at_end and not self.is_ended and len(cells) < self.reader.column_count:
            raise Unreadable(_cut_off(self._line, "in the middle of a record"))
        if self.end > self.start + 1 and self._is_record(self.start + 1):
            self._refuse(_unclosed(self._line), line_count=1)
            self.start += 1
            return False
        self._refuse(_wrong_count(len(cells), self.reader.column_count, self._line))
        return True

    def _is_record(self, position: int) -> bool:
        """A line stands by itself as a good record, so the quotes before it must be wrong."""
        try:
            cells = next(csv.reader([self.lines[position]], delimiter=self.reader.delimiter, strict=True), [])
        except csv.Error:
            return False
        return len(cells) == self.reader.column_count

    def _after_broken_quotes(self, error: Exception) -> bool:
        is_unclosed = isinstance(error, csv.Error) and "unexpected end" in str(error)
        if is_unclosed and not self.stretch.is_last and self.size <= self.reader.max_record_bytes:
            return False
        if self.reader.is_padded and not self.is_trimming and not is_unclosed:
            # Blanks behind a closing quote are layout. Within quotes the same blanks may be content, so they
            # are taken away only where the record cannot be read with them.
            self.is_trimming = True
            return True
        self.is_trimming = False
        self.reader.broken_quotes += 1
        if is_unclosed:
            self.last_unclosed = len(self.found.rows)
        finding = self._broken(error, is_unclosed=is_unclosed)
        if self.reader.broken_quotes > MAX_BROKEN_QUOTES:
            raise Unreadable(_hopeless_quotes(finding))
        self._refuse(finding, line_count=1)
        self.start += 1
        return True

    def _broken(self, error: Exception, *, is_unclosed: bool) -> Finding:
        if is_unclosed or isinstance(error, _Overlong):
            return _unclosed(self._line)
        return _carriage_return(self._line) if "new-line" in str(error) else _stray(self._line)

    def _refuse_if_cut_in_quotes(self) -> None:
        """No good record behind a quote that is never closed: the file ends inside it."""
        if self.last_unclosed is not None and self.last_unclosed == len(self.found.rows):
            raise Unreadable(_cut_off(self.stretch.first_line + len(self.lines) - 1, "inside a quoted field"))

    @property
    def _line(self) -> int:
        return self.stretch.first_line + self.start

    def _refuse(self, finding: Finding, line_count: int | None = None) -> None:
        end = self.end if line_count is None else self.start + line_count
        text = "\n".join(self.lines[self.start : end]).encode("utf-8", "surrogateescape")
        self.found.refused.append(
            RefusedRecord(self._line, text[:EVIDENCE_LENGTH].decode("utf-8", "backslashreplace"), (finding,))
        )
        self.reader.refused_count += 1
        if self.reader.refused_count > MAX_REFUSED_RECORDS:
            raise Unreadable(_hopeless(self.found.refused[-1], self.reader.refused_count))


@cache
def _padded_field(delimiter: str) -> re.Pattern[str]:
    """One field at a time: a quoted one, with its quotes as group 1 and blanks around them, or any other."""
    blanks = "[ ]*" if delimiter == "\t" else r"[ \t]*"
    mark = re.escape(delimiter)
    return re.compile(rf'{blanks}("(?:[^"]|"")*"){blanks}(?={mark}|\r?(?:\n|\Z))|[^{mark}\n]+')


def _has_surrogate(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)


def _finding(rule: str, message: str, line: int, value: str | None = None) -> Finding:
    return Finding(rule=rule, message=message, place=f"line {line}", line=line, value=value)


def _wrong_count(found: int, expected: int, line: int) -> Finding:
    return _finding(
        "field_count", f"The record has {found} fields, the header has {expected}.", line, value=str(found)
    )


def _wrong_bytes(cell: str, line: int) -> Finding:
    return _finding(
        "encoding",
        "The record has bytes that are not UTF-8. Ask for UTF-8, or name the file's encoding under `encodings` "
        "in the partner profile (Western files are often windows-1252).",
        line,
        value=excerpt(cell.encode("utf-8", "surrogateescape")),
    )


def _unclosed(line: int) -> Finding:
    return _finding("unclosed_quote", "A quoted field opens here and is never closed.", line)


def _stray(line: int) -> Finding:
    return _finding(
        "stray_quote",
        "A quoted field goes on after its closing quote. A quote inside a quoted field is written twice.",
        line,
    )


def _carriage_return(line: int) -> Finding:
    return _finding(
        "carriage_return",
        "A carriage return stands in the middle of the record, outside quotes. Ask for one kind of line end.",
        line,
    )


def _cut_off(line: int, where: str) -> Finding:
    return _finding("cut_off", f"The file ends {where}: it was cut off. Ask for the whole file.", line)


def _hopeless_quotes(last: Finding) -> Finding:
    return _finding(
        "broken_quotes",
        f"More than {MAX_BROKEN_QUOTES:,} records have broken quotes, this one the last that was read. Ask for a "
        "file in which quotes inside fields are doubled.",
        last.line or 0,
    )


def _hopeless(last: RefusedRecord, count: int) -> Finding:
    return _finding(
        "mostly_unreadable",
        f"{count:,} records could not be read, this one the last: {last.findings[0].message}",
        last.line,
        value=excerpt(last.text),
    )
