"""What may not go to the storefront as stock: every rule on a batch that breaks it, and on one that does not."""

from __future__ import annotations

import json
from collections.abc import Callable

from storefront import Outbound, OutboundRow, ago, stock_key, stock_row

from include.gates.batch import BatchFacts
from include.gates.promises import SOLD_OUT_FLOOR
from include.gates.shopify.stock import suite
from include.systems.shopify.push import PUSH_STOCK


def test_a_good_batch_passes(outbound: Outbound) -> None:
    rows = [stock_row("NONE", 0), stock_row("MANY", 1_000_000)]
    outbound.push(PUSH_STOCK, *rows, steps=["check_gate"])
    (batch,) = outbound.batches(PUSH_STOCK)
    assert batch["status"] == "passed"
    assert batch["verdict"]["broken"] == []
    assert (
        batch["verdict"]["expectations"] == len(suite(BatchFacts(row_count=2, live_keys=0)).expectations) > 7
    )


def test_every_rule_blames_the_row_that_breaks_it(outbound: Outbound) -> None:
    newer, older = ago(hours=1), ago(hours=2)
    outbound.channel_has(PUSH_STOCK, stock_row("BACK", 5, as_of=newer))
    undated = stock_row("UNDATED", 5)
    rows = [
        stock_row("PLACELESS", 5, location=None),
        stock_row("UNCOUNTED", None),
        OutboundRow(undated.table, undated.key, undated.values | {"as_of_at": None}),
        stock_row("NEGATIVE", -1),
        stock_row("ABSURD", 1_000_001),
        stock_row("BACK", 6, as_of=older),
        stock_row("GOOD", 5),
    ]
    outbound.push(PUSH_STOCK, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_STOCK) == {
        "location_name is there": [None],
        "quantity is there": [stock_key("UNCOUNTED")],
        "as_of_at is there": [stock_key("UNDATED")],
        "stock is 0 to a million pieces": [stock_key("ABSURD"), stock_key("NEGATIVE")],
        "no statement is older than the one the storefront shows": [stock_key("BACK")],
    }


def test_stock_does_not_run_out_everywhere_at_once(outbound: Outbound) -> None:
    def everything(quantity: int, count: int) -> list[OutboundRow]:
        return [stock_row(f"M-{n}", quantity) for n in range(count)]

    outbound.channel_has(PUSH_STOCK, *everything(3, SOLD_OUT_FLOOR + 10))
    outbound.push(PUSH_STOCK, *everything(0, SOLD_OUT_FLOOR), steps=["check_gate"])
    assert outbound.batches(PUSH_STOCK)[-1]["status"] == "passed"
    outbound.database.execute("update gate.batches set status = 'superseded' where status = 'passed'")
    outbound.push(PUSH_STOCK, *everything(0, SOLD_OUT_FLOOR + 1), steps=["check_gate"])
    ((rule, blamed),) = outbound.blamed(PUSH_STOCK).items()
    assert rule.startswith("at most 30%")
    assert blamed


def test_what_was_sold_out_before_does_not_count(outbound: Outbound) -> None:
    rows = [stock_row(f"M-{n}", 0) for n in range(SOLD_OUT_FLOOR + 20)]
    outbound.channel_has(PUSH_STOCK, *rows)
    outbound.database.execute("update outbox.channel_state set content_hash = 'another'")
    outbound.push(PUSH_STOCK, *rows, steps=["check_gate"])
    (_, batch) = outbound.batches(PUSH_STOCK)
    assert (batch["row_count"], batch["status"]) == (len(rows), "passed"), json.dumps(batch["verdict"])


def test_every_column_of_the_suite_is_one_of_the_table(column_names: Callable[[str], set[str]]) -> None:
    judged = {
        name
        for one in suite(BatchFacts(row_count=1, live_keys=1)).expectations
        if (name := getattr(one, "column", None)) and not name.startswith("_")
    }
    assert judged <= column_names("outbound/shopify/shopify__stock")
