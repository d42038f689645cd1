"""The README: written by hand but for the table of figures, which is made from ``benchmarks/figures.json``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import CHECKED_IN, Report, report, rows
from docs.pages.markdown import joined, table

FILE = Path(__file__).parents[1] / "README.md"
BEGIN, END = (
    "<!-- figures: made by `make docs` from benchmarks/figures.json -->",
    "<!-- end of the figures -->",
)


def text() -> str:
    """The README with the figures as they were recorded last."""
    before, begin, rest = FILE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{FILE.name} has lost the lines between which the figures stand: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{figures(report(CHECKED_IN.read_text(encoding='utf-8')))}{END}{after}"


def figures(recorded: Report) -> str:
    """Where and with how much was measured, the table, and what was left out."""
    machine, scale = recorded.machine, recorded.scale
    where = (
        f"Measured on {recorded.measured_on}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gigabytes']} GB, {machine['system']}, Python {machine['python']}, "
        f"PostgreSQL {machine['postgresql']}; a feed of {scale['rows']:,} rows, {scale['rounds']} rounds. "
        "The median counts, with the smallest and the greatest round in brackets; x is a ratio to what was "
        "measured in the same round."
    )
    header = ("benchmark", "what", "median", "target", "")
    left_out = (f"- {name}: {why}." for name, why in recorded.left_out.items())
    return joined([where, table(header, rows(recorded.figures)), "\n".join(left_out)])
