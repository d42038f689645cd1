"""Parquet (https://parquet.apache.org/docs/file-format) to records of text.

The index of a Parquet file stands at its end, so a file is put on disk before it is read; its columns are decoded
page by page and never all at once. Lengths and counts that a file claims are checked against limits before anything is
made of them: a few kilobytes can claim terabytes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.formats.batches import LINE, Batch
from include.formats.findings import Finding, Unreadable
from include.formats.recognition import recognize

MAGIC = b"PAR1"
ENCRYPTED_MAGIC = b"PARE"
MAX_BYTES = 8 * 1024**3
MAX_RECORDS = 200_000_000
MAX_COLUMNS = 2_000
MAX_BATCH_BYTES = 256 * 1024 * 1024
RECORDS_IN_BATCH = 50_000
IN_MEMORY_BYTES = 8 * 1024 * 1024
PAGE_BUFFER_BYTES = 1024 * 1024
_HEAD_BYTES = 64
_SMALLEST_FILE = 12


def read(blocks: Iterable[bytes], max_bytes: int = MAX_BYTES) -> Iterator[Batch]:
    """Read a Parquet file.

    Args:
        blocks: the bytes of the file, cut anywhere.
        max_bytes: how large it may be.

    Yields:
        batches whose columns are those of the file, all text, and ``LINE``, the position of the record from 1. Numbers
        are written in full, whole ones without a fraction (writers make integers with gaps floats); times as ISO 8601,
        with ``Z`` where the file says that they are UTC and without a zone where it says none; lists and structures as
        JSON. A file without records yields one batch without rows.

    Raises:
        Unreadable: empty, no Parquet, cut off, encrypted, damaged, beyond a limit, with a repeated or reserved column
            name, or with values that are no text.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as spool:
        _spool(blocks, spool, max_bytes)
        with _told(), _opened(spool) as file:
            yield from _batches(file)


def _spool(blocks: Iterable[bytes], spool: IO[bytes], max_bytes: int) -> None:
    """Puts the file on disk; refuses what its first or last bytes give away."""
    size, head, tail = 0, b"", b""
    for block in blocks:
        size += len(block)
        if size > max_bytes:
            raise _unreadable(
                "too_large", f"The file is larger than {max_bytes:,} bytes. Ask for it in parts."
            )
        head = head if len(head) >= _HEAD_BYTES else head + block[:_HEAD_BYTES]
        tail = (tail + block[-len(MAGIC) :])[-len(MAGIC) :]
        spool.write(block)
    if not size:
        raise _unreadable("empty_file", "The file is empty. Ask the sender for it again.")
    _refuse_other_files(head, tail, size)
    spool.seek(0)


def _refuse_other_files(head: bytes, tail: bytes, size: int) -> None:
    if head.startswith(ENCRYPTED_MAGIC):
        raise _encrypted()
    if not head.startswith(MAGIC):
        message = f"The file is no Parquet: it begins like {recognize(head)}. Ask the sender what it is."
        raise _unreadable("not_parquet", message)
    if tail != MAGIC or size < _SMALLEST_FILE:
        message = "The Parquet file ends before its index: it was cut off. Ask for the whole file."
        raise _unreadable("cut_off", message)


