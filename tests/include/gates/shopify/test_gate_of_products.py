"""What may not go to the storefront as a product: every rule on a batch that breaks it, and on one that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from storefront import Outbound, OutboundRow, product_key, product_row, variant

from include.gates.batch import BatchFacts
from include.gates.shopify.products import suite
from include.gates.validation import EXAMPLES
from include.systems.shopify.push import PUSH_PRODUCTS


def test_a_good_batch_passes(outbound: Outbound) -> None:
    outbound.push(PUSH_PRODUCTS, product_row("P-1", variant("A")), steps=["check_gate"])
    (batch,) = outbound.batches(PUSH_PRODUCTS)
    assert batch["status"] == "passed"
    assert batch["verdict"]["broken"] == []
    assert (
        batch["verdict"]["expectations"] == len(suite(BatchFacts(row_count=1, live_keys=0)).expectations) > 15
    )


def test_every_rule_on_one_row_blames_the_row_that_breaks_it(outbound: Outbound) -> None:
    nameless = {f"{name} is there": {name: None} for name in ("handle", "title", "status", "currency_code")}
    listless = {f"{name} is there": {name: None} for name in ("variants", "options")}
    bad: dict[str, dict[str, Any]] = {
        **nameless,
        **listless,
        "the handle can stand in an address": {"handle": "Ä b"},
        "the title has 1 to 255 characters": {"title": "x" * 256},
        "the status is known": {"status": "HIDDEN"},
        "every price is above zero": {"min_price_amount": 0},
        "what is on sale has a price": {"min_price_amount": None, "max_price_amount": None},
        "the currency is known": {"currency_code": "XXX"},
        "1 to 2,048 variants": {"variant_count": 0},
    }
    rows = [product_row(f"B-{n}", variant(f"B-{n}"), **facts) for n, facts in enumerate(bad.values())]
    outbound.push(PUSH_PRODUCTS, *rows, product_row("GOOD", variant("GOOD")), steps=["check_gate"])
    assert outbound.blamed(PUSH_PRODUCTS) == {rule: [product_key(f"B-{n}")] for n, rule in enumerate(bad)}


def test_a_variant_without_a_price_is_not_put_on_sale(outbound: Outbound) -> None:
    priced, unpriced = variant("A"), variant("B", price=None)
    rows = [
        product_row("SALE", priced, unpriced),
        product_row("DRAFT", priced, unpriced, status="DRAFT"),
    ]
    outbound.push(PUSH_PRODUCTS, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_PRODUCTS) == {"what is on sale has a price": [product_key("SALE")]}


def test_two_rows_of_one_key_are_no_batch(outbound: Outbound) -> None:
    build = outbound.begin_build()
    outbound.database.execute(
        "alter table outbound.shopify__products drop constraint shopify__products_product_id_shop_key"
    )
    row = product_row("P-1", variant("A"))
    outbound.database.execute("create unique index on outbound.shopify__products (product_id, shop, handle)")
    again = OutboundRow(row.table, (*row.key, "handle"), row.values | {"handle": "another"})
    outbound.write(build, OutboundRow(row.table, (*row.key, "handle"), row.values), again)
    outbound.close_build(build)
    outbound.run("check_gate", PUSH_PRODUCTS)
    assert outbound.blamed(PUSH_PRODUCTS) == {"one message per product": [product_key("P-1")] * 2}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(["10.00"], ["30.01"], id="dearer"),
        pytest.param(["10.00"], ["3.33"], id="cheaper"),
        pytest.param(["10.00", "1000.00"], ["100.00", "1000.00"], id="the cheap variant dearer"),
        pytest.param(["10.00", "1000.00"], ["10.00", "10.00"], id="the dear variant cheaper"),
    ],
)
def test_no_price_moves_by_more_than_the_factor(
    outbound: Outbound, before: list[str], now: list[str]
) -> None:
    def product(prices: list[str]) -> OutboundRow:
        return product_row("P-1", *(variant(f"A-{n}", price) for n, price in enumerate(prices)))

    outbound.channel_has(PUSH_PRODUCTS, product(before))
    outbound.push(PUSH_PRODUCTS, product(now), steps=["check_gate"])
    (rule,) = outbound.blamed(PUSH_PRODUCTS)
    assert rule == "no price moves by more than a factor of 3 from what the storefront shows"


def test_a_price_may_move_by_the_factor_and_a_new_product_costs_what_it_costs(outbound: Outbound) -> None:
    outbound.channel_has(
        PUSH_PRODUCTS, product_row("UP", variant("U", "10.00")), product_row("DOWN", variant("D", "9.00"))
    )
    rows = [
        product_row("UP", variant("U", "30.00")),
        product_row("DOWN", variant("D", "3.00")),
        product_row("NEW", variant("N", "9999.00")),
    ]
    assert outbound.push(PUSH_PRODUCTS, *rows, steps=["check_gate"])["check_gate"]["gate"] == "open"


def test_a_product_keeps_its_currency(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_PRODUCTS, product_row("P-1", variant("A")), product_row("P-2", variant("B")))
    rows = [product_row("P-1", variant("A"), currency_code="SEK"), product_row("P-2", variant("B", "11.00"))]
    outbound.push(PUSH_PRODUCTS, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_PRODUCTS) == {"a product keeps its currency": [product_key("P-1")]}


def many(count: int, **facts: Any) -> list[OutboundRow]:
    return [product_row(f"M-{n}", variant(f"M-{n}"), **facts) for n in range(count)]


def test_no_more_products_change_at_once_than_a_day_brings(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_PRODUCTS, *many(110))
    outbound.push(PUSH_PRODUCTS, *many(100, vendor="Another"), steps=["check_gate"])
    assert outbound.batches(PUSH_PRODUCTS)[-1]["status"] == "passed"
    outbound.database.execute("update gate.batches set status = 'superseded' where status = 'passed'")
    outbound.push(PUSH_PRODUCTS, *many(101, vendor="Another"), steps=["check_gate"])
    assert list(outbound.blamed(PUSH_PRODUCTS)) == ["at most 30% of the products change at once"]


@pytest.mark.parametrize(("live", "most"), [(0, None), (1, 100), (333, 100), (1000, 300)])
def test_the_share_that_may_change_has_a_floor_and_no_end_on_the_first_filling(
    live: int, most: int | None
) -> None:
    assert BatchFacts(row_count=5000, live_keys=live).most_rows(0.3, 100) == most


@pytest.mark.parametrize("status", ["ARCHIVED", "DRAFT"])
def test_products_are_not_taken_off_sale_in_masses(outbound: Outbound, status: str) -> None:
    outbound.channel_has(PUSH_PRODUCTS, *many(40))
    outbound.push(PUSH_PRODUCTS, *many(20, status=status), steps=["check_gate"])
    assert outbound.batches(PUSH_PRODUCTS)[-1]["status"] == "passed"
    outbound.database.execute("update gate.batches set status = 'superseded' where status = 'passed'")
    outbound.push(PUSH_PRODUCTS, *many(21, status=status), steps=["check_gate"])
    ((rule, blamed),) = outbound.blamed(PUSH_PRODUCTS).items()
    assert rule == "at most 5% of the products are taken off at once"
    assert len(set(blamed)) == EXAMPLES
    assert set(blamed) < {product_key(f"M-{n}") for n in range(21)}


def test_what_is_off_sale_already_is_not_taken_off(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_PRODUCTS, *many(40, status="DRAFT"))
    outbound.push(PUSH_PRODUCTS, *many(30, status="ARCHIVED"), steps=["check_gate"])
    assert outbound.batches(PUSH_PRODUCTS)[-1]["status"] == "passed"


def test_every_column_of_the_suite_is_one_of_the_table(column_names: Callable[[str], set[str]]) -> None:
    judged = {
        name
        for one in suite(BatchFacts(row_count=1, live_keys=1)).expectations
        if (name := getattr(one, "column", None)) and not name.startswith("_")
    }
    assert judged <= column_names("outbound/shopify/shopify__products")
