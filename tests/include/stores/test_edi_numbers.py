"""Control numbers: ours without gaps and repeats whatever dies, a partner's as they came."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from databases import Database

from include.stores import edi
from include.stores.connection import connected
from include.stores.edi import NumberKind

ROLE = "seamline_pipeline"
INTERCHANGE, GROUP, DOCUMENT = NumberKind.INTERCHANGE, NumberKind.GROUP, NumberKind.DOCUMENT


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connected(database.dsn(ROLE), "tests") as made:
        yield made


@pytest.fixture
def used(database: Database) -> Database:
    """A warehouse where writers keep what bears their numbers."""
    database.execute("create table edi.used (writer integer, number bigint, part integer)")
    database.execute(f"grant insert on edi.used to {ROLE}")
    return database


def write(dsn: str, writer: int, count: int, dies_at: int | None = None) -> None:
    """Take a number and keep two rows that bear it, again and again; killed between two statements of one of them."""
    with connected(dsn, f"writer {writer}") as connection:
        for turn in range(count):
            with connection.transaction():
                number = edi.next_number(connection, "supplier_edi", "nordkap", INTERCHANGE)
                for part in (1, 2):
                    if turn == dies_at and part == 2:
                        os.kill(os.getpid(), signal.SIGKILL)
                    connection.execute("insert into edi.used values (%s, %s, %s)", [writer, number, part])


def kept(database: Database) -> list[int]:
    return [
        row["number"]
        for row in database.rows(
            "select number from edi.used group by number having count(*) = 2 order by number"
        )
    ]


def test_each_partner_and_kind_counts_for_itself(connection: psycopg.Connection) -> None:
    taken = [
        edi.next_number(connection, *who)
        for who in (
            ("supplier_edi", "nordkap", INTERCHANGE),
            ("supplier_edi", "nordkap", INTERCHANGE),
            ("supplier_edi", "nordkap", GROUP),
            ("supplier_edi", "nordkap", DOCUMENT),
            ("supplier_edi", "fjell", INTERCHANGE),
            ("warehouse_edi", "nordkap", INTERCHANGE),
            ("supplier_edi", "nordkap", INTERCHANGE),
        )
    ]
    assert taken == [1, 2, 1, 1, 1, 1, 3]


def test_after_the_last_number_that_fits_comes_the_first(
    connection: psycopg.Connection, database: Database
) -> None:
    edi.next_number(connection, "supplier_edi", "nordkap", INTERCHANGE)
    database.execute("update edi.control_numbers set last_number = 999999998")
    taken = [edi.next_number(connection, "supplier_edi", "nordkap", INTERCHANGE) for _ in range(2)]
    assert taken == [999_999_999, 1]


def test_what_is_taken_back_is_given_to_the_next(connection: psycopg.Connection) -> None:
    with pytest.raises(ZeroDivisionError), connection.transaction():
        assert edi.next_number(connection, "supplier_edi", "nordkap", INTERCHANGE) == 1
        raise ZeroDivisionError
    assert edi.next_number(connection, "supplier_edi", "nordkap", INTERCHANGE) == 1


def test_parallel_writers_share_one_row_of_numbers(used: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda writer: write(used.dsn(ROLE), writer, 25), range(6)))
    assert kept(used) == list(range(1, 151))


def test_writers_that_are_killed_leave_neither_gaps_nor_repeats(used: Database) -> None:
    dice = random.Random(7)
    fates: list[Any] = [dice.randrange(12) if writer % 2 else None for writer in range(6)]
    context = multiprocessing.get_context("forkserver")
    writers = [
        context.Process(target=write, args=(used.dsn(ROLE), number, 12, fate))
        for number, fate in enumerate(fates)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert [writer.exitcode for writer in writers] == [
        0 if fate is None else -signal.SIGKILL for fate in fates
    ]
    expected = sum(12 if fate is None else fate for fate in fates)
    assert kept(used) == list(range(1, expected + 1))
    assert used.value("select count(*) from edi.used") == 2 * expected
    write(used.dsn(ROLE), 9, 1)
    assert kept(used)[-1] == expected + 1


def delivery(database: Database) -> int:
    return database.value(
        "insert into landing.deliveries (flow, source_system, account, kind, name, content_sha256, as_of) values "
        "('pull_stock_from_supplier_edi', 'supplier_edi', 'nordkap', 'interchange', 'x', repeat('0', 64), now()) "
        "returning delivery_id"
    )


def identity(number: str, content: str = "a", receiver: str = "ZZ:US") -> dict[str, Any]:
    return {
        "sender": "ZZ:NORDKAP",
        "receiver": receiver,
        "control_number": number,
        "content_sha256": content * 64,
    }


def test_a_number_belongs_to_who_came_first_with_it(
    connection: psycopg.Connection, database: Database
) -> None:
    first, second = delivery(database), delivery(database)
    came = edi.register(connection, "supplier_edi", "nordkap", identity("000000101"), first)
    assert (came.delivery_id, came.is_new, came.is_same) == (first, True, True)
    again = edi.register(connection, "supplier_edi", "nordkap", identity("000000101"), second)
    assert (again.delivery_id, again.is_new, again.is_same) == (first, False, True)
    other = edi.register(connection, "supplier_edi", "nordkap", identity("000000101", "b"), second)
    assert (other.delivery_id, other.is_new, other.is_same) == (first, False, False)
    elsewhere = edi.register(connection, "warehouse_edi", "nordkap", identity("000000101", "b"), second)
    assert elsewhere.is_new


def missing(connection: psycopg.Connection, patience: timedelta = timedelta(0)) -> list[tuple[int, int]]:
    found = edi.missing_numbers(connection, "supplier_edi", "nordkap", patience)
    return [(gap["first_number"], gap["last_number"]) for gap in found]


def test_gaps_are_what_lies_between_the_numbers_that_came(
    connection: psycopg.Connection, database: Database
) -> None:
    number = delivery(database)
    for control_number in ("101", "000000105", "102", "REF-7", "109"):
        edi.register(connection, "supplier_edi", "nordkap", identity(control_number), number)
    edi.register(connection, "supplier_edi", "nordkap", identity("500", receiver="ZZ:OTHER"), number)
    edi.register(connection, "supplier_edi", "fjell", identity("300"), number)
    assert missing(connection) == [(103, 104), (106, 108)]
    assert missing(connection, timedelta(hours=1)) == []
    edi.register(connection, "supplier_edi", "nordkap", identity("107"), number)
    edi.register(connection, "supplier_edi", "nordkap", identity("103"), number)
    assert missing(connection) == [(104, 104), (106, 106), (108, 108)]
