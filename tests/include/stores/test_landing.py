"""The ledger: a delivery is new or a repeat, moves forward alone, and its balance says every gap in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from databases import Database

from include.stores import landing
from include.stores.connection import connected, lock_in_transaction, only_one
from include.stores.landing import (
    DeliveryStatus,
    FlowMemory,
    LoadedCounts,
    NewDelivery,
    StoredFile,
    record_delivery,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW = NewDelivery(
    flow="pull_lists_from_depot",
    source_system="depot",
    account="north",
    kind="file",
    name="list.csv",
    content_sha256="a" * 64,
    as_of=NOON,
)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connected(database.dsn("seamline_pipeline"), "tests") as made:
        yield made


def recorded(connection: psycopg.Connection, content: str = "a", **facts: object) -> tuple[int, bool]:
    new = replace(NEW, content_sha256=content * 64, **facts)  # type: ignore[arg-type]
    file = StoredFile(
        entity="lists", name=new.name, size_bytes=3, modified_at=new.as_of, sha256=new.content_sha256
    )
    with connection.transaction():
        return record_delivery(connection, new, [file])


class TestRepeats:
    def test_the_same_bytes_of_the_same_moment_are_one_delivery(self, connection: psycopg.Connection) -> None:
        first, is_new = recorded(connection)
        assert is_new
        assert recorded(connection) == (first, False)
        assert recorded(connection, name="another name.csv") == (first, False)

    def test_the_newest_said_again_later_is_a_repeat_and_an_older_one_is_not(
        self, connection: psycopg.Connection
    ) -> None:
        first, _ = recorded(connection, "a")
        assert recorded(connection, "a", as_of=NOON + HOUR) == (first, False)
        second, _ = recorded(connection, "b", as_of=NOON + 2 * HOUR)
        third, is_new = recorded(connection, "a", as_of=NOON + 3 * HOUR)
        assert is_new and third > second

    def test_a_complete_list_is_no_repeat_of_changes_of_the_same_bytes(
        self, connection: psycopg.Connection
    ) -> None:
        first, _ = recorded(connection)
        whole, is_new = recorded(connection, full_entities=("lists",))
        assert is_new and whole != first
        assert recorded(connection, full_entities=("lists",)) == (whole, False)

    def test_what_another_account_or_flow_says_is_its_own(self, connection: psycopg.Connection) -> None:
        assert recorded(connection)[1]
        assert recorded(connection, account="south")[1]
        assert recorded(connection, flow="pull_changes_from_depot")[1]

    def test_every_arrival_is_kept_repeats_too(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        recorded(connection)
        recorded(connection, name="again.csv", as_of=NOON + HOUR)
        found = database.rows("select name, is_repeat, as_of from landing.arrivals order by arrival_id")
        assert [(row["name"], row["is_repeat"]) for row in found] == [
            ("list.csv", False),
            ("again.csv", True),
        ]
        assert found[1]["as_of"] == NOON + HOUR

    def test_a_late_one_between_does_not_have_the_last_word(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        first, _ = recorded(connection, "a")
        recorded(connection, "a", as_of=NOON + 2 * HOUR)
        late, _ = recorded(connection, "b", as_of=NOON + HOUR)
        rows = database.rows(
            "select delivery_id, as_of, content_sha256 from landing.deliveries order by as_of"
        )
        assert [row["content_sha256"][0] for row in rows] == ["a", "b", "a"]
        assert [row["delivery_id"] for row in rows[:2]] == [first, late]
        recorded(connection, "c", as_of=NOON + HOUR / 2)
        assert database.value("select count(*) from landing.deliveries where content_sha256 like 'a%'") == 2


class TestStatus:
    def test_it_only_moves_forward(self, connection: psycopg.Connection) -> None:
        delivery_id, _ = recorded(connection)
        for status in (DeliveryStatus.CHECKED, DeliveryStatus.LOADED):
            landing.set_status(connection, delivery_id, status)
            assert landing.status_of(connection, delivery_id) == status
        with pytest.raises(
            psycopg.errors.RaiseException, match=f"delivery {delivery_id} cannot go from loaded back"
        ):
            landing.set_status(connection, delivery_id, DeliveryStatus.CHECKED)
        landing.set_status(connection, delivery_id, DeliveryStatus.CLOSED)
        with pytest.raises(psycopg.errors.RaiseException):
            landing.set_status(connection, delivery_id, DeliveryStatus.LOADED)

    def test_what_is_refused_stays_refused(self, connection: psycopg.Connection) -> None:
        delivery_id, _ = recorded(connection)
        landing.set_status(connection, delivery_id, DeliveryStatus.REFUSED)
        with pytest.raises(psycopg.errors.RaiseException):
            landing.set_status(connection, delivery_id, DeliveryStatus.CHECKED)

    def test_one_worker_has_it_and_the_others_pass_by(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        delivery_id, _ = recorded(connection)
        with connection.transaction():
            facts = landing.claim(connection, delivery_id, DeliveryStatus.LANDED)
            assert facts is not None and facts["account"] == "north"
            with connected(database.dsn("seamline_pipeline"), "another") as other, other.transaction():
                assert landing.claim(other, delivery_id, DeliveryStatus.LANDED) is None
        assert landing.claim(connection, delivery_id, DeliveryStatus.CHECKED) is None
        assert landing.claim(connection, delivery_id, DeliveryStatus.LANDED) is not None

    def test_they_are_taken_in_the_order_of_what_they_speak_of(self, connection: psycopg.Connection) -> None:
        later, _ = recorded(connection, "a", as_of=NOON + HOUR)
        earlier, _ = recorded(connection, "b", as_of=NOON)
        assert landing.deliveries_in(connection, NEW.flow, DeliveryStatus.LANDED) == [earlier, later]
        assert landing.has_open(connection, NEW.flow)
        for delivery_id in (earlier, later):
            landing.set_status(connection, delivery_id, DeliveryStatus.REFUSED)
        assert not landing.has_open(connection, NEW.flow)


class TestBalance:
    GOOD = LoadedCounts(copied=3, new=1, changed=1, unchanged=1, older=0, deleted=2, in_raw=4)

    def balanced(self, connection: psycopg.Connection, counts: LoadedCounts, **checked: int) -> list[str]:
        delivery_id, _ = recorded(connection)
        told = {"delivered": 3, "accepted": 3, "refused": 0, "skipped": 0, **checked}
        landing.record_counts(connection, delivery_id, "lists", has_repeats=False, **told)
        landing.record_loaded(connection, delivery_id, "lists", counts)
        return [gap for _, gap in landing.gaps(connection, delivery_id)]

    def test_what_adds_up_has_no_gap(self, connection: psycopg.Connection) -> None:
        assert self.balanced(connection, self.GOOD) == []

    @pytest.mark.parametrize(
        ("counts", "checked", "gap"),
        [
            (GOOD, {"delivered": 4}, "delivered 4 is not accepted 3 + refused 0"),
            (GOOD, {"delivered": 4, "refused": 1}, "refused 1 is not the 0 dead letters"),
            (replace(GOOD, copied=2), {}, "copied 2 is not accepted 3 - skipped 0"),
            (replace(GOOD, older=1), {}, "accepted 3 is not new 1 + changed 1 + unchanged 1 + older 1"),
            (replace(GOOD, in_raw=5), {}, "raw holds 5 rows of it, not new 1 + changed 1 + deleted 2"),
        ],
    )
    def test_each_gap_is_told_with_its_numbers(
        self, connection: psycopg.Connection, counts: LoadedCounts, checked: dict[str, int], gap: str
    ) -> None:
        assert self.balanced(connection, counts, **checked) == [gap]

    def test_what_was_never_counted_is_a_gap_too(self, connection: psycopg.Connection) -> None:
        delivery_id, _ = recorded(connection)
        landing.record_counts(
            connection, delivery_id, "lists", delivered=1, accepted=1, refused=0, skipped=0, has_repeats=False
        )
        assert len(landing.gaps(connection, delivery_id)) == 3


class TestMemory:
    def test_a_watermark_only_moves_forward(self, connection: psycopg.Connection) -> None:
        memory = FlowMemory(connection, NEW.flow)
        delivery_id, _ = recorded(connection)
        assert memory.watermark("north") is None
        for at in ("2026-11-02T06:00:00+00:00", "2026-11-02T05:00:00+00:00", "2026-11-01T23:00:00+00:00"):
            landing.move_watermark(connection, NEW.flow, "north", {"at": at}, delivery_id)
        assert memory.watermark("north") == {"at": "2026-11-02T06:00:00+00:00"}
        assert memory.watermark("south") is None
        assert FlowMemory(connection, "another").watermark("north") is None

    def test_a_file_is_stable_when_two_looks_far_enough_apart_saw_the_same(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        memory = FlowMemory(connection, NEW.flow)
        look = ("north", "list.csv", 10, NOON)
        assert not memory.is_stable(*look, 30)
        assert memory.seconds_to_stability is not None and 29 < memory.seconds_to_stability <= 30
        database.execute("update landing.looks set first_seen_at = first_seen_at - interval '31 seconds'")
        assert memory.is_stable(*look, 30)
        assert not memory.is_stable("north", "list.csv", 11, NOON, 30)
        assert not memory.is_stable("south", "list.csv", 10, NOON, 30)

    def test_a_single_look_is_never_enough(self, connection: psycopg.Connection) -> None:
        memory = FlowMemory(connection, NEW.flow)
        assert [memory.is_stable("north", "list.csv", 10, NOON, seconds) for seconds in (30, 0.5)] == [
            False,
            False,
        ]

    def test_exactly_what_was_taken_is_known(self, connection: psycopg.Connection) -> None:
        memory = FlowMemory(connection, NEW.flow)
        recorded(connection)
        assert memory.is_landed("north", "list.csv", 3, NOON)
        assert not memory.is_landed("north", "list.csv", 4, NOON)
        assert not memory.is_landed("north", "list.csv", 3, NOON + HOUR)
        assert not memory.is_landed("south", "list.csv", 3, NOON)


class TestLocks:
    def test_one_at_a_time(self, database: Database) -> None:
        with (
            connected(database.dsn("seamline_pipeline"), "one") as one,
            connected(database.dsn("seamline_pipeline"), "two") as two,
        ):
            with only_one(one, "land f") as first:
                assert first
                with only_one(two, "land f") as second, only_one(two, "land g") as another:
                    assert (second, another) == (False, True)
                with only_one(two, "land f") as second:
                    assert not second, "who did not get it does not give it back"
            with only_one(two, "land f") as at_once:
                assert at_once

    def test_a_connection_that_is_lost_gives_back_and_hides_no_error(self, database: Database) -> None:
        lost = connected(database.dsn("seamline_pipeline"), "one")
        with pytest.raises(psycopg.OperationalError), only_one(lost, "land f"):
            lost.execute("select pg_terminate_backend(pg_backend_pid())")
        with connected(database.dsn("seamline_pipeline"), "two") as two, only_one(two, "land f") as is_ours:
            assert is_ours

    def test_a_lock_of_a_transaction_is_waited_for(self, database: Database) -> None:
        order: list[str] = []
        with connected(database.dsn("seamline_pipeline"), "one") as one:

            def wait() -> None:
                with connected(database.dsn("seamline_pipeline"), "two") as two, two.transaction():
                    lock_in_transaction(two, "raw.t")
                    order.append("second")

            with one.transaction():
                lock_in_transaction(one, "raw.t")
                waiting = threading.Thread(target=wait)
                waiting.start()
                waiting.join(timeout=0.3)
                order.append("first")
            waiting.join(timeout=10)
        assert order == ["first", "second"]

    def test_times_come_back_in_utc_and_the_work_has_a_name(self, database: Database) -> None:
        with connected(database.dsn("seamline_pipeline"), "load_raw " + "x" * 100) as connection:
            row = connection.execute("select now(), current_setting('application_name')").fetchone()
        assert row is not None
        assert row[0].utcoffset() == timedelta(0)
        assert row[1].startswith("load_raw x") and len(row[1]) == 63
