"""What a build promises: nothing touched that did not change, nothing lost when one stops, any order of arrival."""

from __future__ import annotations

from collections import Counter
from typing import Any

from conftest import GROUPS, TABLES, Stage, photographed
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from raw_rows import offer, pim_product
from small_warehouse import Delivery, Row, Warehouse
from two_days import CHANGED_AT, PIM, TAKING_UUID, first_day, second_day

from include.news_of_builds import nodes_with_news, selected

LEDGER = "conformed.order_ledger"
HISTORIES = {
    "conformed.prices",
    "conformed.price_conditions",
    "conformed.effective_prices",
    "conformed.source_product_ids",
    "conformed.order_states",
    "conformed.product_versions",
    "conformed.stock_level_versions",
}


def test_the_same_deliveries_again_touch_no_row(day_one: Stage, nothing_new: Stage) -> None:
    """Everything is read again, and not even the writing transaction of a row is another."""
    assert nothing_new.runs[0].returncode == 0, nothing_new.runs[0].output
    assert nothing_new.build_id == day_one.build_id + 1
    for table in TABLES:
        assert sorted(nothing_new[table], key=str) == sorted(day_one[table], key=str)


def test_a_build_that_stops_leaves_readers_of_later_layers_alone(nothing_new: Stage, failed: Stage) -> None:
    (run,) = failed.runs

    assert run.returncode != 0
    assert {"daily_sales", "shopify__products", "shopify__stock"} <= set(run.with_status("error"))
    assert failed.changed("conformed.orders")
    for table in ("metrics.daily_sales", "outbound.shopify__products", "outbound.shopify__stock"):
        assert failed[table] == nothing_new[table]


def test_the_next_build_takes_up_what_a_failed_one_left(failed: Stage, day_two: Stage) -> None:
    """What conformed holds already keeps the failed build's number; what comes after it is caught up."""
    assert sorted(day_two["conformed.orders"], key=str) == sorted(failed["conformed.orders"], key=str)
    assert day_two.changed("metrics.daily_sales")
    assert day_two.changed("outbound.shopify__products")
    assert day_two.changed("outbound.shopify__stock")


def test_run_again_by_hand_everything_is_read_and_nothing_changes(
    warehouse: Warehouse, day_two: Stage
) -> None:
    run = warehouse.dbt("run", "--selector", "build")

    assert run.returncode == 0, run.output
    assert "No build is running" in run.output
    assert f"stamped {day_two.build_id + 1} for the next build" in run.output
    for table in TABLES:
        now = warehouse.rows(f"select xmin::text as _xmin, * from {table}")
        assert sorted(now, key=str) == sorted(day_two[table], key=str)


def test_an_invocation_asks_once_what_all_of_its_nodes_need(another_warehouse: Warehouse) -> None:
    log = another_warehouse.folder / "logs" / "dbt.log"
    another_warehouse.empty()
    for sku in "AB":
        another_warehouse.deliver(Delivery("akeneo", "products", PIM, [pim_product(sku)]))
        written = log.stat().st_size if log.exists() else 0
        with another_warehouse.building() as build:
            build.dbt("--log-level-file", "debug", "run", "--select", "+effective_prices", "retailers")
        assert build.has_succeeded, build.runs[-1].output
    said = log.read_bytes()[written:].decode()
    assert said.count("string_agg(distinct delivery_id::text") == 1
    assert said.count("string_agg(column_name") == 1


def test_what_is_loaded_while_a_build_runs_is_left_to_the_next(another_warehouse: Warehouse) -> None:
    """Nothing refers to what is not there yet, and the next build finds what belongs together."""
    another_warehouse.empty()
    another_warehouse.deliver(Delivery("akeneo", "products", PIM, [pim_product("A"), pim_product("B")]))
    with another_warehouse.building() as first:
        first.dbt("build", "--selector", "staging")
        first.dbt("build", "--selector", "conformed_products")
    offers = [offer("p", "one", barcode=pim_product("P")["ean"]), offer("b", "one", sku="B")]
    newer = {"updated_at": CHANGED_AT}
    another_warehouse.deliver(
        Delivery("supplier_sftp", "catalog", "nordhaus", offers),
        Delivery("akeneo", "products", PIM, [pim_product("A", is_enabled=False) | newer]),
    )
    with another_warehouse.building() as second:
        meanwhile = [pim_product("P"), pim_product("A", uuid=TAKING_UUID) | newer, pim_product("B") | newer]
        another_warehouse.deliver(Delivery("akeneo", "products", PIM, meanwhile))
        second.dbt("build", "--selector", "conformed_products")
        before = statuses_of_variants(another_warehouse)
    with another_warehouse.building() as third:
        third.dbt("build", "--selector", "conformed_products")
        after = statuses_of_variants(another_warehouse)

    for build in (first, second, third):
        assert build.has_succeeded, build.runs[-1].output
    assert before == [("A", "disabled"), ("B", "active"), ("b", "matched"), ("p", "proposal")]
    assert after == [
        ("A", "active"),
        ("A", "superseded"),
        ("B", "active"),
        ("P", "active"),
        ("b", "matched"),
        ("p", "matched"),
    ]


