"""The tables in which a connector has landed a system, as they are: some of them, and of these some columns.

A connector makes a table when the first row comes and a column when the first value comes, and names both after the
generation of the API that it reads: ``order.financial_status`` of REST is ``order.display_financial_status`` of
GraphQL. What is asked for is therefore a list of names; the first that is there gives the value, and none gives null.

Three columns are the connector's own: ``_fivetran_synced`` says when it wrote the row, ``_fivetran_deleted`` that the
system has it no more, and where it keeps history, ``_fivetran_active`` which row of a record is the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from jinja2 import Environment, StrictUndefined, Template, select_autoescape
from psycopg import sql

from include.delivery import Endpoint
from include.errors import AccessDenied, Misconfigured, SystemUnavailable

SYNCED = "_fivetran_synced"
DELETED = "_fivetran_deleted"
ACTIVE = "_fivetran_active"
CONNECT_SECONDS = 10
STATEMENT_MINUTES = 60
SSL_MODE = "prefer"
"""How the line is encrypted unless ``extra.sslmode`` says otherwise (libpq)."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a landed table inside a query.

    Attributes:
        alias: its name there.
        types: its columns, each with its type.
    """

    alias: str
    types: dict[str, str]

    def __call__(self, *names: str) -> str:
        """The value of the first of these columns that holds one, as text."""
        return _first("text", [f"{self._column(name)}::text" for name in self._there(names)])

    def raw(self, *names: str) -> str:
        """The same as JSON: numbers stay numbers, true stays true."""
        return _first("jsonb", [f"to_jsonb({self._column(name)})" for name in self._there(names)])

    def moment(self, *names: str) -> str:
        """The same as a moment in UTC (ISO 8601); a column without a zone speaks of UTC."""
        return _first("text", [self._moment(name) for name in self._there(names)])

    def is_true(self, name: str) -> str:
        """The column says yes."""
        return f"coalesce({self._column(name)}::boolean, false)" if name in self.types else "false"

    def number(self, *names: str) -> str:
        """The value of the first of these columns that holds one, as a number."""
        return _first("numeric", [f"{self._column(name)}::numeric" for name in self._there(names)])

    def number_in(self, name: str, *path: str) -> str:
        """A number inside a document that the column holds, as JSON or as its text."""
        if name not in self.types:
            return _first("numeric", [])
        text = f"{self._column(name)}::text"
        document = f"(case when {text} like '{{%%' then {text} end)::jsonb"
        return f"({document} #>> '{{{','.join(path)}}}')::numeric"

    def _there(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in dict.fromkeys(names) if name in self.types]

    def _moment(self, name: str) -> str:
        column = self._column(name)
        if self.types[name].startswith(("timestamp", "date")):
            return f"(to_jsonb({column}::timestamptz) #>> '{{}}')"
        return f"nullif(trim({column}::text), '')"

    def _column(self, name: str) -> str:
        return f'{self.alias}."{name}"'


class LandedTables:
    """The tables of one account, seen in one transaction.

    Args:
        schema: where they lie.
        known: the tables that are asked for, each with its keys. Without the first there is nothing; of that also what
            the system has no more is read.

    Raises:
        Misconfigured: the first is not there.
    """

    def __init__(self, connection: psycopg.Connection, schema: str, known: dict[str, tuple[str, ...]]):
        self.connection = connection
        self.schema = schema
        self._known = known
        self._first = next(iter(known))
        self._types = self._read_types()
        if self._first not in self._types:
            raise Misconfigured(
                f"Schema {schema!r} has no table {self._first!r} that we may read. Does `extra.schemas` of the "
                "connection name where the connector writes, and may our role read it?"
            )

    def has(self, table: str) -> bool:
        """The connector has made it."""
        return table in self._types

    def tells_when(self, table: str) -> bool:
        """It says of each row when the connector wrote it."""
        return SYNCED in self._types.get(table, {})

    def first(self, *tables: str) -> str:
        """The first of them that is there; the last one if none is."""
        return next((table for table in tables if self.has(table)), tables[-1])

    def row(self, table: str, alias: str) -> Row:
        """A row of it inside a query."""
        return Row(alias, self._types.get(table, {}))

    def rows(self, table: str) -> str:
        """What stands behind ``from``: its rows without those that the system has no more; nothing where the connector
        has not made the table. Of the first table also those that are gone."""
        if not self.has(table):
            keys = sql.SQL(", ").join(
                sql.SQL("nothing.id as {}").format(sql.Identifier(key)) for key in self._known[table]
            )
            return self._text("(select {} from {} as nothing where false)", keys, self._name(self._first))
        wanted = [sql.Identifier(ACTIVE)] if ACTIVE in self._types[table] else []
        gone = [sql.Identifier(DELETED)] if DELETED in self._types[table] and table != self._first else []
        conditions = [
            *(sql.SQL("coalesce({}::boolean, false)").format(name) for name in wanted),
            *(sql.SQL("not coalesce({}::boolean, false)").format(name) for name in gone),
        ]
        if not conditions:
            return self._text("{}", self._name(table))
        return self._text("(select * from {} where {})", self._name(table), sql.SQL(" and ").join(conditions))

    def every_row(self, table: str) -> str:
        """The same with those that are gone."""
        return self._text("{}", self._name(table)) if self.has(table) else self.rows(table)

    def ask(self, query: Path, parameters: Mapping[str, object], **names: object) -> tuple[Any, ...] | None:
        """The first row that a query finds."""
        return self.connection.execute(self.written(query, **names), parameters).fetchone()

    def written(self, query: Path, **names: object) -> bytes:
        """The text of a query over these tables.

        Args:
            query: its file, a template in which ``tables`` is this.
            names: what else it names.
        """
        return _template(query).render(tables=self, **names).encode()

    def _text(self, text: LiteralString, *parts: sql.Composable) -> str:
        return sql.SQL(text).format(*parts).as_string(self.connection)

    def _name(self, table: str) -> sql.Identifier:
        return sql.Identifier(self.schema, table)

    def _read_types(self) -> dict[str, dict[str, str]]:
        found = self.connection.execute(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = %s and table_name = any(%s) order by ordinal_position",
            [self.schema, list(self._known)],
        )
        types: dict[str, dict[str, str]] = {}
        for table, column, data_type in found:
            types.setdefault(table, {})[column] = data_type
        return types


@contextmanager
def landed_tables(endpoint: Endpoint) -> Iterator[psycopg.Connection]:
    """The database that a connector writes, in one transaction that changes nothing and sees one state.

    Raises:
        SystemUnavailable: it does not answer, or stops answering.
        AccessDenied: it does not let us in, or not to the tables.
        Misconfigured: the connection names no database, or a column is of another type than its like elsewhere.
    """
    if not endpoint.host or not endpoint.schema:
        raise Misconfigured("The connection to the connector's database needs a host and a database name.")
    with (
        in_our_words(),
        psycopg.connect(
            host=endpoint.host,
            port=endpoint.port or 5432,
            user=endpoint.login,
            password=endpoint.password,
            dbname=endpoint.schema,
            sslmode=endpoint.extra.get("sslmode", SSL_MODE),
            connect_timeout=CONNECT_SECONDS,
            application_name="seamline",
            options=f"-c timezone=UTC -c jit=off -c statement_timeout={STATEMENT_MINUTES}min",
        ) as connection,
    ):
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


@contextmanager
def in_our_words() -> Iterator[None]:
    """What the database refuses meanwhile, as our errors; see ``landed_tables``."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise AccessDenied(f"The connector's database refuses: {error.diag.message_primary}.") from None
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        message = f"The connector's tables are other than we know them: {error.diag.message_primary}."
        raise Misconfigured(message) from None
    except psycopg.OperationalError as error:
        _refuse_wrong_login(error)
        raise SystemUnavailable(
            "The connector's database does not answer.", cause=type(error).__name__
        ) from None


def _refuse_wrong_login(error: psycopg.OperationalError) -> None:
    """A server that refuses the password says so in the text of the error alone: there is no SQLSTATE yet."""
    text = str(error)
    if "authentication failed" in text or "no pg_hba.conf entry" in text:
        raise AccessDenied("The connector's database does not let us in.") from None
    if "does not exist" in text:
        raise Misconfigured("The connector's database has no such database or role.") from None


def _first(sql_type: str, values: list[str]) -> str:
    if not values:
        return f"null::{sql_type}"
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


@cache
def _template(path: Path) -> Template:
    made = Environment(
        undefined=StrictUndefined,
        autoescape=select_autoescape(default_for_string=False),
        keep_trailing_newline=True,
    )
    return made.from_string(path.read_text(encoding="utf-8"))
