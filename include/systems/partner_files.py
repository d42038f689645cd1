"""Landed files as their partner wrote them: unpacked, in the right encoding, with our column names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from include.delivery import LandedDelivery, LandedFile
from include.errors import Misconfigured
from include.formats import delimited
from include.formats.batches import Batch
from include.formats.compressed import Compression, decompressed
from include.formats.findings import Finding, Unreadable
from include.systems.partners import Partner, partner

HEAD_BYTES = 4


def read(file: LandedFile, partner: Partner) -> Iterator[Batch]:
    """The records of a delimited file in the partner's dialect, with its columns renamed as its profile says.

    Raises:
        Unreadable: see ``formats.delimited.read`` and ``formats.compressed.decompressed``.
        Misconfigured: the profile names an unknown compression.
    """
    compression = _compression(partner)
    head = b"".join(_first_bytes(_blocks(file, compression)))
    encoding = delimited.encoding_of(head, _blocks(file, compression), partner.dialect.encodings)
    for batch in delimited.read(_blocks(file, compression), partner.dialect, encoding):
        frame = renamed(batch.frame, partner.rename)
        yield replace(batch, frame=frame, entity=file.entity)


def records(delivery: LandedDelivery) -> Iterator[Batch]:
    """The records of every file of a delivery, one file after another: the reader of flows with delimited files.

    Raises:
        Unreadable, Misconfigured: see ``read``.
    """
    profile = partner(delivery.source_system, delivery.account)
    for file in delivery.files:
        yield from read(file, profile)


def renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """The frame with the partner's names replaced by ours; names that it does not have are left out.

    Raises:
        Unreadable: a name of ours is there already, so two columns would be one.
    """
    present = {theirs: ours for theirs, ours in names.items() if theirs in frame.columns}
    taken = (set(frame.columns) - present.keys()) & set(present.values())
    if taken:
        message = (
            f"The file has the column {min(taken)!r}, and the partner profile gives that name to another one too. "
            "Mend `rename` in the profile."
        )
        raise Unreadable(
            Finding(rule="renamed_twice", message=message, place="header", line=1, field=min(taken))
        )
    return frame.rename(present)


def without_noise(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """The frame with amounts as they were meant, where their sender kept them as binary floats.

    0.1 + 0.2 is 0.30000000000000004 there, and 1.10 - 1.00 - 0.10 no zero. What stands behind the ninth decimal is no
    money; everything before it stays, for the contract to judge.
    """
    noisy = r"\.\d{10,}$"
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(noisy))
        .then(pl.col(name).cast(pl.Float64, strict=False).round(9).cast(pl.String))
        .otherwise(pl.col(name))
        .alias(name)
        for name in columns
        if name in frame.columns
    )


def _compression(partner: Partner) -> Compression | None:
    named = partner.settings.get("compression")
    try:
        return None if named is None else Compression(named)
    except ValueError:
        known = ", ".join(Compression)
        raise Misconfigured(
            f"The profile of partner {partner.account!r} has the compression {named!r}; there are: {known}."
        ) from None


def _blocks(file: LandedFile, compression: Compression | None) -> Iterator[bytes]:
    return file.blocks() if compression is None else decompressed(file.blocks(), compression)


def _first_bytes(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks until there are enough to see a byte-order mark."""
    size = 0
    for block in blocks:
        yield block
        size += len(block)
        if size >= HEAD_BYTES:
            return
