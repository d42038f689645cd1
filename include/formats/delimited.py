"""Delimited text (CSV, TSV) to records, as RFC 4180 describes it and as suppliers really send it.

A stretch of text that keeps to the rules is parsed as a whole by polars. polars fills short records
up and so cannot tell a missing field from an empty one; the delimiters and line breaks outside of
quotes are therefore counted against the fields that came out. A stretch that does not add up, or that
polars refuses, is read again record by record (``delimited_exact``), which finds the broken records
and spares the others.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl

from include.formats.batches import LINE, Batch
from include.formats.delimited_exact import ExactReader, Stretch, decoded_lines, without_blanks
from include.formats.findings import Finding, Unreadable, excerpt

STRETCH_BYTES = 8 * 1024 * 1024
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
COMMON_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a partner writes delimited text.

    Attributes:
        delimiter: one ASCII character.
        encodings: tried in this order; the first in which the whole file is valid is taken. A
            byte-order mark decides before any of them.
        is_padded: blanks around cells are layout, not content.
        max_record_bytes: a longer record makes the file unreadable instead of filling the memory.
    """

    delimiter: str = ","
    encodings: tuple[str, ...] = ("utf-8",)
    is_padded: bool = False
    max_record_bytes: int = 1024 * 1024


def read(blocks: Iterable[bytes], dialect: Dialect, encoding: str | None = None) -> Iterator[Batch]:
    """Read delimited text that begins with a header record.

    Args:
        blocks: the bytes of the file, cut anywhere.
        dialect: how it is written.
        encoding: what ``encoding_of`` found; the dialect's first encoding if not given.

    Yields:
        batches whose columns are the header's names without surrounding blanks, and ``LINE``, the
        line on which the record starts. Empty cells are null.

    Raises:
        Unreadable: nothing in it, no header, a repeated column, a record beyond all bounds, or a
            file that is cut off.
    """
    return _Reader(dialect).batches(_utf8(blocks, encoding or dialect.encodings[0]))


def encoding_of(head: bytes, blocks: Iterable[bytes], encodings: Sequence[str]) -> str:
    """The encoding of a file: its byte-order mark, else the first of ``encodings`` that is valid throughout.

    Args:
        head: the first bytes of the file.
        blocks: all its bytes; only gone through when several encodings are possible.
        encodings: the candidates, most particular first (every file is valid Latin-1).

    Raises:
        Unreadable: no candidate fits; the finding has the place of the first byte that does not fit
            the first of them.
    """
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    if len(encodings) == 1:
        return encodings[0]
    problems = _problems(blocks, encodings)
    for encoding in encodings:
        if encoding not in problems:
            return encoding
    raise Unreadable(problems[encodings[0]])


def suspected_delimiter(header: str, delimiter: str) -> str | None:
    """Another common delimiter that would cut this header into more columns, if there is one."""
    counts = {mark: header.count(mark) for mark in COMMON_DELIMITERS if mark != delimiter}
    mark = max(counts, key=counts.__getitem__)
    return mark if counts[mark] > header.count(delimiter) else None


def _problems(blocks: Iterable[bytes], encodings: Sequence[str]) -> dict[str, Finding]:
    """The first undecodable byte by encoding, in one pass over the file."""
    decoders = {encoding: codecs.getincrementaldecoder(encoding)() for encoding in encodings}
    problems: dict[str, Finding] = {}
    line = 1
    for block in chain([blocks] if isinstance(blocks, bytes) else blocks, [b""]):
        for encoding in decoders.keys() - problems.keys():
            try:
                decoders[encoding].decode(block, final=not block)
            except UnicodeDecodeError as error:
                problems[encoding] = _undecodable(error, encoding, line)
        line += block.count(b"\n")
    return problems


