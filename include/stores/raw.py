"""Schema raw: the last accepted version of every record, one table per system and entity.

A table follows its contract: one typed column per property, and beside them

==============  ===========  ====================================================================
_account        text         the shop, partner or warehouse; part of every key
_delivery_id    bigint       the delivery that last changed the row
_line           bigint       where the record stood in it
_as_of          timestamptz  the moment of which its delivery speaks; orders versions where records have none
_time_zone      text         the zone in which the record's times were written
_extra          jsonb        columns that the contract does not know
_deleted_at     timestamptz  a complete list did not name the record any more
==============  ===========  ====================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from include.contracts.contract import Contract
from include.errors import Misconfigured
from include.reading_ahead import read_ahead
from include.stores.connection import lock_in_transaction
from include.stores.sql import statements

BESIDE = {
    "_account": "text",
    "_delivery_id": "bigint",
    "_line": "bigint",
    "_as_of": "timestamp with time zone",
    "_time_zone": "text",
    "_extra": "jsonb",
    "_deleted_at": "timestamp with time zone",
}
REQUIRED_BESIDE = ("_account", "_delivery_id", "_as_of")
CANONICAL_TYPES = {"timestamptz": "timestamp with time zone", "int": "integer"}


@dataclass(frozen=True, slots=True)
class Table:
    """The raw table of a contract."""

    contract: Contract

    @property
    def name(self) -> sql.Identifier:
        """Qualified and quoted."""
        return sql.Identifier("raw", self.contract.table)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the primary key; the ones that tell records apart come first, which makes it quicker."""
        return (*self.contract.key, "_account")

    @property
    def moments(self) -> tuple[str, ...]:
        """Columns that order the versions of a record."""
        version = self.contract.record_version
        return (version, "_as_of") if version else ("_as_of",)

    @property
    def columns(self) -> dict[str, str]:
        """Every column and its SQL type."""
        return {
            p.name: CANONICAL_TYPES.get(p.sql_type, p.sql_type) for p in self.contract.properties
        } | BESIDE

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that say something of the record: what makes a version differ from another."""
        return tuple(c for c in self.columns if c not in self.key and (c not in BESIDE or c == "_extra"))


def ensure(connection: psycopg.Connection, contract: Contract) -> list[str]:
    """Make the table of a contract, or add what a newer contract version added; tells what was done.

    Raises:
        Misconfigured: a column has another type than the contract says; that takes a migration.
    """
    table = Table(contract)
    with connection.transaction():
        lock_in_transaction(connection, f"raw.{contract.table}")
        present = dict(
            connection.execute(statements("raw")["columns"], {"table": f'raw."{contract.table}"'}).fetchall()
        )
        if not present:
            _create(connection, table)
            return [f"made raw.{contract.table}"]
        _refuse_retyped(table, present)
        return [_add_column(connection, table, name) for name in table.columns if name not in present]


def lock(connection: psycopg.Connection, contract: Contract) -> None:
    """One load of a table at a time, until the end of the transaction."""
    lock_in_transaction(connection, f"raw.{contract.table}")


def is_empty(connection: psycopg.Connection, contract: Contract) -> bool:
    """The table holds nothing at all."""
    return bool(_scalar(connection, Table(contract), "is_empty"))


@dataclass(frozen=True, slots=True)
class Constants:
    """What all rows of one load share: sent once, not with every row."""

    account: str
    delivery_id: int
    as_of: datetime

    @property
    def columns(self) -> dict[str, Any]:
        """Column and value."""
        return {"_account": self.account, "_delivery_id": self.delivery_id, "_as_of": self.as_of}


def copy_into_empty(
    connection: psycopg.Connection, contract: Contract, constants: Constants, frames: Iterator[pl.DataFrame]
) -> int:
    """COPY records straight into the table, which is empty and locked; how many.

    Indexes are made anew behind the rows, which is quicker than keeping them up row by row. The rows are written as
    if a vacuum had been there, so that nothing has to touch every page a second time; PostgreSQL allows that in a
    table that was emptied in the same transaction.
    """
    table = Table(contract)
    connection.execute(sql.SQL("truncate {}").format(table.name))
    for name in (f"{contract.table}_pkey", *_index_names(table)):
        drop = (
            "alter table {table} drop constraint {name}"
            if name.endswith("_pkey")
            else "drop index raw.{name}"
        )
        connection.execute(sql.SQL(drop).format(table=table.name, name=sql.Identifier(name)))
    count = _copy(connection, table, table.name, constants, frames, "format csv, freeze")
    _add_indexes(connection, table)
    return count


def copy_incoming(
    connection: psycopg.Connection, contract: Contract, constants: Constants, frames: Iterator[pl.DataFrame]
) -> int:
    """COPY records into a temporary table named incoming; how many."""
    table = Table(contract)
    connection.execute("drop table if exists pg_temp.incoming")
    _execute(connection, table, "make_incoming")
    count = _copy(connection, table, sql.Identifier("incoming"), constants, frames)
    connection.execute("analyze incoming")
    return count


def remove_older_repeats(connection: psycopg.Connection, contract: Contract) -> int:
    """Of several versions of a record in incoming, keep the newest; how many went."""
    return _execute(connection, Table(contract), "remove_older_repeats").rowcount


def remove_known(connection: psycopg.Connection, contract: Contract) -> int:
    """Of incoming, drop records that the table holds already, live or deleted; how many."""
    return _execute(connection, Table(contract), "remove_known").rowcount


def count_older(connection: psycopg.Connection, contract: Contract) -> int:
    """Incoming records that are older than what the table holds."""
    return _scalar(connection, Table(contract), "count_older")


def merge_incoming(connection: psycopg.Connection, contract: Contract) -> tuple[int, int]:
    """Bring incoming into the table; how many records were new and how many changed."""
    row = _execute(connection, Table(contract), "merge").fetchone()
    assert row is not None
    return row[0], row[1]


def confirm_incoming(connection: psycopg.Connection, contract: Contract) -> int:
    """Note that unchanged records were stated again at a later moment; how many."""
    return _execute(connection, Table(contract), "confirm").rowcount


def count_live(connection: psycopg.Connection, contract: Contract, account: str) -> int:
    """Records of an account that are not deleted."""
    return _scalar(connection, Table(contract), "count_live", account=account)


def copy_listed(connection: psycopg.Connection, contract: Contract, keys: Iterator[pl.DataFrame]) -> None:
    """COPY the keys of a complete list into a temporary table named listed."""
    table = Table(contract)
    connection.execute("drop table if exists pg_temp.listed")
    _execute(connection, table, "make_listed")
    columns = sql.SQL(", ").join(map(sql.Identifier, table.key))
    command = sql.SQL("copy listed ({}) from stdin with (format csv)").format(columns)
    _copy_csv(connection, command, (frame.select(table.key) for frame in keys))
    connection.execute("analyze listed")


def count_vanished(connection: psycopg.Connection, contract: Contract, account: str, as_of: datetime) -> int:
    """Live records older than a complete list that the list does not name."""
    return _scalar(connection, Table(contract), "count_vanished", account=account, as_of=as_of)


def delete_vanished(
    connection: psycopg.Connection, contract: Contract, account: str, as_of: datetime, delivery_id: int
) -> int:
    """Mark them as deleted; how many."""
    parameters = {"account": account, "as_of": as_of, "delivery_id": delivery_id}
    return _execute(connection, Table(contract), "delete_vanished", **parameters).rowcount


def count_of_delivery(connection: psycopg.Connection, contract: Contract, delivery_id: int) -> int:
    """Rows that bear a delivery."""
    return _scalar(connection, Table(contract), "count_of_delivery", delivery_id=delivery_id)


def _create(connection: psycopg.Connection, table: Table) -> None:
    required = {p.name for p in table.contract.properties if p.is_required} | set(REQUIRED_BESIDE)
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(name), sql.SQL(sql_type), sql.SQL(" not null" if name in required else "")
        )
        for name, sql_type in table.columns.items()
    ]
    connection.execute(sql.SQL("create table {} ({})").format(table.name, sql.SQL(", ").join(columns)))
    _add_indexes(connection, table)
    grain = table.contract.id
    connection.execute(
        sql.SQL("comment on table {} is {}").format(
            table.name, sql.Literal(f"Contract {grain}: the last accepted version of every record.")
        )
    )


def _index_names(table: Table) -> dict[str, str]:
    """The name of every index beside the primary key, and its column."""
    columns = ["_delivery_id", *(p.name for p in table.contract.properties if p.is_indexed)]
    return {f"{table.contract.table}_{column.lstrip('_')}_idx"[:63]: column for column in columns}


def _add_indexes(connection: psycopg.Connection, table: Table) -> None:
    connection.execute(
        sql.SQL("alter table {} add constraint {} primary key ({})").format(
            table.name, sql.Identifier(f"{table.contract.table}_pkey"), _names(table.key)
        )
    )
    for name, column in _index_names(table).items():
        connection.execute(
            sql.SQL("create index {} on {} ({})").format(
                sql.Identifier(name), table.name, sql.Identifier(column)
            )
        )


def _refuse_retyped(table: Table, present: dict[str, str]) -> None:
    for name, sql_type in table.columns.items():
        if name in present and present[name] != sql_type:
            raise Misconfigured(
                f"raw.{table.contract.table}.{name} is {present[name]}, contract {table.contract.id} "
                f"{table.contract.version} says {sql_type}. Add a migration that changes it."
            )


def _add_column(connection: psycopg.Connection, table: Table, name: str) -> str:
    connection.execute(
        sql.SQL("alter table {} add column {} {}").format(
            table.name, sql.Identifier(name), sql.SQL(table.columns[name])
        )
    )
    return f"added raw.{table.contract.table}.{name}"


def _names(names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _pairs(names: tuple[str, ...], left: str, right: str) -> sql.Composed:
    """``left.a = right.a and left.b = right.b``."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(left, name), sql.Identifier(right, name)) for name in names
    )


