"""One thing through every step: whatever names it, on one timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from include.contracts.contract import Contract, Kind, contract, contract_ids
from include.stores.sql import statement

TRACED = {
    "sku",
    "ean",
    "barcode",
    "vendor_sku",
    "order_name",
    "document_number",
    "order_number",
    "shipment_number",
    "invoice_number",
    "receipt_number",
    "interchange_control_number",
    "psp_reference",
    "merchant_reference",
}
"""Columns of raw that name a thing, beside the primary keys."""

MOST_ROWS = 50
LATER_STEPS = (
    "dead_letters",
    "built",
    "messages",
    "receipts",
    "exchanged",
    "conversation",
    "settled",
    "mismatches",
    "interventions",
)
OF_THE_MODEL = {
    "built": ("conformed.product_ids", "conformed.orders"),
    "conversation": ("conformed.purchase_document_links", "conformed.invoice_differences"),
    "settled": ("conformed.settlement_lines", "metrics.payment_settlements"),
}
"""Statements that read tables of the model, which are there after the first build."""


def traced(connection: psycopg.Connection, key: str) -> list[dict[str, Any]]:
    """Everything that happened to what ``key`` names, oldest first: ``at, step, seam, what, detail``.

    Args:
        key: an order number (also of a purchase), article number, handle, identifier, number of a payment, delivery,
            message or dead letter.
    """
    keys = related_keys(connection, key)
    loaded = [row for ids in contract_ids() for row in _in_raw(connection, contract(*ids), keys)]
    parameters = {
        "key": key,
        "keys": sorted(keys),
        "like": f"%{_escaped(key)}%" if len(key) >= 4 else key,
        "delivery_ids": sorted({row["detail"]["delivery_id"] for row in loaded}),
    }
    found = _rows(connection, "deliveries", parameters) + loaded
    for step in LATER_STEPS:
        if _are_there(connection, OF_THE_MODEL.get(step, ())):
            found += _rows(connection, step, parameters)
    return sorted(found, key=lambda row: row["at"])


def related_keys(connection: psycopg.Connection, key: str) -> set[str]:
    """The key itself and every other name of the same product or order that the model knows."""
    keys = {key}
    if _are_there(connection, OF_THE_MODEL["built"]):
        for name in ("same_product", "same_order"):
            parameters = {"keys": sorted(keys)}
            keys |= {row[0] for row in connection.execute(statement("trace", name), parameters) if row[0]}
    return keys


def _are_there(connection: psycopg.Connection, tables: Sequence[str]) -> bool:
    """The warehouse has been built with these tables at least once."""
    found = (connection.execute("select to_regclass(%s)", [table]).fetchone() for table in tables)
    return all(row is not None and row[0] is not None for row in found)


def _in_raw(connection: psycopg.Connection, agreed: Contract, keys: set[str]) -> Iterator[dict[str, Any]]:
    names = [
        p.name for p in agreed.properties if p.kind is Kind.STRING and (p.key_position or p.name in TRACED)
    ]
    exists = connection.execute("select to_regclass(%s)", [f'raw."{agreed.table}"']).fetchone()
    if not names or not exists or exists[0] is None:
        return
    made = sql.SQL(
        "select coalesce(d.loaded_at, d.landed_at) as at, 'load_raw' as step, d.flow as seam, {key} as name, "
        "r._delivery_id, r._line, r._as_of, r._deleted_at from {table} as r "
        "join landing.deliveries as d on d.delivery_id = r._delivery_id where {matches} limit {limit}"
    ).format(
        key=sql.SQL("concat_ws(' / ', {})").format(
            sql.SQL(", ").join(sql.Identifier("r", name) for name in agreed.key)
        ),
        table=sql.Identifier("raw", agreed.table),
        matches=sql.SQL(" or ").join(
            sql.SQL("{} = any(%(keys)s)").format(sql.Identifier("r", n)) for n in names
        ),
        limit=sql.Literal(MOST_ROWS),
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(made, {"keys": sorted(keys)}):
            state = "deleted" if row["_deleted_at"] else "last changed"
            yield {
                "at": row["at"],
                "step": row["step"],
                "seam": row["seam"],
                "what": f"raw.{agreed.table} {row['name']}: {state} by delivery {row['_delivery_id']}, "
                f"line {row['_line']}",
                "detail": {"delivery_id": row["_delivery_id"], "as_of": row["_as_of"]},
            }


def _rows(connection: psycopg.Connection, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("trace", name), parameters).fetchall()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
