"""Schema gate: outbound batches, exactly as checked, and the verdicts on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.flow import PushFlow
from include.stores.sql import statement, statements

KEPT_BATCHES = 20


class BatchStatus(StrEnum):
    """Where a batch stands."""

    MADE = "made"
    """Its rows are fixed. Next: passed or shut."""

    PASSED = "passed"
    """Every expectation holds. Next: filled."""

    SHUT = "shut"
    """Some expectation does not hold. Next: opened by a person, or superseded by a later batch."""

    OPENED = "opened"
    """A person let it out once, on record. Next: filled."""

    FILLED = "filled"
    """Its messages are in the outbox. The end."""

    SUPERSEDED = "superseded"
    """A later batch covers it. The end."""


@dataclass(frozen=True, slots=True)
class Batch:
    """An outbound batch: its rows are the table ``gate.batch_<id>``."""

    batch_id: int
    status: BatchStatus
    first_build_id: int
    last_build_id: int

    @property
    def table(self) -> str:
        """Name of its table in schema gate."""
        return table_of(self.batch_id)


def table_of(batch_id: int) -> str:
    """Name of a batch's table in schema gate."""
    return f"batch_{batch_id}"


def open_batch(connection: psycopg.Connection, flow: PushFlow) -> Batch | None:
    """The batch of a flow that is not settled yet."""
    row = connection.execute(statement("gates", "open_batch"), {"flow": flow.dag_id}).fetchone()
    return Batch(row[0], BatchStatus(row[1]), row[2], row[3]) if row else None


def first_build(connection: psycopg.Connection, flow: PushFlow) -> int:
    """The first build that no filled batch of the flow covers."""
    return _one(connection, "first_build", flow=flow.dag_id)


def accounts_to_tell(connection: psycopg.Connection, flow: PushFlow) -> list[str]:
    """Partners of a flow that are to be told everything again."""
    return _one(connection, "accounts_to_tell", flow=flow.dag_id)


def has_changes(connection: psycopg.Connection, flow: PushFlow) -> bool:
    """Outbound rows changed since the last filled batch, or a partner is to be told all of them again."""
    if accounts_to_tell(connection, flow):
        return True
    made = sql.SQL("select exists (select from {} where _build_id >= %s)").format(
        sql.Identifier("outbound", flow.outbound_table)
    )
    row = connection.execute(made, [first_build(connection, flow)]).fetchone()
    return bool(row and row[0])


def row_count(connection: psycopg.Connection, batch_id: int) -> int:
    """How many rows a batch has."""
    return _one(connection, "row_count", batch_id=batch_id)


def make_batch(connection: psycopg.Connection, flow: PushFlow, last_build_id: int) -> tuple[Batch, int]:
    """Fix the rows that are to go out, up to a build; the batch and how many they are."""
    first = first_build(connection, flow)
    facts = {"flow": flow.dag_id, "channel": flow.system, "entity": flow.entity}
    builds = {"first_build_id": first, "last_build_id": last_build_id}
    batch_id = _one(connection, "insert_batch", **facts, **builds)
    made = sql.SQL(statements("gates")["make_batch"]).format(
        batch=sql.Identifier("gate", table_of(batch_id)),
        outbound=sql.Identifier("outbound", flow.outbound_table),
        key=sql.SQL(flow.key),
        channel=sql.Literal(flow.system),
        entity=sql.Literal(flow.entity),
        chosen=_chosen(flow, first, last_build_id, accounts_to_tell(connection, flow)),
    )
    row_count = connection.execute(made).rowcount
    connection.execute(statement("gates", "take_up_tellings"), {"flow": flow.dag_id, "batch_id": batch_id})
    connection.execute(statement("gates", "set_row_count"), {"batch_id": batch_id, "row_count": row_count})
    _drop_settled(connection, flow, batch_id)
    return Batch(batch_id, BatchStatus.MADE, first, last_build_id), row_count


def _chosen(flow: PushFlow, first: int, last: int, accounts: list[str]) -> sql.Composable:
    """The condition on an outbound row; without accounts it goes by the index of builds alone."""
    changed = sql.SQL("o._build_id between {} and {}").format(sql.Literal(first), sql.Literal(last))
    if not accounts:
        return changed
    told = sql.SQL("o._build_id <= {} and split_part({}, '/', 1) = any({})").format(
        sql.Literal(last), sql.SQL(flow.key), sql.Literal(accounts)
    )
    return sql.SQL("(({}) or ({}))").format(changed, told)


def tell_again(connection: psycopg.Connection, flow: PushFlow, account: str) -> int:
    """Have the next batch hold everything that an account should know; how many keys it was thought to know."""
    connection.execute(statement("gates", "tell_again"), {"flow": flow.dag_id, "account": account})
    return connection.execute(
        statement("gates", "forget_states"),
        {"channel": flow.system, "entity": flow.entity, "account": account},
    ).rowcount


def supersede(connection: psycopg.Connection, batch_id: int) -> None:
    """A later batch covers this one."""
    connection.execute(statement("gates", "supersede"), {"batch_id": batch_id})


def seal(connection: psycopg.Connection, batch: Batch) -> str:
    """What the rows of a batch come to; another text when a row is added, changed or gone."""
    row = connection.execute(statement("gates", "seal", batch=("gate", batch.table))).fetchone()
    assert row is not None
    return row[0]


def is_as_checked(connection: psycopg.Connection, batch: Batch) -> bool:
    """The rows of a batch are those that were judged; they stay so until the transaction is over."""
    connection.execute(statement("gates", "hold_still", batch=("gate", batch.table)))
    return seal(connection, batch) == _one(connection, "kept_seal", batch_id=batch.batch_id)


def set_verdict(
    connection: psycopg.Connection,
    batch_id: int,
    *,
    is_open: bool,
    verdict: dict[str, Any],
    evidence_page: str,
    seal: str,
) -> None:
    """Record what the check of a batch found.

    Args:
        seal: of the rows, taken before they were judged.
    """
    connection.execute(
        statement("gates", "set_verdict"),
        {
            "batch_id": batch_id,
            "is_open": is_open,
            "verdict": Jsonb(verdict),
            "evidence_page": evidence_page,
            "seal": seal,
        },
    )


def open_shut(connection: psycopg.Connection, batch_id: int) -> str | None:
    """Let a shut batch out once; its flow, or None if it is not shut."""
    row = connection.execute(statement("gates", "open_shut"), {"batch_id": batch_id}).fetchone()
    return row[0] if row else None


def batch(connection: psycopg.Connection, batch_id: int) -> dict[str, Any] | None:
    """A batch with its verdict."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("gates", "batch"), {"batch_id": batch_id}).fetchone()


def recent(connection: psycopg.Connection, limit: int = 20) -> list[dict[str, Any]]:
    """The newest batches that had rows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("gates", "recent"), {"limit": limit}).fetchall()


def live_keys(connection: psycopg.Connection, flow: PushFlow) -> int:
    """How many keys of the entity the channel shows."""
    return _one(connection, "live_keys", channel=flow.system, entity=flow.entity)


def _drop_settled(connection: psycopg.Connection, flow: PushFlow, batch_id: int) -> None:
    parameters = {"flow": flow.dag_id, "batch_id": batch_id, "keep": KEPT_BATCHES}
    for (old,) in connection.execute(statement("gates", "settled_before"), parameters).fetchall():
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier("gate", table_of(old))))


def _one(connection: psycopg.Connection, name: str, **parameters: Any) -> Any:
    row = connection.execute(statement("gates", name), parameters).fetchone()
    assert row is not None
    return row[0]