# An example takes two builds, so there are few; shrinking would take many.
@settings(max_examples=2, deadline=None, database=None, phases=[Phase.generate])
@given(data=st.data())
def test_the_order_of_arrival_does_not_matter(
    day_two: Stage, another_warehouse: Warehouse, data: st.DataObject
) -> None:
    """Both days shuffled, a build in between, and the second day's complete lists once more: the same rows."""
    both = [*first_day(), *second_day()]
    deliveries = [both[place] for place in data.draw(st.permutations(range(len(both))))]
    cut = data.draw(st.integers(min_value=1, max_value=len(both) - 1))
    another_warehouse.empty()
    another_warehouse.deliver(*deliveries[:cut])
    with another_warehouse.building() as build:
        build.dbt("run", "--selector", "build")
    another_warehouse.deliver(*deliveries[cut:], *(one for one in second_day() if one.is_complete))
    with another_warehouse.building() as build:
        build.dbt("run", "--selector", "build")

    assert build.has_succeeded, build.runs[-1].output
    shuffled = photographed(build)
    for table in TABLES:
        of_table = open_rows if table in HISTORIES else balances if table == LEDGER else contents
        assert of_table(shuffled, table) == of_table(day_two, table), table


def statuses_of_variants(warehouse: Warehouse) -> list[tuple[str, str]]:
    """By SKU, a supplier's by the key of its product."""
    rows = warehouse.rows(
        "select case source_system when 'akeneo' then sku else product_key end as name, status"
        " from conformed.product_variants"
    )
    return sorted((row["name"], row["status"]) for row in rows)


def contents(stage: Stage, table: str) -> list[Row]:
    """Rows without the marks of their writing, and without what only those know who were there in time:

    when a quantity was first stated, products that have lost their variants to others, orders that a supplier has
    lost to another before it heard of them, orders that a warehouse had before they were sent or called off,
    articles that a retailer listed before they were taken off, and prices that held for a time.
    """
    marks = {"_xmin", "_build_id", "source_updated_at", "as_of_at"}
    if table == "metrics.price_checks":
        marks |= {"effective_amount", "difference_amount", "rule", "finding", "difference_reporting_amount"}
    emptied = {row["product_id"] for row in stage.all("conformed.products", variant_count=0)} - {
        row["product_id"] for row in stage["conformed.product_variants"]
    }
    sent = {
        row["order_id"]
        for row in stage["conformed.orders"]
        if row["fulfillment_status"] not in ("unfulfilled", "restocked") or row["order_status"] != "open"
    }
    taken_off = {
        (row["account"], row["sku"]) for row in stage.all("conformed.retailer_articles", is_listed=False)
    }
    return sorted(
        (
            {name: value for name, value in row.items() if name not in marks}
            for row in stage[table]
            if row.get("product_id") not in emptied
            and row.get("holder_id") not in emptied
            and row.get("lines") != []
            and not (table == "outbound.warehouse_edi__orders" and row["order_id"] in sent)
            and not (table.startswith("outbound.retailer") and (row["account"], row["sku"]) in taken_off)
        ),
        key=str,
    )


def balances(stage: Stage, table: str) -> list[tuple[object, ...]]:
    """Of a ledger what it comes to, however it was posted."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in stage[table]:
        found[row["order_id"], row["fact"], row["fact_key"], row["account"]] += row["amount"]
    return sorted((*key, amount) for key, amount in found.items() if amount)


def open_rows(stage: Stage, table: str) -> list[Row]:
    """Of a history what holds now, whenever it began."""
    return [
        {name: value for name, value in row.items() if not name.startswith("valid_")}
        for row in sorted(contents(stage, table), key=lambda row: str(row | {"valid_from": None}))
        if row["valid_to"] is None
    ]


def test_builds_of_what_has_news_leave_what_builds_of_everything_leave(
    day_two: Stage, manifest: dict[str, Any], another_warehouse: Warehouse
) -> None:
    """Both days in parts, a build after each that runs only what is made from the part."""
    another_warehouse.empty()
    another_warehouse.deliver(*first_day())
    with another_warehouse.building() as build:
        build.dbt("run", "--selector", "build")
    parts: dict[str, list[Delivery]] = {}
    for delivery in second_day():
        parts.setdefault(delivery.system, []).append(delivery)
    counts = []
    for deliveries in parts.values():
        another_warehouse.deliver(*deliveries)
        tables = {f"{delivery.system}__{delivery.entity}" for delivery in deliveries}
        with another_warehouse.building() as build:
            nodes = [key for group in GROUPS for key in nodes_with_news(manifest, group, tables)]
            models = [key for key in nodes if key.startswith("model.")]
            build.dbt("run", "--select", *selected(manifest, models))
            assert build.has_succeeded, build.runs[-1].output
        counts.append(len(models))

    apart = photographed(build)
    for table in TABLES:
        of_table = open_rows if table in HISTORIES else balances if table == LEDGER else contents
        assert of_table(apart, table) == of_table(day_two, table), table
    whole = sum(
        node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        for node in manifest["nodes"].values()
    )
    assert min(counts) < 10 < max(counts) < 0.75 * whole
