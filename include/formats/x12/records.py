"""Transaction sets to rows: one row for each record loop, by a mapping that is data.

What the mapping does not name is kept beside the row: a segment that was not read in full stands whole in the column
``unmapped``. A record that is wrong, or contradicts itself, is refused with its findings; the others of its set go on.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import polars as pl

from include.formats.x12.codes import Level, Rule, SyntaxFinding, finding
from include.formats.x12.columns import GrowingColumns, Same
from include.formats.x12.definitions import SetDefinition
from include.formats.x12.envelopes import TransactionSet
from include.formats.x12.mapping import DECIMAL_SCALE, ColumnType, RecordMapping, Row
from include.formats.x12.segments import ELEMENT, SEGMENT, UNDECODED, segment_of
from include.formats.x12.shapes import Shape, shape_of
from include.formats.x12.transaction_sets import located_in_set

AMBIGUOUS_VALUE = Rule("x12.ambiguous_value", Level.SEGMENT)
NUMBER_TOO_LONG = Rule("x12.number_too_long", Level.ELEMENT)
NOT_A_NUMBER = Rule("x12.not_a_number", Level.ELEMENT)
UNKNOWN_VALUE = Rule("x12.unknown_value", Level.ELEMENT)

_ENVELOPE_TAGS = frozenset({"ST", "SE"})
# Columns that are filled by what they are, where the mapping has them.
_POSITION, _IN_FILE, _UNMAPPED = "segment_position", "segment_in_file", "unmapped"
_MOST_SHAPES = 24
_DIGITS = 30
_NUMBER = re.compile(rf"-?(?:[0-9]{{1,{_DIGITS}}}\.?|[0-9]{{0,{_DIGITS}}}\.[0-9]{{1,{DECIMAL_SCALE}}}0*)")
_ANY_NUMBER = re.compile(r"-?(?:[0-9]+\.?|[0-9]*\.[0-9]+)")
# What takes the place of a character that no database stores as text.
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRecord:
    """A record that was refused alone.

    Attributes:
        segment_position, segment_in_file: of its first segment in the transaction set and in the file, from 1.
        segments: all of its segments, each as a list of its tag and elements.
    """

    interchange_control_number: str
    group_control_number: str
    set_control_number: str
    segment_position: int
    segment_in_file: int
    segments: list[list[object]]
    findings: tuple[SyntaxFinding, ...]

    @property
    def text(self) -> str:
        """Its segments for a reader, one a line, with the usual separators."""
        return "\n".join("*".join(map(_shown, segment)) for segment in self.segments)


@dataclass(frozen=True, slots=True)
class _Common:
    """What holds for every record of a set.

    Attributes:
        values: by column number.
        unmapped: as JSON what of it has no column; empty where all has.
        first_segment: of the set in the file.
    """

    values: dict[int, object]
    unmapped: str
    first_segment: int


@dataclass(slots=True)
class _Batch:
    """Rows that were read alike, one after the other: by a shape, or element by element where there is none."""

    shape: Shape | None
    rows: list[Sequence[object]] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    unread: list[list[str]] = field(default_factory=list)


class RecordTable:
    """Rows that gather, from one transaction set after the other, until they are taken as a frame."""

    def __init__(self, mapping: RecordMapping):
        self._mapping = mapping
        self._names = ("", *mapping.columns)
        self._decimals = mapping.numbers_of(ColumnType.DECIMAL)
        self._columns = GrowingColumns(mapping.columns)
        self._shapes: list[Shape] = []

    @property
    def height(self) -> int:
        """How many rows there are now."""
        return self._columns.height

    def add(self, found: TransactionSet) -> list[RefusedRecord]:
        """Take the records of an accepted set.

        Returns:
            those that are refused: for an error of syntax in them, for two values where there is place for one, for
            a value that the partner's tables do not know.
        """
        document, refused = _Document(found), []
        common, batch = self._common(document), _Batch(None)
        while document.begin < document.stop:
            shape, end = self._run(document)
            if shape is not batch.shape:
                self._gather(batch, common)
                batch = _Batch(shape)
            if shape is not None:
                rows = shape.rows(document.text, document.begin, end)
                batch.rows += rows
                batch.positions += document.pass_over(end, shape.segments, len(rows))
            elif (refusal := self._read(document, common, batch)) is not None:
                refused.append(refusal)
        self._gather(batch, common)
        return refused

    def frame(self) -> pl.DataFrame:
        """The rows that gathered, in the mapping's columns; the table is empty afterwards."""
        finished, self._columns = self._columns, GrowingColumns(self._mapping.columns)
        copies = [pl.col(source).alias(target) for target, source in self._mapping.copies.items()]
        return finished.frame().with_columns(copies)

    def _run(self, document: _Document) -> tuple[Shape | None, int]:
        """The shape of the records that come next, and where the last of that shape ends."""
        stop = document.next_refused()
        for index, shape in enumerate(self._shapes if stop > document.begin else ()):
            match = shape.run.match(document.text, document.begin, stop)
            if match is not None:
                if index:
                    self._shapes.insert(0, self._shapes.pop(index))
                return shape, match.end()
        return None, document.begin

    def _common(self, document: _Document) -> _Common:
        row = self._blank()
        segments = [line.split(ELEMENT) for line in document.outside()]
        read = {
            index
            for tag, reader in self._mapping.document.items()
            for index, values in enumerate(segments)
            if values[0] == tag and reader.read(values, row)
        }
        unread = [
            ELEMENT.join(values)
            for index, values in enumerate(segments)
            if index not in read and values[0] not in _ENVELOPE_TAGS
        ]
        stated = {number: value for number, value in enumerate(row) if number and value is not None}
        envelope = {
            self._names.index(name): value for name, value in document.names.items() if name in self._names
        }
        values = {**self._mapping.defaults, **stated, **envelope}
        return _Common(values, _json(unread) if unread else "", document.first_segment)

    def _blank(self) -> Row:
        return [None] * len(self._names)

    def _read(self, document: _Document, common: _Common, batch: _Batch) -> RefusedRecord | None:
        """Read the next record element by element, unless it is refused already."""
        lines, position = document.next_record()
        if position in document.findings:
            return document.refused(lines, position, document.findings[position])
        row, unread, readers = self._blank(), [], self._mapping.record
        for index, line in enumerate(lines):
            values = line.split(ELEMENT)
            reader = readers.get(values[0])
            if reader is None or not reader.read(values, row):
                unread.append(index)
        findings = self._finish(row, common)
        if findings:
            return document.refused(lines, position, findings)
        self._learn(lines, unread)
        batch.rows.append(row[1:])
        batch.positions.append(position)
        batch.unread.append([lines[index] for index in unread])
        return None

    def _learn(self, lines: list[str], unread: list[int]) -> None:
        if len(self._shapes) < _MOST_SHAPES:
            shape = shape_of(lines, unread, self._mapping)
            if shape is not None and all(
                shape.pattern.pattern != each.pattern.pattern for each in self._shapes
            ):
                self._shapes.append(shape)

    def _finish(self, row: Row, common: _Common) -> list[SyntaxFinding]:
        """Fill in what the record leaves to its document and the partner's profile, and look at the whole."""
        if row[0]:
            return [self._conflict(row, column, value) for column, value in row[0]]
        for number, value in common.values.items():
            if row[number] is None:
                row[number] = value
        return [*self._translated(row), *self._unfit(row)]

    def _conflict(self, row: Row, column: int, value: object) -> SyntaxFinding:
        message = f"{self._names[column]} is stated twice, and not alike: {row[column]} and {value}"
        return finding(AMBIGUOUS_VALUE, message, value=value, field=self._names[column])

    def _translated(self, row: Row) -> Iterator[SyntaxFinding]:
        for number, table in self._mapping.translations.items():
            value = row[number]
            if value in table:
                row[number] = table[value]
            elif value is not None:
                message = f"{self._names[number]} {value!r} is not among those agreed: {', '.join(table)}"
                yield finding(UNKNOWN_VALUE, message, value=value, field=self._names[number])

    def _unfit(self, row: Row) -> Iterator[SyntaxFinding]:
        """Numbers that the column cannot hold without loss."""
        for number in self._decimals:
            value = row[number]
            if value is not None and not _NUMBER.fullmatch(value):
                is_number = _ANY_NUMBER.fullmatch(value) is not None
                rule = NUMBER_TOO_LONG if is_number else NOT_A_NUMBER
                limit = f"has more than {_DIGITS} digits before the point or {DECIMAL_SCALE} behind it"
                message = f"{self._names[number]} {limit if is_number else 'is no number'}"
                yield finding(rule, message, value=value, field=self._names[number])

    def _gather(self, batch: _Batch, common: _Common) -> None:
        if not batch.rows:
            return
        columns = self._of_rows(batch) if batch.shape is None else self._of_shape(batch, batch.shape)
        own = {
            _POSITION: batch.positions,
            _IN_FILE: [common.first_segment + position - 1 for position in batch.positions],
            _UNMAPPED: self._unmapped(batch, common),
        }
        stretch = (
            own.get(name) or columns.get(number) or Same(self._constant(number, common))
            for number, name in enumerate(self._mapping.columns, 1)
        )
        self._columns.add(stretch, len(batch.rows))

    def _constant(self, number: int, common: _Common) -> object:
        value = common.values.get(number)
        return self._mapping.translations.get(number, {}).get(value, value)

    def _of_rows(self, batch: _Batch) -> dict[int, Sequence[object]]:
        return dict(enumerate(zip(*batch.rows, strict=True), 1))

    def _of_shape(self, batch: _Batch, shape: Shape) -> dict[int, Sequence[object]]:
        columns, lines = {}, []
        for number, values in zip(shape.columns, zip(*batch.rows, strict=True), strict=True):
            if not number:
                lines.append(values)
            elif number in self._mapping.translations:
                columns[number] = [self._mapping.translations[number][value] for value in values]
            else:
                columns[number] = values
        batch.unread = [list(each) for each in zip(*lines, strict=True)]
        return columns

    def _unmapped(self, batch: _Batch, common: _Common) -> list[str | None] | Same:
        document = f'"document": {common.unmapped}' if common.unmapped else ""
        if not any(batch.unread):
            return Same(f"{{{document}}}" if document else None)
        return [_unmapped(document, lines) for lines in batch.unread]


