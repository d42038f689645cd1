"""What customers ask to send back, and what becomes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from conftest import Stage


def statuses(stage: Stage) -> dict[str, str]:
    return {row["return_name"]: row["return_status"] for row in stage.belonging("conformed.returns", 1001)}


def test_a_return_is_known_from_the_moment_it_is_asked_for(day_one: Stage) -> None:
    assert statuses(day_one) == {"#1-R1": "requested", "#2-R1": "declined"}
    asked = day_one.one("conformed.returns", return_name="#1-R1")
    assert (asked["unit_count"], asked["refunded_unit_count"], asked["approved_at"]) == (2, 0, None)
    # Half past eleven in the evening in Berlin.
    assert asked["business_date"] == date(2026, 11, 1)
    assert asked["order_id"] == day_one.order(1001)["order_id"]


def test_its_lines_say_what_comes_back_why_and_what_it_was_sold_for(day_one: Stage) -> None:
    lines = {
        (row["sku"], row["reason_code"]): (row["quantity"], row["goods_reporting_amount"])
        for row in day_one.belonging("conformed.return_lines", 1001)
    }
    assert lines == {
        ("A-1", "size-too-small"): (1, Decimal("49.90")),
        (None, "size-too-small"): (1, None),
        ("B", "not_stated"): (1, Decimal("49.90")),
    }


def test_what_the_storefront_no_longer_tells_is_gone_and_the_rest_moves_on(day_two: Stage) -> None:
    assert statuses(day_two) == {"#1-R1": "closed", "#3-R1": "open", "#4-R1": "declined"}
    closed = day_two.one("conformed.returns", return_name="#1-R1")
    (line,) = day_two.all("conformed.return_lines", return_id=closed["return_id"])
    assert (line["sku"], line["return_status"], line["refunded_quantity"]) == ("A-1", "closed", 1)


def test_nothing_is_touched_when_nothing_is_new(nothing_new: Stage) -> None:
    assert not nothing_new.changed("conformed.returns")
    assert not nothing_new.changed("conformed.return_lines")
