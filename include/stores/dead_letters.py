"""Schema dead_letter: what was set aside, with evidence and owner."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.stores.sql import statement

ROWS_AT_ONCE = 1_000
MOST_STANDING = 200_000
"""Of more letters than that the older ones' records are checked again."""


class LetterStatus(StrEnum):
    """Where a dead letter stands."""

    OPEN = "open"
    """Waits for its owner. Next: any of the others."""

    ESCALATED = "escalated"
    """Still waits, for somebody else. Next: any of the others."""

    RETRIED = "retried"
    """Came back as it was, as a new delivery or message. The end."""

    REPAIRED = "repaired"
    """Came back with an edited record, as a new delivery. The end."""

    SUPPRESSED = "suppressed"
    """A person decided to do without it, also when it comes again. The end."""

    RESOLVED = "resolved"
    """A later delivery brought a good version, or the channel shows a newer wish for the key. The end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where dead letters of one delivery and entity come from, and whose they are.

    Attributes:
        checked_as: what the refusal of a record's content depends on beside the content.
    """

    step: str
    flow: str
    source_system: str
    account: str
    entity: str | None
    delivery_id: int | None
    contract_version: str | None
    owner: str
    runbook: str
    checked_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLetter:
    """A record that was set aside.

    Attributes:
        findings: what is wrong with it, as ``formats.findings.Finding.to_json`` gives it; the first leads.
        content_hash: ``hash_runs.HASH`` of it in hexadecimal, high half first, where its content alone is wrong.
    """

    line: int | None
    findings: list[dict[str, Any]]
    record_key: str | None
    record: dict[str, Any]
    content_hash: str | None = None


def fingerprint(origin: Origin, findings: Iterable[dict[str, Any]], record: dict[str, Any]) -> str:
    """Equal for the same record refused for the same reasons, whichever delivery it came with."""
    return _fingerprint(origin, findings, _canonical(record))


def _fingerprint(origin: Origin, findings: Iterable[dict[str, Any]], record: str) -> str:
    reasons = sorted(f"{finding['rule']}:{finding.get('field')}" for finding in findings)
    seed = f"{_dumped([origin.flow, origin.account, origin.entity, reasons])}{record}"
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()


class LetterWriter:
    """Writes the refused records of one delivery and entity, many at a time."""

    def __init__(self, connection: psycopg.Connection, origin: Origin):
        self.connection = connection
        self.origin = origin
        self.count = 0
        self._waiting: list[RecordLetter] = []

    def repeat(self, ids: np.ndarray, lines: np.ndarray) -> None:
        """Count records that came again, by their letters and the lines on which they stand now."""
        rows = pl.DataFrame({"id": ids, "delivery": self.origin.delivery_id, "line": lines})
        with (
            self.connection.cursor() as cursor,
            cursor.copy(statement("dead_letters", "copy_repeats")) as copy,
        ):
            copy.write(rows.write_csv(include_header=False))
        self.count += len(ids)

    def add(self, letters: Iterable[RecordLetter]) -> None:
        """Set records aside."""
        for letter in letters:
            self._waiting.append(letter)
            if len(self._waiting) >= ROWS_AT_ONCE:
                self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        rows = [self._row(letter) for letter in self._waiting]
        self._waiting.clear()
        with self.connection.transaction():
            self.connection.execute("drop table if exists arriving_letters")
            self.connection.execute(statement("dead_letters", "copy_records"))
            with (
                self.connection.cursor() as cursor,
                cursor.copy("copy arriving_letters from stdin with (format csv)") as copy,
            ):
                copy.write(_columns(rows).write_csv(include_header=False))
            self.connection.execute(statement("dead_letters", "insert_records"), _facts(self.origin))
            self.count += len(rows)

    def _row(self, letter: RecordLetter) -> tuple[Any, ...]:
        first = letter.findings[0]
        place = first.get("place") or (f"line {letter.line}" if letter.line is not None else None)
        record = _canonical(letter.record)
        return (
            letter.line,
            place,
            _storable(first.get("field")),
            _storable(first.get("value")),
            first["rule"],
            _storable(first["message"]),
            _storable_json(letter.findings, _dumped(letter.findings)),
            _storable(letter.record_key),
            _storable_json(letter.record, record),
            _fingerprint(self.origin, letter.findings, record),
            letter.content_hash,
        )


class Standing:
    """Refused records of an entity whose letters stand, so that they need no second check."""

    def __init__(self, writer: LetterWriter, rows: Sequence[tuple[int, str, bytes]]):
        self.writer = writer
        self._ids = np.array([row[0] for row in rows], np.int64)
        self._rules = [row[1] for row in rows]
        # uuid_send gives the bytes as a person reads them: the highest first.
        pairs = np.frombuffer(b"".join(row[2] for row in rows), ">u8").reshape(-1, 2)
        self._order = np.argsort(pairs[:, 0])
        self._high, self._low = (pairs[self._order, half].astype("<u8") for half in (0, 1))

    def find(self, lines: np.ndarray) -> np.ndarray:
        """For each of some ``hash_runs.HASH`` the number of its letter, or -1."""
        if not len(self._high):
            return np.full(len(lines), -1)
        at = np.minimum(np.searchsorted(self._high, lines["high"]), len(self._high) - 1)
        is_there = (self._high[at] == lines["high"]) & (self._low[at] == lines["low"])
        return np.where(is_there, self._order[at], -1)

    def repeat(self, numbers: np.ndarray, lines: np.ndarray) -> list[str]:
        """Count records that came again, by the numbers of their letters and their lines; the rules they break."""
        self.writer.repeat(self._ids[numbers], lines)
        return [self._rules[number] for number in numbers]