def _undecodable(error: UnicodeDecodeError, encoding: str, line: int) -> Finding:
    line += error.object[: error.start].count(b"\n")
    return Finding(
        rule="encoding",
        message=f"Byte 0x{error.object[error.start]:02X} is not {encoding}. Ask for {encoding}, or name the "
        "file's encoding under `encodings` in the partner profile (Western files are often windows-1252).",
        place=f"line {line}",
        line=line,
        value=excerpt(error.object[max(0, error.start - 20) : error.end + 20]),
    )


def _utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The blocks as UTF-8 without a byte-order mark. UTF-8 passes through; the readers check it."""
    if codecs.lookup(encoding).name == "utf-8":
        yield from _without_mark(blocks)
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_first = 1, True
    for block in blocks:
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            raise Unreadable(_undecodable(error, encoding, line)) from None
        line += text.count("\n")
        yield (text.removeprefix("\ufeff") if is_first else text).encode()
        is_first = is_first and not text
    if decoder.getstate()[0]:
        raise Unreadable(
            Finding(
                rule="cut_off",
                message="The file ends in the middle of a character: it was cut off. Ask for the whole file.",
                place=f"line {line}",
                line=line,
            )
        )


def _without_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    head = b""
    remaining = iter(blocks)
    for block in remaining:
        head += block
        if len(head) >= len(codecs.BOM_UTF8):
            break
    yield head.removeprefix(codecs.BOM_UTF8)
    yield from remaining


def _stretches(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The blocks in pieces of ``STRETCH_BYTES`` or more, each with whether it is the last."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size >= STRETCH_BYTES:
            yield b"".join(parts), False
            parts, size = [], 0
    yield b"".join(parts), True


def _end_of_records(text: bytes) -> int:
    """The offset after the last line break with an even number of quotes before it; 0 if none has."""
    end = text.rfind(b"\n") + 1
    quotes = _count(text, '"', 0, end)
    while end and quotes % 2:
        previous = text.rfind(b"\n", 0, end - 1) + 1
        quotes -= text.count(b'"', previous, end)
        end = previous
    return end


def _count(text: bytes, mark: str, start: int = 0, end: int | None = None) -> int:
    """How often an ASCII character stands in a text; other threads go on meanwhile, unlike in ``bytes.count``."""
    characters = np.frombuffer(text, np.uint8)[start:end]
    return int(np.count_nonzero(characters == ord(mark)))


@dataclass(frozen=True, slots=True)
class _Quoting:
    """Where quotes open and close cells: pairs of positions, in order; none where quotes are characters like others.

    Attributes:
        characters: the text.
        positions: of the quotes that open a cell, each followed by the one that closes it.
    """

    characters: np.ndarray
    positions: np.ndarray

    def count_outside(self, mark: str) -> int:
        """How often a character stands outside of quoted cells."""
        places, begins, ends = self._places(mark)
        return len(places) - int((ends - begins).sum())

    def line_ends(self) -> np.ndarray:
        """Of the line breaks, counted from 0, those that stand outside of quoted cells."""
        places, begins, ends = self._places("\n")
        is_broken = ends > begins
        if not is_broken.any():
            return np.arange(len(places))
        steps = np.zeros(len(places) + 1, np.int64)
        # No two cells share a line break, but one may begin behind the one in which another ends.
        np.add.at(steps, begins[is_broken], 1)
        np.add.at(steps, ends[is_broken], -1)
        return np.flatnonzero(np.cumsum(steps[:-1]) == 0)

    def _places(self, mark: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where a character stands; for every quoted cell the first of those places in it, and the first behind it."""
        places = np.flatnonzero(self.characters == ord(mark))
        before = np.searchsorted(places, self.positions)
        return places, before[::2], before[1::2]


