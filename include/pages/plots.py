"""Two weeks of a flow in small bars: what went through, and what was refused, day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

DAYS = 14
LEAST = 0.06


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a flow.

    Attributes:
        up, down: heights of its bars between 0 and 1; each direction has a scale of its own, because a
            handful of refused records would be invisible beside a million accepted ones.
    """

    date: date
    accepted: int
    refused: int
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class Plot:
    """The last ``DAYS`` days of a flow, the oldest first."""

    days: tuple[Day, ...]
    most_accepted: int
    most_refused: int

    @property
    def accepted(self) -> int:
        """What went through in all."""
        return sum(day.accepted for day in self.days)

    @property
    def refused(self) -> int:
        """What was refused in all."""
        return sum(day.refused for day in self.days)

    @property
    def in_words(self) -> str:
        """The plot for whoever does not see it."""
        return f"{self.accepted:,} accepted and {self.refused:,} refused in {len(self.days)} days"


def since(now: datetime) -> datetime:
    """The beginning of the first day of a plot."""
    return datetime.combine(_first_day(now), time(), UTC)


def plots(rows: Iterable[dict[str, Any]], now: datetime) -> dict[str, Plot]:
    """Plots by flow, from rows of ``days`` in ``queries/pages.sql``; days without a row are empty."""
    flows: dict[str, dict[date, tuple[int, int]]] = {}
    for row in rows:
        flows.setdefault(row["flow"], {})[row["day"]] = (row["accepted"], row["refused"])
    return {flow: _plot(counts, now) for flow, counts in flows.items()}


def _plot(counts: dict[date, tuple[int, int]], now: datetime) -> Plot:
    dates = [_first_day(now) + timedelta(days=number) for number in range(DAYS)]
    pairs = [counts.get(day, (0, 0)) for day in dates]
    most_accepted, most_refused = (max(values) for values in zip(*pairs, strict=True))
    days = (
        Day(day, accepted, refused, _height(accepted, most_accepted), _height(refused, most_refused))
        for day, (accepted, refused) in zip(dates, pairs, strict=True)
    )
    return Plot(tuple(days), most_accepted, most_refused)


def _height(value: int, most: int) -> float:
    """Between 0 and 1; what is there at all can be seen."""
    return round(max(LEAST, value / most), 3) if value else 0.0


def _first_day(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
