"""How the command line prints: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def console() -> Console:
    """Standard output; as wide as it takes when it is not a terminal, so that nothing is cut for a pipe."""
    return Console(
        width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=not sys.stdout.isatty()
    )


def as_json(value: Any) -> None:
    """One JSON document; times in ISO 8601, amounts as text."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n")


def table(
    rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None, *, title: str | None = None
) -> None:
    """Rows as a table; nothing for no rows."""
    if not rows:
        return
    names = list(columns or rows[0])
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in names:
        is_number = all(isinstance(row.get(name), int | float | None) for row in rows)
        made.add_column(name.replace("_", " "), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        made.add_row(*(escape(shown(row.get(name))) for name in names))
    console().print(made)


def facts(values: dict[str, Any]) -> None:
    """Names and values, one a line."""
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in values.items():
        made.add_row(name.replace("_", " "), escape(shown(value)))
    console().print(made)


def line(text: str = "") -> None:
    """One line of plain text."""
    console().print(escape(text))


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
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return str(value)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
