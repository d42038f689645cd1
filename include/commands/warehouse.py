"""``dsn`` and ``sql``: the warehouse for people who ask it themselves."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from include.commands import printing
from include.environment import (
    WAREHOUSE,
    WAREHOUSE_ANALYST,
    WAREHOUSE_BUILDER,
    WAREHOUSE_OWNER,
    WAREHOUSE_READER,
    dsn,
    endpoint,
)
from include.errors import NotPossible

ROLES = {
    "reader": WAREHOUSE_READER,
    "analyst": WAREHOUSE_ANALYST,
    "pipeline": WAREHOUSE,
    "builder": WAREHOUSE_BUILDER,
    "owner": WAREHOUSE_OWNER,
}


def print_dsn(role: str, *, as_json: bool) -> int:
    """Print the connection string of a role."""
    if role not in ROLES:
        raise NotPossible(f"There is no role {role!r}. There are: {', '.join(ROLES)}.")
    where = endpoint(ROLES[role])
    if as_json:
        printing.as_json(
            {"role": role, "dsn": dsn(where), "host": where.host, "port": where.port, "dbname": where.schema}
        )
    else:
        print(dsn(where))
    return 0


def run_query(query: str, *, as_json: bool, limit: int) -> int:
    """Run one statement as the role that reads everything and writes nothing."""
    where = dsn(endpoint(WAREHOUSE_READER))
    options = "-c default_transaction_read_only=on -c timezone=UTC"
    try:
        with psycopg.connect(where, options=options, row_factory=dict_row) as connection:
            cursor = connection.execute(query.encode())
            rows = (
                [] if cursor.description is None else cursor.fetchmany(limit) if limit else cursor.fetchall()
            )
            count = cursor.rowcount
    except psycopg.errors.DatabaseError as error:
        if isinstance(error, psycopg.OperationalError):
            raise
        raise NotPossible(f"The statement cannot be run: {str(error).strip()}") from None
    if as_json:
        printing.as_json(rows)
        return 0
    printing.table(rows)
    printing.line(f"{count:,} rows" + (f", the first {len(rows):,} shown" if len(rows) < count else ""))
    return 0
