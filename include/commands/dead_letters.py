"""``dead-letters``: what was set aside, and what people do about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from include.commands import printing
from include.commands.reading import reading
from include.errors import NotPossible
from include.interventions import Done, Person, escalate, repair, retry, suppress
from include.stores import dead_letters
from include.stores.dead_letters import LetterStatus
from include.workspace import from_environment

WAITING = (LetterStatus.OPEN, LetterStatus.ESCALATED)
SHORT = ("dead_letter_id", "status", "flow", "place", "field", "value", "message", "owner")


def list_letters(*, flow: str | None, rule: str | None, all_statuses: bool, limit: int, as_json: bool) -> int:
    """What waits; findings if anything does."""
    statuses = tuple(LetterStatus) if all_statuses else WAITING
    with reading("seamline dead-letters list") as connection:
        rows = dead_letters.listed(connection, flow=flow, rule=rule, statuses=statuses, limit=limit)
        summary = dead_letters.summary(connection)
    if as_json:
        printing.as_json({"letters": rows, "summary": summary})
    else:
        printing.table(rows, SHORT)
        printing.line()
        printing.table(summary, ("letters", "flow", "rule", "field", "owner", "oldest_at", "runbook"))
        if not rows:
            printing.line("Nothing waits.")
    return int(any(row["status"] in WAITING for row in rows))


def show_letter(dead_letter_id: int, *, as_json: bool) -> int:
    """Everything about one; findings while it waits."""
    with reading("seamline dead-letters show") as connection:
        letter = dead_letters.shown(connection, dead_letter_id)
    if letter is None:
        raise NotPossible(
            f"There is no dead letter {dead_letter_id}. `./seamline dead-letters list` shows them."
        )
    if as_json:
        printing.as_json(letter)
    else:
        _print_letter(letter)
    return int(letter["status"] in WAITING)


def retry_letters(ids: Sequence[int], *, by: str, because: str, as_json: bool) -> int:
    """Send them through their steps again."""
    return _told(retry(from_environment(), ids, Person(by, because)), as_json=as_json)


def repair_letter(
    dead_letter_id: int, *, by: str, because: str, changes: Sequence[str], record: Path | None, as_json: bool
) -> int:
    """Bring a record back with edited values."""
    workspace = from_environment()
    edited = _record_of(record) if record else _changed(dead_letter_id, changes)
    return _told(repair(workspace, dead_letter_id, edited, Person(by, because)), as_json=as_json)


def suppress_letters(ids: Sequence[int], *, by: str, because: str, as_json: bool) -> int:
    """Decide to do without them."""
    return _told(suppress(from_environment(), ids, Person(by, because)), as_json=as_json)


def escalate_letters(ids: Sequence[int], *, by: str, because: str, to: str, as_json: bool) -> int:
    """Hand them to another owner."""
    return _told(escalate(from_environment(), ids, Person(by, because), to), as_json=as_json)


def _print_letter(letter: dict[str, Any]) -> None:
    parts = ("findings", "record", "interventions")
    printing.facts({name: value for name, value in letter.items() if name not in parts and value is not None})
    printing.line()
    printing.table(letter["findings"], ("rule", "field", "value", "message"))
    printing.line()
    printing.facts({name: value for name, value in letter["record"].items() if value not in (None, "")})
    if letter["interventions"]:
        printing.line()
        printing.table(letter["interventions"], ("made_at", "kind", "person", "reason"))


def _record_of(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotPossible(f"{path} holds no record: {error}.") from None
    if not isinstance(record, dict):
        raise NotPossible(f"{path} must hold one JSON object: the record's columns, named as in the source.")
    return record


def _changed(dead_letter_id: int, changes: Sequence[str]) -> dict[str, Any]:
    if not changes:
        raise NotPossible("Say what to change: --set 'Column=value' (several times), or --record FILE.json.")
    with reading("seamline dead-letters repair") as connection:
        letter = dead_letters.shown(connection, dead_letter_id)
    if letter is None:
        raise NotPossible(f"There is no dead letter {dead_letter_id}.")
    edited = dict(letter["record"])
    for change in changes:
        column, separator, value = change.partition("=")
        if not separator or column not in edited:
            known = ", ".join(map(repr, edited))
            raise NotPossible(f"{change!r} is not 'Column=value' for a column of the record: {known}.")
        edited[column] = value or None
    return edited


def _told(done: Done, *, as_json: bool) -> int:
    """What was done; findings if something was left."""
    if as_json:
        printing.as_json(
            {
                "settled": done.settled,
                "left": done.left,
                "deliveries": done.deliveries,
                "messages": done.messages,
            }
        )
        return int(bool(done.left))
    printing.line(f"{len(done.settled)} settled." if done.settled else "Nothing was settled.")
    for flow, made in (done.deliveries | done.messages).items():
        printing.line(f"{flow}: {len(made)} waiting for its next run.")
    for dead_letter_id, reason in done.left.items():
        printing.line(f"{dead_letter_id} was left: {reason}")
    return int(bool(done.left))
