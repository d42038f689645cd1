"""Schema reconciliation: what a channel shows against what it should show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from include.delivery import Shown
from include.flow import MatchFlow, PushFlow, ReconcileFlow
from include.stores import gates
from include.stores.sql import statement, statements

ROWS_AT_ONCE = 50_000


def now(connection: psycopg.Connection) -> datetime:
    """The warehouse's clock."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def match(connection: psycopg.Connection, flow: MatchFlow) -> dict[str, int] | None:
    """Note the differences that the model has found, close those that are gone; None before the first build.

    Returns:
        ``compared, agreed, mismatched`` (orders), ``with_owner`` (differences).
    """
    tables = [flow.table, flow.claims]
    row = connection.execute(
        "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name", [tables]
    ).fetchone()
    if row is None or not row[0]:
        return None
    facts = {"flow": flow.dag_id, "channel": flow.system, "owner": flow.owner, "runbook": flow.runbook}
    begun = connection.execute(statement("reconciliation", "begin"), facts).fetchone()
    assert begun is not None
    facts["run_id"] = begun[0]
    names = {"differences": tuple(flow.table.split(".")), "claims": tuple(flow.claims.split("."))}
    for name in ("match_resolve", "match_update", "match_note"):
        connection.execute(statement("reconciliation", name, **names), facts)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(statement("reconciliation", "match_finish", **names), facts).fetchone()
    waiting = connection.execute(statement("reconciliation", "with_owner"), facts).fetchone()
    assert found is not None
    assert waiting is not None
    return {**found, "with_owner": waiting[0]}


class Comparison:
    """One comparison, inside one transaction.

    Args:
        read_from: when the reading of the channel began, by the warehouse's clock.
    """

    def __init__(
        self, connection: psycopg.Connection, flow: ReconcileFlow, pushed: PushFlow, read_from: datetime
    ):
        self.connection = connection
        self.flow = flow
        self.facts = {
            "flow": flow.dag_id,
            "channel": pushed.system,
            "entity": pushed.entity,
            "push_flow": pushed.dag_id,
            "field": flow.field,
            "absent_means": flow.absent_means,
            "owner": flow.owner,
            "runbook": flow.runbook,
            "read_from": read_from,
            "first_ungated_build": gates.first_build(connection, pushed),
        }
        self.fragments = {
            "outbound": sql.Identifier("outbound", pushed.outbound_table),
            "key": sql.SQL(pushed.key),
            "field": sql.Identifier(flow.field),
        }
        self.facts["run_id"] = self._one("begin")

    def compare(self, shown: Iterable[Shown]) -> None:
        """Take in what the channel shows, find what differs, and note it."""
        self._run("make_shown")
        rows = iter(shown)
        with (
            self.connection.cursor() as cursor,
            cursor.copy("copy shown (key, value, changed_at) from stdin with (format csv)") as copy,
        ):
            while part := list(islice(rows, ROWS_AT_ONCE)):
                columns = {"key": [s.key for s in part], "value": [s.value for s in part]}
                moments = pl.Series(
                    "changed_at", [s.changed_at for s in part], dtype=pl.Datetime("us", "UTC")
                )
                copy.write(pl.DataFrame({**columns, "changed_at": moments}).write_csv(include_header=False))
        self.connection.execute("analyze shown")
        self._run("compare")
        self._run("resolve")
        self._run("note")

    def repairable(self) -> list[dict[str, Any]]:
        """Differences that may be mended by a message: ``mismatch_id, key, payload, content_hash, as_of_at``."""
        return self._rows("repairable", cap=self.flow.repair_cap)

    def set_repairing(self, mismatch_id: int, message_id: Any) -> None:
        """A message is on its way to mend it."""
        self._run("set_repairing", mismatch_id=mismatch_id, message_id=message_id)

    def finish(self, repairs: int) -> dict[str, int]:
        """Hand the rest to its owner; what was compared, agreed, explained and mismatched."""
        self._run("hand_over")
        return self._rows("finish", repairs=repairs)[0] | {"with_owner": self._one("with_owner")}

    def _run(self, name: str, **parameters: Any) -> psycopg.Cursor:
        made = sql.SQL(statements("reconciliation")[name]).format(**self.fragments)
        return self.connection.execute(made, {**self.facts, **parameters})

    def _rows(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        made = sql.SQL(statements("reconciliation")[name]).format(**self.fragments)
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(made, {**self.facts, **parameters}).fetchall()

    def _one(self, name: str) -> Any:
        row = self.connection.execute(statement("reconciliation", name), self.facts).fetchone()
        assert row is not None
        return row[0]