def _row(names: tuple[str, ...], alias: str) -> sql.Composed:
    return sql.SQL("row({})").format(sql.SQL(", ").join(sql.Identifier(alias, name) for name in names))


def _fragments(table: Table) -> dict[str, sql.Composable]:
    mine, theirs = _row(table.values, "r"), _row(table.values, "i")
    now, then = _row(table.moments, "i"), _row(table.moments, "r")
    return {
        "table": table.name,
        "key": _names(table.key),
        "same_key": _pairs(table.key, "r", "i"),
        "listed_key": _pairs(table.key, "l", "r"),
        "later_moment": sql.SQL("{now} > {then}").format(now=now, then=then),
        "newest_first": sql.SQL(", ").join(
            sql.SQL("{} desc").format(sql.Identifier(name)) for name in (*table.moments, "_line")
        ),
        # A record that was deleted comes back when it is named again later, whatever its version. Of two
        # statements of the same moment that differ one wins, always the same one.
        "is_newer": sql.SQL(
            "case when r._deleted_at is not null then i._as_of > r._as_of "
            "else {now} > {then} or ({now} = {then} and {theirs}::text > {mine}::text) end"
        ).format(now=now, then=then, mine=mine, theirs=theirs),
        "differs": sql.SQL("({theirs} is distinct from {mine} or r._deleted_at is not null)").format(
            mine=mine, theirs=theirs
        ),
        "columns": _names(tuple(table.columns)),
        "incoming_columns": sql.SQL(", ").join(sql.Identifier("i", name) for name in table.columns),
        "assignments": sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("i", name))
            for name in table.columns
            if name not in table.key
        ),
    }


