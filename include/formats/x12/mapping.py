"""Which elements of a transaction set go into which columns: a mapping, read from data and a partner's own tables.

A mapping in YAML::

    set: "846"
    columns: {ean: text, quantity_on_hand: decimal, as_of_at: timestamp, …}   # in order
    moment: [as_of_at, as_of_zone]
    document:                        # the segments before and after the records
      BIA: {elements: {3: document_number}, moment: [4, 5, 0]}
    record:                          # the segments of each record
      LIN: {elements: {1: line_number}, pairs: 2, columns: item_numbers}
      QTY: {qualifier: 1, columns: quantities, value: 2, elements: {3-1: unit}}

``elements`` names an element, or a component of one, and its column. ``qualifier`` is the element that says what the
segment is about, ``columns`` the partner's table from qualifiers to columns, ``value`` the element that goes there.
``pairs`` is the first of any number of qualifiers, each followed by its value. ``moment`` is the elements of date, time
and time code (0 where there is none). ``known`` are elements that need no column because the envelope checks them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import polars as pl

from include.formats.x12.moments import moment
from include.formats.x12.segments import COMPONENT

DECIMAL_SCALE = 6

# A row while it is filled: its conflicts, then a value for each column.
Row = list[Any]


class ColumnType(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TIMESTAMP = "timestamp"

    @property
    def polars(self) -> pl.DataType:
        """The type in a frame; timestamps are UTC."""
        match self:
            case ColumnType.INTEGER:
                return pl.Int64()
            case ColumnType.DECIMAL:
                return pl.Decimal(38, DECIMAL_SCALE)
            case ColumnType.TIMESTAMP:
                return pl.Datetime("us", "UTC")
            case _:
                return pl.String()


class InvalidMapping(ValueError):
    """A mapping or a partner's table names something that does not exist."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Of one segment: the elements that go to columns, and those whose codes decide that."""

    columns: Mapping[int, int]
    deciding: frozenset[int]


@dataclass(frozen=True, slots=True)
class SegmentReader:
    """How one kind of segment is read into a row.

    Attributes:
        elements: (element, component, column) of each value that goes to a column of its own.
        qualifier, columns, value: the element that decides, the columns by its code, the element that goes there.
        pairs: the first qualifier of a list of qualifiers and values.
        moment: elements of date, time and time code; the columns of the moment and its zone; the default zone.
        gaps: elements before the last that is read which nothing reads.
        width: the last element that is read; none where the pairs go on.
    """

    elements: tuple[tuple[int, int, int], ...] = ()
    qualifier: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    value: int = 0
    pairs: int = 0
    moment: tuple[int, int, int] = (0, 0, 0)
    moment_columns: tuple[int, int] = (0, 0)
    time_zone: str = "UTC"
    gaps: tuple[int, ...] = ()
    width: int | None = None

    def read(self, values: list[str], row: Row) -> bool:
        """Fill the row from the segment's ``values`` (its tag, then its elements).

        Returns:
            whether everything in the segment went to a column; a value that differs from one that is there already
            does not, and is noted among the row's conflicts.
        """
        is_complete = self.width is None or len(values) - 1 <= self.width or not any(values[self.width + 1 :])
        if self.qualifier and not self._read_qualified(values, row):
            return False
        if self.moment[0]:
            is_complete &= self._read_moment(values, row)
        for element, component, column in self.elements:
            if element < len(values):
                is_complete &= _put_component(row, column, values[element], component)
        if self.pairs:
            is_complete &= self._read_pairs(values, row)
        return is_complete and not any(values[gap] for gap in self.gaps if gap < len(values))

    def trace(self, values: list[str]) -> Trace | None:
        """Where ``read`` takes values from in a segment like this; nothing where it does more than take them."""
        if self.moment[0] or any(COMPONENT in value for value in values):
            return None
        if self.qualifier and (self.qualifier >= len(values) or values[self.qualifier] not in self.columns):
            return Trace({}, frozenset({self.qualifier}))
        taken = {element: column for element, component, column in self.elements if component == 1}
        deciding = set()
        if self.qualifier:
            deciding.add(self.qualifier)
            taken[self.value] = self.columns[values[self.qualifier]]
        if self.pairs:
            deciding.update(range(self.pairs, len(values), 2))
            taken.update(
                (element + 1, self.columns[values[element]])
                for element in deciding
                if values[element] in self.columns
            )
        return Trace(
            {element: taken[element] for element in taken if _has(values, element)}, frozenset(deciding)
        )

    def _read_qualified(self, values: list[str], row: Row) -> bool:
        column = self.columns.get(values[self.qualifier]) if self.qualifier < len(values) else None
        if column is None:
            return False
        return not self.value or self.value >= len(values) or _put(row, column, values[self.value])

    def _read_pairs(self, values: list[str], row: Row) -> bool:
        is_complete = True
        for qualifier, value in zip(values[self.pairs :: 2], values[self.pairs + 1 :: 2], strict=False):
            column = self.columns.get(qualifier)
            is_complete &= not value if column is None else _put(row, column, value)
        return is_complete

    def _read_moment(self, values: list[str], row: Row) -> bool:
        date, time, code = (values[each] if 0 < each < len(values) else "" for each in self.moment)
        found = moment(date, time, code, self.time_zone)
        if found is None:
            return not (date or time)
        at, zone = self.moment_columns
        return _put(row, at, found.microseconds) and _put(row, zone, found.zone)


