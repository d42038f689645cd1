"""A part of the public panel of a grocer: its totals come out of the model exactly, as they stand in the files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from small_warehouse import Build, DbtProcess, Delivery, Warehouse, running_warehouse

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
    "campaign_id": "campaign_number",
    "start_date": "starts_on",
    "end_date": "ends_on",
    "coupon_upc": "coupon_number",
    "redemption_date": "redeemed_on",
}
GROCERS_CLOCK = "America/New_York"


def text(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns under the names of the contracts, as text."""
    renamed = frame.rename({theirs: ours for theirs, ours in NAMES.items() if theirs in frame.columns})
    times = pl.selectors.datetime().dt.to_string("%Y-%m-%dT%H:%M:%S+00:00")
    return renamed.with_columns(times).with_columns(pl.all().cast(pl.String))


@pytest.fixture(scope="session")
def baskets(shared_data: Path) -> pl.DataFrame:
    file = shared_data / "completejourney" / "transactions.parquet"
    return pl.read_parquet(file).filter(pl.col("household_id") <= HOUSEHOLDS)


@pytest.fixture(scope="session")
def promotions(shared_data: Path) -> dict[str, pl.DataFrame]:
    """Campaigns, and of the households of the sample whom they reached and which coupons came back."""
    folder = shared_data / "completejourney"
    is_sampled = pl.col("household_id") <= HOUSEHOLDS
    used = pl.read_parquet(folder / "coupon_redemptions.parquet").filter(is_sampled)
    days = pl.selectors.datetime().dt.date()
    return {
        "campaigns": pl.read_parquet(folder / "campaign_descriptions.parquet").with_columns(days),
        "campaign_households": pl.read_parquet(folder / "campaigns.parquet").filter(is_sampled),
        "coupons": pl.read_parquet(folder / "coupons.parquet")
        .filter(pl.col("coupon_upc").is_in(used["coupon_upc"].implode()))
        .unique(),
        "coupon_redemptions": used.with_columns(days),
    }


@pytest.fixture(scope="session")
def panel(
    dbt: DbtProcess, shared_data: Path, baskets: pl.DataFrame, promotions: dict[str, pl.DataFrame]
) -> Iterator[Build]:
    with running_warehouse(dbt) as warehouse:
        yield built(warehouse, shared_data, baskets, promotions)


def built(
    warehouse: Warehouse, shared_data: Path, baskets: pl.DataFrame, promotions: dict[str, pl.DataFrame]
) -> Build:
    products = pl.read_parquet(shared_data / "completejourney" / "products.parquet").head(20_000)
    warehouse.deliver(
        Delivery("panel_sftp", "transactions", "completejourney", text(baskets).iter_rows(named=True)),
        Delivery("panel_sftp", "products", "completejourney", text(products).iter_rows(named=True)),
        *(
            Delivery("panel_sftp", entity, "completejourney", text(frame).iter_rows(named=True))
            for entity, frame in promotions.items()
        ),
    )
    with warehouse.building() as build:
        build.dbt("build", "--exclude", "test_type:unit")
    return build


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
    days = baskets.group_by(local_day().alias("day")).agg(pl.col("basket_id").n_unique().alias("orders"))
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


def local_day() -> pl.Expr:
    moment = pl.col("transaction_timestamp").dt.replace_time_zone("UTC").dt.convert_time_zone(GROCERS_CLOCK)
    return moment.dt.date()


def test_what_took_something_off_comes_out_to_the_cent(panel: Build, baskets: pl.DataFrame) -> None:
    found = {
        row["promotion_type"]: (row["lines"], row["cents"])
        for row in panel.warehouse.rows("""
            select promotion_type, count(*) as lines, (sum(discount_amount) * 100)::bigint as cents
            from conformed.promotion_applications group by promotion_type
        """)
    }
    columns = {"card": "retail_disc", "coupon": "coupon_disc", "coupon_match": "coupon_match_disc"}
    taken = {kind: baskets.filter(pl.col(column) > 0) for kind, column in columns.items()}
    assert found == {
        kind: (lines.height, lines.select(cents(pl.col(columns[kind]))).item())
        for kind, lines in taken.items()
    }


def test_coupons_are_found_where_they_were_taken(
    panel: Build, baskets: pl.DataFrame, promotions: dict[str, pl.DataFrame]
) -> None:
    used = promotions["coupon_redemptions"].with_columns(day=pl.col("redemption_date"))
    bought = baskets.with_columns(day=local_day())
    good_for = promotions["coupons"].rename({"product_id": "article"})
    lines = used.join(bought, on=["household_id", "day"]).join(
        good_for, left_on=["coupon_upc", "campaign_id", "product_id"],
        right_on=["coupon_upc", "campaign_id", "article"],
    )  # fmt: skip
    key = ["household_id", "coupon_upc", "campaign_id", "day"]
    expected = {
        "no_order_on_that_day": used.join(bought, on=["household_id", "day"], how="anti").height,
        None: lines.filter(pl.col("coupon_disc") > 0).select(key).n_unique(),
    }
    expected["no_coupon_on_the_article"] = lines.select(key).n_unique() - expected[None]
    expected["no_article_of_the_coupon"] = used.height - sum(expected.values())
    found = {
        row["unmatched_reason"]: row["count"]
        for row in panel.warehouse.rows(
            "select unmatched_reason, count(*) from conformed.coupon_redemptions group by unmatched_reason"
        )
    }
    assert found == {reason: count for reason, count in expected.items() if count}
    assert found[None] > 0


def test_campaigns_are_measured_before_and_during_on_those_they_reached_and_on_others(
    panel: Build, baskets: pl.DataFrame, promotions: dict[str, pl.DataFrame]
) -> None:
    orders = baskets.with_columns(day=local_day()).unique("basket_id")
    expected = {}
    reached = promotions["campaign_households"]
    for campaign in promotions["campaigns"].iter_rows(named=True):
        households = reached.filter(pl.col("campaign_id") == campaign["campaign_id"])["household_id"]
        length = campaign["end_date"] - campaign["start_date"] + timedelta(days=1)
        times = {
            "before": (campaign["start_date"] - length, campaign["start_date"] - timedelta(days=1)),
            "during": (campaign["start_date"], campaign["end_date"]),
        }
        for period, days in times.items():
            of_period = orders.filter(pl.col("day").is_between(*days))
            is_reached = of_period["household_id"].is_in(households.implode())
            if households.len() and of_period.height:
                expected[str(campaign["campaign_id"]), period] = (is_reached.sum(), (~is_reached).sum())
    found = {
        (row["promotion_key"], row["period"]): (row["reached"], row["others"])
        for row in panel.warehouse.rows("""
            select promotion.promotion_key, day.period, sum(reached_order_count) as reached,
                sum(other_order_count) as others
            from metrics.promotion_days as day join conformed.promotions as promotion using (promotion_id)
            group by 1, 2
        """)
    }
    assert found == expected
    assert len(found) > 40
