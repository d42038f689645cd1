"""What a product and a quantity were, and until when: nothing that was seen is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conftest import Stage
from small_warehouse import Row
from two_days import CHANGED_AT

PRODUCT = (
    "product_id",
    "status",
    "name_en",
    "name_de",
    "description_en",
    "handle",
    "family_code",
    "variant_count",
)
LEVEL = ("sku", "source_account", "location", "on_hand_quantity", "available_quantity", "committed_quantity")
CHANGE = datetime.fromisoformat(CHANGED_AT)


def told(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[object, ...]]:
    return sorted((tuple(row[name] for name in columns) for row in rows), key=str)


def kept(stage: Stage) -> list[Row]:
    return stage.all("conformed.stock_levels", is_deleted=False)


def test_in_the_beginning_everything_has_one_version(day_one: Stage) -> None:
    assert told(day_one["conformed.product_versions"], PRODUCT) == told(
        day_one["conformed.products"], PRODUCT
    )
    assert told(day_one["conformed.stock_level_versions"], LEVEL) == told(kept(day_one), LEVEL)


def test_what_is_the_same_adds_no_version(day_one: Stage, nothing_new: Stage) -> None:
    for table in ("conformed.product_versions", "conformed.stock_level_versions"):
        assert nothing_new[table] == day_one[table]


def test_what_holds_is_the_open_version(day_two: Stage) -> None:
    products = day_two.all("conformed.product_versions", valid_to=None)
    assert told(products, PRODUCT) == told(day_two["conformed.products"], PRODUCT)
    levels = day_two.all("conformed.stock_level_versions", valid_to=None)
    assert told(levels, LEVEL) == told(kept(day_two), LEVEL)


def test_what_was_seen_once_stays_known(day_one: Stage, day_two: Stage) -> None:
    products = told(day_two["conformed.product_versions"], PRODUCT)
    assert set(told(day_one["conformed.products"], PRODUCT)) <= set(products)
    assert len(products) > len(day_two["conformed.products"])
    levels = told(day_two["conformed.stock_level_versions"], LEVEL)
    assert set(told(kept(day_one), LEVEL)) <= set(levels)
    assert len(levels) > len(kept(day_two))


def test_a_product_that_was_switched_off_was_on_until_then(day_two: Stage) -> None:
    product = day_two.product_of("M")
    versions = day_two.all("conformed.product_versions", product_id=product)
    before, after = sorted(versions, key=lambda row: row["valid_from"])
    assert (before["status"], before["valid_to"]) == ("active", CHANGE)
    assert (after["status"], after["valid_from"], after["valid_to"]) == ("disabled", CHANGE, None)
