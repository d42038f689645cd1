"""The numbered migrations of the warehouse, applied in order, each once, never edited."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg

from include.errors import Misconfigured

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_305_109_441


def migrate(dsn: str) -> list[str]:
    """Apply what is missing, all of it or nothing, and tell which.

    Raises:
        Misconfigured: a migration that was applied has been edited or is gone.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute(
            "create table if not exists public.seamline_migrations ("
            "name text primary key, sha256 text not null, applied_at timestamptz not null default now())"
        )
        applied = dict(connection.execute("select name, sha256 from public.seamline_migrations").fetchall())
        _refuse_edited(applied)
        return [_apply(connection, path) for path in _files() if path.name not in applied]


def pending(dsn: str) -> list[str]:
    """Names of the migrations that are not applied yet."""
    with psycopg.connect(dsn) as connection:
        exists = connection.execute("select to_regclass('public.seamline_migrations')").fetchone()
        names = (
            connection.execute("select name from public.seamline_migrations") if exists and exists[0] else []
        )
        applied = {name for (name,) in names}
    return [path.name for path in _files() if path.name not in applied]


def _files() -> list[Path]:
    return sorted(FOLDER.glob("[0-9]*.sql"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse_edited(applied: dict[str, str]) -> None:
    present = {path.name: _digest(path) for path in _files()}
    for name, digest in applied.items():
        if present.get(name) != digest:
            state = "was edited" if name in present else "is gone"
            raise Misconfigured(
                f"Migration {name} {state} after it was applied. Restore it and add a new one."
            )


def _apply(connection: psycopg.Connection, path: Path) -> str:
    connection.execute(path.read_text(encoding="utf-8").encode())
    connection.execute(
        "insert into public.seamline_migrations (name, sha256) values (%s, %s)", [path.name, _digest(path)]
    )
    return path.name
