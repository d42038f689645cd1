"""What may not go to a supplier as an order: every rule on a batch that breaks it, and on one that does not."""

from __future__ import annotations

from collections.abc import Callable

from storefront import Outbound, ago, order_line, order_row

from include.gates.batch import BatchFacts
from include.gates.supplier_edi.purchase_orders import CANCELLED_FLOOR, suite
from include.systems.supplier_edi.push import PUSH_PURCHASE_ORDERS


def test_a_good_batch_passes(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_PURCHASE_ORDERS, order_row("CHANGED", order_line(10)))
    rows = [order_row("NEW", order_line(10)), order_row("CHANGED", order_line(10, "240")), order_row("GONE")]
    outbound.push(PUSH_PURCHASE_ORDERS, *rows, steps=["check_gate"])
    *_, batch = outbound.batches(PUSH_PURCHASE_ORDERS)
    assert (batch["status"], batch["verdict"]["broken"]) == ("passed", [])
    judged = len(suite(BatchFacts(row_count=3, live_keys=1)).expectations)
    assert batch["verdict"]["expectations"] == judged > 12


def test_every_rule_blames_the_row_that_breaks_it(outbound: Outbound) -> None:
    newer, older = ago(hours=1), ago(hours=2)
    outbound.channel_has(
        PUSH_PURCHASE_ORDERS,
        order_row("BACK", order_line(10), as_of_at=newer),
        order_row("GROWN", order_line(10, "10")),
    )
    rows = [
        order_row("PLACELESS", order_line(10), ship_to_location=None),
        order_row("CURRENCY", order_line(10), currency_code="euro"),
        order_row("UNIT", order_line(10), unknown_unit_count=1),
        order_row("FREE", order_line(10, price_amount="0"), free_line_count=1),
        order_row("DEAR", order_line(10, "100000", price_amount="12.5")),
        order_row("GROWN", order_line(10, "101")),
        order_row("BACK", order_line(10, "25"), as_of_at=older),
        order_row("GOOD", order_line(10)),
    ]
    outbound.push(PUSH_PURCHASE_ORDERS, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_PURCHASE_ORDERS) == {
        "ship_to_location is there": ["nordkap/PLACELESS"],
        "a currency has three letters": ["nordkap/CURRENCY"],
        "every line is in a unit that suppliers know": ["nordkap/UNIT"],
        "every line has a price": ["nordkap/FREE"],
        "an order costs no more than a million": ["nordkap/DEAR"],
        "no order grows to more than 10 times what it was": ["nordkap/GROWN"],
        "no order is older than the one the supplier has": ["nordkap/BACK"],
    }


def test_orders_are_not_all_taken_back_at_once(outbound: Outbound) -> None:
    names = [f"PO-{number}" for number in range(CANCELLED_FLOOR + 1)]
    outbound.channel_has(PUSH_PURCHASE_ORDERS, *(order_row(name, order_line(10)) for name in names))
    outbound.push(PUSH_PURCHASE_ORDERS, *map(order_row, names), steps=["check_gate"])
    ((rule, blamed),) = outbound.blamed(PUSH_PURCHASE_ORDERS).items()
    assert rule.startswith("at most 30%")
    assert blamed


def test_every_column_of_the_suite_is_one_of_the_table(column_names: Callable[[str], set[str]]) -> None:
    judged = {
        name
        for one in suite(BatchFacts(row_count=1, live_keys=1)).expectations
        if (name := getattr(one, "column", None)) and not name.startswith("_")
    }
    assert judged <= column_names("outbound/supplier_edi/supplier_edi__purchase_orders")
