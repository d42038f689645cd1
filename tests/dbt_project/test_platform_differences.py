"""What platforms count themselves beside what our sales count: every difference is an order with a cause."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from conftest import Stage
from small_warehouse import Warehouse


def causes(stage: Stage) -> dict[tuple[str, str], Decimal]:
    return {
        (row["order_key"].rpartition("/")[2], row["cause"]): row["difference_amount"]
        for row in stage.all("metrics.platform_differences", source_system="shopify")
    }


def test_orders_that_are_no_sales_are_named(day_one: Stage) -> None:
    assert causes(day_one) == {
        ("1008", "test_order"): Decimal("49.90"),
        ("1009", "cancelled"): Decimal("49.90"),
    }


def test_nothing_is_unexplained(day_one: Stage, day_two: Stage) -> None:
    for stage in (day_one, day_two):
        named = {row["cause"] for row in stage["metrics.platform_differences"]}
        assert named <= {"test_order", "cancelled", "payments_differ"}


def test_sales_and_differences_make_what_the_platforms_count(warehouse: Warehouse, day_two: Stage) -> None:
    counted: dict[str, Decimal] = defaultdict(Decimal)
    for row in day_two["metrics.daily_sales"]:
        counted[row["source_system"]] += row["total_amount"]
    for row in day_two["metrics.platform_differences"]:
        counted[row["source_system"]] += row["difference_amount"]
    stated = {
        "shopify": "select sum(total_shop_amount) from raw.shopify__orders where _deleted_at is null",
        "marketplace_sftp": "select sum(payment_amount) from raw.marketplace_sftp__order_payments",
        "panel_sftp": "select sum(sales_amount) from raw.panel_sftp__transactions",
    }
    for system, query in stated.items():
        assert counted[system] == warehouse.value(query), system


def test_nothing_is_touched_when_nothing_is_new(nothing_new: Stage) -> None:
    assert not nothing_new.changed("metrics.platform_differences")
