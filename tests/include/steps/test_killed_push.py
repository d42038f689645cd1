"""A push that is killed anywhere and run again loses no wish, and has one effect."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from killed import push_until
from storefront import Outbound, Shop, product_key, product_row, stock_key, stock_row, variant

from include.flow import PushFlow
from include.stores.outbox import LEASE_SECONDS
from include.systems.shopify.push import PUSH_PRODUCTS, PUSH_STOCK

Sku = Callable[[], str]


def goes_on(outbound: Outbound, flow: PushFlow, key: str) -> None:
    """Another worker takes over, as soon as the lease of the one that is gone is over, and runs once too often."""
    for _ in range(3):
        is_applied = [message["status"] for message in outbound.messages(key=key)] == ["applied"]
        outbound.time_passes(LEASE_SECONDS)
        outbound.push(flow, steps=("fill_outbox", "push", "collect_acknowledgements"))
        if is_applied:
            return


@pytest.mark.slow
def test_stock_that_is_killed_at_any_boundary_is_set_once(outbound: Outbound, shop: Shop, sku: Sku) -> None:
    found = set()
    for boundary in itertools.count(1):
        number = sku()
        shop.add_article(number, 3)
        outbound.let_through(PUSH_STOCK, stock_row(number, 5))
        is_finished = push_until(boundary, outbound, PUSH_STOCK)
        left = [message["status"] for message in outbound.messages(key=stock_key(number))]
        found.add((left[0] if left else "not filled", bool(shop.stock_effects(number))))
        goes_on(outbound, PUSH_STOCK, stock_key(number))
        message = outbound.message(key=stock_key(number))
        assert (message["status"], shop.stock_effects(number)) == ("applied", [5]), (boundary, left)
        assert outbound.states(PUSH_STOCK)[stock_key(number)]["quantity"] == 5
        assert number in outbound.ids("inventory_item")
        if is_finished:
            break
    assert boundary > 30
    # It has been killed in every state that a message can be left in, before and after the effect.
    assert found == {
        ("not filled", False),
        ("pending", False),
        ("claimed", False),
        ("submitted", False),
        ("submitted", True),
        ("accepted", True),
        ("applied", True),
    }
    assert outbound.letters() == []


@pytest.mark.slow
def test_a_product_that_is_killed_at_any_boundary_is_made_once(
    outbound: Outbound, shop: Shop, sku: Sku
) -> None:
    found = set()
    for boundary in itertools.count(1):
        product, number = sku(), sku()
        outbound.let_through(PUSH_PRODUCTS, product_row(product, variant(number)))
        is_finished = push_until(boundary, outbound, PUSH_PRODUCTS)
        left = [message["status"] for message in outbound.messages(key=product_key(product))]
        found.add((left[0] if left else "not filled", len(shop.effects("productSet", product.lower()))))
        goes_on(outbound, PUSH_PRODUCTS, product_key(product))
        assert outbound.message(key=product_key(product))["status"] == "applied", (boundary, left)
        assert len(shop.effects("productSet", product.lower())) == 1, (boundary, left)
        assert list(shop.variants(product.lower())) == [number]
        assert number in outbound.ids("variant")
        if is_finished:
            break
    assert boundary > 30
    assert {("claimed", 0), ("submitted", 0), ("submitted", 1), ("accepted", 1), ("applied", 1)} <= found
    assert outbound.letters() == []