def _quoting(text: bytes, delimiter: str) -> _Quoting | None:
    """The quotes of a text, or None if they do not stand around whole cells, and doubled inside them, and nowhere else
    (RFC 4180, section 2). Where no cell begins with a quote, they may stand anywhere.
    """
    characters = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(characters == ord('"'))
    if not len(quotes):
        return _Quoting(characters, quotes)
    before = np.where(quotes > 0, characters[quotes - 1], ord("\n"))
    after = np.where(quotes < len(text) - 1, characters[np.minimum(quotes + 1, len(text) - 1)], ord("\n"))
    edges = f"\n{delimiter}"
    if not _among(edges)[before].any():
        return _Quoting(characters, quotes[:0])
    opens, closes = _among(f'{edges}"')[before[::2]], _among(f'{edges}"\r')[after[1::2]]
    if len(quotes) % 2 or not (opens.all() and closes.all()):
        return None
    # A doubled quote inside a cell closes and opens in one place, and nothing stands between.
    return _Quoting(characters, quotes)


def _among(marks: str) -> np.ndarray:
    """For each byte whether it is one of some ASCII characters."""
    table = np.zeros(256, bool)
    table[[ord(mark) for mark in marks]] = True
    return table


def _header(text: bytes, dialect: Dialect) -> tuple[list[str], int]:
    """The column names, and how many bytes of ``text`` they take."""
    lines = decoded_lines(text)
    shown = without_blanks(lines, dialect.delimiter) if dialect.is_padded else lines
    feed = iter(range(len(lines)))
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for position in feed:
            taken = position + 1
            yield shown[position] + "\n"

    header = csv.reader(counted(), delimiter=dialect.delimiter, skipinitialspace=dialect.is_padded)
    try:
        cells = next(header, [])
    except csv.Error as error:
        raise Unreadable(_at_first_line("header", f"The first line is no header: {error}.")) from None
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise Unreadable(_at_first_line("no_header", "The first line names no columns."))
    _refuse_unusable(names)
    _refuse_repeated(names)
    size = sum(len(line.encode("utf-8", "surrogateescape")) + 1 for line in lines[:taken])
    return _with_names(names), min(size, len(text))


def _with_names(names: list[str]) -> list[str]:
    """Columns without a name get one by their position that no other column has."""
    given = set(names)
    return [name or _free(f"unnamed_{number}", given) for number, name in enumerate(names, 1)]


def _free(name: str, given: set[str]) -> str:
    return name if name not in given else _free(f"{name}_", given)


def _refuse_unusable(names: list[str]) -> None:
    for name in names:
        if name == LINE:
            message = f"The header has a column {LINE!r}, a name that is taken here. Rename it at the source."
            raise Unreadable(_at_first_line("reserved_column", message, field=name))
        if "\x00" in name:
            message = f"The header has a column {excerpt(name)!r} with the character U+0000, which no database keeps."
            raise Unreadable(_at_first_line("nul_character", message))
        if any("\udc80" <= character <= "\udcff" for character in name):
            shown = excerpt(name.encode("utf-8", "surrogateescape"))
            message = f"The header is not in the encoding of the partner profile: {shown!r}."
            raise Unreadable(_at_first_line("encoding", message))


