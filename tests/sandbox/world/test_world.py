"""The retailer: coherent, plausible, and the same in every run."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.world import World
from sandbox.world.dice import Dice
from sandbox.world.identifiers import ean13, slug
from sandbox.world.storefront_orders import RATES
from sandbox.world.words import BRANDS, CATEGORIES, FAMILIES

START = date(2026, 11, 2)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, scale=1, start=START)


def test_the_default_world_has_the_size_it_promises(world):
    assert len(world.catalog.products) == 400
    assert 1_050 <= len(world.catalog.variants) <= 1_150


def test_a_hundred_thousand_variants_take_seconds():
    began = time.process_time()
    variants = World(seed=7, scale=91, start=START).catalog.variants
    assert len(variants) >= 100_000
    assert len(set(variants.sku)) == len(set(variants.ean)) == len(variants)
    assert time.process_time() - began < 15


def test_one_seed_gives_one_world(world):
    again, other = World(seed=7, scale=1, start=START), World(seed=8, scale=1, start=START)
    assert again.catalog == world.catalog
    assert again.stock == world.stock
    assert again.storefront_orders == world.storefront_orders
    assert other.catalog != world.catalog


def is_ean13(text: str) -> bool:
    weights = (1, 3) * 6
    total = sum(int(digit) * weight for digit, weight in zip(text[:12], weights, strict=True))
    return len(text) == 13 and (total + int(text[12])) % 10 == 0


def test_article_numbers_follow_one_scheme(world):
    variants = world.catalog.variants
    prefixes = "|".join(family.prefix for family in FAMILIES)
    assert all(re.fullmatch(rf"({prefixes})-\d{{5}}(-[A-Z]{{3}})?(-[0-9A-Z]+)?", sku) for sku in variants.sku)
    assert max(map(len, variants.sku)) <= 30
    assert len(set(variants.sku)) == len(set(variants.uuid)) == len(variants)


def test_eans_have_their_check_digits(world):
    assert all(map(is_ean13, world.catalog.variants.ean))


@given(st.integers(0, 9_999_999))
def test_every_ean_is_valid(article):
    assert is_ean13(ean13(article))


def test_products_are_named_in_three_languages_and_found_by_their_url(world):
    products = world.catalog.products
    assert len(set(products.url_key)) == len(products)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in products.url_key)
    for names in (products.name_en, products.name_de, products.name_fr):
        assert all(5 < len(name) < 80 for name in names)
    assert {products.brand[row] for row in range(len(products))} == set(range(len(BRANDS)))


@given(st.text(max_size=60))
def test_slugs_are_fit_for_addresses(text):
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))


def test_categories_are_a_tree(world):
    parents = {code: parent for code, parent, *_ in CATEGORIES}
    for code in parents:
        seen = {code}
        while (code := parents[code]) is not None:
            assert code not in seen
            seen.add(code)
        assert "master" in seen
    assert all(code in parents for family in FAMILIES for code in family.categories)


def test_variants_of_a_product_differ_in_their_axes(world):
    variants = world.catalog.variants
    for product in range(len(world.catalog.products)):
        rows = list(world.catalog.variants_of(product))
        assert rows
        assert len({(variants.color[row], variants.size[row]) for row in rows}) == len(rows)
        assert all(variants.product[row] == product for row in rows)


def test_prices_and_weights_are_plausible(world):
    variants = world.catalog.variants
    assert all(900 <= cents <= 60_000 for cents in variants.eur_cents)
    assert all(dollars > euros for dollars, euros in zip(variants.usd_cents, variants.eur_cents, strict=True))
    assert all(50 < grams < 10_000 for grams in variants.grams)


def test_stock_never_promises_more_than_there_is(world):
    central, north = world.stock
    assert len(central.kept()) == len(world.catalog.variants)
    assert 0.5 < len(north.kept()) / len(world.catalog.variants) < 0.7
    for stock in world.stock:
        assert all(stock.available(row) >= 0 for row in stock.kept())
    assert any(central.on_hand[row] == 0 for row in central.kept())


def test_orders_lie_before_the_first_day(world):
    start = datetime(START.year, START.month, START.day, tzinfo=world.storefront_orders[0].created_at.tzinfo)
    numbers = [order.number for order in world.storefront_orders]
    assert numbers == sorted(set(numbers))
    for order in world.storefront_orders:
        assert order.created_at <= order.updated_at <= start
        assert order.created_at > start - timedelta(days=60)
        assert all(
            order.created_at < event.at <= order.updated_at for event in (*order.shipments, *order.refunds)
        )
    assert {order.currency for order in world.storefront_orders} == set(RATES)


def test_nothing_is_sent_or_given_back_that_was_not_ordered(world):
    for order in world.storefront_orders:
        for event in (*order.shipments, *order.refunds):
            assert all(1 <= count <= order.lines[place].quantity for place, count in event.quantities)


def test_draws_stay_in_their_bounds():
    dice = Dice(1, "test")
    assert {dice.between(2, 4) for _ in range(200)} == {2, 3, 4}
    assert sorted(dice.sample(range(5), 9)) == [0, 1, 2, 3, 4]
    assert 50 < sum(dice.chance(0.5) for _ in range(200)) < 150


def test_streams_do_not_disturb_each_other():
    first, second = Dice(1, "a"), Dice(1, "b")
    draws = [first.between(0, 999) for _ in range(5)]
    assert draws != [second.between(0, 999) for _ in range(5)]
    again = Dice(1, "a")
    assert draws == [again.between(0, 999) for _ in range(5)]


def test_a_world_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="too small"):
        World(seed=7, scale=0.01, start=START)
