"""The SQL of the stores: named statements in ``queries/<schema>.sql``, and identifiers made safe."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from psycopg import sql

QUERIES = Path(__file__).parent / "queries"


@cache
def statements(schema: str) -> dict[str, str]:
    """Every statement of ``queries/<schema>.sql`` by the name in its ``-- name:`` line."""
    text = (QUERIES / f"{schema}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))


def statement(schema: str, name: str, **identifiers: str | tuple[str, ...]) -> sql.Composed:
    """One statement; ``{placeholders}`` become quoted identifiers (a tuple: qualified by dots)."""
    quoted = {
        key: sql.Identifier(*((value,) if isinstance(value, str) else value))
        for key, value in identifiers.items()
    }
    return sql.SQL(statements(schema)[name]).format(**quoted)
