"""Numbers, times and states as people read them. All times are UTC."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

NOTHING = "\N{EN DASH}"
UNITS = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"), (1, "s", "s"))

MARKS = {
    "failing": ("bad", "✕"),
    "failed": ("bad", "✕"),
    "rejected": ("bad", "✕"),
    "dead": ("bad", "✕"),
    "refused": ("bad", "✕"),
    "held": ("hold", "‖"),
    "shut": ("hold", "‖"),
    "late": ("hold", "◔"),
    "with_owner": ("hold", "!"),
    "waiting for its owner": ("warn", "!"),
    "open": ("warn", "!"),
    "escalated": ("warn", "↑"),
    "opened": ("warn", "↷"),
    "parked": ("warn", "◔"),
    "ok": ("good", "✓"),
    "done": ("good", "✓"),
    "closed": ("good", "✓"),
    "passed": ("good", "✓"),
    "filled": ("good", "✓"),
    "published": ("good", "✓"),
    "applied": ("good", "✓"),
    "built": ("good", "✓"),
    "resolved": ("good", "✓"),
    "retried": ("good", "↻"),
    "repaired": ("good", "↻"),
}
"""A colour and a sign by state; the sign says the same to whoever does not see the colour."""

MEANINGS = {
    "failing": "The last run of one of its steps failed.",
    "held": "Its gate is shut, so nothing new goes out.",
    "late": "Its last success is older than its latency class allows.",
    "waiting for its owner": "It runs, but something was set aside or does not match.",
    "not run yet": "It has not run, or not for long.",
    "ok": "Nothing to do.",
    "landed": "The bytes are stored; the records are not checked yet.",
    "checked": "Accepted records and dead letters exist; raw does not hold them yet.",
    "loaded": "Raw holds them; the counts are not closed yet.",
    "closed": "The counts close and the watermark moved.",
    "refused": "Unusable as a whole; its dead letter says why.",
    "open": "Waits for its owner.",
    "escalated": "Waits, for somebody else than at first.",
    "retried": "Came back as it was, as a new delivery or message; the next run of its flow takes it.",
    "repaired": "Came back with an edited record, as a new delivery; the next run of its flow takes it.",
    "suppressed": "A person decided to do without it; the same record is suppressed when it comes again.",
    "resolved": "A later delivery brought a good version.",
    "repeated": "The same record was refused before for the same reasons, and that letter still waits.",
    "pending": "May be sent when it is due.",
    "claimed": "A worker holds it and has not sent it.",
    "submitted": "It left; the answer is not read yet.",
    "accepted": "The channel took it; whether it shows it is not seen yet.",
    "applied": "The channel shows it.",
    "rejected": "The channel refused it; a dead letter says why.",
    "superseded": "A newer one took its place.",
    "dead": "Given up after many attempts; a dead letter says why.",
    "made": "Its rows are fixed and wait for their check.",
    "written": "Written aside and waiting for its audit.",
    "passed": "Every expectation holds; it may go out.",
    "shut": "Some expectation does not hold: it is held until a person lets it out or a later one takes its place.",
    "opened": "A person let it out once, on record; the next run takes it.",
    "filled": "Its messages are in the outbox.",
    "published": "Readers see it, or saw it until the next one.",
    "repairing": "A message that mends it is on its way.",
    "with_owner": "Too many, or not ours to mend: its owner must look.",
}


def mark(state: str) -> tuple[str, str]:
    """A colour class and a sign for a state."""
    return MARKS.get(state, ("plain", "·"))


def meaning(state: str) -> str:
    """What a state means, in a sentence; empty if it speaks for itself."""
    return MEANINGS.get(state, "")


def amount(number: int | None) -> str:
    """``12,345``; a dash for nothing known."""
    return NOTHING if number is None else f"{number:,}"


def span(seconds: float | timedelta | None) -> str:
    """A length of time in its two largest units: ``2 h 5 min``, ``3 days``."""
    if seconds is None:
        return NOTHING
    left = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    parts = []
    for size, one, many in UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {one if count == 1 else many}")
        if len(parts) == 2 or (parts and size == UNITS[0][0] and count > 2):
            break
    return " ".join(parts) or "0 s"


def moment(at: datetime | None) -> str:
    """A time to the minute, readable for machines too."""
    if at is None:
        return NOTHING
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.strftime("%Y-%m-%d %H:%M"))


def instant(at: datetime | None) -> str:
    """A time to the second."""
    if at is None:
        return NOTHING
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S"))


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago something was: ``4 min ago``."""
    return NOTHING if at is None else f"{span(max(now - at, timedelta(0)))} ago"


def plainly(value: Any) -> str:
    """A value of a record or a message as it is written."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and all(isinstance(part, str | int) for part in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, default=str, indent=2)


def words(name: str) -> str:
    """A name of the code as words: ``latency_class`` becomes ``latency class``."""
    return str(name).replace("_", " ")


def summarized(summary: dict[str, Any] | None) -> str:
    """The numbers of a step's summary that say something; of those in a list, each by itself."""
    return ", ".join(f"{words(name)} {_several(value)}" for name, value in (summary or {}).items() if value)


def _several(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        return "; ".join(map(summarized, value))
    return plainly(value)


def runbook_path(runbook: str) -> str:
    """Where the pages show ``docs/runbooks/<flow>.md#place``: ``runbooks/<flow>#place``."""
    file, _, place = runbook.partition("#")
    name = file.rpartition("/")[2].removesuffix(".md")
    return f"runbooks/{name}#{place}" if place else f"runbooks/{name}"


FILTERS: tuple[Callable[..., str], ...] = (
    amount,
    span,
    moment,
    instant,
    ago,
    plainly,
    words,
    summarized,
    runbook_path,
)
