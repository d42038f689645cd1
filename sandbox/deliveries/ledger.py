"""The ledger of a shop's till as Parquet: numbers as floats, times as the till writes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from sandbox.world.till import LedgerLine

FOLDER = "gifts/out"
SCHEMA = {
    "InvoiceNo": pl.String,
    "StockCode": pl.String,
    "Description": pl.String,
    "Quantity": pl.Int64,
    "InvoiceDate": pl.String,
    "UnitPrice": pl.Float64,
    "CustomerID": pl.Float64,
    "Country": pl.String,
}


@dataclass(frozen=True, slots=True)
class MistakenTime:
    """A time that somebody typed, by the place of its line."""

    place: int
    text: str


def path(day: date, suffix: str = "") -> str:
    """Where the ledger of a day lies, seen from the account's root: ``gifts/out/ledger_2026-11-02.parquet``."""
    return f"{FOLDER}/ledger_{day.isoformat()}{suffix}.parquet"


def export(lines: Sequence[LedgerLine], mistaken: MistakenTime | None = None) -> bytes:
    """The file."""
    times = [_time(line) for line in lines]
    if mistaken is not None:
        times[mistaken.place] = mistaken.text
    columns = {
        "InvoiceNo": [line.document for line in lines],
        "StockCode": [line.article for line in lines],
        "Description": [line.text for line in lines],
        "Quantity": [line.quantity for line in lines],
        "InvoiceDate": times,
        "UnitPrice": [line.pence / 100 for line in lines],
        "CustomerID": [line.customer for line in lines],
        "Country": [line.country for line in lines],
    }
    file = io.BytesIO()
    pl.DataFrame(columns, schema=SCHEMA).write_parquet(file)
    return file.getvalue()


def _time(line: LedgerLine) -> str:
    """As ``12/1/10 8:26``."""
    at = line.booked_at
    return f"{at.month}/{at.day}/{at:%y} {at.hour}:{at:%M}"
