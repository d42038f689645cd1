"""Documents of EDI, whatever their standard, as people are shown them: who, when, each line, the totals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from include.commands import printing

# People are shown so many documents of a file, and so many lines of each.
MOST_DOCUMENTS, MOST_LINES = 100, 100


def show(titled: Iterable[tuple[str, dict[str, Any] | None]], what: str) -> None:
    """Headings, and under them documents by their titles.

    Args:
        titled: a heading with nothing, or the title of a document with the document.
        what: the documents are called, as ``messages``.
    """
    hidden = 0
    for title, document in titled:
        if document is None:
            printing.line()
            printing.line(title)
        elif "summary" in document:
            printing.line()
            printing.line(title)
            _show(document["summary"])
        else:
            hidden += 1
    if hidden:
        printing.line()
        printing.line(f"… and {hidden:,} {what} more; --json has them all.")


def verdict(part: dict[str, Any]) -> str:
    """What became of a document or an envelope, in words."""
    if part["is_accepted"] is None:
        return "not checked"
    if not part["is_accepted"]:
        return "refused"
    return "accepted with remarks" if part["findings"] else "accepted"


def heading(each: dict[str, Any], sender: str, receiver: str, number: str, version: str) -> str:
    """An interchange in a line."""
    prepared = f", prepared {each['prepared_at']:%Y-%m-%d %H:%M}" if each["prepared_at"] else ""
    test = ", a test" if each["is_test"] else ""
    return f"interchange {number} from {sender} to {receiver}{prepared}, {version}{test}, {verdict(each)}"


def _show(summary: dict[str, Any]) -> None:
    said = dict(summary)
    lines, totals = said.pop("lines", []), said.pop("totals", [])
    printing.facts(
        {name: value if isinstance(value, str) else "; ".join(value) for name, value in said.items()}
    )
    printing.table(lines[:MOST_LINES], _columns(lines))
    if len(lines) > MOST_LINES:
        printing.line(f"… and {len(lines) - MOST_LINES:,} lines more; --json has them all.")
    if totals:
        printing.facts({"totals": "; ".join(totals)})


def _columns(lines: list[dict[str, str]]) -> list[str]:
    """Every name that a line has, in the order in which they come."""
    return list(dict.fromkeys(name for line in lines for name in line))
