"""What was sent for orders, whoever reports it."""

from __future__ import annotations

from conftest import Stage
from small_warehouse import Row


def shipments_of(stage: Stage, number: int) -> list[Row]:
    order_id = stage.order(number)["order_id"]
    return stage.all("conformed.fulfillments", order_id=order_id)


def lines_of(stage: Stage, number: int) -> dict[str | None, tuple[int, bool]]:
    order_id = stage.order(number)["order_id"]
    rows = stage.all("conformed.fulfillment_lines", order_id=order_id, is_sent_sale=True)
    return {row["sku"]: (int(row["quantity"]), row["order_line_id"] is not None) for row in rows}


def test_what_the_shop_sent_counts_until_a_warehouse_reports(day_one: Stage, day_two: Stage) -> None:
    (shipment,) = shipments_of(day_one, 1001)
    assert (shipment["reported_by_system"], shipment["status"]) == ("shopify", "sent")
    assert str(shipment["business_date"]) == "2026-11-01"
    assert lines_of(day_one, 1001) == {"A-1": (2, True), "B": (1, True)}

    (shipment,) = shipments_of(day_two, 1001)
    assert (shipment["reported_by_system"], shipment["fulfillment_key"]) == ("warehouse_edi", "SH-2")
    assert lines_of(day_two, 1001) == {"A-1": (1, True), "C": (1, False)}


def test_a_shipment_that_was_cancelled_is_there_and_counts_nothing(day_one: Stage) -> None:
    assert sorted(row["status"] for row in shipments_of(day_one, 1013)) == ["cancelled", "sent"]
    assert lines_of(day_one, 1013) == {"B": (1, True)}


def test_an_order_of_the_marketplace_is_one_shipment_with_its_deadlines(day_one: Stage) -> None:
    found = [row for row in day_one["conformed.fulfillments"] if row["source_system"] == "marketplace_sftp"]
    assert found
    for row in found:
        assert row["ship_by_at"] is not None
        assert row["deliver_by_at"] is not None


def test_who_states_no_shipments_has_none(day_two: Stage) -> None:
    assert not {row["source_system"] for row in day_two["conformed.fulfillments"]} & {
        "ledger_sftp",
        "panel_sftp",
    }


def test_nothing_new_writes_nothing(nothing_new: Stage) -> None:
    assert not nothing_new.changed("conformed.fulfillments")
    assert not nothing_new.changed("conformed.fulfillment_lines")


def test_a_shipment_that_is_told_for_another_order_leaves_the_first(day_one: Stage, day_two: Stage) -> None:
    (shipment,) = shipments_of(day_one, 1007)
    assert shipment["fulfillment_key"] == "SH-9"
    assert shipments_of(day_two, 1007) == []
    assert lines_of(day_two, 1007) == {}
    (shipment,) = shipments_of(day_two, 1006)
    assert shipment["fulfillment_key"] == "SH-9"