def _has(values: list[str], element: int) -> bool:
    return 0 < element < len(values) and bool(values[element])


def _put(row: Row, column: int, value: Any) -> bool:
    current = row[column]
    if isinstance(value, str):
        value = value.rstrip(" ")
        if not value:
            return True
    if current is None:
        row[column] = value
        return True
    if current == value:
        return True
    row[0] = [*(row[0] or ()), (column, value)]
    return False


def _put_component(row: Row, column: int, text: str, component: int) -> bool:
    if COMPONENT not in text:
        return _put(row, column, text) if component == 1 else not text
    components = text.split(COMPONENT)
    value = components.pop(component - 1) if component <= len(components) else ""
    return _put(row, column, value) and not any(components)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMapping:
    """A mapping, ready to be used.

    Attributes:
        columns: name and type of each column, in order; column 1 is the first.
        document, record: how the segments outside and inside of the records are read, by their tag.
        defaults: column and the value that it has where the document says none.
        translations: column, and for each of the partner's values ours; another value refuses the record.
        copies: column, and the one that it repeats.
    """

    set_id: str
    columns: Mapping[str, ColumnType]
    document: Mapping[str, SegmentReader]
    record: Mapping[str, SegmentReader]
    defaults: Mapping[int, str]
    translations: Mapping[int, Mapping[str, str]]
    copies: Mapping[str, str]

    def numbers_of(self, *types: ColumnType) -> tuple[int, ...]:
        """The numbers of the columns of these types."""
        return tuple(number for number, kind in enumerate(self.columns.values(), 1) if kind in types)


def record_mapping(
    facts: Mapping[str, Any],
    tables: Mapping[str, Mapping[str, str]],
    *,
    time_zone: str = "UTC",
    defaults: Mapping[str, str] | None = None,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    copies: Mapping[str, str] | None = None,
) -> RecordMapping:
    """The mapping that ``facts`` (the YAML above) and a partner's ``tables`` make.

    Raises:
        InvalidMapping: a column or table is named that does not exist.
    """
    numbers = {name: number for number, name in enumerate(facts["columns"], 1)}
    build = _Builder(numbers, tables, time_zone, tuple(facts.get("moment", ())))
    return RecordMapping(
        set_id=facts["set"],
        columns={name: ColumnType(kind) for name, kind in facts["columns"].items()},
        document={tag: build.reader(line) for tag, line in facts.get("document", {}).items()},
        record={tag: build.reader(line) for tag, line in facts.get("record", {}).items()},
        defaults={build.number(name): value for name, value in (defaults or {}).items()},
        translations={build.number(name): dict(table) for name, table in (translations or {}).items()},
        copies={
            target: source
            for target, source in (copies or {}).items()
            if build.number(target) and build.number(source)
        },
    )


@dataclass(frozen=True, slots=True)
class _Builder:
    numbers: Mapping[str, int]
    tables: Mapping[str, Mapping[str, str]]
    time_zone: str
    moment_columns: Sequence[str]

    def number(self, column: str) -> int:
        """The number of a column."""
        if column not in self.numbers:
            raise InvalidMapping(f"there is no column {column!r}; there are {', '.join(self.numbers)}")
        return self.numbers[column]

    def reader(self, line: Mapping[str, Any]) -> SegmentReader:
        """How the segment of one line of the mapping is read."""
        elements = tuple(
            (*_element(key), self.number(column)) for key, column in line.get("elements", {}).items()
        )
        moments = tuple(line.get("moment", (0, 0, 0)))
        single = {line.get("qualifier", 0), line.get("value", 0), *moments, *line.get("known", ())}
        read = {*(element for element, _, _ in elements), *single} - {0}
        return SegmentReader(
            elements=elements,
            qualifier=line.get("qualifier", 0),
            columns=self._columns(line),
            value=line.get("value", 0),
            pairs=line.get("pairs", 0),
            moment=moments,
            moment_columns=tuple(map(self.number, self.moment_columns)) if moments[0] else (0, 0),
            time_zone=self.time_zone,
            gaps=tuple(sorted(set(range(1, line.get("pairs") or max(read))) - read)),
            width=None if "pairs" in line else max(read),
        )

    def _columns(self, line: Mapping[str, Any]) -> dict[str, int]:
        if "columns" not in line:
            return {}
        if line["columns"] not in self.tables:
            raise InvalidMapping(f"there is no table {line['columns']!r}; there are {', '.join(self.tables)}")
        return {code: self.number(column) for code, column in self.tables[line["columns"]].items()}


def _element(key: str | int) -> tuple[int, int]:
    """Of ``3-1``: element and component."""
    element, _, component = str(key).partition("-")
    return int(element), int(component or 1)
