"""``dsn`` and ``sql``: the warehouse for people who ask it themselves."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from typing import Any

import psycopg

from include.commands import printing
from include.commands.reading import reading
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


class StatementRefused(NotPossible):
    """`./seamline sql` reads only. What there is: "select table_schema, table_name from information_schema.tables"."""


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
        printing.line(dsn(where))
    return 0


def run_query(query: str, *, as_json: bool, as_csv: bool, limit: int) -> int:
    """Run one statement as the role that reads everything and writes nothing.

    Args:
        limit: rows to fetch at most; 0 fetches all.
    """
    if as_json and as_csv:
        raise NotPossible("--json and --csv cannot both be printed; choose one.")
    columns, rows, is_cut = _asked(query, limit)
    if as_csv:
        printing.as_csv(columns, rows)
    elif as_json:
        printing.as_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        printing.table([dict(zip(columns, row, strict=True)) for row in rows], columns, headings=False)
        printing.line(f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}")
    if is_cut:
        print(f"Only the first {limit:,} rows; --limit 0 shows all.", file=sys.stderr)
    return 0


def _asked(query: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]], bool]:
    """Columns and rows of a statement, and whether there were more rows than ``limit``."""
    try:
        with reading("seamline sql") as connection:
            connection.autocommit = False
            cursor = connection.cursor()
            # A stream, so that a table larger than the memory does no harm. It sends exactly one statement: no
            # second one can end the transaction that only reads.
            found = cursor.stream(query.encode())
            rows = list(islice(found, limit + 1 if limit else None))
            columns = _distinct([column.name for column in cursor.description or ()])
            found.close()
    except psycopg.OperationalError:
        raise
    except psycopg.DatabaseError as error:
        raise StatementRefused(f"The statement cannot be run: {_reason(error)}") from None
    return columns, rows[:limit] if limit else rows, bool(limit) and len(rows) > limit


def _reason(error: psycopg.DatabaseError) -> str:
    if error.sqlstate is None:  # it was no statement that gives rows, says the client
        return "it gives no rows. Ask with select, with, values, table, show or explain."
    if "multiple commands" in str(error):
        return "it is several statements. Ask one at a time."
    return str(error).strip()


def _distinct(names: list[str]) -> list[str]:
    """Names of columns; one that comes again gets a number, so that no value is lost."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return distinct
