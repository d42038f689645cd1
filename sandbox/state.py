"""The sandbox's memory: one SQLite file, shared by all stand-ins of one process."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SCHEMA = Path(__file__).with_name("state.sql")


class State:
    """Reads and writes under one lock; a write is in the file when its transaction ends.

    Args:
        path: the SQLite file; made when absent.
    """

    def __init__(self, path: Path):
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(SCHEMA.read_text())
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between; may be nested."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("begin immediate")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            else:
                self._connection.execute("commit")
            finally:
                self._depth = 0

    def run(self, sql: str, *values: object) -> int:
        """One statement; returns the number of the row that it inserted."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """One statement for many rows, in one transaction."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query, if there is one."""
        with self._lock:
            return self._connection.execute(sql, values).fetchone()

    def fact(self, name: str) -> object:
        """What was remembered under a name; None where nothing was."""
        row = self.row("select value from fact where name = ?", name)
        return None if row is None else json.loads(row["value"])

    def remember(self, name: str, value: object) -> None:
        """Keeps a value under a name."""
        self.run("insert or replace into fact values (?, ?)", name, json.dumps(value))

    def count_request(self, system: str, operation: str) -> None:
        """One more request of a kind."""
        self.run(
            "insert into request_count values (?, ?, 1)"
            " on conflict (system, operation) do update set count = count + 1",
            system,
            operation,
        )

    def request_counts(self) -> dict[str, dict[str, int]]:
        """How often each operation of each system was asked for."""
        counts: dict[str, dict[str, int]] = {}
        for row in self.rows("select * from request_count order by system, operation"):
            counts.setdefault(row["system"], {})[row["operation"]] = row["count"]
        return counts

    def record_effect(
        self,
        *,
        at: str,
        system: str,
        operation: str,
        key: str,
        before: object,
        after: object,
        idempotency_key: str | None = None,
    ) -> None:
        """Writes down what a request changed; call it in the transaction of the change."""
        self.run(
            "insert into effect (at, system, operation, key, before, after, idempotency_key)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            at,
            system,
            operation,
            key,
            json.dumps(before),
            json.dumps(after),
            idempotency_key,
        )

    def effects(self, operation: str | None = None, key: str | None = None) -> list[dict[str, object]]:
        """What was changed, oldest first, optionally of one operation and one key."""
        rows = self.rows(
            "select * from effect where (?1 is null or operation = ?1) and (?2 is null or key = ?2) order by id",
            operation,
            key,
        )
        return [_effect(row) for row in rows]

    def close(self) -> None:
        """Ends the use of the file."""
        with self._lock:
            self._connection.close()


def _effect(row: sqlite3.Row) -> dict[str, object]:
    effect = dict(row)
    return effect | {"before": json.loads(effect["before"]), "after": json.loads(effect["after"])}
