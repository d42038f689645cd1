"""``load_raw``: the same raw, whatever the order and repetition of deliveries."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from databases import Database
from depot import MORNING, PROPERTIES, Depot, row, run, run_step
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.contracts.contract import contract
from include.errors import Misconfigured
from include.stores.connection import connected
from include.stores.raw import lock
from include.workspace import Workspace

NOON = MORNING + timedelta(hours=6)
EVENING = MORNING + timedelta(hours=12)
ACCOUNTS = map("account {}".format, itertools.count(1))
SKUS = ("A", "B", "C")
ANY_ORDER = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Statement:
    """A delivery as the model knows it: at which hour it speaks, what it says of each article."""

    hour: int
    prices: tuple[tuple[str, int], ...]
    is_full: bool = False

    @property
    def as_of(self) -> datetime:
        return MORNING + timedelta(hours=self.hour)

    def deliver(self, depot: Depot, entity: str, account: str) -> None:
        rows = [row(sku, price=f"{price}.00") for sku, price in self.prices]
        full = [entity] if self.is_full else []
        depot.deliver(rows, entity=entity, account=account, as_of=self.as_of, full=full)


def statements(*, may_be_full: bool, most: int = 4) -> st.SearchStrategy[list[Statement]]:
    """Deliveries that speak of different moments, in the order of arrival, some of them more than once."""
    prices = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 2), min_size=1)
    one = st.builds(
        Statement,
        hour=st.integers(0, 9),
        prices=prices.map(lambda found: tuple(sorted(found.items()))),
        is_full=st.booleans() if may_be_full else st.just(False),
    )
    different = st.lists(one, min_size=2, max_size=most, unique_by=lambda statement: statement.hour)
    return different.flatmap(
        lambda found: st.lists(st.sampled_from(found), max_size=2).flatmap(
            lambda again: st.permutations([*found, *again])
        )
    )


def expected_prices(said: Sequence[Statement]) -> dict[str, Decimal]:
    """What should be live: what was said last of each article, unless a later complete list is silent of it."""
    live: dict[str, Decimal] = {}
    for statement in sorted(set(said), key=lambda one: one.hour):
        named = {sku: Decimal(price) for sku, price in statement.prices}
        live = named if statement.is_full else live | named
    return live


def live_prices(database: Database, entity: str, account: str) -> dict[str, Decimal]:
    found = database.rows(
        f"select sku, price from raw.depot__{entity} where _account = %s and _deleted_at is null", account
    )
    return {one["sku"]: one["price"] for one in found}


class TestOrderAndRepetition:
    @ANY_ORDER
    @given(arriving=statements(may_be_full=False))
    def test_of_changes_the_one_that_speaks_of_the_latest_moment_wins(
        self, workspace: Workspace, database: Database, depot: Depot, arriving: list[Statement]
    ) -> None:
        account = next(ACCOUNTS)
        for statement in arriving:
            statement.deliver(depot, "changes", account)
            run(depot.flow("changes"), workspace)
        assert live_prices(database, "changes", account) == expected_prices(arriving)

    @ANY_ORDER
    @given(arriving=statements(may_be_full=True))
    def test_complete_lists_and_changes_in_any_order_leave_what_was_true_last(
        self, workspace: Workspace, database: Database, depot: Depot, arriving: list[Statement]
    ) -> None:
        account = next(ACCOUNTS)
        for statement in arriving:
            statement.deliver(depot, "lists", account)
            run(depot.flow("lists"), workspace)
        assert live_prices(database, "lists", account) == expected_prices(arriving)

    @ANY_ORDER
    @given(arriving=statements(may_be_full=True))
    def test_it_makes_no_difference_whether_they_come_one_by_one_or_together(
        self, workspace: Workspace, database: Database, depot: Depot, arriving: list[Statement]
    ) -> None:
        account = next(ACCOUNTS)
        for statement in arriving:
            statement.deliver(depot, "lists", account)
        run(depot.flow("lists"), workspace)
        assert live_prices(database, "lists", account) == expected_prices(arriving)

    @ANY_ORDER
    @given(
        arriving=st.lists(
            st.tuples(st.integers(0, 5), st.sampled_from(SKUS[:2]), st.integers(1, 4)), min_size=2, max_size=4
        )
    )
    def test_of_records_with_a_version_the_newest_wins_whatever_its_delivery_speaks_of(
        self,
        workspace: Workspace,
        database: Database,
        depot: Depot,
        arriving: list[tuple[int, str, int]],
    ) -> None:
        account = next(ACCOUNTS)
        newest: dict[str, int] = {}
        for hour, sku, revision in arriving:
            made = row(sku, revision=revision, note=f"as of revision {revision}")
            depot.deliver([made], entity="versions", account=account, as_of=MORNING + timedelta(hours=hour))
            run(depot.flow("versions"), workspace)
            newest[sku] = max(revision, newest.get(sku, 0))
        found = database.rows("select sku, note from raw.depot__versions where _account = %s", account)
        assert {one["sku"]: one["note"] for one in found} == {
            sku: f"as of revision {revision}" for sku, revision in newest.items()
        }

    def test_the_newest_of_several_versions_in_one_delivery_wins_and_the_others_count_as_older(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A", revision=revision) for revision in (2, 3, 1)], entity="versions")
        said = run(depot.flow("versions"), workspace)["load_raw"]
        assert (said["new"], said["older"]) == (1, 2)
        assert database.value("select revision from raw.depot__versions") == 3

    def test_two_statements_of_the_same_moment_leave_the_same_whichever_comes_first(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for account, prices in (("north", ("1.00", "2.00")), ("south", ("2.00", "1.00"))):
            for price in prices:
                depot.deliver([row("A", price=price)], entity="changes", account=account)
                run(depot.flow("changes"), workspace)
        assert live_prices(database, "changes", "north") == live_prices(database, "changes", "south")

    def test_what_is_said_again_later_is_not_replaced_by_a_statement_in_between_that_comes_late(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("changes")
        for price, as_of in (("1.00", MORNING), ("1.00", EVENING), ("2.00", NOON)):
            depot.deliver([row("A", price=price)], entity="changes", as_of=as_of)
            run(flow, workspace)
        assert live_prices(database, "changes", "north") == {"A": Decimal("1.00")}


class TestUnchanged:
    @pytest.mark.parametrize("entity", ["lists", "versions"])
    def test_rows_that_say_the_same_are_not_written_again(
        self, workspace: Workspace, database: Database, depot: Depot, entity: str
    ) -> None:
        flow, full = depot.flow(entity), [entity] if entity == "lists" else []
        depot.deliver([row("A"), row("B")], entity=entity, full=full)
        run(flow, workspace)
        before = {one["sku"]: one["_xmin"] for one in database.photograph("raw")[f"raw.depot__{entity}"]}
        depot.deliver(
            [row("A"), row("B", price="2.00", revision=2), row("C")], entity=entity, full=full, as_of=NOON
        )
        said = run(flow, workspace)["load_raw"]
        after = {one["sku"]: one["_xmin"] for one in database.photograph("raw")[f"raw.depot__{entity}"]}
        assert (said["new"], said["changed"], said["unchanged"]) == (1, 1, 1)
        assert after["A"] == before["A"]
        assert after["B"] != before["B"]

    def test_a_thousand_lines_that_came_before_are_skipped_and_counted_as_unchanged(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow, rows = depot.flow("lists"), [row(f"S{number}") for number in range(1_200)]
        depot.deliver(rows, full=["lists"])
        run(flow, workspace)
        before = database.photograph("raw")
        depot.deliver([row("S0", price="9.00"), *rows[1:]], full=["lists"], as_of=NOON)
        said = run(flow, workspace)["load_raw"]
        counts = database.rows("select * from landing.delivery_counts order by delivery_id desc")[0]
        assert counts["skipped"] == 1_199 and counts["copied"] == 1
        assert (said["changed"], said["unchanged"], said["deleted"]) == (1, 1_199, 0)
        after = database.photograph("raw")
        assert len([one for one in after["raw.depot__lists"] if one not in before["raw.depot__lists"]]) == 1

    def test_the_same_cells_under_exchanged_headings_are_not_the_same_lines(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow, numbers = depot.flow("lists"), range(1_200)
        cells = b"".join(b"S%d,1,3,%d,,,,\n" % (number, number) for number in numbers)
        empty = b",note,changed_at,is_active,made_on\n"
        depot.deliver(b"sku,size,price,revision" + empty + cells, full=["lists"])
        run(flow, workspace)
        depot.deliver(b"sku,size,revision,price" + empty + cells, full=["lists"], as_of=NOON)
        said = run(flow, workspace)["load_raw"]
        assert (said["changed"], said["unchanged"]) == (1_199, 1)
        assert database.value("select count(*) from raw.depot__lists where revision = 3") == 1_200

    def test_lost_line_hashes_cost_time_and_nothing_else(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow, rows = depot.flow("lists"), [row(f"S{number}") for number in range(1_200)]
        depot.deliver(rows, full=["lists"])
        run(flow, workspace)
        for path in workspace.landing.line_hashes(flow.dag_id, "north", "lists").iterdir():
            path.write_bytes(path.read_bytes()[:17])
        depot.deliver(rows[1:], full=["lists"], as_of=NOON)
        said = run(flow, workspace)["load_raw"]
        assert (said["unchanged"], said["deleted"]) == (1_199, 1)

    @pytest.mark.parametrize("step", ["land", "check_contract", "load_raw", "count_balance"])
    def test_a_step_that_is_cleared_finds_nothing_to_do_and_changes_nothing(
        self, workspace: Workspace, database: Database, depot: Depot, step: str
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B", price="-1")], full=["lists"])
        run(flow, workspace)
        before = database.photograph("raw", "landing", "dead_letter")
        run_step(step, flow, workspace)
        assert database.photograph("raw", "landing", "dead_letter") == before


class TestDeletes:
    def test_a_complete_list_deletes_although_columns_beside_the_key_are_required(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B")], full=["lists"])
        run(flow, workspace)
        depot.deliver([row("A")], full=["lists"], as_of=NOON)
        assert run(flow, workspace)["load_raw"]["deleted"] == 1
        deleted = database.rows("select sku, _deleted_at from raw.depot__lists where _deleted_at is not null")
        assert deleted == [{"sku": "B", "_deleted_at": NOON}]

    def test_a_delivery_that_is_no_complete_list_deletes_nothing(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for rows, as_of in (([row("A"), row("B")], MORNING), ([row("A", price="2.00")], NOON)):
            depot.deliver(rows, entity="changes", as_of=as_of)
            run(depot.flow("changes"), workspace)
        assert live_prices(database, "changes", "north").keys() == {"A", "B"}

    def test_a_list_of_one_account_deletes_nothing_of_another(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        for account, rows, as_of in (
            ("north", [row("A"), row("B")], MORNING),
            ("south", [row("A"), row("B")], MORNING),
            ("south", [row("A")], NOON),
        ):
            depot.deliver(rows, account=account, full=["lists"], as_of=as_of)
            run(flow, workspace)
        assert live_prices(database, "lists", "north").keys() == {"A", "B"}
        assert live_prices(database, "lists", "south").keys() == {"A"}

    def test_more_deletes_than_the_cap_wait_for_a_person_while_the_rest_is_loaded(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.agree("lists", deleteCap=0.2)
        flow = depot.flow("lists")
        depot.deliver([row(sku) for sku in "ABCDE"], full=["lists"])
        run(flow, workspace)
        depot.deliver([row("A", price="2.00"), row("B"), row("C")], full=["lists"], as_of=NOON)
        said = run(flow, workspace)
        assert said["load_raw"]["deleted"] == 0 and said["load_raw"]["changed"] == 1
        assert said["count_balance"]["closed"] == 1
        assert live_prices(database, "lists", "north").keys() == set("ABCDE")
        (letter,) = database.rows("select * from dead_letter.letters")
        assert (letter["rule"], letter["step"], letter["level"]) == ("delete_cap", "load_raw", "delivery")
        assert letter["owner"] == flow.owner and letter["runbook"] == flow.runbook
        assert "2 of 5" in letter["message"]

    def test_exactly_as_many_deletes_as_the_cap_allows_are_made(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.agree("lists", deleteCap=0.2)
        depot.deliver([row(sku) for sku in "ABCDE"], full=["lists"])
        run(depot.flow("lists"), workspace)
        depot.deliver([row(sku) for sku in "ABCD"], full=["lists"], as_of=NOON)
        assert run(depot.flow("lists"), workspace)["load_raw"]["deleted"] == 1

    def test_a_record_that_the_list_names_and_that_was_refused_is_not_deleted(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B"), row("C")], full=["lists"])
        run(flow, workspace)
        depot.deliver([row("A"), row("B", price="-1")], full=["lists"], as_of=NOON)
        assert run(flow, workspace)["load_raw"]["deleted"] == 1
        assert live_prices(database, "lists", "north").keys() == {"A", "B"}

    def test_behind_a_record_that_cannot_be_read_nothing_is_deleted_and_that_is_said(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B")], full=["lists"])
        run(flow, workspace)
        broken = (
            b'sku,size,price,note,revision,changed_at,is_active,made_on\nA,1,1.00,,1,,,\nB,1,1.00,"x"y,1\n'
        )
        depot.deliver(broken, full=["lists"], as_of=NOON)
        assert run(flow, workspace)["load_raw"]["deleted"] == 0
        assert live_prices(database, "lists", "north").keys() == {"A", "B"}
        assert database.value("select rule from landing.delivery_findings") == "uncertain_list"

    def test_what_was_deleted_comes_back_when_it_is_named_again(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        for rows, as_of in (
            ([row("A"), row("B")], MORNING),
            ([row("A")], NOON),
            ([row("A"), row("B")], EVENING),
        ):
            depot.deliver(rows, full=["lists"], as_of=as_of)
            said = run(flow, workspace)["load_raw"]
        assert said["changed"] == 1
        assert live_prices(database, "lists", "north").keys() == {"A", "B"}

    def test_a_late_list_brings_what_a_newer_one_named_and_could_not_say(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B", price="-1")], full=["lists"], as_of=NOON)
        run(flow, workspace)
        depot.deliver([row("A", price="7.00"), row("B"), row("C")], full=["lists"], as_of=MORNING)
        said = run(flow, workspace)["load_raw"]
        assert (said["new"], said["older"]) == (1, 2)
        assert live_prices(database, "lists", "north") == {"A": Decimal("1.00"), "B": Decimal("1.00")}

    def test_a_newer_list_that_was_not_read_in_whole_makes_nothing_of_a_late_one_old(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        header = b"sku,size,price,note,revision,changed_at,is_active,made_on\n"
        depot.deliver(header + b'A,1,1.00,,1,,,\nB,1,1.00,"x"y,1\n', full=["lists"], as_of=NOON)
        run(flow, workspace)
        depot.deliver([row("A", price="7.00"), row("B")], full=["lists"], as_of=MORNING)
        run(flow, workspace)
        assert live_prices(database, "lists", "north") == {"A": Decimal("1.00"), "B": Decimal("1.00")}


class TestValues:
    def test_money_is_exact_to_the_last_digit(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        prices = ["0.10", "0.20", "1234567890.12", "9999999999.99", "19.99"]
        depot.deliver([row("A", size, price=price) for size, price in enumerate(prices, 1)], entity="changes")
        run(depot.flow("changes"), workspace)
        found = database.rows("select price from raw.depot__changes order by size")
        assert [one["price"] for one in found] == [Decimal(price) for price in prices]
        assert database.value("select sum(price) from raw.depot__changes") == sum(map(Decimal, prices))

    def test_times_are_utc_and_the_zone_in_which_they_were_written_is_kept(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.profile(conventions={"time_zone": "Europe/Berlin"})
        depot.deliver(
            [
                row("A", 1, changed_at="2026-11-02T08:30:00"),
                row("A", 2, changed_at="2026-11-02T08:30:00+05:30"),
                row("A", 3, changed_at="2026-11-02T08:30:00Z"),
                row("A", 4, changed_at="2026-07-02 08:30"),
            ],
            entity="changes",
        )
        run(depot.flow("changes"), workspace)
        found = database.rows(
            "select to_char(changed_at at time zone 'UTC', 'HH24:MI') as at, _time_zone from raw.depot__changes "
            "order by size"
        )
        assert [tuple(one.values()) for one in found] == [
            ("07:30", "Europe/Berlin"),
            ("03:00", "+05:30"),
            ("08:30", "UTC"),
            ("06:30", "Europe/Berlin"),
        ]

    def test_texts_are_kept_to_the_letter(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        texts = [
            "'; drop table raw.depot__changes; --",
            "<script>alert(1)</script>",
            'a "b", c\nd',
            "\\N",
            "NULL",
        ]
        texts += ["\\", "\\.", " x ", "é ß ت 🙂", "%s %(a)s {}"]
        depot.deliver([row("A", size, note=text) for size, text in enumerate(texts, 1)], entity="changes")
        run(depot.flow("changes"), workspace)
        found = database.rows("select note from raw.depot__changes order by size")
        assert [one["note"] for one in found] == texts

    def test_columns_that_the_contract_does_not_know_are_kept_beside_the_record(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A", colour="red \\ 'blue'")], entity="changes")
        run(depot.flow("changes"), workspace)
        assert database.value("select _extra from raw.depot__changes") == {"colour": "red \\ 'blue'"}
        finding = database.rows("select * from landing.delivery_findings")[0]
        assert finding["rule"] == "new_column" and "'colour'" in finding["message"]


class TestTogether:
    def test_two_workers_at_the_same_time_load_every_delivery_once(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("changes")
        for number in range(6):
            depot.deliver(
                [row(f"S{number}"), row("A", price=f"{number}.00")],
                entity="changes",
                as_of=MORNING + timedelta(hours=number),
            )
        run(flow, workspace, ["land", "check_contract"])
        said: list[dict[str, Any]] = []
        workers = [
            threading.Thread(target=lambda: said.append(run_step("load_raw", flow, workspace)))
            for _ in range(3)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(said) == 3
        run(flow, workspace)
        assert database.value("select count(*) from landing.deliveries where status = 'closed'") == 6
        assert sum(one["loaded"] for one in said) == 6
        assert live_prices(database, "changes", "north")["A"] == Decimal("5.00")
        assert database.value("select count(*) from raw.depot__changes") == 7

    def test_a_delivery_that_another_worker_holds_is_left_to_it(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("changes")
        depot.deliver([row("A")], entity="changes")
        run(flow, workspace, ["land", "check_contract"])
        with connected(workspace.warehouse, "another worker") as connection, connection.transaction():
            connection.execute("select from landing.deliveries for update")
            assert run_step("load_raw", flow, workspace)["loaded"] == 0
        assert run_step("load_raw", flow, workspace)["loaded"] == 1

    def test_loads_of_one_table_wait_for_each_other(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("changes")
        depot.deliver([row("A")], entity="changes")
        run(flow, workspace, ["land", "check_contract"])
        worker = threading.Thread(target=run_step, args=("load_raw", flow, workspace))
        with connected(workspace.warehouse, "another worker") as connection, connection.transaction():
            lock(connection, contract("depot", "changes"))
            worker.start()
            worker.join(timeout=1)
            assert worker.is_alive()
            assert database.value("select count(*) from landing.deliveries where status = 'loaded'") == 0
        worker.join(timeout=10)
        assert database.value("select count(*) from raw.depot__changes") == 1


class TestTables:
    def test_a_newer_contract_version_adds_its_column_and_keeps_the_rows(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A")], entity="changes")
        run(depot.flow("changes"), workspace)
        colour = {"name": "colour", "logicalType": "string"}
        depot.agree("changes", properties=[*PROPERTIES, colour], version="1.1.0")
        depot.deliver([row("B", colour="red")], entity="changes", as_of=NOON)
        run(depot.flow("changes"), workspace)
        found = database.rows("select sku, colour from raw.depot__changes order by sku")
        assert found == [{"sku": "A", "colour": None}, {"sku": "B", "colour": "red"}]

    def test_a_column_of_another_type_takes_a_migration(self, workspace: Workspace, depot: Depot) -> None:
        run(depot.flow("changes"), workspace)
        retyped = [
            one | {"logicalType": "string"} if one["name"] == "revision" else one for one in PROPERTIES
        ]
        depot.agree("changes", properties=retyped, version="2.0.0")
        with pytest.raises(Misconfigured, match=r"raw.depot__changes.revision is bigint, .* says text"):
            run_step("load_raw", depot.flow("changes"), workspace)

    def test_what_was_copied_into_an_empty_table_has_its_key_and_indexes(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A"), row("B")], entity="changes")
        run(depot.flow("changes"), workspace)
        names = [
            one["indexname"]
            for one in database.rows(
                "select indexname from pg_indexes where tablename = 'depot__changes' order by 1"
            )
        ]
        assert names == ["depot__changes_delivery_id_idx", "depot__changes_pkey"]
        with connected(workspace.warehouse, "tests") as connection:
            defaults = connection.execute(
                "select count(*) from pg_attrdef where adrelid = 'raw.depot__changes'::regclass"
            ).fetchone()
        assert defaults == (0,)
