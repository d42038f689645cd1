"""Dead letters: kept as they came, once while they wait, settled once, and whatever stands in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from databases import Database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.stores import dead_letters
from include.stores.connection import connected
from include.stores.dead_letters import LetterStatus, LetterWriter, Origin, RecordLetter, fingerprint
from include.stores.landing import NewDelivery, StoredFile, record_delivery

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
FLOW = "pull_catalog_from_supplier_sftp"
ANYTHING = st.text(st.characters(), max_size=12)
"""Lone surrogates and U+0000, too: JSON may hold both."""
FINDING = {
    "rule": "minimum",
    "field": "price",
    "value": "-1",
    "message": "price is -1; it must be 0 or more.",
}


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connected(database.dsn("seamline_pipeline"), "tests") as made:
        yield made


def delivery(connection: psycopg.Connection, as_of: datetime = NOON, content: str = "a") -> int:
    new = NewDelivery(
        flow=FLOW,
        source_system="supplier_sftp",
        account="nordhaus",
        kind="file",
        name=f"list {as_of:%H}",
        content_sha256=f"{ord(content):064x}",
        as_of=as_of,
    )
    file = StoredFile(
        entity="catalog", name="list.csv", size_bytes=1, modified_at=as_of, sha256=new.content_sha256
    )
    return record_delivery(connection, new, [file])[0]


def origin(delivery_id: int | None) -> Origin:
    return Origin(
        step="check_contract",
        flow=FLOW,
        source_system="supplier_sftp",
        account="nordhaus",
        entity="catalog",
        delivery_id=delivery_id,
        contract_version="1.0.0",
        owner="supplier-relations",
        runbook=f"docs/runbooks/{FLOW}.md",
    )


def letter(key: str | None = "A", line: int | None = 2, **record: Any) -> RecordLetter:
    return RecordLetter(line=line, findings=[FINDING], record_key=key, record={"sku": key, **record})


def write(connection: psycopg.Connection, of: Origin, *letters: RecordLetter) -> int:
    with connection.transaction():
        writer = LetterWriter(connection, of)
        writer.add(letters)
        writer.flush()
    return writer.count


def statuses(database: Database) -> list[str]:
    return [
        row["status"]
        for row in database.rows("select status from dead_letter.letters order by dead_letter_id")
    ]


class TestKeeping:
    def test_the_first_finding_leads_and_all_are_kept(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        more = {"rule": "pattern", "field": "sku", "message": "sku is 'A'.", "place": "order 7, line 2"}
        of = origin(delivery(connection))
        one = replace(letter(price="-1"), findings=[FINDING, more])
        assert write(connection, of, one, replace(letter("B"), findings=[more])) == 2
        first, second = database.rows("select * from dead_letter.letters order by dead_letter_id")
        assert (first["rule"], first["field"], first["value"], first["place"]) == (
            "minimum",
            "price",
            "-1",
            "line 2",
        )
        assert first["findings"] == [FINDING, more]
        assert first["record"] == {"sku": "A", "price": "-1"}
        assert (first["owner"], first["runbook"], first["status"]) == (of.owner, of.runbook, "open")
        assert second["place"] == "order 7, line 2"

    @given(
        record=st.dictionaries(ANYTHING, st.none() | ANYTHING, max_size=4),
        key=st.none() | ANYTHING,
        value=ANYTHING,
    )
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_stands_in_a_record_it_is_kept_and_can_be_read_again(
        self, connection: psycopg.Connection, record: dict[str, str | None], key: str | None, value: str
    ) -> None:
        with connection.transaction(force_rollback=True):
            of = origin(delivery(connection))
            finding = {**FINDING, "value": value, "field": value, "message": f"{value} is wrong."}
            write(connection, of, RecordLetter(line=None, findings=[finding], record_key=key, record=record))
            single = dead_letters.set_aside(
                connection, of, finding, level="record", record=record, record_key=key
            )
            many, one = (
                connection.execute(
                    "select value, message, record, record_key from dead_letter.letters where dead_letter_id = %s",
                    [i],
                ).fetchone()
                for i in (single - 1, single)
            )
            assert many == one
            shown = value.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()
            assert one is not None and one[0] == shown and one[1] == f"{shown} is wrong."
            if not any(
                "\x00" in text or not text.isprintable() for text in (*record, *filter(None, record.values()))
            ):
                assert one[2] == record

    def test_more_than_are_written_at_once(
        self, connection: psycopg.Connection, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dead_letters, "ROWS_AT_ONCE", 10)
        letters = [letter(f"A{number}", number) for number in range(25)]
        assert write(connection, origin(delivery(connection)), *letters) == 25
        assert database.value("select count(distinct record_key) from dead_letter.letters") == 25

    def test_a_transaction_that_is_taken_back_takes_them_along(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        with connection.transaction(force_rollback=True):
            write(connection, origin(delivery(connection)), letter())
        assert statuses(database) == []


class TestFingerprints:
    def test_the_same_record_with_the_same_faults_is_the_same_whatever_brings_it(self) -> None:
        of, record = origin(1), {"a": "1", "b": None}
        same = fingerprint(of, [FINDING], record)
        assert fingerprint(replace(of, delivery_id=2, contract_version="2.0.0"), [FINDING], record) == same
        assert fingerprint(of, [FINDING], dict(reversed(record.items()))) == same
        assert fingerprint(of, [{**FINDING, "message": "other words"}], record) == same

    @pytest.mark.parametrize(
        "other",
        [
            (replace(origin(1), account="lumiere"), [FINDING], {"a": "1"}),
            (replace(origin(1), entity="prices"), [FINDING], {"a": "1"}),
            (replace(origin(1), flow="another"), [FINDING], {"a": "1"}),
            (origin(1), [{**FINDING, "rule": "maximum"}], {"a": "1"}),
            (origin(1), [{**FINDING, "field": "size"}], {"a": "1"}),
            (origin(1), [FINDING, FINDING], {"a": "1"}),
            (origin(1), [FINDING], {"a": "2"}),
            (origin(1), [FINDING], {"b": "1"}),
            (origin(1), [FINDING], {"a": None}),
        ],
    )
    def test_everything_that_makes_it_another_one_counts(self, other: tuple[Any, ...]) -> None:
        assert fingerprint(*other) != fingerprint(origin(1), [FINDING], {"a": "1"})


class TestSettling:
    def test_what_comes_again_waits_once_and_what_was_suppressed_stays_so(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        write(connection, origin(delivery(connection)), letter("A"), letter("B"))
        (a, b) = [row["dead_letter_id"] for row in dead_letters.listed(connection)][::-1]
        assert dead_letters.settle(connection, [a], LetterStatus.SUPPRESSED, "not ours") == [a]
        write(
            connection, origin(delivery(connection, NOON + timedelta(hours=1), "b")), letter("A"), letter("B")
        )
        assert statuses(database) == ["suppressed", "open"]
        again = database.rows("select dead_letter_id, line from dead_letter.repeats order by 1")
        assert again == [{"dead_letter_id": a, "line": 2}, {"dead_letter_id": b, "line": 2}]
        assert database.value("select count(*) from dead_letter.refusals") == 4

    def test_what_was_settled_otherwise_waits_anew_when_it_comes_again(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        write(connection, origin(delivery(connection)), letter("A"))
        (a,) = [row["dead_letter_id"] for row in dead_letters.listed(connection)]
        dead_letters.settle(connection, [a], LetterStatus.RETRIED, "by hand")
        write(connection, origin(delivery(connection, NOON + timedelta(hours=1), "b")), letter("A"))
        assert statuses(database) == ["retried", "open"]
        assert database.value("select count(*) from dead_letter.repeats") == 0

    def test_what_is_settled_is_not_settled_again(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        write(connection, origin(delivery(connection)), letter("A"), letter("B"))
        a, b = sorted(row["dead_letter_id"] for row in dead_letters.listed(connection))
        assert sorted(dead_letters.settle(connection, [a, b], LetterStatus.RETRIED, "by hand")) == [a, b]
        assert dead_letters.settle(connection, [a, b, 999], LetterStatus.SUPPRESSED, "no") == []
        assert statuses(database) == ["retried", "retried"]
        assert database.value("select count(*) from dead_letter.letters where settled_at is not null") == 2

    def test_one_that_is_handed_on_still_waits_for_its_new_owner(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        write(connection, origin(delivery(connection)), letter("A"))
        (waiting,) = dead_letters.listed(connection)
        moved = dead_letters.settle(
            connection, [waiting["dead_letter_id"]], LetterStatus.ESCALATED, "theirs", owner="pricing"
        )
        (now,) = dead_letters.listed(connection)
        assert (moved, now["owner"], now["status"]) == ([waiting["dead_letter_id"]], "pricing", "escalated")
        assert database.value("select settled_at from dead_letter.letters") is None

    def test_a_good_version_settles_only_what_speaks_of_no_later_moment(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        late = origin(delivery(connection, NOON + timedelta(hours=2), "b"))
        write(connection, origin(delivery(connection, NOON, "a")), letter("A"))
        write(connection, late, letter("A", size="2"), letter("C"))
        good = origin(delivery(connection, NOON + timedelta(hours=1), "c"))
        assert dead_letters.open_keys(connection, good, NOON + timedelta(hours=1)) == ["A"]
        assert dead_letters.resolve(connection, good, ["A", "C"], NOON + timedelta(hours=1)) == 1
        assert statuses(database) == ["resolved", "open", "open"]

    def test_an_arrival_that_was_incomplete_is_settled_by_the_whole_one(
        self, connection: psycopg.Connection, database: Database
    ) -> None:
        of = replace(origin(None), step="land", entity=None, contract_version=None)
        finding = {"rule": "missing_file", "message": "items.csv is missing."}
        for name in ("set 1", "set 1", "set 2"):
            dead_letters.set_aside_once(connection, of, finding, level="delivery", record={"name": name})
        assert statuses(database) == ["open", "open"]
        assert dead_letters.resolve_arrival(connection, FLOW, "nordhaus", "set 1", delivery(connection)) == 1
        assert statuses(database) == ["resolved", "open"]


class TestLooking:
    def test_the_newest_come_first_and_filters_narrow(self, connection: psycopg.Connection) -> None:
        first = origin(delivery(connection))
        write(connection, first, *(letter(f"A{number}") for number in range(5)))
        other = {"rule": "pattern", "field": "ean", "message": "ean is wrong."}
        write(connection, replace(first, flow="another"), replace(letter("Z"), findings=[other]))
        ids = [row["dead_letter_id"] for row in dead_letters.listed(connection)]
        assert ids == sorted(ids, reverse=True) and len(ids) == 6
        assert len(dead_letters.listed(connection, flow=FLOW)) == 5
        assert len(dead_letters.listed(connection, rule="pattern")) == 1
        assert len(dead_letters.listed(connection, delivery_id=first.delivery_id, limit=2)) == 2
        assert dead_letters.listed(connection, statuses=[LetterStatus.RESOLVED]) == []

    def test_the_summary_says_what_waits_for_whom(self, connection: psycopg.Connection) -> None:
        of = origin(delivery(connection))
        write(connection, of, *(letter(f"A{number}") for number in range(3)))
        dead_letters.settle(
            connection, [dead_letters.listed(connection)[0]["dead_letter_id"]], LetterStatus.SUPPRESSED, "x"
        )
        (row,) = dead_letters.summary(connection)
        assert (row["letters"], row["rule"], row["field"], row["owner"]) == (2, "minimum", "price", of.owner)

    def test_one_is_shown_with_what_people_did(self, connection: psycopg.Connection) -> None:
        write(connection, origin(delivery(connection)), letter("A"))
        (row,) = dead_letters.listed(connection)
        shown = dead_letters.shown(connection, row["dead_letter_id"])
        assert shown is not None and shown["record"] == {"sku": "A"} and shown["interventions"] == []
        assert json.dumps(shown, default=str)
        assert dead_letters.shown(connection, 10**9) is None
