"""The warehouse as the pages see it: one read-only moment a page, and the workspace of interventions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import psycopg
from fastapi import Depends
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from starlette.requests import Request

from include.pages.host import host_of
from include.stores.sql import statement
from include.workspace import Workspace

CONNECT_SECONDS = 5
QUERY_SECONDS = 20


def reading(request: Request) -> Iterator[psycopg.Connection]:
    """A connection that can only read and sees one moment, so that the numbers of a page agree."""
    connection = psycopg.connect(
        make_conninfo(host_of(request).reading(), connect_timeout=CONNECT_SECONDS),
        application_name="seam pages",
        options=f"-c timezone=UTC -c jit=off -c statement_timeout={QUERY_SECONDS}s",
    )
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with connection:
        yield connection


def working(request: Request) -> Workspace:
    """Where interventions work; a warehouse that does not answer is noticed soon."""
    found = host_of(request).workspace()
    return replace(found, warehouse=make_conninfo(found.warehouse, connect_timeout=CONNECT_SECONDS))


def rows(connection: psycopg.Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """What a statement of ``queries/pages.sql`` finds."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("pages", name), parameters).fetchall()


def row(connection: psycopg.Connection, name: str, **parameters: Any) -> dict[str, Any] | None:
    """The first row that a statement finds."""
    return next(iter(rows(connection, name, **parameters)), None)


Warehouse = Annotated[psycopg.Connection, Depends(reading)]
Working = Annotated[Workspace, Depends(working)]
