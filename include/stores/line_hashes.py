"""Hashes of the lines of the last delivery, so that the next one is compared before it is checked.

A cache: losing it costs one slow run. It belongs to one delivery, one contract version and one
polars version (whose row hashes are stable within a version), and is ignored for any other.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

import numpy as np
import polars as pl

from include.contracts.hash_runs import HASH, WINDOW_ENTRIES, HashRuns


class KnownLines:
    """The lines of one delivery, to be asked which of some others it had."""

    def __init__(self, path: Any):
        self.path = path
        self.length = path.stat().st_size // HASH.itemsize
        self._only_window: tuple[np.ndarray, np.ndarray] | None = None

    def contain(self, lines: np.ndarray) -> np.ndarray:
        """One truth value per line."""
        order = np.argsort(lines["high"])
        wanted_high, wanted_low = lines["high"][order], lines["low"][order]
        is_known = np.zeros(len(lines), bool)
        for start in range(0, self.length, WINDOW_ENTRIES):
            high, low = self._window(start)
            first = int(np.searchsorted(wanted_high, high[0]))
            last = int(np.searchsorted(wanted_high, high[-1], side="right"))
            at = np.minimum(np.searchsorted(high, wanted_high[first:last]), len(high) - 1)
            is_known[order[first:last]] = (high[at] == wanted_high[first:last]) & (
                low[at] == wanted_low[first:last]
            )
        return is_known

    def _window(self, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Both halves of some hashes, each in one piece, which searching them many times needs."""
        if self._only_window is not None:
            return self._only_window
        with self.path.open("rb") as file:
            file.seek(start * HASH.itemsize)
            entries = np.frombuffer(file.read(WINDOW_ENTRIES * HASH.itemsize), HASH)
        window = np.ascontiguousarray(entries["high"]), np.ascontiguousarray(entries["low"])
        if self.length <= WINDOW_ENTRIES:
            self._only_window = window
        return window


def known_lines(folder: Any, delivery_id: int, contract_version: str) -> KnownLines | None:
    """The lines of a delivery, if they were kept under this contract version and can be used."""
    path = folder / _name(delivery_id, contract_version)
    with contextlib.suppress(OSError):
        if path.exists() and path.stat().st_size % HASH.itemsize == 0:
            known = KnownLines(path)
            return known if known.length else None
    return None


def keep(runs: HashRuns, folder: Any, delivery_id: int, contract_version: str) -> None:
    """Keep the lines of a delivery for the next one."""
    folder.mkdir(parents=True, exist_ok=True)
    incoming = folder / f"incoming-{uuid.uuid4().hex}"
    try:
        with incoming.open("wb") as file:
            for window in runs.windows():
                file.write(window[np.argsort(window["high"])].tobytes())
        incoming.rename(folder / _name(delivery_id, contract_version))
    finally:
        if incoming.exists():
            incoming.unlink()


def forget_earlier(folder: Any, delivery_id: int) -> None:
    """Remove what was kept for earlier deliveries than one that raw holds: they are never asked for again."""
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            number = path.name.partition("-")[0]
            if number.isdigit() and int(number) < delivery_id:
                path.unlink()


def _name(delivery_id: int, contract_version: str) -> str:
    return f"{delivery_id}-{contract_version}-polars{pl.__version__}.lines"
