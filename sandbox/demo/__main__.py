"""``python -m sandbox.demo``: two days through the whole circle, and the numbers that prove it."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from sandbox.demo.circle import failed_runs, look_for_deliveries, start_flows, wait_until_closed
from sandbox.demo.figures import Figures
from sandbox.demo.proof import Check, checks
from sandbox.demo.showing import Progress, show_end
from sandbox.stack.failures import StackFailure
from sandbox.stack.outside_systems import ask
from sandbox.stack.progress import Steps
from sandbox.stack.running import Stack, ended_in_order, running_stack

RESULT = Path(__file__).parents[2] / "build" / "demo.json"


def main(
    executor: Annotated[str, typer.Option(help="Who runs the tasks: local or celery.")] = "local",
    days: Annotated[int, typer.Option(min=1, max=2, help="How many days to let come.")] = 2,
) -> None:
    """Start everything, let two days of deliveries come, wait until each is done, show the numbers, stop."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 180)
    began = time.monotonic()
    try:
        with ended_in_order(), running_stack(executor, steps=Steps(), fresh=True) as stack:
            os.environ.update(stack.settings)
            figures = Figures(stack.settings["SEAMLINE_DSN_READER"])
            proved = _run(stack, figures, console, days)
            seconds = time.monotonic() - began
            show_end(console, figures, proved, seconds)
            _write(figures, proved, seconds)
    except (StackFailure, KeyboardInterrupt) as problem:
        console.print(str(problem) or "Interrupted; everything is stopped.", markup=False)
        raise typer.Exit(1) from None
    raise typer.Exit(int(any(not check.holds for check in proved)))


def _run(stack: Stack, figures: Figures, console: Console, days: int) -> list[Check]:
    began: dict[int, datetime] = {}
    for day in range(1, days + 1):
        began[day] = datetime.now(UTC)
        with Progress(console, figures, _titles(day)).shown() as progress:
            _let_come(stack, day, progress)
            wait_until_closed(stack, figures, progress)
    expected = [_completed(wanted) for wanted in ask(stack.systems, "GET", "expected")]
    wanted = [one for one in expected if one["day"] <= days]
    return checks(figures, wanted, ask(stack.systems, "GET", "effects"), failed_runs(stack), began)


def _titles(day: int) -> str:
    if day == 1:
        return "Day one: every system is full, all of it comes for the first time."
    return (
        "Day two: changes, a delivery twice, one out of order, one cut off, records that break the contract, a price "
        "that trips a gate, a channel that answers 500 and 429."
    )


def _let_come(stack: Stack, day: int, progress: Progress) -> None:
    """The day's deliveries, and every pull told to look. A set that lacks a file is completed a moment later."""
    if day == 1:
        start_flows(stack, progress)
        return
    ask(stack.systems, "POST", f"day/{day}")
    ask(stack.systems, "POST", "marketplace/complete")
    look_for_deliveries(stack)


def _completed(wanted: dict[str, Any]) -> dict[str, Any]:
    """The set that came without one of its files has it by now."""
    return wanted | {"outcome": "accepted"} if wanted["outcome"] == "incomplete" else wanted


def _write(figures: Figures, proved: list[Check], seconds: float) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    document = {
        "flows": figures.flows(),
        "dead_letters": figures.rows("dead_letters"),
        "shut_gates": figures.rows("shut_gates"),
        "statements": [check.to_json() for check in proved],
        "holds": all(check.holds for check in proved),
        "seconds": round(seconds, 1),
    }
    RESULT.write_text(
        json.dumps(document, default=str, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
