"""Metrics as a picture: lines over time, one for each thing that they are told apart by; else bars."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from include.errors import NotPossible

MOST_LINES = 12
MOST_BARS = 60
WIDTH_INCHES = 9.0
HEIGHT_INCHES = 3.6
DOTS_PER_INCH = 120


class TooMuchToDraw(NotPossible):
    """Nobody can read so many. Ask for less: narrow it by --where, or leave out a part of --by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What to draw.

    Attributes:
        titles: of the metrics, with their units; one picture below the other.
        shares: which of them are shares, drawn as percent.
        time: the column that is a day; None where there is none.
        width: number of columns before those of the metrics.
        rows: the answer.
    """

    titles: Sequence[str]
    shares: Sequence[bool]
    time: int | None
    width: int
    rows: Sequence[tuple[Any, ...]]


def drawn(plot: Plot) -> bytes:
    """A PNG file.

    Raises:
        TooMuchToDraw: more lines or bars than anybody can tell apart.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    figure = Figure(
        figsize=(WIDTH_INCHES, HEIGHT_INCHES * len(plot.titles)), dpi=DOTS_PER_INCH, layout="constrained"
    )
    FigureCanvasAgg(figure)
    for number, title in enumerate(plot.titles):
        axes = figure.add_subplot(len(plot.titles), 1, number + 1)
        axes.set_title(title, loc="left", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
        formatter = PercentFormatter(1.0) if plot.shares[number] else StrMethodFormatter("{x:,.10g}")
        if plot.time is None:
            _bars(axes, plot, number)
            axes.xaxis.set_major_formatter(formatter)
        else:
            _lines(axes, plot, number)
            axes.yaxis.set_major_formatter(formatter)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def _lines(axes: Any, plot: Plot, number: int) -> None:
    lines: dict[str, list[tuple[Any, float]]] = {}
    for row in plot.rows:
        value = row[plot.width + number]
        if row[plot.time] is not None and value is not None:
            lines.setdefault(_name(plot, row), []).append((row[plot.time], float(value)))
    if len(lines) > MOST_LINES:
        raise TooMuchToDraw(f"These are {len(lines)} lines.")
    for name, points in sorted(lines.items()):
        axes.plot(*zip(*sorted(points), strict=True), marker="o", markersize=3, linewidth=1.6, label=name)
    axes.grid(axis="y", alpha=0.3)
    axes.tick_params(axis="x", rotation=30)
    if len(lines) > 1:
        axes.legend(fontsize=8, frameon=False)


def _bars(axes: Any, plot: Plot, number: int) -> None:
    if len(plot.rows) > MOST_BARS:
        raise TooMuchToDraw(f"These are {len(plot.rows)} bars.")
    names = [_name(plot, row) for row in plot.rows]
    axes.barh(names[::-1], [float(row[plot.width + number] or 0) for row in reversed(plot.rows)])
    axes.grid(axis="x", alpha=0.3)


def _name(plot: Plot, row: tuple[Any, ...]) -> str:
    parts = [str(value) for place, value in enumerate(row[: plot.width]) if place != plot.time]
    return " · ".join(parts)
