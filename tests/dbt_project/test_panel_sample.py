"""A part of the public panel of a grocer: its totals come out of the model exactly, as they stand in the files."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from small_warehouse import Build, Delivery, Warehouse, make_warehouse

HOUSEHOLDS = 60
NAMES = {
    "household_id": "household_number",
    "store_id": "store_number",
    "basket_id": "basket_number",
    "product_id": "article_number",
    "sales_value": "sales_amount",
    "retail_disc": "retail_discount_amount",
    "coupon_disc": "coupon_discount_amount",
    "coupon_match_disc": "coupon_match_discount_amount",
    "transaction_timestamp": "sold_at",
    "manufacturer_id": "manufacturer_number",
}


def text(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns under the names of the contracts, as text."""
    renamed = frame.rename({theirs: ours for theirs, ours in NAMES.items() if theirs in frame.columns})
    times = pl.selectors.temporal().dt.to_string("%Y-%m-%dT%H:%M:%S+00:00")
    return renamed.with_columns(times).with_columns(pl.all().cast(pl.String))


@pytest.fixture(scope="session")
def baskets(shared_data: Path) -> pl.DataFrame:
    file = shared_data / "completejourney" / "transactions.parquet"
    return pl.read_parquet(file).filter(pl.col("household_id") <= HOUSEHOLDS)


@pytest.fixture(scope="session")
def panel(
    server: Warehouse, shared_data: Path, baskets: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Build]:
    warehouse = make_warehouse(server.socket, "panel", tmp_path_factory.mktemp("panel"))
    products = pl.read_parquet(shared_data / "completejourney" / "products.parquet").head(20_000)
    warehouse.deliver(
        Delivery("panel_sftp", "transactions", "completejourney", text(baskets).iter_rows(named=True)),
        Delivery("panel_sftp", "products", "completejourney", text(products).iter_rows(named=True)),
    )
    with warehouse.building() as build:
        build.dbt("build", "--exclude", "test_type:unit")
    yield build
    warehouse.close()


def cents(column: pl.Expr) -> pl.Expr:
    return (column * 100).round().cast(pl.Int64).sum()


def test_the_build_passes(panel: Build) -> None:
    assert panel.has_succeeded, panel.runs[-1].output
    # The sample tells no exchange rates.
    assert panel.runs[-1].with_status("warn") == ["orders_have_a_rate"]


def test_totals_are_those_of_the_files(panel: Build, baskets: pl.DataFrame) -> None:
    sales, off, added = (pl.col(name) for name in ("sales_value", "retail_disc", "coupon_match_disc"))
    expected = baskets.select(
        pl.len().alias("lines"),
        pl.col("basket_id").n_unique().alias("orders"),
        pl.col("household_id").n_unique().alias("customers"),
        pl.col("quantity").sum().alias("units"),
        cents(sales).alias("net"),
        (cents(off) + cents(added)).alias("discount"),
        (pl.col("quantity") == 0).sum().alias("without_quantity"),
    ).row(0, named=True)
    found = panel.warehouse.rows("""
        select
            (select count(*) from conformed.order_lines) as lines,
            (select count(*) from conformed.orders) as orders,
            (select count(*) from conformed.customers) as customers,
            (select sum(unit_count) from conformed.orders) as units,
            (select sum(net_amount) * 100 from metrics.daily_sales) as net,
            (select sum(discount_amount) * 100 from metrics.daily_sales) as discount,
            (select count(*) from conformed.order_line_findings where reason = 'without_quantity') as without_quantity
    """)[0]
    assert found == {name: Decimal(value) for name, value in expected.items()}


def test_a_day_begins_by_the_grocers_clock(panel: Build, baskets: pl.DataFrame) -> None:
    local = (
        pl.col("transaction_timestamp").dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    )
    days = baskets.group_by(local.dt.date().alias("day")).agg(pl.col("basket_id").n_unique().alias("orders"))
    found = panel.warehouse.rows(
        "select business_date as day, order_count as orders from metrics.daily_sales"
    )
    assert {row["day"]: row["orders"] for row in found} == dict(days.rows())


def test_every_article_that_was_sold_is_one_and_those_that_are_listed_have_names(panel: Build) -> None:
    orphans = """
        select count(*) from conformed.order_lines as line
        where not exists (select from conformed.product_variants as variant where variant.variant_id = line.variant_id)
    """
    assert panel.warehouse.value(orphans) == 0
    ice = panel.warehouse.rows(
        "select names, product_types, brand_code from conformed.products where product_key = '25671'"
    )
    assert ice == [
        {
            "names": {"und": "ICE - CRUSHED/CUBED, 22 LB"},
            "product_types": {"und": "FRZN ICE"},
            "brand_code": "National",
        }
    ]
