"""Sets of a grocer's panel as Parquet, and a marker: baskets and the list of products; campaigns and coupons."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time

import polars as pl

from sandbox.world.panel import BasketLine, Campaign, PanelArticle, Redemption

MARKER = "_COMPLETE"
FOLDER, CAMPAIGNS_FOLDER = "harvest/out", "harvest/campaigns"
TRANSACTIONS = {
    "household_id": pl.Int64,
    "store_id": pl.Int64,
    "basket_id": pl.Int64,
    "product_id": pl.Int64,
    "quantity": pl.Int64,
    "sales_value": pl.Float64,
    "retail_disc": pl.Float64,
    "coupon_disc": pl.Float64,
    "coupon_match_disc": pl.Float64,
    "week": pl.Int64,
    "transaction_timestamp": pl.Datetime("ns"),
}
PRODUCTS = {
    "product_id": pl.Int64,
    "manufacturer_id": pl.Int64,
    "department": pl.String,
    "brand": pl.String,
    "product_category": pl.String,
    "product_type": pl.String,
    "package_size": pl.String,
}
CAMPAIGNS = {
    "campaign_id": pl.Int64,
    "campaign_type": pl.String,
    "start_date": pl.Datetime("ns"),
    "end_date": pl.Datetime("ns"),
}
HOUSEHOLDS = {"campaign_id": pl.Int64, "household_id": pl.Int64}
COUPONS = {"coupon_upc": pl.Int64, "product_id": pl.Int64, "campaign_id": pl.Int64}
REDEMPTIONS = {
    "household_id": pl.Int64,
    "coupon_upc": pl.Int64,
    "campaign_id": pl.Int64,
    "redemption_date": pl.Datetime("ns"),
}


def folder(day: date) -> str:
    """Where the set of a day lies, seen from the account's root."""
    return f"{FOLDER}/{day.isoformat()}"


def campaigns_folder(day: date) -> str:
    """Where the campaigns as of a day lie, seen from the account's root."""
    return f"{CAMPAIGNS_FOLDER}/{day.isoformat()}"


def campaign_files(running: Sequence[Campaign], used: Sequence[Redemption]) -> dict[str, bytes]:
    """File name to content. The first coupon is listed twice for its first article, as such lists have it."""
    coupons = [
        (coupon, article, one.number)
        for one in running
        for coupon, articles in one.coupons.items()
        for article in articles
    ]
    return {
        "campaign_descriptions.parquet": _parquet(
            [(one.number, one.kind, _midnight(one.starts_on), _midnight(one.ends_on)) for one in running],
            CAMPAIGNS,
        ),
        "campaigns.parquet": _parquet(
            [(one.number, household) for one in running for household in one.households], HOUSEHOLDS
        ),
        "coupons.parquet": _parquet([coupons[0], *coupons], COUPONS),
        "coupon_redemptions.parquet": _parquet(
            [(one.household, one.coupon, one.campaign, _midnight(one.day)) for one in used], REDEMPTIONS
        ),
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def set_files(lines: Sequence[BasketLine], articles: Sequence[PanelArticle]) -> dict[str, bytes]:
    """File name to content."""
    rows = [
        (
            line.household, line.store, line.basket, line.article, line.quantity, line.sales / 100, line.card / 100,
            line.coupon / 100, line.added / 100, line.week, line.sold_at,
        )
        for line in lines
    ]  # fmt: skip
    listed = [
        (one.number, one.number % 7, one.department, one.brand, one.kind, one.kind, one.size)
        for one in articles
        if one.is_listed
    ]
    return {
        "transactions.parquet": _parquet(rows, TRANSACTIONS),
        "products.parquet": _parquet(listed, PRODUCTS),
    }


def _parquet(rows: Sequence[tuple[object, ...]], schema: dict[str, object]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(file)
    return file.getvalue()
