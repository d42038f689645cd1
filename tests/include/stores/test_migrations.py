"""Migrations: all of what is missing or nothing of it, once, in order, and never another text than was applied."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from databases import Database, DatabaseServer

from include.errors import Misconfigured
from include.stores import migrations
from include.stores.migrations import migrate, pending

NUMBERED = sorted(path.name for path in migrations.FOLDER.glob("*.sql"))
SCHEMAS = "select count(*) from pg_namespace where nspname in ('landing', 'outbox', 'seam', 'raw', 'bi')"
APPLIED = "select name from public.seamline_migrations order by name"


@pytest.fixture
def empty(database_server: DatabaseServer, request: pytest.FixtureRequest) -> Iterator[Database]:
    made = database_server.empty_database(f"empty_{os.getpid()}_{abs(hash(request.node.name))}")
    yield made
    with psycopg.connect(database_server.dsn("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f'drop database "{made.name}" with (force)')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that a test may change."""
    copied = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, copied)
    monkeypatch.setattr(migrations, "FOLDER", copied)
    return copied


def owner(database: Database) -> str:
    return database.dsn("seamline_owner")


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.rows(APPLIED)]


def test_an_empty_database_gets_all_of_them_in_order_and_only_once(empty: Database) -> None:
    assert pending(owner(empty)) == NUMBERED
    assert migrate(owner(empty)) == NUMBERED
    before = empty.photograph("public", "landing", "outbox", "seam")
    shape = empty.rows("select oid, relname from pg_class where relkind = 'r' order by oid")
    assert migrate(owner(empty)) == []
    assert pending(owner(empty)) == []
    assert empty.photograph("public", "landing", "outbox", "seam") == before
    assert empty.rows("select oid, relname from pg_class where relkind = 'r' order by oid") == shape
    assert names(empty) == NUMBERED


def test_what_is_new_is_added_to_what_is_there(empty: Database, folder: Path) -> None:
    (folder / NUMBERED[-1]).rename(folder.parent / "kept.sql")
    migrate(owner(empty))
    (folder.parent / "kept.sql").rename(folder / NUMBERED[-1])
    (folder / "9999_more.sql").write_text("create table landing.more (id bigint);\n")
    assert pending(owner(empty)) == [NUMBERED[-1], "9999_more.sql"]
    assert migrate(owner(empty)) == [NUMBERED[-1], "9999_more.sql"]
    assert empty.value("select count(*) from landing.more") == 0


def test_one_that_fails_takes_all_others_back_with_it(empty: Database, folder: Path) -> None:
    (folder / "9999_broken.sql").write_text("create table landing.half (id bigint);\nselect 1 / 0;\n")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(owner(empty))
    assert empty.value(SCHEMAS) == 0
    (folder / "9999_broken.sql").unlink()
    assert migrate(owner(empty)) == NUMBERED


def test_an_edited_one_is_refused_and_nothing_is_applied(empty: Database, folder: Path) -> None:
    migrate(owner(empty))
    with (folder / "0004_seams.sql").open("a") as file:
        file.write("-- better words\n")
    (folder / "9999_more.sql").write_text("create table landing.more (id bigint);\n")
    with pytest.raises(
        Misconfigured, match=r"0004_seams.sql was edited after it was applied. Restore it and add"
    ):
        migrate(owner(empty))
    assert empty.value("select to_regclass('landing.more')") is None
    shutil.copy(Path(migrations.__file__).parent / "migrations" / "0004_seams.sql", folder)
    assert migrate(owner(empty)) == ["9999_more.sql"]


def test_one_that_is_gone_is_refused(empty: Database, folder: Path) -> None:
    migrate(owner(empty))
    (folder / "0009_edi.sql").unlink()
    with pytest.raises(Misconfigured, match=r"0009_edi.sql is gone after it was applied"):
        migrate(owner(empty))


def test_two_at_the_same_time_apply_each_once(empty: Database) -> None:
    done: list[list[str]] = []
    workers = [threading.Thread(target=lambda: done.append(migrate(owner(empty)))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == [[], [], NUMBERED]


@pytest.mark.parametrize("after", [1, len(NUMBERED) // 2, len(NUMBERED)])
def test_killed_in_the_middle_it_has_done_nothing_and_is_done_the_next_time(
    empty: Database, after: int
) -> None:
    process = multiprocessing.get_context("fork").Process(target=_killed_behind, args=(owner(empty), after))
    process.start()
    process.join(timeout=60)
    assert process.exitcode == -signal.SIGKILL
    _eventually(
        lambda: not empty.value("select count(*) from pg_stat_activity where usename = 'seamline_owner'")
    )
    assert empty.value(SCHEMAS) == 0
    assert empty.value("select to_regclass('public.seamline_migrations')") is None
    assert migrate(owner(empty)) == NUMBERED


def _killed_behind(dsn: str, count: int) -> None:
    applied, apply = 0, migrations._apply

    def counting(*arguments: object) -> str:
        nonlocal applied
        name = apply(*arguments)  # type: ignore[arg-type]
        applied += 1
        if applied == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return name

    migrations._apply = counting  # type: ignore[assignment]
    migrate(dsn)


def _eventually(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise TimeoutError


class TestRights:
    """What the migrations grant is enough for the work of a role, and no more."""

    @pytest.mark.parametrize(
        ("role", "query"),
        [
            ("seamline_reader", "select * from landing.deliveries"),
            ("seamline_reader", "select * from raw.warehouse_edi__stock"),
            ("seamline_reader", "select * from outbox.messages"),
            ("seamline_analyst", "select * from bi.freshness"),
            ("seamline_builder", "select * from raw.shopify__orders"),
            ("seamline_builder", "create table conformed.some (id bigint)"),
            ("seamline_pipeline", "insert into seam.runs (flow, step) values ('f', 's')"),
        ],
    )
    def test_what_a_role_needs_it_may(self, database: Database, role: str, query: str) -> None:
        with psycopg.connect(database.dsn(role)) as connection:
            connection.execute(query)

    @pytest.mark.parametrize(
        ("role", "query"),
        [
            ("seamline_reader", "delete from landing.deliveries"),
            ("seamline_reader", "update dead_letter.letters set status = 'suppressed'"),
            ("seamline_reader", "create table seam.more (id bigint)"),
            ("seamline_analyst", "select * from raw.shopify__orders"),
            ("seamline_analyst", "select * from landing.deliveries"),
            ("seamline_builder", "delete from raw.shopify__orders"),
            ("seamline_builder", "insert into outbox.channels (channel) values ('x')"),
            ("seamline_pipeline", "delete from seam.interventions"),
            ("seamline_pipeline", "update seam.interventions set person = 'somebody else'"),
            ("seamline_pipeline", "delete from landing.deliveries"),
            ("seamline_pipeline", "delete from landing.arrivals"),
            ("seamline_pipeline", "create table conformed.some (id bigint)"),
        ],
    )
    def test_what_a_role_must_not_it_may_not(self, database: Database, role: str, query: str) -> None:
        with (
            psycopg.connect(database.dsn(role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(query)