@contextmanager
def _told() -> Iterator[None]:
    """What the Parquet library says of a file, as a finding."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        said = str(error).strip().rstrip(".")
        if "crypt" in said.lower():
            raise _encrypted() from None
        message = f"The Parquet file is damaged: {said}. Ask for it again."
        raise _unreadable("parquet", message) from None
    except UnicodeDecodeError:
        message = "The Parquet file is damaged: the name of a column is not UTF-8. Ask for it again."
        raise _unreadable("parquet", message) from None


@contextmanager
def _opened(spool: IO[bytes]) -> Iterator[pq.ParquetFile]:
    """The file behind its index, provided that its claims are within the limits. Words stay in dictionaries."""
    options = {"buffer_size": PAGE_BUFFER_BYTES, "pre_buffer": False, "page_checksum_verification": True}
    with pq.ParquetFile(spool, **options) as file:
        metadata, names = file.metadata, file.schema_arrow.names
        if metadata.num_rows > MAX_RECORDS or not 0 < len(names) <= MAX_COLUMNS:
            message = (
                f"The file has {metadata.num_rows:,} records and {len(names):,} columns; at most {MAX_RECORDS:,} and "
                f"{MAX_COLUMNS:,} are read. Ask for it in parts."
            )
            raise _unreadable("too_large", message)
        _refuse_names(names)
        words = [field.name for field in file.schema_arrow if _is_text(field.type)]
        spool.seek(0)
        with pq.ParquetFile(spool, **options, read_dictionary=words) as read:
            yield read


def _refuse_names(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise _unreadable("repeated_column", f"The column {name!r} is there twice.", field=name)
        if name == LINE:
            message = f"The file has a column {name!r}, a name that is taken here. Rename it at the source."
            raise _unreadable("reserved_column", message, field=name)


def _batches(file: pq.ParquetFile) -> Iterator[Batch]:
    first = 1
    for part in file.iter_batches(RECORDS_IN_BATCH):
        yield Batch(_frame(part, first))
        first += part.num_rows
    if first - 1 != file.metadata.num_rows:
        message = f"The file states {file.metadata.num_rows} records and has {first - 1}. Ask for it again."
        raise _unreadable("parquet", message)
    if first == 1:
        yield Batch(_frame(file.schema_arrow.empty_table().combine_chunks(), first))


def _frame(part: pa.RecordBatch | pa.Table, first: int) -> pl.DataFrame:
    columns = {name: _text(name, part.column(name), first) for name in part.schema.names}
    lines = pl.int_range(first, first + part.num_rows, dtype=pl.Int64, eager=True)
    return pl.DataFrame({**columns, LINE: lines})


def _text(name: str, values: pa.Array | pa.ChunkedArray, first: int) -> pl.Series:
    """A column as text.

    Raises:
        Unreadable: its values are too long, no Unicode, or of a kind that is not read.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    kind = values.type
    if _is_text(kind) or pa.types.is_dictionary(kind):
        return _words(name, values, first)
    if pa.types.is_null(kind):
        return pl.Series(name, [None] * len(values), dtype=pl.String)
    if pa.types.is_nested(kind):
        texts = [None if value is None else _json(value) for value in values.to_pylist()]
        return pl.Series(name, texts, dtype=pl.String)
    if pa.types.is_floating(kind):
        return _numbers(pl.Series(name, values))
    if pa.types.is_timestamp(kind):
        return _moments(name, values)
    if pa.types.is_boolean(kind):
        return pl.Series(name, values.cast(pa.large_string()))
    if pa.types.is_date(kind):
        return pl.Series(name, values.cast(pa.date32())).cast(pl.String)
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_time(kind):
        return pl.Series(name, values).cast(pl.String)
    message = f"The column {name!r} holds {kind}, which is not read. Ask for text, numbers or times."
    raise _unreadable("unread_type", message, field=name)


def _words(name: str, values: pa.Array, first: int) -> pl.Series:
    """Text, checked for what a dictionary hides: a long word that is repeated, bytes that are no characters."""
    try:
        values.validate(full=True)
        if pa.types.is_dictionary(values.type):
            words = values.dictionary.cast(pa.large_binary())
            lengths = pc.binary_length(words).take(values.indices)
        else:
            lengths = pc.binary_length(values.cast(pa.large_binary()))
        if (pc.sum(lengths).as_py() or 0) > MAX_BATCH_BYTES:
            message = f"The column {name!r} unfolds into more than {MAX_BATCH_BYTES:,} bytes. Ask what it is."
            raise _unreadable("compression_bomb", message, field=name, line=first)
        words = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        return pl.Series(name, words.cast(pa.large_string()))
    except pa.ArrowInvalid:
        message = f"The column {name!r} has bytes that are no UTF-8. Ask the sender to write it as text."
        raise _unreadable("encoding", message, field=name, line=first) from None


def _numbers(series: pl.Series) -> pl.Series:
    """Floats as the shortest decimal number that means the same float, never with an exponent."""
    text = series.cast(pl.String).str.strip_suffix(".0")
    exponents = text.str.contains("e", literal=True).fill_null(value=False)
    if not exponents.any():
        return text
    return text.scatter(exponents.arg_true(), [f"{Decimal(one):f}" for one in text.filter(exponents)])


def _moments(name: str, values: pa.Array) -> pl.Series:
    """Times as ISO 8601; those that are UTC by the file's own word say so."""
    if values.type.tz is None:
        return pl.Series(name, values).dt.to_string("%Y-%m-%dT%H:%M:%S%.f")
    moments = pl.Series(name, values.cast(pa.timestamp(values.type.unit, "UTC")))
    return moments.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _is_text(kind: pa.DataType) -> bool:
    return any(
        check(kind)
        for check in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def _encrypted() -> Unreadable:
    return _unreadable(
        "encrypted", "The Parquet file is encrypted. Ask for it unencrypted; the line to us is not open."
    )


def _unreadable(rule: str, message: str, field: str | None = None, line: int | None = None) -> Unreadable:
    return Unreadable(
        Finding(rule=rule, message=message, place=f"column {field}" if field else "", field=field, line=line)
    )
