"""How the command line prints: tables for people, one JSON document for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 100_000


def as_json(value: Any) -> None:
    """One JSON document; times in ISO 8601, amounts as text, bytes in hexadecimal."""
    try:
        text = json.dumps(value, default=_plain, ensure_ascii=False, indent=2, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write(text + "\n")


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows as RFC 4180 with a header; null is empty, everything else as in JSON."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if value is None else _cell(value) for value in row])


def table(
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str] | None = None,
    *,
    headings: bool = True,
    numbers: Collection[str] = (),
) -> None:
    """Rows as a table; nothing for no rows.

    Args:
        headings: names of columns become words; else they stay as they are, to be used in a query.
        numbers: columns that hold numbers as people read them, beside those that are seen to.
    """
    if not rows:
        return
    names = list(columns or rows[0])
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        is_number = name in numbers or all(isinstance(row.get(name), int | float | None) for row in rows)
        made.add_column(
            Text(visible(name.replace("_", " ") if headings else name)),
            justify="right" if is_number else "left",
            overflow="fold",
        )
    for row in rows:
        made.add_row(*(Text(shown(row.get(name))) for name in names))
    _print(made)


def facts(values: dict[str, Any]) -> None:
    """Names and values, one a line."""
    if not values:
        return
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in values.items():
        made.add_row(Text(visible(name.replace("_", " "))), Text(shown(value)))
    _print(made)


def line(text: str = "") -> None:
    """One line of plain text."""
    sys.stdout.write(visible(text) + "\n")


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, dict):
        return visible(json.dumps(value, default=_plain, ensure_ascii=False))
    return visible(_plain(value))


def visible(text: str) -> str:
    """Text on one line in which every character can be seen: what came from outside must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _print(made: Table) -> None:
    """On a terminal as wide as that is; into a pipe as wide as it takes, so that nothing is cut or folded."""
    if sys.stdout.isatty():
        Console(highlight=False).print(made)
        return
    text = io.StringIO()
    Console(file=text, width=PIPE_WIDTH, highlight=False, color_system=None).print(made)
    sys.stdout.writelines(one.rstrip() + "\n" for one in text.getvalue().splitlines())


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    return str(value)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return _plain(value)


def _finite(value: Any) -> Any:
    """The same without the numbers that JSON cannot say: they become text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
