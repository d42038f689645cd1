"""What the pages make of what steps and traces say."""

from __future__ import annotations

from include.pages.wording import summarized


def test_counts_of_several_entities_are_told_one_after_the_other_without_what_says_nothing() -> None:
    counts = [
        {"entity": "campaigns", "accepted": 1, "refused": 1, "older": 0, "has_repeats": False},
        {"entity": "coupons", "accepted": 4, "refused": 0, "has_repeats": True},
    ]
    assert summarized({"delivery_id": 86, "counts": counts, "wakes": []}) == (
        "delivery id 86, counts entity campaigns, accepted 1, refused 1; entity coupons, accepted 4, has repeats yes"
    )
    assert summarized({"wakes": ["push_stock", "push_metrics"]}) == "wakes push_stock, push_metrics"
    assert summarized(None) == ""
