"""The embedded PostgreSQL with its settings of every day, and databases cloned from one that is migrated."""

from __future__ import annotations

import itertools
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from include.delivery import Endpoint
from include.environment import WAREHOUSE, WAREHOUSE_BUILDER
from include.stores.landing_files import LandingFiles
from include.stores.migrations import migrate
from include.workspace import Workspace
from sandbox.stack import postgres
from sandbox.stack.ports import LOOPBACK, any_free_port

SECONDS_TO_START = 60


@dataclass(frozen=True)
class Database:
    """One warehouse on the server."""

    server: Server
    name: str

    def dsn(self, role: str = postgres.SUPERUSER) -> str:
        """Connection string of a role."""
        return self.server.dsn(role, self.name)

    def endpoint(self, role: str) -> Endpoint:
        """The same as a connection describes it."""
        return Endpoint(
            host=LOOPBACK,
            port=self.server.port,
            login=role,
            password=self.server.passwords[role],
            schema=self.name,
        )

    def workspace(self, landing: Path) -> Workspace:
        """What steps work with; no outside system can be reached from it."""
        roles = {WAREHOUSE: "seamline_pipeline", WAREHOUSE_BUILDER: "seamline_builder"}
        return Workspace(
            warehouse=self.dsn("seamline_pipeline"),
            landing=LandingFiles(landing),
            endpoint=lambda name: self.endpoint(roles.get(name, "seamline_reader")),
        )

    def execute(self, statement: str, *parameters: Any) -> None:
        """Run a statement as the superuser."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement, parameters or None)

    def value(self, query: str, *parameters: Any) -> Any:
        """The one value that a query finds."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            row = connection.execute(query, parameters or None).fetchone()
        return row[0] if row else None

    def psql(self, command: str) -> None:
        """Run a command of psql, as ``\\copy``."""
        subprocess.run(
            [
                postgres.binary("psql"),
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                f"--command={command}",
            ],
            env={**os.environ, **postgres.libpq_variables(self.dsn())},
            check=True,
        )

    def settle(self) -> None:
        """Write out what waits to be written, so that nobody pays for what was done before."""
        self.execute("checkpoint")


class Server:
    """One server below a folder, on a free port."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = any_free_port()
        roles = (*postgres.LOGIN_ROLES, postgres.SUPERUSER)
        self.passwords = {role: secrets.token_urlsafe(12) for role in roles}
        self._numbers = itertools.count(1)

    def dsn(self, role: str, database: str) -> str:
        """Connection string of a role."""
        return postgres.dsn(role, self.passwords[role], self.port, database)

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Started, and stopped at the end of the block."""
        data = self.folder / "postgres"
        postgres.prepare_cluster(data, self.passwords[postgres.SUPERUSER])
        component = postgres.server_component(data, self.port)
        user = {"user": component.user, "group": component.user, "extra_groups": []} if component.user else {}
        with (self.folder / "postgres.log").open("wb") as log:
            process = subprocess.Popen(
                component.command, stdout=log, stderr=log, cwd=data, start_new_session=True, **user
            )
        try:
            self._await_answer(process)
            postgres.ensure_databases(self.dsn(postgres.SUPERUSER, "postgres"), self.passwords)
            migrate(self.dsn("seamline_owner", "warehouse"))
            yield self
        finally:
            process.send_signal(component.stop_signal)
            process.wait(timeout=60)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A migrated warehouse, empty, for as long as the block lasts."""
        made = Database(self, f"warehouse_{next(self._numbers)}")
        name = sql.Identifier(made.name)
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("create database {} template warehouse owner seamline_owner").format(name)
            )
        try:
            yield made
        finally:
            with self._superuser() as connection:
                connection.execute(sql.SQL("drop database {} with (force)").format(name))

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn(postgres.SUPERUSER, "postgres"), autocommit=True)

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while process.poll() is None and time.monotonic() < until:
            with suppress(psycopg.OperationalError), self._superuser():
                return
            time.sleep(0.1)
        raise TimeoutError(
            "PostgreSQL does not answer:\n" + (self.folder / "postgres.log").read_text(errors="replace")
        )
