"""The public marketplace sample: its published totals come out of the model exactly."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import psycopg
import pytest
from small_warehouse import Build, DbtProcess, Delivery, Row, Warehouse, running_warehouse

from include.contracts.contract import Kind, contract

ENTITIES = ("orders", "order_items", "order_payments", "customers", "products", "sellers")


def exported(data: Path, entity: str) -> Iterator[Row]:
    """Rows of one of the six files under the names of its contract; local times become UTC."""
    agreed = contract("marketplace_sftp", entity)
    frame = pl.read_csv(data / "olist" / f"olist_{entity}_dataset.csv", infer_schema=False)
    times = [
        pl.col(p.source)
        .str.to_datetime("%Y-%m-%d %H:%M:%S")
        .dt.replace_time_zone(str(ZoneInfo("America/Sao_Paulo")), ambiguous="earliest")
        .dt.convert_time_zone("UTC")
        .dt.to_string("%Y-%m-%dT%H:%M:%S+00:00")
        for p in agreed.properties
        if p.kind is Kind.TIMESTAMP
    ]
    renamed = frame.with_columns(times).rename({p.source: p.name for p in agreed.properties})
    return renamed.iter_rows(named=True)


@pytest.fixture(scope="session")
def olist(dbt: DbtProcess, shared_data: Path) -> Iterator[Build]:
    """A warehouse that holds the sample, built with the sample's own translation file."""
    with running_warehouse(dbt) as warehouse:
        yield built(warehouse, shared_data)


def built(warehouse: Warehouse, shared_data: Path) -> Build:
    warehouse.deliver(
        *(Delivery("marketplace_sftp", entity, "olist", exported(shared_data, entity)) for entity in ENTITIES)
    )
    with warehouse.building() as build:
        build.dbt("seed")
        translate(warehouse, shared_data / "olist" / "product_category_name_translation.csv")
        build.dbt("build", "--exclude", "resource_type:seed", "test_type:unit")
    return build


def translate(warehouse: Warehouse, file: Path) -> None:
    names = pl.read_csv(file, encoding="utf8-lossy").rows()
    with psycopg.connect(warehouse.dsn("seamline_builder"), autocommit=True) as connection:
        connection.execute("truncate seeds.marketplace_category_translations")
        with connection.cursor() as cursor:
            cursor.executemany("insert into seeds.marketplace_category_translations values (%s, %s)", names)


def test_the_build_passes_and_tells_of_differences(olist: Build) -> None:
    assert olist.has_succeeded, olist.runs[-1].output
    # The sample tells no exchange rates.
    assert set(olist.runs[-1].with_status("warn")) == {
        "orders_differ",
        "categories_without_translation",
        "orders_have_a_rate",
        "orders_are_placed_before_they_are_sent",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select count(*) from conformed.orders", 10_000),
        ("select count(*) from conformed.order_lines", 11_513),
        ("select count(*) from conformed.payments", 10_415),
        ("select count(*) from conformed.customers", 9_957),
        ("select sum(gross_amount) from conformed.order_lines", Decimal("1389602.03")),
        ("select sum(shipping_amount) from conformed.order_lines", Decimal("230918.16")),
        ("select sum(payment_amount) from conformed.payments", Decimal("1620649.63")),
        ("select sum(total_amount) from conformed.orders", Decimal("1389602.03") + Decimal("230918.16")),
        ("select sum(total_amount) from metrics.daily_sales", Decimal("1389602.03") + Decimal("230918.16")),
        ("select sum(order_count) from metrics.daily_sales", 10_000),
        ("select count(*) from conformed.products", 32_951),
        ("select count(*) from conformed.companies where company_role = 'seller'", 3_095),
        ("select count(*) from conformed.products where main_category_code is null", 610),
    ],
)
def test_totals_are_those_of_the_files(olist: Build, query: str, expected: int | Decimal) -> None:
    assert olist.warehouse.value(query) == expected


def test_thirty_orders_differ_from_their_payments(olist: Build) -> None:
    rows = olist.warehouse.rows(
        "select reason, abs(difference_amount) as amount from conformed.order_differences"
    )

    assert [row["reason"] for row in rows] == ["payments_do_not_make_total"] * 30
    assert max(row["amount"] for row in rows) == Decimal("51.62")


def test_sales_and_differences_make_what_customers_paid(olist: Build) -> None:
    assert olist.warehouse.rows("""
        select difference.cause,
            (select sum(total_amount) from metrics.daily_sales) + sum(difference.difference_amount) as platform
        from metrics.platform_differences as difference group by difference.cause
    """) == [{"cause": "payments_differ", "platform": Decimal("1620649.63")}]
    assert (
        olist.warehouse.value("""
        select count(*) from conformed.order_differences
        where order_id not in (select order_id from metrics.platform_differences)
    """)
        == 0
    )


def test_two_categories_have_no_translation(olist: Build) -> None:
    rows = olist.warehouse.rows(
        "select category_code from conformed.categories where not is_translated order by 1"
    )

    assert [row["category_code"] for row in rows] == [
        "pc_gamer",
        "portateis_cozinha_e_preparadores_de_alimentos",
    ]
