"""When an order, its payment and its shipment were in which state."""

from __future__ import annotations

from conftest import Stage
from small_warehouse import Row, Warehouse


def states(stage: Stage, order_id: str, subject: str) -> list[Row]:
    rows = stage.all("conformed.order_states", order_id=order_id, subject=subject)
    return sorted(rows, key=lambda row: row["valid_from"])


def test_every_order_that_has_states_has_one_of_each_kind_now(day_one: Stage, day_two: Stage) -> None:
    for stage in (day_one, day_two):
        stated = [row for row in stage["conformed.orders"] if row["fulfillment_status"] != "not_stated"]
        now = {
            (row["order_id"], row["subject"]): row["state"]
            for row in stage["conformed.order_states"]
            if row["valid_to"] is None
        }
        names = {
            "order": "order_status",
            "financial": "financial_status",
            "fulfillment": "fulfillment_status",
        }
        assert now == {
            (row["order_id"], subject): row[name] for row in stated for subject, name in names.items()
        }


def test_a_state_that_changed_is_closed_where_the_next_one_begins(day_one: Stage, day_two: Stage) -> None:
    before = {row["order_id"]: row for row in day_one["conformed.orders"]}
    changed = [
        row
        for row in day_two["conformed.orders"]
        if row["order_id"] in before
        and before[row["order_id"]]["financial_status"] != row["financial_status"]
    ]
    assert changed
    for row in changed:
        first, second = states(day_two, row["order_id"], "financial")
        assert (first["state"], second["state"]) == (
            before[row["order_id"]]["financial_status"],
            row["financial_status"],
        )
        assert first["valid_to"] == second["valid_from"]
        assert second["valid_to"] is None


def test_an_order_that_is_gone_has_no_state_any_more(day_one: Stage, day_two: Stage) -> None:
    there = {row["order_id"] for row in day_two["conformed.orders"]}
    gone = {row["order_id"] for row in day_one["conformed.order_states"]} - there
    assert gone
    for row in day_two["conformed.order_states"]:
        assert row["order_id"] not in gone or row["valid_to"] is not None


def test_what_steps_lead_to_is_allowed_and_nothing_leads_out_of_an_end(
    warehouse: Warehouse, day_one: Stage
) -> None:
    rows = warehouse.rows("select * from conformed.allowed_order_transitions where subject = 'financial'")
    allowed = {(row["from_state"], row["to_state"]) for row in rows}
    assert {("pending", "paid"), ("pending", "refunded"), ("authorized", "partially_refunded")} <= allowed
    assert not {before for before, _ in allowed} & {"refunded", "voided"}


def test_a_contradiction_is_told(warehouse: Warehouse, day_two: Stage) -> None:
    row = next(row for row in day_two["conformed.order_states"] if row["valid_to"] is None)
    place = (row["order_id"], row["subject"], row["valid_from"])
    where = "where order_id = %s and subject = %s and valid_from = %s"
    warehouse.execute(
        f"update conformed.order_states set valid_to = valid_from + interval '1 day' {where}", *place
    )
    warehouse.execute(
        "insert into conformed.order_states select order_id, subject, 'unheard of', source_system, source_account,"
        f" valid_to, null, _build_id from conformed.order_states {where}",
        *place,
    )
    try:
        run = warehouse.dbt("test", "--select", "order_states_change_as_allowed", "--vars", "all_rows: true")
        assert run.with_status("warn") == ["order_states_change_as_allowed"]
        (found,) = warehouse.rows("select * from staging.order_states_change_as_allowed")
        assert (found["order_id"], found["from_state"], found["to_state"]) == (
            row["order_id"],
            row["state"],
            "unheard of",
        )
    finally:
        warehouse.execute("delete from conformed.order_states where state = 'unheard of'")
        warehouse.execute(f"update conformed.order_states set valid_to = null {where}", *place)
