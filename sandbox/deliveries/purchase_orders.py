"""Exports of the ERP: lines of orders that changed, in the form of German offices."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sandbox.world.catalog import Catalog
from sandbox.world.purchases import SUPPLIERS, PurchaseLine, PurchaseOrder

FOLDER = "erp/outbox"
BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = (
    "Bestellung", "Position", "Lieferant", "Bestelldatum", "Wunschtermin", "Lieferort", "Währung", "Artikel",
    "Lieferantenartikel", "EAN", "Bezeichnung", "Menge", "Einheit", "Preis", "Storniert", "Geändert",
)  # fmt: skip

Row = dict[str, str]


def path(at: datetime) -> str:
    """Where an export lies, seen from the account's root: ``erp/outbox/bestellungen_20261102T053000Z.csv``."""
    return f"{FOLDER}/bestellungen_{at:%Y%m%dT%H%M%SZ}.csv"


def rows(catalog: Catalog, orders: Sequence[PurchaseOrder], changed_at: datetime) -> list[Row]:
    """A row for every line."""
    return [_row(catalog, order, line, changed_at) for order in orders for line in order.lines]


def export(exported: Sequence[Row], columns: Sequence[str] = COLUMNS) -> bytes:
    """The file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in exported)
    return text.getvalue().encode("cp1252")


def vendor_sku(supplier: str, sku: str) -> str:
    """How a supplier calls an article of ours."""
    return f"{supplier[:2].upper()}-{sku}"


def _row(catalog: Catalog, order: PurchaseOrder, line: PurchaseLine, changed_at: datetime) -> Row:
    return dict(zip(COLUMNS, _cells(catalog, order, line, changed_at), strict=True))


def _cells(catalog: Catalog, order: PurchaseOrder, line: PurchaseLine, changed_at: datetime) -> Iterator[str]:
    supplier_number, currency = SUPPLIERS[order.supplier]
    columns = catalog.variants
    sku = columns.sku[line.variant]
    yield from (order.number, str(line.number), supplier_number)
    yield from (_day(order.ordered_on), _day(order.wanted_on), order.location, currency)
    yield from (sku, vendor_sku(order.supplier, sku), columns.ean[line.variant])
    yield catalog.products.name_de[columns.product[line.variant]]
    yield from (f"{line.quantity},000", "ST", f"{line.cents // 100},{line.cents % 100:02}")
    yield from ("X" if line.is_cancelled else "", f"{changed_at.astimezone(BERLIN):%d.%m.%Y %H:%M:%S}")


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
