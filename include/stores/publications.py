"""What readers see: two sides, of which one is shown while the other is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.errors import Misconfigured, NotOurTurn
from include.stores.sql import statement, statements

SIDES = ("bi_blue", "bi_green")
LONGEST_PAUSE_OF_READERS_MS = 300


@dataclass(frozen=True, slots=True)
class Publication:
    """A state of the published tables: on which side it lies and which build it shows."""

    publication_id: int
    side: str
    build_id: int
    status: str


def open_publication(connection: psycopg.Connection) -> Publication | None:
    """The publication that is not settled yet."""
    row = connection.execute(statement("publications", "open_publication")).fetchone()
    return Publication(*row) if row else None


def published_build(connection: psycopg.Connection) -> int:
    """The build that readers see; 0 before the first publication."""
    return _one(connection, "published_build")


def publication(connection: psycopg.Connection, publication_id: int) -> dict[str, Any] | None:
    """A publication with its verdict."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(statement("publications", "publication"), {"publication_id": publication_id})
        return found.fetchone()


def freshness(connection: psycopg.Connection) -> dict[str, Any] | None:
    """Which build readers see, since when, and since when a newer one is held; None before the first publication."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("publications", "freshness")).fetchone()


def recent(connection: psycopg.Connection, limit: int = 20) -> list[dict[str, Any]]:
    """The newest publications."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("publications", "recent"), {"limit": limit}).fetchall()


def begin(connection: psycopg.Connection, build_id: int) -> Publication:
    """A publication on the side that readers do not see."""
    row = connection.execute(statement("publications", "current_side")).fetchone()
    side = SIDES[1] if row and row[0] == SIDES[0] else SIDES[0]
    return Publication(_one(connection, "insert", side=side, build_id=build_id), side, build_id, "written")


def supersede(connection: psycopg.Connection, publication_id: int) -> None:
    """A later publication takes the place of one that was not shown."""
    connection.execute(statement("publications", "supersede"), {"publication_id": publication_id})


def write_table(connection: psycopg.Connection, side: str, source: str, build_id: int) -> None:
    """Bring one table of a side up to its source: what changed and what is gone since the side held it.

    Args:
        source: ``schema.table``; its rows carry ``_build_id`` and a unique index names them.

    Raises:
        Misconfigured: the source does not exist or has no unique index.
    """
    name = source.partition(".")[2]
    held = connection.execute(
        statement("publications", "held"), {"side": side, "table_name": name}
    ).fetchone()
    oid = _one(connection, "oid", table=source)
    if oid is None:
        raise Misconfigured(f"{source} is to be published and does not exist. Run build_warehouse.")
    if held is None or held[0] != oid or not _same_shape(connection, side, source):
        _copy_whole(connection, side, source)
    else:
        _catch_up(connection, side, source, held[1])
    connection.execute(
        statement("publications", "set_held"),
        {"side": side, "table_name": name, "table": source, "build_id": build_id},
    )


def set_verdict(
    connection: psycopg.Connection,
    publication_id: int,
    *,
    is_open: bool,
    verdict: dict[str, Any],
    evidence_page: str,
) -> None:
    """Record what the audit found."""
    connection.execute(
        statement("publications", "set_verdict"),
        {
            "publication_id": publication_id,
            "is_open": is_open,
            "verdict": Jsonb(verdict),
            "evidence_page": evidence_page,
        },
    )


def publish(connection: psycopg.Connection, publication: Publication, tables: Sequence[str]) -> bool:
    """Show a side to readers, every view in one transaction; False if it may not be shown.

    Raises:
        NotOurTurn: a reader's transaction has used a view and is not over; nothing was changed, and no new reader
            had to wait behind it for long.
    """
    try:
        return _publish(connection, publication, tables)
    except psycopg.errors.LockNotAvailable:
        raise NotOurTurn("A reader's transaction still uses the published views.") from None


def _publish(connection: psycopg.Connection, publication: Publication, tables: Sequence[str]) -> bool:
    with connection.transaction():
        connection.execute(f"set local lock_timeout = {LONGEST_PAUSE_OF_READERS_MS}")
        parameters = {"publication_id": publication.publication_id}
        if not connection.execute(statement("publications", "set_published"), parameters).rowcount:
            return False
        for table in tables:
            _swap_view(connection, publication.side, table)
    return True


