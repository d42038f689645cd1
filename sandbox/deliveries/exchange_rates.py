"""Exports of the ERP: the exchange rates at which it books, in the form of German offices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sandbox.deliveries import purchase_orders
from sandbox.deliveries.purchase_orders import BERLIN, FOLDER, Row
from sandbox.world.rates import Rate

COLUMNS = ("Von", "Nach", "Kursdatum", "Kurs", "Geändert")


def path(at: datetime) -> str:
    """Where an export lies, seen from the account's root: ``erp/outbox/kurse_20261102T053000Z.csv``."""
    return f"{FOLDER}/kurse_{at:%Y%m%dT%H%M%SZ}.csv"


def rows(stated: Sequence[Rate], changed_at: datetime) -> list[Row]:
    """A row for every rate."""
    moment = f"{changed_at.astimezone(BERLIN):%d.%m.%Y %H:%M:%S}"
    return [
        {
            "Von": "EUR",
            "Nach": one.currency,
            "Kursdatum": f"{one.day:%d.%m.%Y}",
            "Kurs": f"{one.rate:.4f}".replace(".", ","),
            "Geändert": moment,
        }
        for one in stated
    ]


def export(exported: Sequence[Row]) -> bytes:
    """The file."""
    return purchase_orders.export(exported, COLUMNS)
