"""What retailers may not be told: every rule on a batch that breaks it, and on one that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from great_expectations import ExpectationSuite
from storefront import Outbound, ago, available_row, listed_row

from include.gates.batch import BatchFacts
from include.gates.retailer_edi import catalog, stock
from include.systems.retailer_edi.push import PUSH_CATALOG, PUSH_STOCK


def test_a_good_batch_of_stock_passes(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_STOCK, available_row("A-1", 5))
    outbound.push(PUSH_STOCK, available_row("A-1", 0), available_row("A-2", 1), steps=["check_gate"])
    *_, batch = outbound.batches(PUSH_STOCK)
    assert (batch["status"], batch["verdict"]["broken"]) == ("passed", [])


def test_every_rule_on_stock_blames_the_row_that_breaks_it(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_STOCK, available_row("A-3", 5, as_of_at=ago(hours=1)))
    rows = [
        available_row("NONE", None),
        available_row("A-1", -1),
        available_row("A-2", 1_000_001),
        available_row("NAMELESS", 3),
        available_row("A-3", 4, as_of_at=ago(hours=2)),
    ]
    outbound.push(PUSH_STOCK, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_STOCK) == {
        "quantity is there": ["harbor/NONE"],
        "stock is 0 to a million pieces": ["harbor/A-1", "harbor/A-2"],
        "what can be ordered has a GTIN": ["harbor/NAMELESS"],
        "no statement is older than the one the retailer has": ["harbor/A-3"],
    }


def test_a_good_catalogue_passes(outbound: Outbound) -> None:
    outbound.channel_has(PUSH_CATALOG, listed_row("A-1"), listed_row("A-3"))
    rows = [listed_row("A-1", "13.00"), listed_row("A-2"), listed_row("A-3", None)]
    outbound.push(PUSH_CATALOG, *rows, steps=["check_gate"])
    *_, batch = outbound.batches(PUSH_CATALOG)
    assert (batch["status"], batch["verdict"]["broken"]) == ("passed", [])


def test_every_rule_on_catalogues_blames_the_row_that_breaks_it(outbound: Outbound) -> None:
    outbound.channel_has(
        PUSH_CATALOG,
        listed_row("A-1", "10.00", as_of_at=ago(hours=1)),
        listed_row("A-2", "1.00"),
        listed_row("A-3", "10.00", currency_code="EUR"),
    )
    rows = [
        listed_row("A-1", "10.50", as_of_at=ago(hours=2)),
        listed_row("A-2", "3.01"),
        # Another currency is another price.
        listed_row("A-3", "39.00"),
        listed_row("FREE", "0.00", gtin="04006381333931"),
        listed_row("NUMBERLESS"),
        listed_row("DEAR", "40.00", gtin="04006381333931"),
        listed_row("TITLELESS", gtin="04006381333931", title=None),
    ]
    outbound.push(PUSH_CATALOG, *rows, steps=["check_gate"])
    assert outbound.blamed(PUSH_CATALOG) == {
        "title is there": ["harbor/TITLELESS"],
        "a listed article has a GTIN, a currency and prices above zero": ["harbor/FREE", "harbor/NUMBERLESS"],
        "no retailer pays more than its customers should": ["harbor/DEAR"],
        "no price moves by more than a factor of 3 from what the retailer has": ["harbor/A-2"],
        "no article is older than the one the retailer has": ["harbor/A-1"],
    }


def test_neither_list_nor_stock_is_emptied_at_once(outbound: Outbound) -> None:
    names = [f"S-{number}" for number in range(catalog.TAKEN_OFF_FLOOR + 1)]
    gtin = "04006381333931"
    outbound.channel_has(PUSH_CATALOG, *(listed_row(name, gtin=gtin) for name in names))
    outbound.push(PUSH_CATALOG, *(listed_row(name, None, gtin=gtin) for name in names), steps=["check_gate"])
    ((rule, blamed),) = outbound.blamed(PUSH_CATALOG).items()
    assert rule.startswith("at most 30%")
    assert blamed
    outbound.database.execute("truncate outbox.messages cascade")
    outbound.channel_has(PUSH_STOCK, *(available_row(name, 5, gtin=gtin) for name in names))
    outbound.push(PUSH_STOCK, *(available_row(name, 0, gtin=gtin) for name in names), steps=["check_gate"])
    ((rule, blamed),) = outbound.blamed(PUSH_STOCK).items()
    assert rule.startswith("at most 30%")
    assert blamed


@pytest.mark.parametrize(
    ("suite", "table"), [(catalog.suite, "retailer_edi__catalog"), (stock.suite, "retailer_edi__stock")]
)
def test_every_column_of_a_suite_is_one_of_the_table(
    suite: Callable[[BatchFacts], ExpectationSuite], table: str, column_names: Callable[[str], set[str]]
) -> None:
    judged = {
        name
        for one in suite(BatchFacts(row_count=1, live_keys=1)).expectations
        if (name := getattr(one, "column", None)) and not name.startswith("_")
    }
    assert judged <= column_names(f"outbound/retailer_edi/{table}")