def open_shut(connection: psycopg.Connection, publication_id: int) -> bool:
    """Let a held publication out once; False if it is not held."""
    parameters = {"publication_id": publication_id}
    return connection.execute(statement("publications", "open_shut"), parameters).fetchone() is not None


def _same_shape(connection: psycopg.Connection, side: str, source: str) -> bool:
    copy = f"{side}.{source.partition('.')[2]}"
    return _columns(connection, copy) == _columns(connection, source)


def _columns(connection: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    return connection.execute(statement("publications", "columns"), {"table": table}).fetchall()


def _key(connection: psycopg.Connection, source: str) -> list[str]:
    rows = connection.execute(statement("publications", "key"), {"table": source}).fetchall()
    if not rows:
        raise Misconfigured(f"{source} is to be published and has no unique index that names its rows.")
    return [name for (name,) in rows]


def _copy_whole(connection: psycopg.Connection, side: str, source: str) -> None:
    """A new table, put in the place of the old one; views on the old one are not touched by that side's turn."""
    schema, _, name = source.partition(".")
    copy = sql.Identifier(side, name)
    connection.execute(sql.SQL("drop table if exists {} cascade").format(copy))
    made = sql.SQL(statements("publications")["copy_whole"]).format(
        copy=copy, source=sql.Identifier(schema, name)
    )
    connection.execute(made)
    key = sql.SQL(", ").join(map(sql.Identifier, _key(connection, source)))
    connection.execute(sql.SQL("alter table {} add primary key ({})").format(copy, key))
    connection.execute(sql.SQL("analyze {}").format(copy))


def _catch_up(connection: psycopg.Connection, side: str, source: str, held: int) -> None:
    schema, _, name = source.partition(".")
    key = _key(connection, source)
    types = dict(_columns(connection, source))
    columns = list(types)
    same_key = sql.SQL(" and ").join(
        sql.SQL("c.{0} = s.{0}").format(sql.Identifier(column)) for column in key
    )
    fragments = {
        "copy": sql.Identifier(side, name),
        "source": sql.Identifier(schema, name),
        "same_key": same_key,
        "gone_key": sql.SQL(" and ").join(
            sql.SQL("c.{} = (gone.key ->> {})::{}").format(
                sql.Identifier(column), sql.Literal(column), sql.SQL(types[column])
            )
            for column in key
        ),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "source_columns": sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(c)) for c in columns),
        "assignments": sql.SQL(", ").join(
            sql.SQL("{0} = s.{0}").format(sql.Identifier(c)) for c in columns if c not in key
        ),
    }
    for step in ("remove_gone", "catch_up"):
        connection.execute(
            sql.SQL(statements("publications")[step]).format(**fragments),
            {"table_name": source, "held": held},
        )


def _swap_view(connection: psycopg.Connection, side: str, source: str) -> None:
    name = source.partition(".")[2]
    columns = [column for column in _columns(connection, f"{side}.{name}") if not column[0].startswith("_")]
    view = sql.Identifier("bi", name)
    shown = _columns(connection, f"bi.{name}")
    if shown and shown != columns[: len(shown)]:
        connection.execute(sql.SQL("drop view {}").format(view))
    connection.execute(
        sql.SQL("create or replace view {} as select {} from {}").format(
            view,
            sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
            sql.Identifier(side, name),
        )
    )
    connection.execute(sql.SQL("grant select on {} to seamline_analyst").format(view))
    _comment(connection, name, source)


def _comment(connection: psycopg.Connection, name: str, source: str) -> None:
    """Say of a view and its columns what is said of its source."""
    shown = f"bi.{name}"
    found = connection.execute(statement("publications", "new_comments"), {"view": shown, "table": source})
    for column, comment in found.fetchall():
        subject = sql.SQL("view {}").format(sql.Identifier("bi", name))
        if column is not None:
            subject = sql.SQL("column {}").format(sql.Identifier("bi", name, column))
        connection.execute(sql.SQL("comment on {} is {}").format(subject, sql.Literal(comment)))


def _one(connection: psycopg.Connection, name: str, **parameters: Any) -> Any:
    row = connection.execute(statement("publications", name), parameters).fetchone()
    return row[0] if row else None
