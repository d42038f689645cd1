"""``cli.md``: every command of ``./seamline``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from docs.pages.markdown import anchor, code, joined, link, opening, table
from include.commands.app import app

WIDTH = 110
PROGRAM = "./seamline"


def page() -> str:
    """What each command is for, then its help."""
    found = list(commands())
    return joined(
        [
            opening("Command line", "`include/commands/app.py`"),
            "Every command has `--json`. Exit code 0: clean; 1: there are findings (something was refused, waits or is "
            "held); 2: it cannot be done, and a sentence on standard error says why. The commands find the local stack "
            "of `make up` by themselves; elsewhere they read `AIRFLOW_CONN_WAREHOUSE_DB` and `SEAMLINE_LANDING`.",
            table(
                ("command", "what it does"),
                [(link(code(name), f"#{anchor(name)}"), _summary(command)) for name, command in found],
            ),
            *(f"## {name}\n\n```text\n{_help(name, command)}\n```" for name, command in found),
        ]
    )


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, by what one types for it."""
    return _within(PROGRAM, get_command(app))


def _within(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
    for child, found in (children or {}).items():
        yield from _within(f"{name} {child}", found)


def _summary(command: Any) -> str:
    return (command.help or "").partition("\n")[0]


def _help(name: str, command: Any) -> str:
    context = command.make_context(
        name, [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).strip().splitlines())
