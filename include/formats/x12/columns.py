"""Columns that grow by stretches of rows: of each stretch a value for every row, or one value for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import polars as pl

from include.formats.x12.mapping import ColumnType


@dataclass(frozen=True, slots=True)
class Same:
    """The one value of a stretch of rows."""

    value: object


class GrowingColumns:
    """The columns of a frame that is not finished.

    Attributes:
        height: how many rows there are now.
    """

    def __init__(self, types: Mapping[str, ColumnType]):
        self.height = 0
        self._types = types
        self._stretches: list[list[Sequence[object] | Same]] = [[] for _ in types]
        self._heights: list[int] = []

    def add(self, columns: Iterable[Sequence[object] | Same], height: int) -> None:
        """Add a stretch of so many rows: its values, column by column."""
        for stretches, values in zip(self._stretches, columns, strict=True):
            stretches.append(values)
        self._heights.append(height)
        self.height += height

    def frame(self) -> pl.DataFrame:
        """The finished frame."""
        numbers = pl.Series(range(len(self._heights)), dtype=pl.UInt32)
        stretch_of_row = numbers.repeat_by(pl.Series(self._heights, dtype=pl.UInt32)).explode(
            empty_as_null=False
        )
        typed = zip(self._types.items(), self._stretches, strict=True)
        return pl.DataFrame(
            [self._series(name, kind, stretches, stretch_of_row) for (name, kind), stretches in typed]
        )

    def _series(
        self, name: str, kind: ColumnType, stretches: list[Sequence[object] | Same], stretch_of_row: pl.Series
    ) -> pl.Series:
        if all(isinstance(each, Same) for each in stretches):
            return _typed(name, kind, [each.value for each in stretches]).gather(stretch_of_row)
        values = chain.from_iterable(
            repeat(each.value, height) if isinstance(each, Same) else each
            for each, height in zip(stretches, self._heights, strict=True)
        )
        return _typed(name, kind, list(values))


def _typed(name: str, kind: ColumnType, values: list[object]) -> pl.Series:
    """Numbers come as text and are read without a detour over floats; moments come as microseconds."""
    raw = {ColumnType.DECIMAL: pl.String(), ColumnType.TIMESTAMP: pl.Int64()}.get(kind, kind.polars)
    return pl.Series(name, values, raw).cast(kind.polars)
