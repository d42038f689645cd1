"""Compressed files to the bytes inside, as a stream, within limits.

Sources: gzip RFC 1952; ZIP, PKWARE APPNOTE 6.3. A few kilobytes can hold terabytes of nothing: what
grows beyond ``MAX_RATIO`` or ``MAX_BYTES`` is refused while it is read, whatever its header claims.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import IO

from include.formats.findings import Finding, Unreadable

BLOCK_BYTES = 1024 * 1024
MAX_BYTES = 20 * 1024**3
MAX_RATIO = 200
UNSUSPICIOUS_BYTES = 16 * 1024 * 1024
IN_MEMORY_BYTES = 8 * 1024 * 1024
GZIP_WINDOW = 31


class Compression(StrEnum):
    """How a file is compressed."""

    GZIP = "gzip"
    """One stream or several, one after another."""

    ZIP = "zip"
    """An archive with exactly one file in it."""


def decompressed(
    blocks: Iterable[bytes],
    compression: Compression,
    max_bytes: int = MAX_BYTES,
    max_ratio: float = MAX_RATIO,
) -> Iterator[bytes]:
    """The bytes inside a compressed file.

    Args:
        blocks: the compressed bytes, cut anywhere.
        max_bytes: how much it may hold.
        max_ratio: how many times its own size it may hold; small files may always hold
            ``UNSUSPICIOUS_BYTES``.

    Raises:
        Unreadable: not of that compression, cut off, damaged, encrypted, several files in it, or beyond
            a limit.
    """
    limits = _Limits(max_bytes, max_ratio)
    inside = _gunzipped(blocks, limits) if compression is Compression.GZIP else _unzipped(blocks, limits)
    return limits.kept(inside)


class _Limits:
    """Counts what goes in and what comes out."""

    def __init__(self, max_bytes: int, max_ratio: float):
        self.max_bytes = max_bytes
        self.max_ratio = max_ratio
        self.compressed = 0

    def kept(self, inside: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for block in inside:
            size += len(block)
            if size > self.max_bytes:
                raise _unreadable("too_large", f"The file holds more than {self.max_bytes:,} bytes.")
            if size > max(UNSUSPICIOUS_BYTES, self.compressed * self.max_ratio):
                raise _unreadable("compression_bomb", self._suspicion(size))
            yield block

    def _suspicion(self, size: int) -> str:
        return (
            f"{self.compressed:,} compressed bytes unfold into more than {size:,}, over {self.max_ratio:g} times "
            "as many: no list does that. Nothing of it was taken; ask the sender what it is."
        )


def _unreadable(rule: str, message: str) -> Unreadable:
    return Unreadable(Finding(rule=rule, message=message))


def _gunzipped(blocks: Iterable[bytes], limits: _Limits) -> Iterator[bytes]:
    stream = zlib.decompressobj(GZIP_WINDOW)
    has_begun = False
    for block in blocks:
        limits.compressed += len(block)
        rest = block
        while rest:
            if stream.eof:
                rest = rest.lstrip(b"\x00")
                if not rest:
                    break
                stream = zlib.decompressobj(GZIP_WINDOW)
            yield _inflated(stream, rest)
            has_begun = True
            rest = stream.unconsumed_tail or stream.unused_data
    if not has_begun:
        raise _unreadable("empty_file", "The file is empty.")
    if not stream.eof:
        raise _unreadable(
            "cut_off", "The gzip file ends in the middle: it was cut off. Ask for the whole file."
        )


def _inflated(stream: zlib._Decompress, data: bytes) -> bytes:
    try:
        return stream.decompress(data, BLOCK_BYTES)
    except zlib.error as error:
        raise _unreadable("not_gzip", f"The file is not gzip, or damaged: {error}.") from None


def _unzipped(blocks: Iterable[bytes], limits: _Limits) -> Iterator[bytes]:
    """A ZIP file has its table of contents at the end, so all of it must be at hand."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as spool:
        for block in blocks:
            limits.compressed += len(block)
            if limits.compressed > limits.max_bytes:
                raise _unreadable("too_large", f"The file has more than {limits.max_bytes:,} bytes.")
            spool.write(block)
        yield from _only_member(spool)


def _only_member(spool: IO[bytes]) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(spool) as archive, archive.open(_member(archive)) as file:
            while block := file.read(BLOCK_BYTES):
                yield block
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _unreadable("not_zip", f"The file is not ZIP, cut off or damaged: {error}.") from None


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) != 1:
        raise _unreadable("zip_members", f"The ZIP file holds {len(files)} files; exactly one was expected.")
    if files[0].flag_bits & 0x1:
        raise _unreadable(
            "encrypted", "The file in the ZIP file is encrypted. Ask for it without a password."
        )
    return files[0]