def _execute(connection: psycopg.Connection, table: Table, name: str, **parameters: Any) -> psycopg.Cursor:
    return connection.execute(sql.SQL(statements("raw")[name]).format(**_fragments(table)), parameters)


def _scalar(connection: psycopg.Connection, table: Table, name: str, **parameters: Any) -> Any:
    row = _execute(connection, table, name, **parameters).fetchone()
    assert row is not None
    return row[0]


def _copy(
    connection: psycopg.Connection,
    table: Table,
    target: sql.Identifier,
    constants: Constants,
    frames: Iterator[pl.DataFrame],
    options: str = "format csv",
) -> int:
    sent = tuple(name for name in table.columns if name not in constants.columns and name != "_deleted_at")
    with _defaults(connection, target, constants):
        command = sql.SQL("copy {} ({}) from stdin with ({})").format(target, _names(sent), sql.SQL(options))
        return _copy_csv(connection, command, (frame.select(sent) for frame in frames))


@contextmanager
def _defaults(connection: psycopg.Connection, target: sql.Identifier, constants: Constants) -> Iterator[None]:
    """Columns that are the same in every row are defaults of the table for as long as it is filled."""
    for name, value in constants.columns.items():
        connection.execute(
            sql.SQL("alter table {} alter column {} set default {}").format(
                target, sql.Identifier(name), sql.Literal(value)
            )
        )
    yield
    for name in constants.columns:
        connection.execute(
            sql.SQL("alter table {} alter column {} drop default").format(target, sql.Identifier(name))
        )


def _csv(frame: pl.DataFrame) -> str:
    return frame.write_csv(
        include_header=False,
        null_value="",
        quote_style="necessary",
        datetime_format="%Y-%m-%dT%H:%M:%S%.f%:::z",
    )


def _copy_csv(connection: psycopg.Connection, command: sql.Composed, frames: Iterator[pl.DataFrame]) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(command) as copy:
            for text in read_ahead(map(_csv, frames)):
                copy.write(text)
        return cursor.rowcount
