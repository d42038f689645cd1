"""What a warehouse may not be told to send: every rule on a batch that breaks it, and on one that does not."""

from __future__ import annotations

from collections.abc import Callable

from storefront import Outbound, ago, article, shipping_row

from include.gates.batch import BatchFacts
from include.gates.warehouse_edi.orders import CANCELLED_FLOOR, suite
from include.systems.warehouse_edi.push import PUSH_ORDERS


def test_a_good_batch_passes(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_ORDERS, shipping_row("GONE", article("A")))
    outbound.push(
        PUSH_ORDERS, shipping_row("NEW", article("A", 1_000)), shipping_row("GONE"), steps=["check_gate"]
    )
    *_, batch = outbound.batches(PUSH_ORDERS)
    assert (batch["status"], batch["verdict"]["broken"]) == ("passed", [])
    judged = len(suite(BatchFacts(row_count=2, live_keys=1)).expectations)
    assert batch["verdict"]["expectations"] == judged > 13


def test_every_rule_blames_the_row_that_breaks_it(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_ORDERS, shipping_row("BACK", article("A"), as_of_at=ago(hours=1)))
    rows = [
        shipping_row("NOBODY", article("A"), recipient_name=None),
        shipping_row("NOWHERE", article("A"), street=None),
        shipping_row("NAMELESS", article(None)),
        shipping_row("MUCH", article("A", 1_001)),
        shipping_row("EMPTY", is_cancelled=False),
        shipping_row("TWICE", article("A")),
        shipping_row("TWICE", article("A"), order_id="id-OTHER"),
        shipping_row("BACK", article("A", 3), as_of_at=ago(hours=2)),
        shipping_row("GOOD", article("A")),
    ]
    outbound.push(PUSH_ORDERS, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_ORDERS) == {
        "recipient_name is there": ["id-NOBODY"],
        "street is there": ["id-NOWHERE"],
        "every line has an article number": ["id-NAMELESS"],
        "an order has no more than a thousand pieces": ["id-MUCH"],
        "an order that is wanted has lines": ["id-EMPTY"],
        "no two orders of a warehouse have the same number": ["id-OTHER", "id-TWICE"],
        "no order is older than the one the warehouse has": ["id-BACK"],
    }


def test_orders_are_not_all_taken_back_at_once(outbound: Outbound) -> None:
    names = [f"SO-{number}" for number in range(CANCELLED_FLOOR + 1)]
    outbound.channel_has(PUSH_ORDERS, *(shipping_row(name, article("A")) for name in names))
    outbound.push(PUSH_ORDERS, *map(shipping_row, names), steps=["check_gate"])
    ((rule, blamed),) = outbound.blamed(PUSH_ORDERS).items()
    assert rule.startswith("at most 30%")
    assert blamed


def test_every_column_of_the_suite_is_one_of_the_table(column_names: Callable[[str], set[str]]) -> None:
    judged = {
        name
        for one in suite(BatchFacts(row_count=1, live_keys=1)).expectations
        if (name := getattr(one, "column", None)) and not name.startswith("_")
    }
    assert judged <= column_names("outbound/warehouse_edi/warehouse_edi__orders")
