"""Exports of the marketplace: six related CSV files and a marker, as a set."""

from __future__ import annotations

import csv
import io
from datetime import date

from sandbox.world.marketplace_orders import COLUMNS, MarketplaceTables, Row

MARKER = "_COMPLETE"
FOLDER = "feira/out"
# This export alone has its header and its identifiers in quotes.
QUOTED_TABLE = "products"


def folder(day: date) -> str:
    """Where the set of a day lies, seen from the account's root."""
    return f"{FOLDER}/{day.isoformat()}"


def file_name(table: str) -> str:
    """As ``olist_orders_dataset.csv``."""
    return f"olist_{table}_dataset.csv"


def export_files(tables: MarketplaceTables) -> dict[str, bytes]:
    """File name to content of the six files, in the order in which they are written."""
    return {file_name(table): _export(table, rows).encode() for table, rows in tables.rows.items()}


def _export(table: str, rows: list[Row]) -> str:
    if table == QUOTED_TABLE:
        header = ",".join(f'"{column}"' for column in COLUMNS[table])
        return "".join(f"{line}\n" for line in (header, *(_quoted_line(row) for row in rows)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS[table])
    writer.writerows(rows)
    return text.getvalue()


def _quoted_line(row: Row) -> str:
    return ",".join((f'"{row[0]}"', *row[1:]))
