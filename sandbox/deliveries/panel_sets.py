"""Sets of a grocer's panel: baskets and the list of products as Parquet, and a marker."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import polars as pl

from sandbox.world.panel import BasketLine, PanelArticle

MARKER = "_COMPLETE"
FOLDER = "harvest/out"
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


def folder(day: date) -> str:
    """Where the set of a day lies, seen from the account's root."""
    return f"{FOLDER}/{day.isoformat()}"


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
