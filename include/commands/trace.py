"""``trace``: one thing through every step."""

from __future__ import annotations

from include.commands import printing
from include.commands.reading import reading
from include.errors import NotPossible
from include.tracing import traced


def trace_key(key: str, *, as_json: bool) -> int:
    """Show the timeline of what ``key`` names.

    Raises:
        NotPossible: nothing has that name.
    """
    with reading("seamline trace") as connection:
        events = traced(connection, key)
    if not events:
        raise NotPossible(f"Nothing is known under {key!r}: no delivery, record, message or identifier.")
    if as_json:
        printing.as_json({"key": key, "events": events})
    else:
        printing.table(events, ("at", "step", "seam", "what"))
    return 0
