"""Schema build: which deliveries each build of the warehouse took in."""

from __future__ import annotations

from typing import Any

import psycopg

from include.stores.connection import lock_in_transaction
from include.stores.sql import statement

IDENTIFIERS_TABLE = "channel_ids"
PRICES_TABLE = "erp_sftp__prices"


def begin(connection: psycopg.Connection, project_sha256: str) -> int | None:
    """Begin a build of everything that the warehouse does not hold yet; None if it holds everything.

    A build that stopped half-way is superseded; what it should have taken in is taken in by this one.
    """
    with connection.transaction():
        lock_in_transaction(connection, "build")
        has_work = _scalar(connection, "has_work", project_sha256=project_sha256)
        if not has_work and not has_due_prices(connection):
            return None
        connection.execute(statement("builds", "supersede_running"))
        build_id = _scalar(connection, "begin_build", project_sha256=project_sha256)
        connection.execute(statement("builds", "take_deliveries"), {"build_id": build_id})
        return build_id


def running(connection: psycopg.Connection) -> int | None:
    """The build whose tasks are at work."""
    return _scalar(connection, "running")


def source_tables(connection: psycopg.Connection, build_id: int) -> set[str]:
    """Raw tables that a build has news of, as ``shopify__orders``."""
    return {
        table for (table,) in connection.execute(statement("builds", "source_tables"), {"build_id": build_id})
    }


def tables_with_news(connection: psycopg.Connection, build_id: int) -> set[str]:
    """Source tables that a build has news of, whether or not a delivery brought it.

    Channels give identifiers; and time is news: prices begin and end, and payments become overdue, as if the table that
    told of them had changed.
    """
    found = source_tables(connection, build_id)
    if has_new_ids(connection):
        found.add(IDENTIFIERS_TABLE)
    if has_due_prices(connection):
        found.add(PRICES_TABLE)
    if _scalar(connection, "is_settled"):
        found |= {table for (table,) in connection.execute(statement("builds", "overdue_tables"))}
    return found


def close(connection: psycopg.Connection, build_id: int) -> bool:
    """The warehouse holds what the build took in; False if another build took its place."""
    with connection.transaction():
        if not connection.execute(statement("builds", "close_build"), {"build_id": build_id}).rowcount:
            return False
        connection.execute(statement("builds", "mark_built"), {"build_id": build_id})
        return True


def fail(connection: psycopg.Connection, build_id: int) -> None:
    """Say that a build stopped."""
    connection.execute(statement("builds", "fail_build"), {"build_id": build_id})


def last_built(connection: psycopg.Connection) -> int:
    """The newest build that is complete; 0 if there is none."""
    return _scalar(connection, "last_built")


def is_whole(connection: psycopg.Connection) -> bool:
    """The tables of the model are of one complete build, and no other begins before the transaction ends."""
    lock_in_transaction(connection, "build")
    return _scalar(connection, "is_whole")


def is_project_new(connection: psycopg.Connection, build_id: int) -> bool:
    """The build runs another dbt project than the last one that was completed."""
    return _scalar(connection, "is_project_new", build_id=build_id)


def has_new_ids(connection: psycopg.Connection) -> bool:
    """Channels gave identifiers since the last build began."""
    return _scalar(connection, "has_new_ids")


def has_due_prices(connection: psycopg.Connection) -> bool:
    """Prices began or ended since the last build began: time is news as well."""
    return _scalar(connection, "is_priced") and _scalar(connection, "has_due_prices")


def _scalar(connection: psycopg.Connection, name: str, **parameters: Any) -> Any:
    row = connection.execute(statement("builds", name), parameters).fetchone()
    return row[0] if row else None
