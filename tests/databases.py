"""The server of the tests, and databases cloned from one that is migrated."""

from __future__ import annotations

import itertools
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from include.contracts.contract import contract, contract_ids
from include.stores.connection import connected
from include.stores.migrations import migrate
from include.stores.raw import ensure
from sandbox.stack import postgres
from sandbox.stack.ports import any_free_port

# Nothing here must survive a crash of the machine; who connects is checked, but not made slow on purpose.
HASTE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "scram_iterations": "1"}
ROLES = postgres.LOGIN_ROLES[1:]


@dataclass(frozen=True)
class Database:
    """A warehouse: connections as every role, and a look at what it holds."""

    server: DatabaseServer
    name: str

    def dsn(self, role: str = "postgres") -> str:
        """Connection string of a role."""
        return self.server.dsn(role, self.name)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """What a query finds, seen by the superuser."""
        with psycopg.connect(self.dsn(), row_factory=dict_row) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """The one value that a query finds."""
        (row,) = self.rows(query, *parameters)
        (value,) = row.values()
        return value

    def execute(self, statement: str, *parameters: Any) -> None:
        """Change something behind everybody's back, as the superuser."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement, parameters or None)

    def hang_up(self) -> None:
        """End every connection to it, so that it can be copied."""
        with psycopg.connect(self.server.dsn("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [self.name]
            )

    def photograph(self, *schemas: str) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table of some schemas with the transaction that wrote it; equal if nothing moved."""
        tables = self.rows(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2",
            list(schemas),
        )
        return {
            f"{table['schemaname']}.{table['tablename']}": self.rows(
                f'select xmin::text as _xmin, t.* from "{table["schemaname"]}"."{table["tablename"]}" as t '
                "order by t::text"
            )
            for table in tables
        }


class DatabaseServer:
    """The embedded server, on a free port of the loopback interface."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = any_free_port()
        self.passwords = {role: secrets.token_urlsafe(12) for role in (*postgres.LOGIN_ROLES, "postgres")}
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def dsn(self, role: str, database: str) -> str:
        """Connection string of a role."""
        return postgres.dsn(role, self.passwords[role], self.port, database)

    def start(self) -> None:
        """Start it, and make the database that all others are copies of."""
        data = self.folder / "postgres"
        postgres.prepare_cluster(data, self.passwords["postgres"])
        component = postgres.server_component(data, self.port)
        haste = [part for name, value in HASTE.items() for part in ("-c", f"{name}={value}")]
        user = {"user": component.user, "group": component.user, "extra_groups": []} if component.user else {}
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*component.command, *haste], stdout=log, stderr=log, cwd=data, start_new_session=True, **user
            )
        self._await_answer()
        postgres.ensure_databases(self.dsn("postgres", "postgres"), self.passwords)
        migrate(self.dsn("seamline_owner", "warehouse"))
        with closing(connected(self.dsn("seamline_pipeline", "warehouse"), "tests")) as connection:
            for ids in contract_ids():
                ensure(connection, contract(*ids))

    def stop(self) -> None:
        """Stop it at once."""
        if self._process is not None:
            self._process.send_signal(postgres.server_component(self.folder, self.port).stop_signal)
            self._process.wait(timeout=20)

    @contextmanager
    def database(self, template: str = "warehouse") -> Iterator[Database]:
        """A copy of the migrated warehouse, or of one that nobody is connected to, while the block lasts."""
        made = Database(self, f"warehouse_{os.getpid()}_{next(self._numbers)}")
        with self._superuser() as connection:
            self._copy(connection, made.name, template)
        try:
            yield made
        finally:
            with self._superuser() as connection:
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(made.name)))

    def empty_database(self, name: str) -> Database:
        """A database without our schemas, owned as in production; dropped with the server."""
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("create database {} owner seamline_owner").format(sql.Identifier(name))
            )
        return Database(self, name)

    def _copy(self, connection: psycopg.Connection, name: str, template: str) -> None:
        copying = f'create database {{}} template "{template}" owner seamline_owner strategy file_copy'
        for statement in (
            copying,
            "revoke all on database {} from public",
            *(f"grant connect, temporary on database {{}} to {role}" for role in ROLES),
        ):
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn("postgres", "postgres"), autocommit=True)

    def _await_answer(self) -> None:
        for _ in range(600):
            with suppress(psycopg.OperationalError), self._superuser():
                return
            assert self._process is not None and self._process.poll() is None, (
                self.folder / "log"
            ).read_text()
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())
