"""``check_contract``: every record is accepted, or set aside with everything that its owner needs to know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from databases import Database
from depot import MORNING, PROPERTIES, Depot, row, run, run_step
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.contracts.rules import Check
from include.errors import CountGap
from include.stores import dead_letters
from include.stores.connection import connected
from include.stores.dead_letters import LetterStatus
from include.workspace import Workspace

NOON = MORNING + timedelta(hours=6)
LAND_AND_CHECK = ("land", "check_contract")
HEADER = b"sku,size,price,note,revision,changed_at,is_active,made_on\n"


def letters(database: Database) -> list[dict[str, Any]]:
    return database.rows("select * from dead_letter.letters order by dead_letter_id")


def properties(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """The depot's properties, some of them changed."""
    return [{**one, **changed.get(one["name"], {})} for one in PROPERTIES]


class TestRefusedRecords:
    def test_one_keeps_line_field_value_rule_contract_delivery_and_owner(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.agree("lists", version="3.1.4")
        depot.deliver([row("A"), row("B", 2, price="-0.01", note="kept")], account="south")
        assert run(flow, workspace, LAND_AND_CHECK)["check_contract"] == {
            "checked": 1,
            "refused_deliveries": 0,
            "accepted": 1,
            "refused": 1,
        }
        (letter,) = letters(database)
        delivery_id = database.value("select delivery_id from landing.deliveries")
        expected = {
            "step": "check_contract",
            "level": "record",
            "flow": flow.dag_id,
            "source_system": "depot",
            "account": "south",
            "entity": "lists",
            "delivery_id": delivery_id,
            "line": 3,
            "place": "line 3",
            "field": "price",
            "value": "-0.01",
            "rule": "minimum",
            "message": "price is -0.01; it must be 0 or more.",
            "record_key": "B / 2",
            "contract_version": "3.1.4",
            "owner": flow.owner,
            "runbook": flow.runbook,
            "status": "open",
        }
        assert {name: letter[name] for name in expected} == expected
        assert letter["record"]["note"] == "kept"

    @pytest.mark.parametrize(
        ("changed", "rule", "field"),
        [
            ({"sku": ""}, "required", "sku"),
            ({"sku": "x" * 65}, "length", "sku"),
            ({"revision": None}, "required", "revision"),
            ({"size": "1.5"}, "type", "size"),
            ({"size": "2147483648"}, "type", "size"),
            ({"price": "1,50"}, "type", "price"),
            ({"price": "1.234"}, "type", "price"),
            ({"price": "12345678901.00"}, "type", "price"),
            ({"price": "1e3"}, "type", "price"),
            ({"price": "NaN"}, "type", "price"),
            ({"price": "-1"}, "minimum", "price"),
            ({"made_on": "31.12.2026"}, "type", "made_on"),
            ({"made_on": "2026-02-30"}, "type", "made_on"),
            ({"changed_at": "yesterday"}, "type", "changed_at"),
            ({"is_active": "perhaps"}, "type", "is_active"),
            ({"note": "a\x00b"}, "nul_character", "note"),
        ],
    )
    def test_every_kind_of_wrong_value_is_named(
        self, workspace: Workspace, database: Database, depot: Depot, changed: Any, rule: str, field: str
    ) -> None:
        depot.deliver([row("A"), {**row("B"), **changed}])
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert (letter["rule"], letter["field"], letter["line"]) == (rule, field, 3)
        assert database.value("select count(*) from raw.depot__lists") == 1

    @pytest.mark.parametrize(
        ("facts", "value", "rule"),
        [
            ({"enum": [{"value": "red"}, {"value": "blue"}]}, "green", "enum"),
            ({"logicalTypeOptions": {"pattern": "^[a-z]+$"}}, "G7", "pattern"),
            ({"logicalTypeOptions": {"minLength": 3}}, "ab", "length"),
        ],
    )
    def test_lists_of_values_patterns_and_lengths(
        self, workspace: Workspace, database: Database, depot: Depot, facts: Any, value: str, rule: str
    ) -> None:
        depot.agree("lists", properties=properties(note=facts))
        depot.deliver([row("A", note="red"), row("B", note=value)])
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert (letter["rule"], letter["field"], letter["value"]) == (rule, "note", value)

    def test_a_record_is_refused_with_everything_that_is_wrong_with_it(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A"), row("B", price="x", made_on="y", is_active="z")])
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert {one["field"] for one in letter["findings"]} == {"price", "made_on", "is_active"}

    def test_a_rule_over_several_columns(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        rule = {
            "name": "free_articles_are_inactive",
            "type": "custom",
            "engine": "sql",
            "description": "An article without a price may not be active.",
            "implementation": "price > 0 or not is_active",
        }
        depot.agree("lists", rules=[rule])
        depot.deliver(
            [row("A", is_active="true"), row("B", price="0.00", is_active="true"), row("C", price="0.00")]
        )
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert letter["rule"] == "free_articles_are_inactive"
        assert letter["message"] == "An article without a price may not be active."
        assert letter["record_key"] == "B / 1"

    def test_identical_records_are_taken_once_and_contradicting_ones_not_at_all(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A"), row("A"), row("B"), row("B", price="2.00"), row("C")])
        said = run(depot.flow("lists"), workspace)["check_contract"]
        assert (said["accepted"], said["refused"]) == (2, 3)
        assert [(one["rule"], one["line"]) for one in letters(database)] == [
            ("repeated_record", 3),
            ("conflicting_records", 4),
            ("conflicting_records", 5),
        ]
        found = database.rows("select sku from raw.depot__lists order by sku")
        assert [one["sku"] for one in found] == ["A", "C"]

    def test_where_repeats_count_once_they_are_a_note_and_contradictions_are_still_refused(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.agree("lists", repeats="taken_once")
        depot.deliver([row("A"), row("A"), row("B"), row("B", price="2.00"), row("A"), row("C")])
        said = run(depot.flow("lists"), workspace)
        assert (said["check_contract"]["accepted"], said["check_contract"]["refused"]) == (4, 2)
        assert [one["rule"] for one in letters(database)] == ["conflicting_records"] * 2
        (note,) = database.rows("select finding from landing.delivery_findings")
        assert note["finding"]["rule"] == "repeated_record_taken_once"
        assert ": 2 of them, the first on line 3." in note["finding"]["message"]
        found = database.rows("select sku from raw.depot__lists order by sku")
        assert [one["sku"] for one in found] == ["A", "C"]
        (counts,) = database.rows("select accepted, new, older from landing.delivery_counts")
        assert tuple(counts.values()) == (4, 2, 2)

    def test_a_record_that_comes_again_unchanged_waits_once(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for number in range(3):
            rows = [row(f"good {number}"), row("B", price="-1")]
            depot.deliver(rows, as_of=MORNING + timedelta(hours=number))
            run(depot.flow("lists"), workspace)
        assert [one["status"] for one in letters(database)] == ["open"]
        assert [one["line"] for one in database.rows("select line from dead_letter.repeats")] == [3, 3]

    def test_a_record_that_is_refused_again_is_not_checked_again_while_its_letter_stands(
        self,
        workspace: Workspace,
        database: Database,
        depot: Depot,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        flow, checked = depot.flow("lists"), []
        check = Check.__call__
        monkeypatch.setattr(
            Check, "__call__", lambda self, frame: checked.append(frame.height) or check(self, frame)
        )
        for number in range(2):
            rows = [row("B", price="-1"), row(f"good {number}"), row("C", price="-1")]
            depot.deliver(rows, as_of=MORNING + timedelta(hours=number))
            said = run(flow, workspace)["check_contract"]
            assert (said["accepted"], said["refused"]) == (1, 2)
        assert checked == [3, 1]
        assert database.value("select count(*) from dead_letter.repeats") == 2
        (letter, _) = letters(database)
        with psycopg.connect(workspace.warehouse, autocommit=True) as connection:
            dead_letters.settle(connection, [letter["dead_letter_id"]], LetterStatus.RETRIED, "by hand")
        depot.deliver([row("B", price="-1"), row("C", price="-1")], as_of=NOON)
        run(flow, workspace)
        assert checked == [3, 1, 1]
        assert sorted(one["status"] for one in letters(database)) == ["open", "open", "retried"]

    def test_a_newer_contract_checks_what_the_former_one_refused(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A"), row("B", price="-1")], as_of=MORNING)
        run(depot.flow("lists"), workspace)
        depot.agree(
            "lists", version="2.0.0", properties=properties(price={"logicalTypeOptions": {"minimum": -5}})
        )
        depot.deliver([row("C"), row("B", price="-1")], as_of=NOON)
        said = run(depot.flow("lists"), workspace)["check_contract"]
        assert said["refused"] == 0
        assert [one["status"] for one in letters(database)] == ["resolved"]

    def test_a_good_version_settles_what_waited_and_an_older_one_does_not(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B", price="-1")], as_of=NOON)
        run(flow, workspace)
        depot.deliver([row("B", price="7.00")], as_of=MORNING)
        run(flow, workspace)
        assert [one["status"] for one in letters(database)] == ["open"]
        depot.deliver([row("B", price="8.00")], as_of=NOON + timedelta(hours=1))
        run(flow, workspace)
        assert [one["status"] for one in letters(database)] == ["resolved"]

    def test_values_that_the_database_could_not_keep_are_shown_all_the_same(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver(HEADER + b"A,1,1.00,,1,,,\nB,1,\xff\xfe,,1,,,\nC,1,1.00,\x00,1,,,\n")
        run(depot.flow("lists"), workspace)
        assert [one["line"] for one in letters(database)] == [3, 4]
        assert database.value("select count(*) from raw.depot__lists") == 1

    def test_when_most_records_break_the_contract_nothing_of_the_delivery_is_taken(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row(f"S{number}", price="1.00" if number % 3 else "1,00") for number in range(60)])
        depot.deliver([row(f"T{number}", price="1,00" if number % 3 else "1.00") for number in range(60)])
        run(depot.flow("lists"), workspace)
        statuses = database.rows("select status from landing.deliveries order by delivery_id")
        assert [one["status"] for one in statuses] == ["closed", "refused"]
        (letter,) = [one for one in letters(database) if one["level"] == "delivery"]
        assert letter["rule"] == "mostly_refused" and "'type'" in letter["message"]
        assert database.value("select count(*) from dead_letter.letters where level = 'record'") == 20


class TestDrift:
    def test_a_new_column_is_kept_and_reported(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A", colour="red")])
        run(depot.flow("lists"), workspace)
        (finding,) = database.rows("select * from landing.delivery_findings")
        assert (finding["rule"], finding["entity"]) == ("new_column", "lists")
        assert database.value("select _extra from raw.depot__lists") == {"colour": "red"}

    def test_where_the_contract_says_so_a_new_column_stops_the_delivery(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.agree("lists", drift={"newColumn": "stop"})
        depot.deliver([row("A", colour="red")])
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert (letter["level"], letter["rule"], letter["field"]) == ("delivery", "new_column", "colour")

    def test_a_missing_column_stops_the_delivery(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver(b"sku,size,note,revision,changed_at,is_active,made_on\nA,1,,1,,,\n")
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert (letter["level"], letter["rule"], letter["field"]) == ("delivery", "missing_column", "price")
        assert database.value("select status from landing.deliveries") == "refused"

    def test_a_renamed_column_stops_the_delivery_with_a_suggestion(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver(HEADER.replace(b"price", b"Price ") + b"A,1,1.00,,1,,,\n")
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert letter["rule"] == "renamed_column"
        assert "'price' may be 'Price' under another name" in letter["message"]
        assert "`rename` in the partner profile" in letter["message"]

    def test_mapped_in_the_partner_profile_it_is_taken(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.profile(rename={"Price": "price"})
        depot.deliver(HEADER.replace(b"price", b"Price") + b"A,1,1.00,,1,,,\n")
        run(depot.flow("lists"), workspace)
        assert database.value("select count(*) from raw.depot__lists") == 1


class TestOwnership:
    def test_records_of_a_system_that_does_not_own_the_object_are_refused(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.give_rights(system_of_record="akeneo", create=["akeneo"], update=["akeneo"], correct=["akeneo"])
        depot.deliver([row("A")])
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert (letter["rule"], letter["level"]) == ("ownership", "record")
        assert "depot may not state" in letter["message"] and "akeneo" in letter["message"]
        assert database.value("select count(*) from raw.depot__lists") == 0

    def test_a_field_that_belongs_to_another_system_is_refused_and_left_empty_it_is_not(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        owner = {
            "system_of_record": "akeneo",
            "create": [],
            "update": ["akeneo"],
            "ask": [],
            "correct": ["akeneo"],
            "consume": [],
        }
        depot.give_rights(fields={"price": owner})
        stated = {"customProperties": [{"property": "field", "value": "price"}]}
        depot.agree("lists", properties=properties(price=stated))
        depot.deliver([row("A"), row("B", price=None)])
        run(depot.flow("lists"), workspace)
        (letter,) = letters(database)
        assert (letter["rule"], letter["field"], letter["record_key"]) == ("ownership", "price", "A / 1")
        assert "parcel.price" in letter["message"]
        assert database.value("select sku from raw.depot__lists") == "B"


class TestBrokenDeliveries:
    def test_of_several_files_the_broken_one_is_named(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.agree("others")
        flow = depot.flow("lists", "others")
        depot.deliver({"lists": [row("A")], "others": b""}, name="set")
        run(flow, workspace)
        (letter,) = letters(database)
        assert (letter["rule"], letter["findings"][0]["place"]) == ("empty_file", "others.csv, line 1")

    @pytest.mark.parametrize(
        ("content", "rule"),
        [
            (b"", "empty_file"),
            (b"\n\n", "empty_file"),
            (HEADER, "no_records"),
            (HEADER + b'A,1,1.00,"never closed,1,,,\n' * 2, None),
            (
                b"sku;size;price;note;revision;changed_at;is_active;made_on\nA;1;1.00;;1;;;\n",
                "missing_column",
            ),
            (b"sku,sku,size,price,note,revision,changed_at,is_active,made_on\n", "repeated_column"),
            (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aa'>]><x>&a;</x>", "missing_column"),
            (b"PK\x03\x04" + bytes(range(256)) * 8, None),
            (b"\x1f\x8b" + bytes(range(256)) * 8, None),
            (b'{"sku": "A"}', None),
            (b"ISA*00*          *00*", None),
            (b"\xff\xfes\x00k\x00u\x00\n", None),
        ],
    )
    def test_one_gets_a_dead_letter_and_the_next_goes_on(
        self, workspace: Workspace, database: Database, depot: Depot, content: bytes, rule: str | None
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver(content, name="broken")
        depot.deliver([row("A")], name="good", as_of=NOON)
        run(flow, workspace)
        found = database.rows("select name, status from landing.deliveries order by delivery_id")
        assert [tuple(one.values()) for one in found] == [("broken", "refused"), ("good", "closed")]
        (letter,) = letters(database)
        assert letter["level"] == "delivery" and letter["message"] and letter["owner"] == flow.owner
        assert letter["rule"] == rule or rule is None
        assert database.value("select count(*) from raw.depot__lists") == 1
        assert not list((workspace.landing.root / "accepted").rglob("*.arrow"))

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        content=st.one_of(
            st.binary(max_size=200),
            st.binary(max_size=80).map(lambda tail: HEADER + b"A,1,1.00,,1,,,\n" + tail),
            st.lists(st.lists(st.text(max_size=6), min_size=8, max_size=8), min_size=1, max_size=3).map(
                lambda rows: HEADER + "\n".join(map(",".join, rows)).encode("utf-8", "surrogatepass")
            ),
        )
    )
    def test_whatever_comes_is_counted_to_the_last_record_and_stops_nothing(
        self, workspace: Workspace, database: Database, depot: Depot, content: bytes
    ) -> None:
        depot.deliver(content, entity="changes")
        try:
            run(depot.flow("changes"), workspace)
        except CountGap as gap:
            raise AssertionError(content) from gap
        open_ones = "select count(*) from landing.deliveries where status not in ('closed', 'refused')"
        assert database.value(open_ones) == 0

    def test_of_a_set_with_one_broken_file_nothing_is_taken(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver({"lists": [row("A")], "changes": b"nothing of ours\n1\n"}, kind="file_set")
        run(depot.flow("lists", "changes"), workspace)
        assert database.value("select status from landing.deliveries") == "refused"
        assert database.value("select count(*) from raw.depot__lists") == 0
        assert database.value("select count(*) from landing.delivery_counts") == 0
        assert [one["level"] for one in letters(database)] == ["delivery"]

    def test_zero_rows_are_a_question_unless_the_flow_expects_them(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver(HEADER)
        run(depot.flow("lists", may_be_empty=True), workspace)
        assert database.value("select status from landing.deliveries") == "closed"
        assert not letters(database)


class TestClaims:
    def test_a_delivery_that_another_worker_checks_is_left_to_it(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = depot.flow("lists")
        depot.deliver([row("A"), row("B", price="-1")])
        run(flow, workspace, ["land"])
        with connected(workspace.warehouse, "another worker") as connection, connection.transaction():
            connection.execute("select from landing.deliveries for update")
            assert run_step("check_contract", flow, workspace)["checked"] == 0
        assert run_step("check_contract", flow, workspace)["checked"] == 1
        assert len(letters(database)) == 1

    def test_the_contract_version_that_was_applied_is_kept(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.agree("lists", version="2.5.0")
        depot.deliver([row("A")])
        run(depot.flow("lists"), workspace)
        assert database.value("select contract_versions from landing.deliveries") == {"lists": "2.5.0"}


@pytest.mark.slow
def test_ten_thousand_bad_records_among_a_million_good_ones(
    workspace: Workspace, database: Database, depot: Depot
) -> None:
    lines = (f"S{number},1,{'-1' if number % 100 == 7 else '1.00'},,1,,,\n" for number in range(1_010_000))
    depot.deliver(HEADER + "".join(lines).encode())
    said = run(depot.flow("lists"), workspace)
    assert (said["check_contract"]["accepted"], said["check_contract"]["refused"]) == (999_900, 10_100)
    assert said["count_balance"]["closed"] == 1
    assert database.value("select count(*) from raw.depot__lists") == 999_900
    found = database.rows("select line from dead_letter.letters order by line")
    assert [one["line"] for one in found] == [number + 2 for number in range(7, 1_010_000, 100)]
