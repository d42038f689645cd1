"""``make bench``: measures the figures of the README again, shows them and writes ``build/bench.json``."""

from __future__ import annotations

import argparse
import importlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.feed import peer
from benchmarks.figures import CHECKED_IN, Figure, Report, rows
from benchmarks.figures import report as parsed
from benchmarks.machine import machine
from benchmarks.scale import Bench, Scale, WrongResult
from benchmarks.server import Server

WRITTEN = Path(__file__).parents[1] / "build" / "bench.json"
BENCHMARKS = {
    "feed": "a supplier's feed through land, check_contract and load_raw, beside plain \\copy",
    "start": "the command line, and the parsing of all DAG files",
    "outbox": "check_gate, fill_outbox and push, by how many keys changed",
    "memory": "the three steps of a feed, by the length of the file",
    "edi": "X12 and EDIFACT to records, beside the parsers of other people",
    "build": "the dbt build, by how much changed and how much is stored",
    "panel": "the dbt build of very many sales, beside plain SQL",
}


def measured(names: Sequence[str], bench: Bench) -> list[Figure]:
    """Figures of some benchmarks, in their order."""
    return [
        figure for name in names for figure in importlib.import_module(f"benchmarks.{name}").measure(bench)
    ]


@contextmanager
def workplace() -> Iterator[tuple[Server, Path]]:
    """A server and a folder that are gone afterwards, however it ends."""
    folder = Path(tempfile.mkdtemp(prefix="seamline-bench-"))
    try:
        with Server(folder).running() as server:
            yield server, folder / "work"
    finally:
        shutil.rmtree(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; 0 also where a target is missed, 2 where something that was measured failed."""
    asked = _parser().parse_args(arguments)
    names = asked.names or list(BENCHMARKS)
    console, began = Console(), time.monotonic()
    facts = machine()

    def tell(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.0f} s[/dim]  {text}", highlight=False)

    interpreter = peer.made() if asked.peer else peer.present()
    scale = Scale(rows=asked.rows, rounds=asked.rounds)
    try:
        with workplace() as (server, folder):
            bench = Bench(scale=scale, server=server, folder=folder, peer=interpreter, tell=tell)
            figures = measured(names, bench)
    except WrongResult as error:
        print(f"Nothing is written, because a measured step did not do its work: {error}", file=sys.stderr)
        return 2
    report = Report(
        machine=facts,
        measured_on=datetime.now(UTC).date().isoformat(),
        scale=asdict(scale),
        figures=figures,
        left_out=bench.left_out,
    )
    _write(report, WRITTEN)
    if asked.record:
        _write(with_others(report, figures_checked_in()), CHECKED_IN)
    _show(report, console)
    return 0


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<8} {says}" for name, says in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__.replace("``", ""),
        epilog=f"benchmarks:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", type=_name, help="only these; all without any")
    parser.add_argument(
        "--rows", type=_count, default=Scale.rows, metavar="N",
        help=f"rows of the feed, which the other sizes follow (default {Scale.rows:,}, which the "
        "targets are for; 100,000 for a first look)",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=_count, default=Scale.rounds, metavar="N",
        help=f"how often each is repeated (default {Scale.rounds})",
    )  # fmt: skip
    parser.add_argument("--peer", action="store_true", help="install dlt into build/peer and measure it too")
    parser.add_argument(
        "--record", action="store_true",
        help="write benchmarks/figures.json too, from which `make docs` makes the table of the README; of benchmarks "
        "that are left out, figures of the same day and machine stay",
    )  # fmt: skip
    return parser


def _name(text: str) -> str:
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no benchmark {text!r}; there are {', '.join(BENCHMARKS)}")
    return text


def _count(text: str) -> int:
    try:
        count = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return count


def with_others(report: Report, before: Report | None) -> Report:
    """The report with the figures of benchmarks that it has none of, as they were measured before.

    They are only kept if they were measured on the same day and machine at the same scale: the table of the README says
    one day and one machine.
    """
    if before is None or not _is_comparable(report, before):
        return report
    measured = {figure.benchmark for figure in report.figures}
    kept = [figure for figure in before.figures if figure.benchmark not in measured]
    order = list(BENCHMARKS)
    figures = sorted([*kept, *report.figures], key=lambda figure: order.index(figure.benchmark))
    return replace(report, figures=figures, left_out={**before.left_out, **report.left_out})


def _is_comparable(report: Report, before: Report) -> bool:
    def facts(one: Report) -> object:
        machine = {name: fact for name, fact in one.machine.items() if name != "load_at_start"}
        return one.measured_on, one.scale, machine

    return facts(report) == facts(before)


def figures_checked_in() -> Report | None:
    """What the README shows now."""
    return parsed(CHECKED_IN.read_text(encoding="utf-8")) if CHECKED_IN.exists() else None


def _write(report: Report, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.to_text(), encoding="utf-8")


def _show(report: Report, console: Console) -> None:
    table = Table("", "measured", "median (spread)", "target", "")
    for name, says, value, target, verdict in rows(report.figures):
        style = {"met": "[green]met", "missed": "[red]missed"}.get(verdict, "")
        table.add_row(name, says, value, target, style)
    console.print(table)
    for name, why in report.left_out.items():
        console.print(f"{name}: {why}", highlight=False)
    console.print(f"Written: {WRITTEN}", highlight=False)


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stopped)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Stopped: the server is down, its files are removed, nothing is written.", file=sys.stderr)
        sys.exit(130)
