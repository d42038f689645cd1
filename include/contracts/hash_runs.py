"""Hashes of records, and more of them than should be in memory: sorted runs on disk, gone through in windows.

Hashes are spread evenly, so a window of hash values holds about as many entries as any other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np
import polars as pl

WINDOW_ENTRIES = 1_000_000
HASH = np.dtype([("high", "<u8"), ("low", "<u8")])
SEEDS = (0x5EA3_11E0_0001, 0x5EA3_11E0_0002)


def hashes(frame: pl.DataFrame) -> np.ndarray:
    """128 bits for every row, as an array of ``HASH``; the same within one version of polars."""
    made = np.empty(frame.height, HASH)
    made["high"] = frame.hash_rows(seed=SEEDS[0]).to_numpy()
    made["low"] = frame.hash_rows(seed=SEEDS[1]).to_numpy()
    return made


class HashRuns:
    """Entries of a structured array type whose first field is a 64-bit hash."""

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        self.by = dtype.names[0] if dtype.names else ""
        self.lengths: list[int] = []
        self._file = tempfile.TemporaryFile(prefix="seamline-hashes-")  # noqa: SIM115 - closed by close()

    def append(self, entries: np.ndarray) -> None:
        """Keep some entries."""
        if len(entries):
            self._sorted(entries).tofile(self._file)
            self.lengths.append(len(entries))

    def __len__(self) -> int:
        return sum(self.lengths)

    def windows(self) -> Iterator[np.ndarray]:
        """All entries in ascending order of their hash, some at a time; equal hashes come together."""
        self._file.flush()
        runs = self._runs()
        count = max(1, -(-len(self) // WINDOW_ENTRIES))
        positions = [0] * len(runs)
        for number in range(1, count + 1):
            bound = (2**64 // count) * number if number < count else 2**64 - 1
            parts = []
            for index, run in enumerate(runs):
                end = len(run)
                if number < count:
                    end = int(np.searchsorted(run[self.by], np.uint64(bound)))
                parts.append(np.array(run[positions[index] : end]))
                positions[index] = end
            yield self._sorted(np.concatenate(parts)) if parts else np.empty(0, self.dtype)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def _sorted(self, entries: np.ndarray) -> np.ndarray:
        return entries[np.argsort(entries[self.by])]

    def _runs(self) -> list[np.ndarray]:
        offset, runs = 0, []
        for length in self.lengths:
            runs.append(np.memmap(self._file, self.dtype, "r", offset * self.dtype.itemsize, (length,)))
            offset += length
        return runs
