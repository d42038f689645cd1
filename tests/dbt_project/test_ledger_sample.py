"""The public ledger of a shop: its totals come out of the model exactly, and what is odd about its lines is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from raw_rows import ledger_line
from small_warehouse import MORNING, Build, DbtProcess, Delivery, Row, running_warehouse

NAMES = {
    "InvoiceNo": "document_number",
    "StockCode": "article_number",
    "Description": "description",
    "Quantity": "quantity",
    "UnitPrice": "unit_price_amount",
    "CustomerID": "customer_number",
    "Country": "country_name",
}


def exported(data: Path) -> Iterator[Row]:
    """Lines under the names of the contract; local times become UTC."""
    frame = pl.read_parquet(data / "online-retail" / "online_retail_first_240007_rows.parquet")
    local = pl.col("InvoiceDate").str.to_datetime("%m/%d/%y %H:%M").dt.replace_time_zone("Europe/London")
    times = local.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S+00:00")
    numbers = pl.int_range(1, pl.len() + 1).over("InvoiceNo")
    made = frame.select(
        *(pl.col(theirs).cast(pl.String).alias(ours) for theirs, ours in NAMES.items()),
        times.alias("booked_at"),
        numbers.cast(pl.String).alias("line_number"),
    )
    return made.iter_rows(named=True)


@pytest.fixture(scope="session")
def ledger(dbt: DbtProcess, shared_data: Path) -> Iterator[Build]:
    with running_warehouse(dbt) as warehouse:
        warehouse.deliver(Delivery("ledger_sftp", "lines", "online-retail", exported(shared_data)))
        with warehouse.building() as build:
            build.dbt("build", "--exclude", "test_type:unit")
        yield build


def test_the_build_passes(ledger: Build) -> None:
    assert ledger.has_succeeded, ledger.runs[-1].output
    # The sample tells no exchange rates.
    assert ledger.runs[-1].with_status("warn") == ["orders_have_a_rate"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select count(*) from conformed.orders", 10_522),
        ("select count(*) from conformed.refunds", 1_946),
        ("select count(*) from conformed.order_lines", 235_657),
        ("select sum(line_count) from conformed.refunds", 4_350),
        ("select count(*) from conformed.customers", 2_974),
        ("select count(*) from conformed.products", 3_645),
        (
            "select round((select sum(net_amount) from conformed.order_lines)"
            " - (select sum(goods_amount) from conformed.refunds), 2)",
            Decimal("4275143.93"),
        ),
        ("select round(sum(net_amount), 2) from metrics.daily_sales", Decimal("4275143.93")),
        ("select sum(order_count) from metrics.daily_sales", 10_522),
        ("select sum(refund_count) from metrics.daily_sales", 1_946),
        ("select count(*) from conformed.order_line_findings where reason = 'repeated_line'", 1_970),
        ("select count(*) from conformed.order_line_findings where reason = 'without_customer'", 67_225),
        ("select count(*) from conformed.order_line_findings where reason = 'without_price'", 1_413),
        ("select count(*) from conformed.order_line_findings where reason = 'below_zero'", 737),
        ("select count(*) from conformed.order_differences", 0),
        ("select country_code from conformed.customers where customer_key = '12583'", "FR"),
        ("select name_en from conformed.products where product_key = '85123A'", None),
        (
            "select names ->> 'und' from conformed.products where product_key = '71053'",
            "WHITE METAL LANTERN",
        ),
    ],
)
def test_totals_are_those_of_the_file(ledger: Build, query: str, expected: object) -> None:
    assert ledger.warehouse.value(query) == expected


def test_a_document_of_one_day_costs_one_document(ledger: Build) -> None:
    """After a change of three lines of two documents a build writes what hangs on them, and nothing else."""
    warehouse, booked_at = ledger.warehouse, "2010-12-01T08:26:00+00:00"
    changed = [
        ledger_line("536365", 1, "85123A", 7, "2.55", booked_at=booked_at),
        ledger_line("536365", 6, "22752", 1, "7.65", booked_at=booked_at),
        ledger_line("C536379", 1, "D", -2, "27.50", booked_at=booked_at),
    ]
    before = warehouse.value("select sum(net_amount) from metrics.daily_sales")
    later = MORNING + timedelta(days=1)
    warehouse.deliver(Delivery("ledger_sftp", "lines", "online-retail", changed, later))
    with warehouse.building() as build:
        build.dbt("run", "--selector", "build")
    assert build.has_succeeded, build.runs[-1].output
    written = {
        table: warehouse.value(f"select count(*) from {table} where _build_id = %s", build.build_id)
        for table in (
            "conformed.orders", "conformed.order_lines", "conformed.refunds", "metrics.daily_sales",
        )
    }  # fmt: skip
    assert written == {
        "conformed.orders": 1,
        "conformed.order_lines": 2,
        "conformed.refunds": 1,
        "metrics.daily_sales": 1,
    }
    after = warehouse.value("select sum(net_amount) from metrics.daily_sales")
    assert after - before == Decimal("2.55") - Decimal("7.65") - Decimal("27.50")
