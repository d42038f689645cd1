"""Stages of one small warehouse, each built on the one before, and what it held after each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from small_warehouse import Build, DbtProcess, DbtRun, Row, Warehouse, running_warehouse
from two_days import first_day, second_day

GROUPS = ("staging", "conformed_products", "conformed_stock", "conformed_orders", "metrics", "outbound")
TABLES = (
    "conformed.product_variants",
    "conformed.products",
    "conformed.product_versions",
    "conformed.source_product_ids",
    "conformed.categories",
    "conformed.contents",
    "conformed.companies",
    "conformed.prices",
    "conformed.price_rules",
    "conformed.price_conditions",
    "conformed.effective_prices",
    "conformed.stock_levels",
    "conformed.stock_level_versions",
    "conformed.supplier_stock_levels",
    "conformed.supplier_items",
    "conformed.retailers",
    "conformed.retailer_articles",
    "conformed.purchase_order_lines",
    "conformed.purchase_orders",
    "conformed.ship_notice_lines",
    "conformed.ship_notices",
    "conformed.supplier_invoice_lines",
    "conformed.supplier_invoices",
    "conformed.warehouse_shipment_lines",
    "conformed.receipts",
    "conformed.stock_changes",
    "conformed.retailer_sales",
    "conformed.purchase_document_links",
    "conformed.invoice_differences",
    "conformed.exchange_rates",
    "conformed.customers",
    "conformed.orders",
    "conformed.order_states",
    "conformed.order_ledger",
    "conformed.order_addresses",
    "conformed.order_lines",
    "conformed.order_line_findings",
    "conformed.taxes",
    "conformed.analytics_events",
    "conformed.carts",
    "conformed.cart_lines",
    "conformed.returns",
    "conformed.return_lines",
    "conformed.promotions",
    "conformed.promotion_applications",
    "conformed.promotion_recipients",
    "conformed.coupon_redemptions",
    "conformed.payments",
    "conformed.refunds",
    "conformed.refund_lines",
    "conformed.order_differences",
    "conformed.settlement_lines",
    "conformed.settlements",
    "conformed.fulfillments",
    "conformed.fulfillment_lines",
    "metrics.daily_sales",
    "metrics.channels",
    "metrics.customer_orders",
    "metrics.customer_cohorts",
    "metrics.purchase_arrivals",
    "metrics.promotion_days",
    "metrics.platform_differences",
    "metrics.price_checks",
    "metrics.payment_settlements",
    "outbound.retailer_edi__catalog",
    "outbound.retailer_edi__stock",
    "outbound.shopify__products",
    "outbound.shopify__stock",
    "outbound.supplier_edi__purchase_orders",
    "outbound.warehouse_edi__orders",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Whoever is the first to ask for a stage waits for all builds before it."""
    item.add_marker(pytest.mark.timeout(900))


@dataclass(frozen=True)
class Stage:
    """A finished build and what the warehouse held then; ``_xmin`` tells which transaction wrote a row."""

    build_id: int
    runs: list[DbtRun]
    tables: dict[str, list[Row]]
    removed: list[Row]

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def one(self, table: str, **facts: object) -> Row:
        (row,) = self.all(table, **facts)
        return row

    def all(self, table: str, **facts: object) -> list[Row]:
        return [row for row in self.tables[table] if all(row[name] == value for name, value in facts.items())]

    def changed(self, table: str) -> list[Row]:
        """Rows whose content changed in this build."""
        return self.all(table, _build_id=self.build_id)

    @cached_property
    def skus(self) -> dict[str, str]:
        """Variant of each SKU of the PIM that holds it now."""
        variants = self.all("conformed.product_variants", source_system="akeneo")
        return {row["sku"]: row["variant_id"] for row in variants if row["status"] != "superseded"}

    def product_of(self, sku: str) -> str:
        return self.one("conformed.product_variants", variant_id=self.skus[sku])["product_id"]

    def shown(self, sku: str) -> Row:
        return self.one("outbound.shopify__products", product_id=self.product_of(sku))

    def order(self, number: int) -> Row:
        return self.one("conformed.orders", order_name=f"#{number}")

    def belonging(self, table: str, number: int) -> list[Row]:
        return self.all(table, order_key=f"gid://shopify/Order/{number}")


def photographed(build: Build) -> Stage:
    rows = build.warehouse.rows
    tables = {table: rows(f"select xmin::text as _xmin, * from {table}") for table in TABLES}
    return Stage(build.build_id, build.runs, tables, rows("select * from build.removed_rows"))


@pytest.fixture(scope="session")
def dbt() -> Iterator[DbtProcess]:
    process = DbtProcess()
    yield process
    process.close()


@pytest.fixture(scope="session")
def warehouse(dbt: DbtProcess) -> Iterator[Warehouse]:
    with running_warehouse(dbt) as made:
        made.deliver(*first_day())
        yield made


@pytest.fixture(scope="session")
def day_one(warehouse: Warehouse) -> Stage:
    """The first build, group by group as the DAG runs it."""
    with warehouse.building() as build:
        for group in GROUPS:
            build.dbt("build", "--selector", group)
    return photographed(build)


@pytest.fixture(scope="session")
def manifest(warehouse: Warehouse, day_one: Stage) -> dict[str, Any]:
    """What dbt knows of the project."""
    return json.loads((warehouse.folder / "target" / "manifest.json").read_text())


@pytest.fixture(scope="session")
def nothing_new(warehouse: Warehouse, day_one: Stage) -> Stage:
    """The same deliveries taken in again."""
    warehouse.execute("update landing.deliveries set is_built = false")
    with warehouse.building() as build:
        build.dbt("run", "--selector", "build")
    return photographed(build)


@pytest.fixture(scope="session")
def failed(warehouse: Warehouse, nothing_new: Stage) -> Stage:
    """The second day's build stops before metrics and outbound are written."""
    warehouse.deliver(*second_day())
    warehouse.execute("revoke usage on schema metrics, outbound from seamline_builder")
    with warehouse.building() as build:
        build.dbt("build", "--selector", "build")
    warehouse.execute("grant usage on schema metrics, outbound to seamline_builder")
    return photographed(build)


@pytest.fixture(scope="session")
def day_two(warehouse: Warehouse, failed: Stage) -> Stage:
    """The next build takes up what the failed one left."""
    with warehouse.building() as build:
        build.dbt("build", "--selector", "build")
    return photographed(build)


@pytest.fixture(scope="session")
def another_warehouse(dbt: DbtProcess) -> Iterator[Warehouse]:
    with running_warehouse(dbt) as another:
        another.dbt("seed")
        yield another


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """Real data beside the project; tests that need it are skipped where it is absent."""
    return shared / "data"
