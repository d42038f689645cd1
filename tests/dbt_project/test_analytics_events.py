"""What customers did: by our words, once, with the articles that it was about."""

from __future__ import annotations

from decimal import Decimal

from conftest import Stage


def types(stage: Stage) -> dict[str, str]:
    return {row["event_key"]: row["event_type"] for row in stage["conformed.analytics_events"]}


def test_events_have_our_words_and_what_nobody_listed_is_other(day_one: Stage) -> None:
    assert types(day_one) == {
        "e1": "message_received",
        "e2": "placed_order",
        "e3": "viewed_product",
        "e4": "other",
    }
    placed = day_one.one("conformed.analytics_events", event_key="e2")
    assert (placed["value_amount"], placed["currency_code"]) == (Decimal("99.80"), "EUR")
    assert day_one.one("conformed.analytics_events", event_key="e1")["campaign_name"] == "Autumn"


def test_an_event_that_comes_again_is_one_and_what_was_deleted_is_gone(
    day_one: Stage, day_two: Stage
) -> None:
    assert set(types(day_two)) == {"e1", "e2", "e3", "e5"}
    events = day_two["conformed.analytics_events"]
    assert {row["event_key"] for row in events if row["_build_id"] != day_one.build_id} == {"e3", "e5"}


def test_it_knows_the_article_as_soon_as_the_pim_does(day_one: Stage, day_two: Stage) -> None:
    assert day_one.one("conformed.analytics_events", event_key="e3")["variant_id"] is None
    assert day_two.one("conformed.analytics_events", event_key="e3")["variant_id"] == day_two.skus["P"]
    assert day_two.one("conformed.analytics_events", event_key="e5")["variant_id"] == day_two.skus["A-1"]
