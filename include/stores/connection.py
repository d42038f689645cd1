"""A connection to the warehouse, as every step uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg


def connected(dsn: str, application: str) -> psycopg.Connection:
    """Connect; transactions are explicit, times come back in UTC.

    Args:
        application: shown in pg_stat_activity, as ``load_raw pull_products_from_akeneo``.
    """
    return psycopg.connect(
        dsn, autocommit=True, application_name=application[:63], options="-c timezone=UTC -c jit=off"
    )


@contextmanager
def only_one(connection: psycopg.Connection, name: str) -> Iterator[bool]:
    """Hold a lock meanwhile, if nobody else has it; True if it is ours.

    It is given back at the end, not only by the connection's: the server takes a moment to notice that.
    """
    is_ours = _called(connection, "select pg_try_advisory_lock(hashtextextended(%s, 0))", name)
    try:
        yield is_ours
    finally:
        if is_ours and not connection.closed:
            _called(connection, "select pg_advisory_unlock(hashtextextended(%s, 0))", name)


def _called(connection: psycopg.Connection, function: LiteralString, name: str) -> bool:
    row = connection.execute(function, [name]).fetchone()
    return bool(row and row[0])


def lock_in_transaction(connection: psycopg.Connection, name: str) -> None:
    """Wait for a lock that lasts until the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
