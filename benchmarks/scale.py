"""How much the benchmarks measure with, and where they work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.server import Server


class WrongResult(Exception):
    """What was measured did not do what it should, so its time says nothing."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The sizes of everything.

    Attributes:
        rows: of the feed; the sizes of the other benchmarks follow from it.
        rounds: how often each measurement is repeated.
    """

    rows: int = 1_000_000
    rounds: int = 3


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a benchmark works with.

    Attributes:
        folder: for its files; removed at the end.
        peer: interpreter of the environment that has the peer; None if there is none.
        tell: shows how far it is.
        left_out: what was not measured, and why; benchmarks add to it.
    """

    scale: Scale
    server: Server
    folder: Path
    peer: Path | None = None
    tell: Callable[[str], None] = lambda _: None
    left_out: dict[str, str] = field(default_factory=dict)