def _refuse_repeated(names: list[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if name and count > 1]
    if repeated:
        raise Unreadable(
            _at_first_line(
                "repeated_column",
                f"The header names {', '.join(map(repr, repeated))} more than once, so it is unclear which one "
                "counts. Ask for a file with each column once.",
                field=repeated[0],
            )
        )


def _at_first_line(rule: str, message: str, field: str | None = None) -> Finding:
    return Finding(rule=rule, message=message, place="line 1", line=1, field=field)


class _Reader:
    """Reads one file; keeps the header and the line number from one stretch to the next."""

    def __init__(self, dialect: Dialect):
        self.dialect = dialect
        self.columns: list[str] = []
        self.line = 1
        self.exact: ExactReader | None = None

    def batches(self, blocks: Iterable[bytes]) -> Iterator[Batch]:
        rest = b""
        for stretch, is_last in _stretches(blocks):
            text = rest + stretch
            if not self.columns:
                text = self._without_header(text)
            batch, taken = self._records(text, is_last=is_last)
            self.line += _count(text, "\n", 0, taken)
            rest = text[taken:]
            self._refuse_endless(rest)
            yield batch

    def _without_header(self, text: bytes) -> bytes:
        if not text.strip():
            raise Unreadable(_at_first_line("empty_file", "The file is empty. Ask for the whole file."))
        limit = self.dialect.max_record_bytes
        if b"\n" not in text[:limit] and len(text) > limit:
            self._refuse_endless(text)
        self.columns, size = _header(text[: 2 * limit], self.dialect)
        self.exact = ExactReader(
            len(self.columns), self.dialect.delimiter, self.dialect.is_padded, self.dialect.max_record_bytes
        )
        self.line += text.count(b"\n", 0, size)
        return text[size:]

    def _records(self, text: bytes, *, is_last: bool) -> tuple[Batch, int]:
        """The records of ``text``, and how many bytes of it they take."""
        end = len(text) if is_last else _end_of_records(text)
        # What is left over is one record at most, unless a quote that is never closed hides the ends of many.
        is_plain = not self.dialect.is_padded and len(text) - end <= self.dialect.max_record_bytes
        batch = self._parsed_whole(text[:end]) if is_plain else None
        return (batch, end) if batch is not None else self._parsed_exactly(text, is_last=is_last)

    def _refuse_endless(self, rest: bytes) -> None:
        if len(rest) > self.dialect.max_record_bytes:
            raise Unreadable(
                Finding(
                    rule="record_too_long",
                    message=f"The record that starts here is longer than {self.dialect.max_record_bytes:,} bytes. "
                    "A quote that is never closed or a missing line break is the usual cause.",
                    place=f"line {self.line}",
                    line=self.line,
                    value=excerpt(rest[:400]),
                )
            )

    def _parsed_whole(self, text: bytes) -> Batch | None:
        """The records by polars, or None if the text does not keep to the rules."""
        if not text:
            return Batch(pl.DataFrame(schema={**dict.fromkeys(self.columns, pl.String), LINE: pl.Int64}))
        if len(self.columns) == 1 or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
            # Whether a line is blank or an empty cell, and what a lone carriage return means, polars does not ask.
            return None
        if not text.endswith(b"\n"):
            # polars passes over the surplus fields of a last line that has no end.
            text += b"\n"
        quoting = _quoting(text, self.dialect.delimiter)
        if quoting is None:
            # Of "x"y"" polars makes xy without a word.
            return None
        try:
            frame = pl.read_csv(
                text,
                has_header=False,
                schema=dict.fromkeys(self.columns, pl.String),
                separator=self.dialect.delimiter,
            )
        except pl.exceptions.PolarsError:
            return None
        ends = quoting.line_ends()
        delimiters = quoting.count_outside(self.dialect.delimiter)
        if (delimiters, len(ends)) != (frame.height * (frame.width - 1), frame.height):
            return None
        if b'""' in text:
            frame = frame.with_columns(pl.all().replace("", None))
        lines = np.concatenate(([0], ends[:-1] + 1)) + self.line
        return Batch(frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64)))

    def _parsed_exactly(self, text: bytes, *, is_last: bool) -> tuple[Batch, int]:
        """The records by the csv module, and how many bytes of ``text`` they take."""
        assert self.exact is not None
        found = self.exact.read(Stretch(text, self.line, is_last))
        columns = zip(*found.rows, strict=True) if found.rows else ([] for _ in self.columns)
        frame = pl.DataFrame(
            dict(zip(self.columns, columns, strict=True)), schema=dict.fromkeys(self.columns, pl.String)
        )
        frame = frame.with_columns(pl.all().replace("", None), pl.Series(LINE, found.lines, dtype=pl.Int64))
        return Batch(frame, tuple(found.refused)), found.bytes_taken