def standing(writer: LetterWriter) -> Standing:
    """The refused records whose letters stand, of those checked as the writer's are."""
    parameters = {**_facts(writer.origin), "limit": MOST_STANDING}
    rows = writer.connection.execute(statement("dead_letters", "standing"), parameters).fetchall()
    return Standing(writer, rows)


def _columns(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows as columns: the line is a number, all others are text."""
    lines, *texts = zip(*rows, strict=True)
    columns = {"line": pl.Series(lines, dtype=pl.Int64)}
    return pl.DataFrame(
        columns | {str(number): pl.Series(text, dtype=pl.String) for number, text in enumerate(texts)}
    )


def set_aside(
    connection: psycopg.Connection,
    origin: Origin,
    finding: dict[str, Any],
    *,
    level: str,
    record: dict[str, Any] | None = None,
    record_key: str | None = None,
    message_id: Any = None,
) -> int:
    """Set one delivery or message aside; the id of its dead letter."""
    record = record or {}
    row = connection.execute(
        statement("dead_letters", "insert_letter"),
        {
            **_facts(origin),
            "level": level,
            "message_id": message_id,
            "line": finding.get("line"),
            "place": finding.get("place"),
            "field": _storable(finding.get("field")),
            "value": _storable(finding.get("value")),
            "rule": finding["rule"],
            "message": _storable(finding["message"]),
            "findings": Jsonb(_storable_parts([finding])),
            "record_key": _storable(record_key),
            "record": Jsonb(_storable_parts(record), dumps=_dumped),
            "fingerprint": fingerprint(origin, [finding], record),
        },
    ).fetchone()
    assert row is not None
    return row[0]


def set_aside_once(
    connection: psycopg.Connection,
    origin: Origin,
    finding: dict[str, Any],
    *,
    level: str,
    record: dict[str, Any],
) -> int | None:
    """Set aside what was not set aside for the same reason before; None if it was."""
    known = connection.execute(
        "select exists (select from dead_letter.letters where fingerprint = %s)",
        [fingerprint(origin, [finding], record)],
    ).fetchone()
    if known and known[0]:
        return None
    return set_aside(connection, origin, finding, level=level, record=record)


def open_keys(connection: psycopg.Connection, origin: Origin, as_of: datetime) -> list[str]:
    """Keys of records of this entity that wait for a good version."""
    rows = connection.execute(statement("dead_letters", "open_keys"), {**_facts(origin), "as_of": as_of})
    return [key for (key,) in rows]


def resolve(connection: psycopg.Connection, origin: Origin, keys: Sequence[str], as_of: datetime) -> int:
    """Close the letters of records that came again and were good; how many."""
    if not keys:
        return 0
    parameters = {**_facts(origin), "keys": list(keys), "as_of": as_of}
    return connection.execute(statement("dead_letters", "resolve"), parameters).rowcount


def resolve_arrival(
    connection: psycopg.Connection, flow: str, account: str, name: str, delivery_id: int
) -> int:
    """Close the letters of an arrival that could not be taken before and was taken now; how many."""
    parameters = {"flow": flow, "account": account, "name": name, "delivery_id": delivery_id}
    return connection.execute(statement("dead_letters", "resolve_arrival"), parameters).rowcount


def resolve_messages(connection: psycopg.Connection, applied: Sequence[Any]) -> int:
    """Close the letters of earlier messages of the keys of messages that were applied now; how many."""
    return connection.execute(statement("dead_letters", "resolve_messages"), {"ids": list(applied)}).rowcount


def listed(
    connection: psycopg.Connection,
    *,
    flow: str | None = None,
    rule: str | None = None,
    delivery_id: int | None = None,
    statuses: Sequence[LetterStatus] = (LetterStatus.OPEN, LetterStatus.ESCALATED),
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Dead letters, newest first."""
    parameters = {
        "flow": flow,
        "rule": rule,
        "delivery_id": delivery_id,
        "statuses": [str(status) for status in statuses],
        "limit": limit,
    }
    return _rows(connection, "list", parameters)


def summary(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """What waits, counted by flow, rule and field."""
    return _rows(connection, "summary", {})


def shown(connection: psycopg.Connection, dead_letter_id: int) -> dict[str, Any] | None:
    """One dead letter with everything that people did about it."""
    found = _rows(connection, "show", {"dead_letter_id": dead_letter_id})
    return found[0] if found else None


def settle(
    connection: psycopg.Connection,
    ids: Sequence[int],
    status: LetterStatus,
    reason: str,
    owner: str | None = None,
) -> list[int]:
    """Settle letters that still wait; tells which they were."""
    parameters = {"ids": list(ids), "status": status, "reason": reason, "owner": owner}
    return [row[0] for row in connection.execute(statement("dead_letters", "settle"), parameters)]


def _rows(connection: psycopg.Connection, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("dead_letters", name), parameters).fetchall()


def _facts(origin: Origin) -> dict[str, Any]:
    return {name: getattr(origin, name) for name in Origin.__slots__}


def _storable(text: str | None) -> str | None:
    """PostgreSQL keeps no U+0000 and no lone surrogates; they are shown as escapes."""
    if text is None or (text.isascii() and "\x00" not in text):
        return text
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()


_dumped = json.JSONEncoder(ensure_ascii=False, default=str).encode
_canonical = json.JSONEncoder(ensure_ascii=False, default=str, sort_keys=True).encode


def _storable_json(value: Any, text: str) -> str:
    """JSON that PostgreSQL keeps; gone through part by part only where something in it must be mended."""
    return text if "\\u0000" not in text and _is_encodable(text) else _dumped(_storable_parts(value))


def _is_encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _storable_parts(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(str(key)): _storable_parts(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_parts(part) for part in value]
    return value
