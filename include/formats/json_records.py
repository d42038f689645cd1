"""JSON documents to records: pages of an API, and flat records line by line.

A record's columns are paths into it, as ``values.sku[0].data``. The first step of a path, the key of
the record itself, decides whether a column is there: it is missing when no record of the whole
delivery has the key, and null where a record lacks it or something below it. Sources name the keys of
a record always and what lies below only where there is something (a product without a colour has no
``values.color``), so a key that is gone from every record is a change of the source, and anything less
is a record's own affair. A delivery without records says nothing about columns: all are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

import polars as pl

from include.formats.batches import LINE, Batch, RefusedRecord
from include.formats.findings import Finding, Unreadable, excerpt
from include.formats.json_documents import (
    MAX_DOCUMENT_BYTES,
    Document,
    document,
    flaw,
    json_text,
    parsed,
    whole,
)

EVIDENCE_LENGTH = 10_000
RECORDS_IN_BATCH = 10_000
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

Step = str | int


class Page(Protocol):
    """A document that can be read, more than once."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def blocks(self) -> Callable[[], Iterator[bytes]]:
        """Opens it and yields its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where records are in a document, and what of them is wanted.

    Attributes:
        records_at: path to the list of records, as ``data.orders.nodes``.
        columns: paths into a record, each the name of a column.
        known: keys of a record that are known and not wanted; any other is an extra column.
    """

    records_at: str
    columns: tuple[str, ...]
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unfit:
    """Something in the place of a record that is known to be wrong: its text, and why."""

    text: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one document.

    Attributes:
        place: what to call their list in findings.
        values: what the list holds; an ``Unfit`` in it is refused.
        are_suspicious: one of them may be flawed.
    """

    place: str
    values: Sequence[object]
    are_suspicious: bool = True


def read(
    pages: Sequence[Page], layout: Layout, max_document_bytes: int = MAX_DOCUMENT_BYTES
) -> Iterator[Batch]:
    """Read the pages of a delivery, each twice: for its columns, then for its records.

    Yields:
        a batch per page. Columns: the paths of ``layout`` that the delivery has, then other keys; all
        text. Scalars are as written in the document, objects and arrays are JSON text. ``LINE`` is the
        position of the record in the delivery, from 1.

    Raises:
        Unreadable: a page is no JSON, cut off, too large, an error message, or without the list.
    """
    return batches(lambda: (records(page, layout.records_at, max_document_bytes) for page in pages), layout)


def records(page: Page, records_at: str, max_document_bytes: int = MAX_DOCUMENT_BYTES) -> Records:
    """The records of one page.

    Raises:
        Unreadable: see ``read``.
    """
    return records_in(answer(page, max_document_bytes), page.name, records_at)


def answer(page: Page, max_document_bytes: int = MAX_DOCUMENT_BYTES) -> Document:
    """One page, provided that it is not an error message.

    Raises:
        Unreadable: see ``read``.
    """
    found = document(page.name, page.blocks(), max_document_bytes)
    errors = found.value.get("errors") if isinstance(found.value, dict) else None
    if errors:
        message = f"The page is an error message: {excerpt(evidence(errors))}."
        raise Unreadable(Finding(rule="error_answer", message=message, place=page.name, field="errors"))
    return found


def records_in(found: Document, name: str, records_at: str) -> Records:
    """The list at a path of a document.

    Raises:
        Unreadable: there is none.
    """
    value: object = found.value
    for step in steps(records_at):
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, list):
        message = f"The page has no list at {records_at}, where its records should be."
        raise Unreadable(Finding(rule="missing_records", message=message, place=name, field=records_at))
    return Records(f"{name}, {records_at}", value, found.is_suspicious)


def batches(source: Callable[[], Iterable[Records]], layout: Layout) -> Iterator[Batch]:
    """Batches of one delivery, one per list of records.

    Args:
        source: goes through the records from the beginning; called twice.

    Yields:
        see ``read``.
    """
    columns = _columns(source(), layout)
    first = 1
    for part in source():
        yield _batch(part, columns, range(first, first + len(part.values)))
        first += len(part.values)


def flat_records(blocks: Iterable[bytes], entity: str | None = None) -> Iterator[Batch]:
    """Read flat records, one JSON object a line (https://github.com/ndjson/ndjson-spec).

    Meant for what people edit: all lines are held at once, up to ``MAX_DOCUMENT_BYTES``.

    Args:
        entity: which entity the records are of.

    Yields:
        batches whose columns are all keys that any line has; ``LINE`` is the line.

    Raises:
        Unreadable: there is too much of it, or a key has the name of a column of ours.
    """
    content = enumerate(whole("records", blocks).split(b"\n"), 1)
    lines = {number: line for number, line in content if line.strip()}
    columns = {key: (key,) for key in _keys(map(_line_record, lines.values()))}
    for start in range(0, len(lines), RECORDS_IN_BATCH):
        part = dict(islice(lines.items(), start, start + RECORDS_IN_BATCH))
        values = [_line_record(line) for line in part.values()]
        yield replace(_batch(Records("records", values), columns, list(part)), entity=entity)


def steps(path: str) -> tuple[Step, ...]:
    """The keys and positions of a path."""
    return tuple(int(position) if position else key for key, position in _STEP.findall(path))


def _columns(source: Iterable[Records], layout: Layout) -> dict[str, tuple[Step, ...]]:
    """The columns of a delivery with their steps."""
    paths = {column: steps(column) for column in layout.columns}
    values = (value for part in source for value in part.values)
    seen = dict.fromkeys(key for value in values if isinstance(value, dict) for key in value)
    if not seen:
        return paths
    covered = {path[0] for path in paths.values()} | layout.known
    extra = [key for key in seen if key not in covered]
    _refuse_reserved(extra, {LINE, *paths})
    return {name: path for name, path in paths.items() if path[0] in seen} | {key: (key,) for key in extra}


def _refuse_reserved(keys: Iterable[str], reserved: Set[str]) -> None:
    for key in keys:
        if key in reserved:
            message = f"The records have a key {key!r}, a name that is taken here. Rename it at the source."
            raise Unreadable(Finding(rule="reserved_column", message=message, field=key))


def _batch(part: Records, columns: Mapping[str, tuple[Step, ...]], lines: Sequence[int]) -> Batch:
    rows: list[list[str | None]] = []
    taken: list[int] = []
    refused: list[RefusedRecord] = []
    for position, (line, value) in enumerate(zip(lines, part.values, strict=True)):
        try:
            rows.append(_row(value, columns, is_suspicious=part.are_suspicious))
            taken.append(line)
        except _Refused as error:
            refused.append(_refused(value, error.finding, f"{part.place}[{position}]", line))
    return Batch(_frame(rows, taken, columns), tuple(refused))


def _frame(rows: list[list[str | None]], lines: list[int], columns: Iterable[str]) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame(
        {**dict(zip(schema, values, strict=True)), LINE: lines}, schema={**schema, LINE: pl.Int64}
    )


class _Refused(Exception):
    """A record cannot be turned into columns."""

    def __init__(self, finding: Finding):
        super().__init__(finding.message)
        self.finding = finding


def _row(record: object, columns: Mapping[str, tuple[Step, ...]], *, is_suspicious: bool) -> list[str | None]:
    if isinstance(record, Unfit):
        raise _Refused(record.finding)
    if not isinstance(record, dict):
        raise _Refused(Finding(rule="not_an_object", message="The record is not a JSON object."))
    found = flaw(record) if is_suspicious else None
    if found is not None:
        raise _Refused(found)
    return [_cell(record, name, path) for name, path in columns.items()]


def _cell(record: object, name: str, path: tuple[Step, ...]) -> str | None:
    value = _at(record, name, path)
    if value is None or isinstance(value, bool):
        return {None: None, True: "true", False: "false"}[value]
    if isinstance(value, str):
        return str(value)
    try:
        return json_text(value)
    except ValueError as error:
        raise _Refused(Finding(rule="too_deep", message=f"{name} is {error}.", field=name)) from None


def _at(value: object, name: str, path: tuple[Step, ...]) -> object:
    """The value at a path; None where the record ends before it."""
    for step in path:
        if isinstance(step, int) and isinstance(value, list):
            value = value[step] if step < len(value) else None
        elif isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif value not in (None, [], {}):
            raise _Refused(_wrong_shape(value, name, step))
        else:
            return None
    return value


def _wrong_shape(value: object, name: str, step: Step) -> Finding:
    expected = "a list" if isinstance(step, int) else "an object"
    shown = excerpt(evidence(value))
    message = f"On the way to {name} there is {shown} where {expected} was expected."
    return Finding(rule="shape", message=message, field=name, value=shown)


def _refused(value: object, finding: Finding, place: str, line: int) -> RefusedRecord:
    text = value.text if isinstance(value, Unfit) else evidence(value)
    return RefusedRecord(line, text[:EVIDENCE_LENGTH], (replace(finding, place=place, line=line),))


def evidence(value: object) -> str:
    """The record as it came, in characters that every database keeps."""
    try:
        text = json_text(value)
    except ValueError:
        text = "(nested too deep to be shown)"
    return text.encode("utf-8", "backslashreplace").decode()


def _keys(records: Iterable[object]) -> dict[str, None]:
    seen = dict.fromkeys(key for record in records if isinstance(record, dict) for key in record)
    _refuse_reserved(seen, {LINE})
    return seen


def _line_record(line: bytes) -> object:
    """What a line holds, which may be no JSON."""
    try:
        return parsed("records", line.decode()).value
    except Unreadable as error:
        return Unfit(line.decode(), error.finding)
    except UnicodeDecodeError:
        finding = Finding(rule="encoding", message="The line is not UTF-8.")
        return Unfit(line.decode("utf-8", "backslashreplace"), finding)