class _Document:
    """A transaction set cut into its records and what is about all of them.

    Attributes:
        begin, position: where the next record begins: in the text, and as a position in the set.
        stop: where in the text the last record ends.
        first_segment: of the set in the file.
        findings: what refuses single records, by the position of their first segment.
        names: the control numbers, by the name of their columns.
    """

    def __init__(self, found: TransactionSet):
        assert found.definition is not None, "a set that is not described has no records"
        self._found = found
        self._begin, after = _boundaries(found.definition)
        self.text = _storable(found.text)
        begins = self._begin.search(self.text)
        self._first = self.begin = begins.start() + 1 if begins else len(self.text)
        self.position = self.text.count(SEGMENT, 0, self.begin) + 1
        self.first_segment = found.place.segment
        ends = after.search(self.text, self._last())
        self.stop = ends.start() + 1 if ends else len(self.text)
        self.findings: dict[int, list[SyntaxFinding]] = {}
        for each in found.findings:
            if each.record is not None and each.is_fatal:
                self.findings.setdefault(each.record, []).append(each)
        self._refused_at = self._places(self.findings)
        self.names = {
            "interchange_control_number": _storable(found.group.interchange.control_number),
            "group_control_number": _storable(found.group.control_number),
            "set_control_number": _storable(found.control_number),
        }

    def outside(self) -> list[str]:
        """The segments that stand in no record."""
        return (self.text[: self._first] + self.text[self.stop :]).split(SEGMENT)[:-1]

    def next_record(self) -> tuple[list[str], int]:
        """The segments and the position of the next record; moves behind it."""
        position, begin = self.position, self.begin
        following = self._begin.search(self.text, begin, self.stop)
        self.begin = following.start() + 1 if following else self.stop
        lines = self.text[begin : self.begin].split(SEGMENT)[:-1]
        self.position += len(lines)
        return lines, position

    def pass_over(self, end: int, segments: int, records: int) -> range:
        """Move behind some records of so many segments each; their positions."""
        positions = range(self.position, self.position + segments * records, segments)
        self.begin, self.position = end, positions.stop
        return positions

    def next_refused(self) -> int:
        """Where the next record that is refused begins; where the last record ends if none is."""
        index = bisect_left(self._refused_at, self.begin)
        return self._refused_at[index] if index < len(self._refused_at) else self.stop

    def refused(self, lines: list[str], position: int, findings: list[SyntaxFinding]) -> RefusedRecord:
        """The record at ``position``, refused."""
        here = [
            each if each.segment_position else replace(each, segment_position=position, record=position)
            for each in findings
        ]
        return RefusedRecord(
            **self.names,
            segment_position=position,
            segment_in_file=self._found.place.segment + position - 1,
            segments=[_listed(line) for line in lines],
            findings=located_in_set(here, self._found),
        )

    def _places(self, positions: Iterable[int]) -> list[int]:
        """Where in the text the segments at these positions begin."""
        wanted = sorted(positions)
        if not wanted:
            return []
        ends = [match.end() for match in re.finditer(SEGMENT, self.text)]
        return [ends[position - 2] for position in wanted]

    def _last(self) -> int:
        """Where the last record begins."""
        assert self._found.definition is not None
        assert self._found.definition.record_loop is not None
        tag = self._found.definition.record_loop.tag
        return max(self.text.rfind(f"{SEGMENT}{tag}{separator}") for separator in (ELEMENT, SEGMENT)) + 1


