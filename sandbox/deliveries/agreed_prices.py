"""Exports of the ERP: the prices that were agreed or changed, in the form of German offices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sandbox.deliveries import purchase_orders
from sandbox.deliveries.purchase_orders import BERLIN, FOLDER, Row
from sandbox.world.agreed_prices import AgreedPrice
from sandbox.world.catalog import Catalog

COLUMNS = (
    "Kondition", "Preisart", "Artikel", "Kanal", "Kunde", "Währung", "Ab Menge", "Preis", "Preiseinheit",
    "Gültig ab", "Gültig bis", "Zurückgezogen", "Geändert",
)  # fmt: skip


def path(at: datetime) -> str:
    """Where an export lies, seen from the account's root: ``erp/outbox/preise_20261102T053000Z.csv``."""
    return f"{FOLDER}/preise_{at:%Y%m%dT%H%M%SZ}.csv"


def rows(catalog: Catalog, agreed: Sequence[AgreedPrice], changed_at: datetime) -> list[Row]:
    """A row for every agreement."""
    return [dict(zip(COLUMNS, _cells(catalog, one, changed_at), strict=True)) for one in agreed]


def export(exported: Sequence[Row]) -> bytes:
    """The file."""
    return purchase_orders.export(exported, COLUMNS)


def _cells(catalog: Catalog, one: AgreedPrice, changed_at: datetime) -> Iterator[str]:
    yield from (one.number, one.kind, catalog.variants.sku[one.variant], one.channel, one.customer, "EUR")
    yield str(one.minimum_quantity or "")
    yield f"{one.cents // 100},{one.cents % 100:02}"
    yield "" if one.pieces == 1 else str(one.pieces)
    yield from (f"{one.first:%d.%m.%Y}", f"{one.last:%d.%m.%Y}" if one.last else "")
    yield from ("X" if one.is_withdrawn else "", f"{changed_at.astimezone(BERLIN):%d.%m.%Y %H:%M:%S}")
