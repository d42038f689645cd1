"""Records that come more than once in one delivery, found without holding all keys in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

KEYED = np.dtype([("high", "<u8"), ("low", "<u8"), ("content", "<u8"), ("line", "<i8"), ("is_in_raw", "?")])


@dataclass(frozen=True, slots=True)
class Repeat:
    """A record that is not taken because its key is not unique.

    Attributes:
        line: where it stands.
        first_line: where its key stands first.
        is_identical: all records of the key say the same.
    """

    line: int
    first_line: int
    is_identical: bool


def keyed(keys: np.ndarray, contents: np.ndarray, lines: np.ndarray, is_in_raw: np.ndarray) -> np.ndarray:
    """Entries for the search: 128 bits of the key, 64 of the content, the line, and whether raw has it already."""
    made = np.empty(len(keys), KEYED)
    made["high"], made["low"], made["content"] = keys["high"], keys["low"], contents["low"]
    made["line"], made["is_in_raw"] = lines, is_in_raw
    return made


def repeats(windows: Iterable[np.ndarray]) -> Iterator[Repeat]:
    """Every record that must not be taken because its key is not unique.

    Of identical records one is taken. Records that contradict each other are all refused, except one
    that raw holds already.

    Args:
        windows: entries in any order; those of one key in one window.
    """
    for window in windows:
        highs = np.sort(window["high"])
        is_close = highs[1:] == highs[:-1]
        if not is_close.any():
            continue
        close = window[np.isin(window["high"], highs[1:][is_close])]
        entries = close[np.lexsort((close["line"], close["low"], close["high"]))]
        is_same = (entries["high"][1:] == entries["high"][:-1]) & (entries["low"][1:] == entries["low"][:-1])
        if is_same.any():
            yield from _in_window(entries, is_same)


def _in_window(entries: np.ndarray, is_same: np.ndarray) -> Iterator[Repeat]:
    starts = np.flatnonzero(np.concatenate(([True], ~is_same)))
    ends = np.append(starts[1:], len(entries))
    for start, end in zip(starts, ends, strict=True):
        if end - start > 1:
            yield from _refused_of(entries[start:end])


def _refused_of(group: np.ndarray) -> Iterator[Repeat]:
    is_identical = bool((group["content"] == group["content"][0]).all())
    kept = group["is_in_raw"].copy()
    if is_identical and not kept.any():
        kept[0] = True
    for line in group["line"][~kept]:
        yield Repeat(int(line), int(group["line"][0]), is_identical)