@cache
def _boundaries(definition: SetDefinition) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before the first segment of a record, and before the first one behind the last record."""
    assert definition.record_loop is not None
    end = f"(?=[{ELEMENT}{SEGMENT}])"
    return (
        re.compile(f"{SEGMENT}{definition.record_loop.tag}{end}"),
        re.compile(f"{SEGMENT}(?:{'|'.join(sorted(definition.after_records))}){end}"),
    )


def _storable(text: str) -> str:
    """The text without what no database stores as text; a set with such characters is accepted only if tolerated."""
    if text.isascii() and "\0" not in text:
        return text
    return UNDECODED.sub(_REPLACEMENT, text).replace("\0", _REPLACEMENT)


def _unmapped(document: str, lines: list[str]) -> str | None:
    parts = [document, f'"record": {_json(lines)}' if lines else ""]
    text = ", ".join(part for part in parts if part)
    return f"{{{text}}}" if text else None


def _json(lines: list[str]) -> str:
    return json.dumps([_listed(line) for line in lines], ensure_ascii=False)


def _shown(element: object) -> str:
    if isinstance(element, list):
        return "^".join(map(_shown, element))
    return ":".join(element) if isinstance(element, tuple) else str(element)


def _listed(line: str) -> list[object]:
    segment = segment_of(line)
    return [segment.tag, *segment.elements]
