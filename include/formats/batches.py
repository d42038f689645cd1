"""Records as every reader yields them: columns of text, and beside them what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from include.formats.findings import Finding

LINE = "_line"
"""Name of the column that says where a record starts: the 1-based line, or its position in a document."""


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that the reader could not turn into columns.

    Attributes:
        line: where it starts, as ``LINE`` counts.
        text: the record as it came, shortened if it is very long.
        findings: what is wrong with it; at least one.
    """

    line: int
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of one entity, in the order in which they came.

    Attributes:
        frame: one row per record; columns named as in the source, all text (missing values are null),
            and ``LINE`` (Int64).
        refused: records of the same stretch that could not be read.
        entity: which entity the records are of, where a delivery brings several.
        notes: findings that refuse nothing, as a tolerated deviation.
    """

    frame: pl.DataFrame
    refused: tuple[RefusedRecord, ...] = ()
    entity: str | None = None
    notes: tuple[Finding, ...] = field(default=())

    @property
    def record_count(self) -> int:
        """How many records came, readable or not."""
        return self.frame.height + len(self.refused)
