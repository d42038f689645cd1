"""What shops sell in several currencies, in the one in which it can be added."""

from __future__ import annotations

from decimal import Decimal

from conftest import Stage

FOUR_PLACES = Decimal("0.0001")


def of(stage: Stage, system: str, table: str = "conformed.orders") -> list[dict]:
    return [row for row in stage[table] if row["source_system"] == system]


def rates(stage: Stage, system: str, table: str = "conformed.orders") -> set[Decimal | None]:
    return {row["reporting_rate"] for row in of(stage, system, table)}


def test_every_order_has_the_rate_of_its_day_or_of_the_last_one_before_it(day_one: Stage) -> None:
    assert rates(day_one, "shopify") == {Decimal(1)}
    assert rates(day_one, "marketplace_sftp") == {Decimal("0.16")}
    assert rates(day_one, "ledger_sftp") == {Decimal("1.25")}
    sold = of(day_one, "ledger_sftp")[0]
    assert str(sold["reporting_rate_date"]) == "2026-10-30" < str(sold["business_date"])


def test_without_a_rate_there_is_no_amount_rather_than_a_wrong_one(day_one: Stage) -> None:
    baskets = of(day_one, "panel_sftp")
    assert baskets
    assert {(row["reporting_rate"], row["total_reporting_amount"]) for row in baskets} == {(None, None)}
    assert all(row["total_amount"] > 0 for row in baskets)


def test_amounts_of_orders_lines_and_refunds_are_converted_alike(day_one: Stage, day_two: Stage) -> None:
    names = {
        "conformed.orders": ("gross", "discount", "shipping", "tax", "total"),
        "conformed.order_lines": ("gross", "net"),
        "conformed.refunds": ("refund", "goods"),
    }
    for stage in (day_one, day_two):
        for table, amounts in names.items():
            for row in (row for row in stage[table] if row["reporting_rate"] is not None):
                for name in amounts:
                    worth = (row[f"{name}_amount"] * row["reporting_rate"]).quantize(FOUR_PLACES)
                    assert abs(row[f"{name}_reporting_amount"] - worth) <= FOUR_PLACES, (table, name)


def test_a_rate_that_comes_late_or_is_corrected_reaches_what_was_sold_at_it(
    day_one: Stage, nothing_new: Stage, day_two: Stage
) -> None:
    assert not nothing_new.changed("conformed.exchange_rates")
    before = {row["order_id"] for row in of(day_one, "panel_sftp") + of(day_one, "marketplace_sftp")}
    assert rates(day_two, "panel_sftp") == {Decimal("0.8")}
    assert rates(day_two, "marketplace_sftp") == {Decimal("0.15625")}
    assert {row["reporting_rate"] for row in of(day_two, "panel_sftp", "conformed.order_lines")} == {
        Decimal("0.8")
    }
    changed = {row["order_id"] for row in day_two["conformed.orders"] if row["_build_id"] > day_one.build_id}
    still_there = {row["order_id"] for row in day_two["conformed.orders"]}
    assert before & still_there <= changed


def test_a_refund_is_worth_what_its_order_was(day_two: Stage) -> None:
    orders = {row["order_id"]: row for row in day_two["conformed.orders"]}
    refunds = [row for row in day_two["conformed.refunds"] if row["order_id"]]
    assert refunds
    for row in refunds:
        placed = orders[row["order_id"]]
        assert (row["reporting_rate"], row["reporting_rate_date"]) == (
            placed["reporting_rate"],
            placed["reporting_rate_date"],
        )
