"""What a person sees: the flows as they fill up, then the numbers, what waits for whom, and where to go on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from include.flow import flow
from sandbox.demo.figures import COLUMNS, Figures
from sandbox.demo.proof import Check

LINE_EVERY_SECONDS = 10.0
MOST_LETTERS = 60


class Progress:
    """The numbers of every flow while the circle closes: live in a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console, figures: Figures, title: str):
        self._console = console
        self._figures = figures
        self._title = title
        self._began = self._said = time.monotonic()
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[Progress]:
        """Show it while the block runs."""
        self._console.print(self._title)
        if not self._console.is_terminal:
            yield self
            return
        with Live(console=self._console, refresh_per_second=2, transient=True) as self._live:
            yield self

    def __call__(self, work: list[str]) -> None:
        """Tell what is still on its way."""
        if self._live is not None:
            self._live.update(Group(table(self._figures.flows()), Text(self._sentence(work))))
        elif time.monotonic() - self._said >= LINE_EVERY_SECONDS:
            self._said = time.monotonic()
            self._console.print(self._sentence(work), markup=False)

    def _sentence(self, work: list[str]) -> str:
        seconds = time.monotonic() - self._began
        more = f" and {len(work) - 2} more" if len(work) > 2 else ""
        return f"{seconds:4.0f} s  " + ("; ".join(work[:2]) + more if work else "comparing with the channel")


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """The closing table: one row per flow."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        made.add_column(name.replace("_", " "), justify="left" if name == "flow" else "right", no_wrap=True)
    for row in rows:
        made.add_row(*(_cell(row[name]) for name in COLUMNS))
    return made


def letters(rows: Sequence[dict[str, Any]]) -> Table:
    """What was set aside: where it stood, reason, owner, runbook (named for its flow)."""
    made = Table(box=None, pad_edge=False, header_style="bold", title="Dead letters", title_justify="left")
    for name in ("place", "reason", "owner", "runbook"):
        made.add_column(
            name, overflow="fold", no_wrap=name == "runbook", ratio=1 if name == "reason" else None
        )
    for row in rows[:MOST_LETTERS]:
        made.add_row(*map(escape, (row["place"] or "", row["message"], row["owner"], row["runbook"])))
    if len(rows) > MOST_LETTERS:
        made.add_row("", f"… and {len(rows) - MOST_LETTERS} more: ./seamline dead-letters list", "", "")
    return made


def held(rows: Sequence[dict[str, Any]]) -> Table:
    """What a gate does not let out, and why."""
    made = Table(box=None, pad_edge=False, header_style="bold", title="Shut gates", title_justify="left")
    for name in ("batch", "rows", "what does not hold", "owner", "runbook"):
        made.add_column(
            name, overflow="fold", no_wrap=name == "runbook", ratio=1 if name.startswith("what") else None
        )
    for row in rows:
        batch = f"{row['flow']} {row['batch_id']}"
        reasons = "; ".join(row["reasons"] or ("no verdict",))
        owner = flow(row["flow"]).owner
        made.add_row(
            *map(escape, (batch, f"{row['row_count']:,}", reasons, owner, flow(row["flow"]).runbook))
        )
    return made


def show_end(console: Console, figures: Figures, checks: Sequence[Check], seconds: float) -> None:
    """The numbers, what waits for whom, what does not hold, and where to go on."""
    console.print()
    console.print(table(figures.flows()))
    console.print()
    console.print(letters(figures.rows("dead_letters")))
    console.print()
    if shut := figures.rows("shut_gates"):
        console.print(held(shut))
        console.print()
    broken = [check for check in checks if not check.holds]
    for check in broken:
        console.print(f"does not hold: {check.statement} (found: {check.found})", markup=False)
    console.print(
        f"{len(checks) - len(broken)} of {len(checks)} statements hold, {seconds:.0f} seconds in all; "
        "everything is stopped. The same as JSON: build/demo.json",
        markup=False,
    )
    console.print(
        "Look around: make up (the UI, with all of this in it), make psql, ./seamline status", markup=False
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return (
        f"{value:,.1f}"
        if isinstance(value, float)
        else f"{int(value):,}"
        if not isinstance(value, str)
        else value
    )
