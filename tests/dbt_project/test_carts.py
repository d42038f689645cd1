"""Carts that were left: who came back, what lies in them, and what is worth to be known of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from conftest import Stage


def cart(stage: Stage, number: int) -> dict[str, object]:
    return stage.one("conformed.carts", cart_name=f"#{number}")


def test_a_cart_is_abandoned_until_it_is_paid(day_one: Stage, day_two: Stage) -> None:
    assert [cart(day_one, number)["cart_status"] for number in (1, 2, 3)] == [
        "abandoned",
        "recovered",
        "abandoned",
    ]
    assert [cart(day_two, number)["cart_status"] for number in (1, 2, 3, 4)] == [
        "recovered",
        "recovered",
        "abandoned",
        "abandoned",
    ]


def test_its_day_is_the_shops_and_its_worth_stands_in_all_currencies(day_one: Stage) -> None:
    dollars = cart(day_one, 3)
    # Twenty to one in the night in Berlin.
    assert dollars["business_date"] == date(2026, 10, 31)
    assert (dollars["total_amount"], dollars["total_presentment_amount"]) == (
        Decimal("49.90"),
        Decimal("54.00"),
    )
    assert (dollars["currency_code"], dollars["presentment_currency_code"]) == ("EUR", "USD")
    assert dollars["total_reporting_amount"] == Decimal("49.90")


def test_its_lines_are_articles_of_ours_where_we_know_them(day_one: Stage) -> None:
    lines = {
        row["sku"]: row for row in day_one.all("conformed.cart_lines", cart_id=cart(day_one, 1)["cart_id"])
    }
    assert lines["A-1"]["variant_id"] == day_one.skus["A-1"]
    assert (lines["A-1"]["quantity"], lines["A-1"]["gross_amount"]) == (2, Decimal("99.80"))
    assert lines["NEW-1"]["variant_id"] is None
    assert (cart(day_one, 1)["line_count"], cart(day_one, 1)["unit_count"]) == (2, 3)


def test_a_customer_is_the_one_of_the_orders_and_a_guest_is_none(day_two: Stage) -> None:
    assert cart(day_two, 1)["customer_id"] == day_two.order(1001)["customer_id"]
    known = {row["customer_id"] for row in day_two["conformed.customers"]}
    assert cart(day_two, 3)["customer_id"] not in known | {None}
    assert cart(day_two, 4)["customer_id"] is None


def test_what_has_not_changed_is_not_written_again(day_one: Stage, day_two: Stage) -> None:
    carts = day_two["conformed.carts"]
    assert {row["cart_name"] for row in carts if row["_build_id"] != day_one.build_id} == {"#1", "#3", "#4"}
    (line,) = day_two.all("conformed.cart_lines", cart_id=cart(day_two, 3)["cart_id"])
    assert (line["quantity"], line["gross_amount"]) == (2, Decimal("99.80"))


def test_an_article_that_the_pim_learns_later_is_known_in_older_carts(day_one: Stage, day_two: Stage) -> None:
    known = {}
    for stage in (day_one, day_two):
        (line,) = stage.all("conformed.cart_lines", cart_id=cart(stage, 2)["cart_id"], sku="P")
        known[stage.build_id] = line["variant_id"]
    assert known == {day_one.build_id: None, day_two.build_id: day_two.skus["P"]}
    assert cart(day_two, 2)["_build_id"] != day_two.build_id
