"""Records of one shape, read by one regular expression.

The lines of a stock report or an order mostly look alike: the same segments with the same qualifiers, only the values
differ. Once a record was read element by element, its shape is kept as an expression that takes the values out of the
next record of that shape at once. The expression matches only where reading element by element would give the same
row without a conflict or a finding, so it changes nothing but the time it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from include.formats.x12.mapping import DECIMAL_SCALE, ColumnType, RecordMapping
from include.formats.x12.segments import COMPONENT, ELEMENT, REPETITION, SEGMENT

_SEPARATORS = COMPONENT + ELEMENT + REPETITION + SEGMENT
_TEXT = f"[^{_SEPARATORS}]*[^{_SEPARATORS} ]"
_NUMBER = rf"-?[0-9]+(?:\.[0-9]{{1,{DECIMAL_SCALE}}})?"
_SOMETHING = f"[^{ELEMENT}{SEGMENT}]++"
_ANYTHING = f"[^{ELEMENT}{SEGMENT}]*+"


@dataclass(frozen=True, slots=True)
class Shape:
    """What records of one kind look like.

    Attributes:
        pattern: matches one such record, from its first segment to where the next record begins or the last ends.
        run: matches as many of them as follow one another.
        columns: the number of the column that each group holds; 0 for a whole segment that has no column.
        segments: how many segments the record has.
    """

    pattern: re.Pattern[str]
    run: re.Pattern[str]
    columns: tuple[int, ...]
    segments: int

    def rows(self, text: str, begin: int, end: int) -> list[tuple[str, ...]]:
        """The groups of every record in a stretch of ``text`` that ``run`` matched."""
        found = self.pattern.findall(text, begin, end)
        if len(self.columns) > 1:
            return found
        return [(each,) if self.columns else () for each in found]


def shape_of(lines: Sequence[str], unread: Iterable[int], mapping: RecordMapping) -> Shape | None:
    """The shape of a record that was read without a finding; nothing where it is not regular enough to have one.

    Args:
        lines: its segments.
        unread: which of them (0 is the first) were not read in full.
    """
    learner, left = _Learner(mapping), frozenset(unread)
    parts = [learner.segment(line, is_read=index not in left) for index, line in enumerate(lines)]
    if not all(parts):
        return None
    begin = re.escape(lines[0].partition(ELEMENT)[0])
    pattern = "".join(f"{part}{SEGMENT}" for part in parts) + f"(?={begin}[{ELEMENT}{SEGMENT}]|\\Z)"
    return Shape(re.compile(pattern), re.compile(f"(?:{pattern})++"), tuple(learner.columns), len(lines))


class _Learner:
    """Turns the segments of one record into the parts of an expression, and remembers its groups."""

    def __init__(self, mapping: RecordMapping):
        self.columns: list[int] = []
        self._mapping = mapping
        self._types = (None, *mapping.columns.values())

    def segment(self, line: str, is_read: bool) -> str | None:
        """The part for one segment; the whole of it becomes a group where it was not read in full."""
        values = line.split(ELEMENT)
        reader = self._mapping.record.get(values[0])
        if reader is None:
            return self._whole(f"{re.escape(values[0])}(?:{ELEMENT}{_ANYTHING})*+")
        trace = reader.trace(values)
        if trace is None:
            return None
        if not is_read:
            self.columns.append(0)
        elements = [
            self._value(trace.columns[position])
            if position in trace.columns
            else re.escape(value)
            if is_read or position in trace.deciding
            else _SOMETHING
            if value
            else ""
            for position, value in enumerate(values)
        ]
        part = ELEMENT.join((re.escape(values[0]), *elements[1:]))
        return part if is_read else f"({part})"

    def _whole(self, part: str) -> str:
        self.columns.append(0)
        return f"({part})"

    def _value(self, column: int) -> str:
        if column in self.columns:
            return f"\\{self.columns.index(column) + 1}"
        self.columns.append(column)
        if column in self._mapping.translations:
            return f"({'|'.join(map(re.escape, self._mapping.translations[column]))})"
        return f"({_NUMBER if self._types[column] is ColumnType.DECIMAL else _TEXT})"
