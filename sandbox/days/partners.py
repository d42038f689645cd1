"""Where and when partners deliver, and the deliveries of any day made of what the world holds then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from sandbox.deliveries import inventory_advice, supplier_catalog
from sandbox.deliveries.inventory_advice import AdviceLine
from sandbox.deliveries.supplier_catalog import DIALECTS, Row
from sandbox.world import World
from sandbox.world.stock import WAREHOUSES, Stock, Warehouse

CATALOG_HOUR = 5
ADVICE_TIME = time(4, 30)
EXPORT_TIME = time(3, 45)
FIRST_CONTROL_NUMBER = 101
# Long past lists and counts that turn up late: this much lower or higher than what is known.
OLDER_PRICE_SHARE = 90


def catalog_moment(day: date, minutes: int = 0) -> datetime:
    """When a supplier wrote the file of a day."""
    return datetime.combine(day, time(CATALOG_HOUR), UTC) + timedelta(minutes=minutes)


def advice_moment(day: date) -> datetime:
    """Of which moment a warehouse speaks on a day."""
    return datetime.combine(day, ADVICE_TIME, UTC)


def export_moment(day: date, minutes: int = 0) -> datetime:
    """When the ERP wrote its export of a day."""
    return datetime.combine(day, EXPORT_TIME, UTC) + timedelta(minutes=minutes)


def catalog_path(partner: str, at: datetime) -> str:
    """Where the file of a supplier lies, seen from the account's root."""
    return f"{partner}/outbox/{supplier_catalog.file_name(partner, at)}"


def advice_path(partner: str, at: datetime) -> str:
    """Where the message of a warehouse lies, seen from the account's root."""
    return f"{partner}/out/{inventory_advice.file_name(partner, at)}"


def supplier_rows(world: World, partner: str, is_second_day: bool, cents: Callable[[int], int]) -> list[Row]:
    """A supplier's whole catalogue."""
    products = world.catalog.supplied_by(partner)
    known = [row for row in products if is_second_day or row < world.launched]
    return supplier_catalog.catalog_rows(world, DIALECTS[partner], known, cents)


def advice_lines(world: World, warehouse: Warehouse, stock: Stock, is_second_day: bool) -> list[AdviceLine]:
    """All that a warehouse keeps."""
    columns = world.catalog.variants
    return [
        AdviceLine(
            sku=columns.sku[row],
            ean=columns.ean[row],
            available=str(stock.available(row)),
            on_hand=str(stock.on_hand[row]),
            committed=str(stock.committed[row]),
        )
        for row in stock.kept()
        if is_second_day or row < world.launched_variants
    ]


def advice_bytes(warehouse: Warehouse, lines: list[AdviceLine], day: date) -> bytes:
    """The message of a day; its control number counts the days."""
    return inventory_advice.advice_file(warehouse, lines, advice_moment(day), control_number_of(day))


def control_number_of(day: date) -> int:
    """The control number of a warehouse's message of a day."""
    return FIRST_CONTROL_NUMBER + day.toordinal() % 100_000


def warehouse_named(partner: str) -> tuple[Warehouse, int]:
    """A warehouse and its place in ``WAREHOUSES``."""
    return next(
        (warehouse, place) for place, warehouse in enumerate(WAREHOUSES) if warehouse.partner == partner
    )
