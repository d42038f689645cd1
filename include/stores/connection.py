"""A connection to the warehouse, as every step uses it."""

from __future__ import annotations

import psycopg


def connected(dsn: str, application: str) -> psycopg.Connection:
    """Connect; transactions are explicit, times come back in UTC.

    Args:
        application: shown in pg_stat_activity, as ``load_raw pull_products_from_akeneo``.
    """
    return psycopg.connect(
        dsn, autocommit=True, application_name=application[:63], options="-c timezone=UTC -c jit=off"
    )


def try_lock(connection: psycopg.Connection, name: str) -> bool:
    """Take a lock that lasts as long as the connection; False if somebody else has it."""
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone()
    return bool(row and row[0])


def lock_in_transaction(connection: psycopg.Connection, name: str) -> None:
    """Wait for a lock that lasts until the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
