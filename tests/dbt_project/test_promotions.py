"""What took something off which line, whom campaigns reached, and which coupons came back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from conftest import Stage

PANEL = {"source_system": "panel_sftp", "source_account": "harvest"}


def applied(stage: Stage) -> set[tuple[str, str, str, Decimal]]:
    return {
        (row["order_key"], row["promotion_key"], row["paid_by"], row["discount_amount"])
        for row in stage.all("conformed.promotion_applications", **PANEL)
    }


def test_what_took_something_off_a_basket_is_a_row_with_who_pays_for_it(day_one: Stage) -> None:
    assert applied(day_one) == {
        ("b1", "card", "us", Decimal("0.01")),
        ("b1", "coupon_match", "us", Decimal("0.01")),
        ("b2", "coupon", "manufacturer", Decimal("0.50")),
    }


def test_what_we_pay_for_is_the_discount_of_the_line(day_one: Stage, day_two: Stage) -> None:
    for stage in (day_one, day_two):
        ours: dict[str, Decimal] = {}
        for row in stage.all("conformed.promotion_applications", paid_by="us", **PANEL):
            ours[row["order_line_id"]] = ours.get(row["order_line_id"], Decimal(0)) + row["discount_amount"]
        lowered = {
            row["order_line_id"]: row["discount_amount"]
            for row in stage.all("conformed.order_lines", **PANEL)
            if row["discount_amount"]
        }
        assert ours == lowered
        assert ours


def test_a_corrected_basket_loses_what_took_something_off(day_two: Stage) -> None:
    assert {row for row in applied(day_two) if row[0] == "b2"} == {("b2", "card", "us", Decimal("0.10"))}


def test_promotions_are_those_that_are_announced_and_those_on_orders(day_one: Stage, day_two: Stage) -> None:
    found = {
        (row["promotion_type"], row["title"], row["starts_on"])
        for row in day_one.all("conformed.promotions", **PANEL)
    }
    assert found == {
        ("campaign", "Campaign 7, Type A", date(2026, 11, 1)),
        ("campaign", "Campaign 8, Type A", date(2026, 12, 1)),
        ("card", "card", None),
        ("coupon", "coupon", None),
        ("coupon_match", "coupon_match", None),
    }
    assert day_two.one("conformed.promotions", promotion_key="7")["starts_on"] == date(2026, 11, 2)


def test_a_promotion_that_no_order_mentions_any_more_is_none(day_one: Stage, day_two: Stage) -> None:
    assert len(day_one.all("conformed.promotions", promotion_type="coupon_match", **PANEL)) == 1
    assert day_two.all("conformed.promotions", promotion_type="coupon_match", **PANEL) == []
    assert len(day_two.all("conformed.promotions", promotion_type="card", **PANEL)) == 1


def test_a_coupon_is_found_on_a_line_or_it_is_said_how_far_the_search_came(
    day_one: Stage, day_two: Stage
) -> None:
    def found(stage: Stage) -> dict[tuple[str, bool], str | None]:
        customers = {row["customer_id"] for row in stage.all("conformed.customers", **PANEL)}
        return {
            (row["coupon_key"], row["customer_id"] in customers): row["unmatched_reason"]
            for row in stage["conformed.coupon_redemptions"]
        }

    reasons = {
        ("5001", True): None,
        ("5002", True): "no_article_of_the_coupon",
        ("5003", True): "no_coupon_on_the_article",
        ("5001", False): "no_order_on_that_day",
    }
    assert found(day_one) == reasons
    (line,) = (
        row["order_line_id"] for row in day_one.all("conformed.coupon_redemptions", unmatched_reason=None)
    )
    assert day_one.one("conformed.order_lines", order_line_id=line)["sku"] == "13"
    # The line was corrected: no coupon was taken for it.
    assert found(day_two) == reasons | {("5001", True): "no_coupon_on_the_article"}


def test_days_of_a_campaign_hold_what_it_reached_beside_all_others(day_one: Stage) -> None:
    (day,) = day_one["metrics.promotion_days"]
    assert (day["title"], day["business_date"], day["period"]) == (
        "Campaign 7, Type A", date(2026, 11, 1), "during",
    )  # fmt: skip
    assert (day["reached_order_count"], day["reached_customer_count"], day["other_order_count"]) == (2, 1, 0)


def test_a_campaign_that_begins_later_than_was_said_is_measured_anew(day_two: Stage) -> None:
    days = {row["business_date"]: row for row in day_two["metrics.promotion_days"]}
    assert {day: (row["period"], row["starts_on"]) for day, row in days.items()} == {
        date(2026, 11, 1): ("before", date(2026, 11, 2)),
        date(2026, 11, 3): ("during", date(2026, 11, 2)),
    }
    counts = days[date(2026, 11, 3)]
    assert (counts["reached_order_count"], counts["other_order_count"]) == (1, 1)


def test_nothing_is_touched_when_nothing_is_new(nothing_new: Stage) -> None:
    for table in (
        "conformed.promotions",
        "conformed.promotion_applications",
        "conformed.promotion_recipients",
        "conformed.coupon_redemptions",
        "metrics.promotion_days",
    ):
        assert not nothing_new.changed(table)
