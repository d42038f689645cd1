"""The same interchange again is passed over on record; another one under its number is an alarm."""

from __future__ import annotations

from typing import Any

from databases import Database
from edi_mailbox import deliver, taken

from include.systems.warehouse_edi.pull import PULL_STOCK
from include.workspace import Workspace
from tests.include.formats.x12 import x12_documents as documents

ALARMS = "select rule, level, owner, value, delivery_id from dead_letter.letters order by dead_letter_id"
REPEATS = "select delivery_id, file_name, position, first_delivery_id, control_number from edi.repeated_interchanges"


def interchange(number: int, *skus: str, line_break: bytes = b"\n") -> bytes:
    lines = [documents.stock_line(place, sku) for place, sku in enumerate(skus, 1)]
    made = documents.interchange(documents.group(documents.stock_set(*lines), number=number), number=number)
    return documents.x12.write(made, documents.x12.Separators(line_break=line_break), "latin-1")


def status(database: Database, delivery_id: int) -> str:
    return database.value("select status from landing.deliveries where delivery_id = %s", delivery_id)


def counted(database: Database, delivery_id: int) -> dict[str, Any]:
    (row,) = database.rows(
        "select delivered, accepted, refused from landing.delivery_counts where delivery_id = %s", delivery_id
    )
    return row


def skus(database: Database) -> list[str]:
    return [row["sku"] for row in database.rows("select sku from raw.warehouse_edi__stock order by sku")]


def test_the_same_content_again_in_other_bytes_is_passed_over(
    workspace: Workspace, database: Database
) -> None:
    first = deliver(workspace, PULL_STOCK, "central", interchange(101, "A", "B"))
    taken(workspace, PULL_STOCK)
    again = interchange(101, "A", "B", line_break=b"\r\n")
    second = deliver(workspace, PULL_STOCK, "central", again, name="again")
    summary = taken(workspace, PULL_STOCK)
    assert summary["check_contract"]["accepted"] == 0
    assert status(database, second) == "closed"
    assert counted(database, second) == {"delivered": 0, "accepted": 0, "refused": 0}
    assert database.rows(REPEATS) == [
        {
            "delivery_id": second,
            "file_name": "again_1.edi",
            "position": 1,
            "first_delivery_id": first,
            "control_number": "000000101",
        }
    ]
    assert database.rows(ALARMS) == []


def test_only_the_repeat_is_passed_over_and_its_neighbours_are_taken(
    workspace: Workspace, database: Database
) -> None:
    deliver(workspace, PULL_STOCK, "central", interchange(101, "A"))
    taken(workspace, PULL_STOCK)
    mixed = interchange(102, "B") + interchange(101, "A") + interchange(103, "C") + interchange(103, "C")
    second = deliver(workspace, PULL_STOCK, "central", mixed, name="mixed")
    taken(workspace, PULL_STOCK)
    assert counted(database, second) == {"delivered": 2, "accepted": 2, "refused": 0}
    assert skus(database) == ["A", "B", "C"]
    assert [row["position"] for row in database.rows(REPEATS + " order by position")] == [2, 4]


def test_other_content_under_a_used_number_is_an_alarm_and_nothing_of_it_is_taken(
    workspace: Workspace, database: Database
) -> None:
    first = deliver(workspace, PULL_STOCK, "central", interchange(101, "A"))
    taken(workspace, PULL_STOCK)
    second = deliver(
        workspace, PULL_STOCK, "central", interchange(102, "B") + interchange(101, "C"), name="other"
    )
    third = deliver(workspace, PULL_STOCK, "central", interchange(103, "D"), name="third")
    taken(workspace, PULL_STOCK)
    assert [status(database, each) for each in (first, second, third)] == ["closed", "refused", "closed"]
    assert skus(database) == ["A", "D"]
    assert database.rows(ALARMS) == [
        {
            "rule": "control_number_reused",
            "level": "delivery",
            "owner": "warehouse-operations",
            "value": "000000101",
            "delivery_id": second,
        }
    ]
    numbers = database.rows("select control_number from edi.interchanges order by 1")
    assert [row["control_number"] for row in numbers] == ["000000101", "000000103"]


def test_one_that_was_cut_off_comes_again_under_its_number(workspace: Workspace, database: Database) -> None:
    whole = interchange(102, "B")
    cut = interchange(101, "A") + whole[: whole.index(b"CTT")]
    first = deliver(workspace, PULL_STOCK, "central", cut)
    taken(workspace, PULL_STOCK)
    assert counted(database, first)["accepted"] == 1
    second = deliver(workspace, PULL_STOCK, "central", whole, name="whole")
    taken(workspace, PULL_STOCK)
    assert counted(database, second) == {"delivered": 1, "accepted": 1, "refused": 0}
    assert skus(database) == ["A", "B"]
    assert "control_number_reused" not in {row["rule"] for row in database.rows(ALARMS)}
