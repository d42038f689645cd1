"""Hashes of records, and more of them than should be in memory: in runs on disk, gone through in windows.

Hashes are spread evenly, so a window of hash values holds about as many entries as any other.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

WINDOW_ENTRIES = 1_000_000
HASH = np.dtype([("high", "<u8"), ("low", "<u8")])
SEEDS = (0x5EA3_11E0_0001, 0x5EA3_11E0_0002)
BUCKETS = 256
BUCKET_SHIFT = np.uint64(56)


def hashes(frame: pl.DataFrame) -> np.ndarray:
    """128 bits for every row, as an array of ``HASH``: of the values and of the columns in which they stand.

    The order of the columns does not matter. The same within one version of polars.
    """
    names = sorted(frame.columns)
    # The same values below other names say something else.
    named = int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest()[:6])
    made, ordered = np.empty(frame.height, HASH), frame.select(names)
    made["high"] = ordered.hash_rows(seed=SEEDS[0] ^ named).to_numpy()
    made["low"] = ordered.hash_rows(seed=SEEDS[1] ^ named).to_numpy()
    return made


class HashRuns:
    """Entries of a structured array type whose first field is a 64-bit hash.

    Each run is kept by buckets, the first byte of the hash, so that a window is read from where it stands.
    """

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        self.by = dtype.names[0] if dtype.names else ""
        self._bounds: list[np.ndarray] = []
        self._length = 0
        self._file = tempfile.TemporaryFile(prefix="seamline-hashes-")  # noqa: SIM115 - closed by close()

    def append(self, entries: np.ndarray) -> None:
        """Keep some entries."""
        if not len(entries):
            return
        buckets = (entries[self.by] >> BUCKET_SHIFT).astype(np.uint8)
        self._file.seek(0, os.SEEK_END)
        self._file.write(entries[np.argsort(buckets, kind="stable")].tobytes())
        sizes = np.bincount(buckets, minlength=BUCKETS)
        self._bounds.append(self._length + np.concatenate(([0], np.cumsum(sizes))))
        self._length += len(entries)

    def __len__(self) -> int:
        return self._length

    def windows(self) -> Iterator[np.ndarray]:
        """All entries, some at a time: windows ascend by hash, the entries of one stand in any order.

        Equal hashes come in one window.
        """
        self._file.flush()
        count = min(BUCKETS, -(-self._length // WINDOW_ENTRIES))
        edges = [BUCKETS * number // count for number in range(count + 1)] if count else []
        for first, last in pairwise(edges):
            yield np.concatenate([self._entries(run[first], run[last]) for run in self._bounds])

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def _entries(self, start: int, end: int) -> np.ndarray:
        self._file.seek(int(start) * self.dtype.itemsize)
        return np.frombuffer(self._file.read(int(end - start) * self.dtype.itemsize), self.dtype)
