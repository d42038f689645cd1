"""What a measurement says, and how it is shown: one figure is a median of rounds with its spread and its target."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

CHECKED_IN = Path(__file__).with_name("figures.json")


class Bound(StrEnum):
    """Which side of a target is the good one."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to keep."""

    bound: Bound
    value: float

    def is_met_by(self, value: float) -> bool:
        """Whether a value keeps it."""
        return value <= self.value if self.bound is Bound.AT_MOST else value >= self.value


def at_most(value: float) -> Target:
    """The figure must not be greater."""
    return Target(Bound.AT_MOST, value)


def at_least(value: float) -> Target:
    """The figure must not be less."""
    return Target(Bound.AT_LEAST, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        benchmark: the benchmark that it belongs to.
        name: tells it from the others of its benchmark.
        says: what was measured against what, for readers.
        unit: ``x`` for a ratio of two measurements of the same round, else a unit as ``s`` or ``MB``.
        values: of every round, in order.
        target: None where nothing was promised.
        base: median of what a ratio is taken to, with its unit; for those who want to see more than a ratio.
    """

    benchmark: str
    name: str
    says: str
    unit: str = "x"
    values: Sequence[float]
    target: Target | None = None
    base: str = ""

    @property
    def median(self) -> float:
        """What counts."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Whether the median keeps the target; None without one."""
        return None if self.target is None else self.target.is_met_by(self.median)

    def to_json(self) -> dict[str, Any]:
        """For ``bench.json``, the median and the verdict beside the values."""
        return asdict(self) | {"values": list(self.values), "median": self.median, "is_met": self.is_met}


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that one run of the benchmarks measured.

    Attributes:
        machine: what it ran on.
        measured_on: the day, as ``2026-11-26``.
        scale: how much it measured with.
        left_out: what was not measured, and why, by name.
    """

    machine: Mapping[str, Any]
    measured_on: str
    scale: Mapping[str, Any]
    figures: Sequence[Figure] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """The content of ``bench.json``."""
        document = asdict(self) | {"figures": [figure.to_json() for figure in self.figures]}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def report(text: str) -> Report:
    """A report as ``to_text`` wrote it."""
    document = json.loads(text)
    return Report(**document | {"figures": [_figure(one) for one in document["figures"]]})


def rows(figures: Iterable[Figure]) -> list[tuple[str, str, str, str, str]]:
    """Cells of the table: benchmark, what was measured, median and spread, target, verdict."""
    return [
        (
            figure.benchmark,
            figure.says + (f" ({figure.base})" if figure.base else ""),
            f"{number(figure.median)} {figure.unit}" + _spread(figure),
            f"{figure.target.bound} {number(figure.target.value)} {figure.unit}" if figure.target else "",
            {True: "met", False: "missed", None: ""}[figure.is_met],
        )
        for figure in figures
    ]


def number(value: float) -> str:
    """A number with as many digits as its size is worth."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.1:
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Round by round, so that what slows both down in a round does not count."""
    return [ours / theirs for ours, theirs in zip(over, under, strict=True)]


def _spread(figure: Figure) -> str:
    low, high = min(figure.values), max(figure.values)
    return f" ({number(low)} to {number(high)})" if len(figure.values) > 1 else ""


def _figure(document: dict[str, Any]) -> Figure:
    kept = {name: value for name, value in document.items() if name not in ("median", "is_met")}
    if target := kept["target"]:
        kept["target"] = Target(Bound(target["bound"]), target["value"])
    return Figure(**kept)
