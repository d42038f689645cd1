"""Builds: every closed delivery is in exactly one complete build, whatever stops in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from databases import Database
from depot import Depot, row, run

from include.stores import builds
from include.stores.connection import connected
from include.workspace import Workspace

PROJECT = "a" * 64


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connected(database.dsn("seamline_pipeline"), "tests") as made:
        yield made


def deliver(depot: Depot, workspace: Workspace, sku: str, hour: int = 6) -> None:
    depot.deliver([row(sku)], as_of=datetime(2026, 11, 2, hour, tzinfo=UTC))
    run(depot.flow("lists"), workspace)


def begun(connection: psycopg.Connection, project: str = PROJECT) -> int:
    build_id = builds.begin(connection, project)
    assert build_id is not None
    return build_id


def taken(database: Database, build_id: int) -> list[int]:
    query = "select delivery_id from build.build_deliveries where build_id = %s order by 1"
    return [found["delivery_id"] for found in database.rows(query, build_id)]


def test_nothing_new_is_no_build(connection: psycopg.Connection) -> None:
    first = begun(connection)
    assert builds.close(connection, first)
    assert builds.begin(connection, PROJECT) is None
    assert builds.running(connection) is None


def test_another_dbt_project_is_a_build_without_deliveries(connection: psycopg.Connection) -> None:
    builds.close(connection, begun(connection))
    changed = begun(connection, "b" * 64)
    assert builds.is_project_new(connection, changed)
    builds.close(connection, changed)
    assert not builds.is_project_new(connection, changed)
    assert builds.begin(connection, "b" * 64) is None


def test_a_build_has_the_deliveries_that_were_closed_when_it_began(
    connection: psycopg.Connection, database: Database, depot: Depot, workspace: Workspace
) -> None:
    deliver(depot, workspace, "A")
    first = begun(connection)
    deliver(depot, workspace, "B", 7)
    assert taken(database, first) == [1]
    assert builds.source_tables(connection, first) == {"depot__lists"}
    builds.close(connection, first)
    second = begun(connection)
    assert taken(database, second) == [2]


def test_awaited_payments_are_news_when_their_days_are_over(
    connection: psycopg.Connection, database: Database
) -> None:
    build_id = begun(connection)
    assert builds.tables_with_news(connection, build_id) == set(), "the model has not been built yet"
    database.execute(
        "create table metrics.payment_settlements"
        " (provider_system text, finding text, awaited_until timestamptz);"
        "grant select on metrics.payment_settlements to seamline_pipeline;"
        "insert into metrics.payment_settlements values"
        " ('adyen_sftp', 'awaited', now() + interval '1 day'), ('other', 'agrees', now() - interval '1 day')"
    )
    assert builds.tables_with_news(connection, build_id) == set()
    database.execute("update metrics.payment_settlements set awaited_until = now() where finding = 'awaited'")
    assert builds.tables_with_news(connection, build_id) == {"adyen_sftp__settlement_lines"}


def test_what_changed_nothing_is_in_no_build(
    connection: psycopg.Connection, database: Database, depot: Depot, workspace: Workspace
) -> None:
    deliver(depot, workspace, "A")
    builds.close(connection, begun(connection))
    depot.deliver(
        [row("A", note=None), row("A", note=None)], name="the same", as_of=datetime(2026, 11, 3, tzinfo=UTC)
    )
    run(depot.flow("lists"), workspace)
    assert database.value("select count(*) from landing.deliveries where status = 'closed'") == 2
    assert builds.begin(connection, PROJECT) is None


@pytest.mark.parametrize("stops_by", ["failing", "dying"])
def test_what_a_stopped_build_had_is_taken_up_by_the_next(
    connection: psycopg.Connection, database: Database, depot: Depot, workspace: Workspace, stops_by: str
) -> None:
    deliver(depot, workspace, "A")
    stopped = begun(connection)
    if stops_by == "failing":
        builds.fail(connection, stopped)
    deliver(depot, workspace, "B", 7)
    following = begun(connection)
    assert taken(database, following) == [1, 2]
    assert builds.running(connection) == following
    state = database.value("select status from build.builds where build_id = %s", stopped)
    assert state == {"failing": "failed", "dying": "superseded"}[stops_by]
    assert not builds.close(connection, stopped), "another build took its place"
    assert database.value("select count(*) from landing.deliveries where is_built") == 0
    assert builds.close(connection, following)
    assert database.value("select count(*) from landing.deliveries where not is_built") == 0


def test_closing_twice_changes_nothing(
    connection: psycopg.Connection, database: Database, depot: Depot, workspace: Workspace
) -> None:
    deliver(depot, workspace, "A")
    build_id = begun(connection)
    assert builds.close(connection, build_id)
    before = database.photograph("build", "landing")
    assert not builds.close(connection, build_id)
    builds.fail(connection, build_id)
    assert database.photograph("build", "landing") == before
    assert builds.last_built(connection) == build_id


def test_the_tables_are_whole_only_while_no_build_has_touched_them_since(
    connection: psycopg.Connection,
) -> None:
    with connection.transaction():
        assert not builds.is_whole(connection)
    first = begun(connection)
    builds.close(connection, first)
    with connection.transaction():
        assert builds.is_whole(connection)
    begun(connection, "c" * 64)
    with connection.transaction():
        assert not builds.is_whole(connection)
    assert builds.last_built(connection) == first


def test_new_identifiers_of_a_channel_are_work(connection: psycopg.Connection, database: Database) -> None:
    builds.close(connection, begun(connection))
    assert not builds.has_new_ids(connection)
    database.execute(
        "insert into outbox.channel_ids (channel, shop, kind, our_key, channel_id) "
        "values ('shopify', 'eu', 'product', 'P1', 'gid://1')"
    )
    assert builds.has_new_ids(connection)
    build_id = begun(connection)
    assert builds.tables_with_news(connection, build_id) == {"channel_ids"}
    builds.close(connection, build_id)
    assert not builds.has_new_ids(connection)
    assert builds.begin(connection, PROJECT) is None
