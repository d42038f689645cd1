"""Which orders go to which warehouse, with which articles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import Stage
from raw_rows import SHOP
from small_warehouse import MORNING, Delivery, Warehouse
from two_days import CHANGED_AT, orders

TABLE = "outbound.warehouse_edi__orders"


def order(stage: Stage, number: int) -> Any:
    return stage.one(TABLE, order_number=str(number))


def test_what_is_paid_and_not_sent_goes_to_the_warehouse_of_its_country(day_one: Stage) -> None:
    found = order(day_one, 1001)
    assert (found["account"], found["recipient_name"], found["street"], found["city"]) == (
        "central", "Anna Berg", "Lindenweg 3", "Leipzig",
    )  # fmt: skip
    assert (found["line_count"], found["unit_count"], found["is_cancelled"]) == (2, 3, False)
    assert [(line["sku"], line["quantity"]) for line in found["lines"]] == [("A-1", "2"), ("B", "1")]
    assert order(day_one, 1011)["account"] == "north"


def test_tests_and_cancelled_orders_and_those_without_an_address_go_nowhere(day_one: Stage) -> None:
    numbers = {row["order_number"] for row in day_one[TABLE]}
    assert {"1001", "1005", "1006"} <= numbers
    assert not numbers & {"1008", "1009", "1010"}
    assert not day_one.all("conformed.order_addresses", order_id=day_one.order(1010)["order_id"])


def test_an_article_that_nobody_knows_is_still_named_by_its_number(day_one: Stage) -> None:
    assert [line["sku"] for line in order(day_one, 1006)["lines"]] == ["ghost"]


def test_what_changes_before_it_is_sent_is_told(day_one: Stage, day_two: Stage) -> None:
    assert [(line["sku"], line["quantity"]) for line in order(day_two, 1002)["lines"]] == [("A-1", "2")]
    assert order(day_two, 1002)["content_hash"] != order(day_one, 1002)["content_hash"]
    assert order(day_two, 1001)["content_hash"] == order(day_one, 1001)["content_hash"]


def test_what_is_refunded_is_not_sent_and_an_order_of_nothing_is_taken_back(day_two: Stage) -> None:
    refunded = order(day_two, 1005)
    assert (refunded["is_cancelled"], refunded["lines"]) == (True, [])


def test_an_order_that_the_shop_has_deleted_is_taken_back(day_one: Stage, day_two: Stage) -> None:
    assert (order(day_one, 1004)["is_cancelled"], order(day_one, 1004)["line_count"]) == (False, 1)
    deleted = order(day_two, 1004)
    assert (deleted["is_cancelled"], deleted["line_count"], deleted["lines"]) == (True, 0, [])
    assert deleted["content_hash"] != order(day_one, 1004)["content_hash"]


@pytest.mark.parametrize(("status", "is_taken_back"), [("UNFULFILLED", True), ("FULFILLED", False)])
def test_only_what_was_not_sent_is_taken_back(
    another_warehouse: Warehouse, status: str, is_taken_back: bool
) -> None:
    """A shop may delete an order that is done with; its parcel is on its way."""
    placed = [row for row in orders() if row["order_gid"].endswith(("/1004", "/1006"))]
    later = [row | {"fulfillment_status": status, "updated_at": CHANGED_AT} for row in placed]
    another_warehouse.empty()
    for day, listed in enumerate((placed, later, later[1:])):
        as_of = MORNING + timedelta(days=day)
        another_warehouse.deliver(Delivery("shopify", "orders", SHOP, listed, as_of, is_complete=True))
        with another_warehouse.building() as build:
            build.dbt("run", "--select", "+warehouse_edi__orders")
    assert build.has_succeeded, build.runs[-1].output
    told = {
        row["order_number"]: row["is_cancelled"] for row in another_warehouse.rows(f"select * from {TABLE}")
    }
    assert told == {"1004": is_taken_back, "1006": False}


def test_a_corrected_date_is_told(day_one: Stage, day_two: Stage) -> None:
    assert str(order(day_one, 1007)["order_date"]) == "2026-10-31"
    assert str(order(day_two, 1007)["order_date"]) == "2026-10-28"
    assert order(day_two, 1007)["content_hash"] != order(day_one, 1007)["content_hash"]


def test_the_same_again_tells_nothing(nothing_new: Stage) -> None:
    assert nothing_new.changed(TABLE) == []
