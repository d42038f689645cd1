"""A connector's tables for tests: seeds loaded as they are, and orders of the Admin API shredded the way it does."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from include.delivery import Endpoint

SYNCED = datetime(2026, 11, 4, 10, 0, tzinfo=UTC)
KINDS = (
    ("bigint", re.compile(r"-?\d{1,18}")),
    ("numeric", re.compile(r"-?\d+\.\d+")),
    ("boolean", re.compile(r"true|false", re.IGNORECASE)),
    ("timestamptz", re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d?:\d\d.*")),
)

Rows = dict[str, list[dict[str, Any]]]


def endpoint(dsn: str, **extra: Any) -> Endpoint:
    """The Airflow connection to a database."""
    url = urlsplit(dsn)
    return Endpoint(
        host=url.hostname or "",
        port=url.port,
        login=url.username,
        password=unquote(url.password or ""),
        schema=url.path.lstrip("/"),
        extra=extra,
    )


def load_seeds(dsn: str, schema: str, files: Mapping[str, Path]) -> None:
    """Tables with the columns of CSV files, typed by what they hold."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        for table, path in files.items():
            rows = rows_of(path)
            types = {name: _kind(name, [row[name] for row in rows]) for name in columns_of(path)}
            _make(connection, schema, table, types)
            _fill(connection, schema, table, rows)


def rows_of(path: Path) -> list[dict[str, str | None]]:
    """The rows of a CSV file; what is blank is nothing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: value.strip() or None for name, value in row.items()} for row in csv.DictReader(file)]


def columns_of(path: Path) -> list[str]:
    """The header of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def write(dsn: str, schema: str, rows: Rows, columns: Mapping[str, Iterable[str]] | None = None) -> None:
    """Write rows into tables with just the columns that any of them has, as connectors make them; a table that is there
    gets more rows, and replaces those of the same id.

    Args:
        columns: what each table may have; a row with another column is an error of the test.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        for table, held in rows.items():
            types = {name: _type_of(row[name]) for row in held for name in row if row[name] is not None}
            if columns is not None:
                assert set(types) <= set(columns[table]), (table, set(types) - set(columns[table]))
            _make(connection, schema, table, types)
            if "id" in types:
                connection.execute(
                    sql.SQL("delete from {} where id = any(%s)").format(sql.Identifier(schema, table)),
                    [[row["id"] for row in held]],
                )
            _fill(connection, schema, table, [{k: v for k, v in row.items() if k in types} for row in held])


def shredded(orders: Iterable[Mapping[str, Any]], synced: datetime = SYNCED) -> Rows:
    """Orders of the GraphQL Admin API as rows of the connector's tables."""
    rows: Rows = defaultdict(list)
    for order in orders:
        _shred(order, rows)
    return {
        table: [{**row, "_fivetran_synced": synced} for row in held] for table, held in rows.items() if held
    }


def number(gid: str | None) -> int | None:
    """The number in an identifier of the Admin API."""
    return None if gid is None else int(gid.rpartition("/")[2])


def money(name: str, bag: Mapping[str, Any] | None) -> dict[str, Any]:
    """An amount in both currencies, as four columns."""
    if bag is None:
        return {}
    return {
        f"{name}_set_{side}_{column}": bag[money][field]
        for side, money in (("shop", "shopMoney"), ("pres", "presentmentMoney"))
        for column, field in (("amount", "amount"), ("currency_code", "currencyCode"))
    }


def _shred(order: Mapping[str, Any], rows: Rows) -> None:
    order_id = number(order["id"])
    customer, address = order["customer"], order["shippingAddress"] or {}
    rows["order"].append(
        {
            "_fivetran_deleted": False,
            "id": order_id,
            "name": order["name"],
            "created_at": _moment(order["createdAt"]),
            "processed_at": _moment(order["processedAt"]),
            "updated_at": _moment(order["updatedAt"]),
            "cancelled_at": _moment(order["cancelledAt"]),
            "cancel_reason": order["cancelReason"] and order["cancelReason"].lower(),
            "closed_at": _moment(order["closedAt"]),
            "test": order["test"],
            "source_name": order["sourceName"],
            "taxes_included": order["taxesIncluded"],
            "display_financial_status": order["displayFinancialStatus"],
            "display_fulfillment_status": order["displayFulfillmentStatus"],
            "currency_code": order["currencyCode"],
            "presentment_currency_code": order["presentmentCurrencyCode"],
            "customer_locale": order["customerLocale"],
            **money("subtotal_price", order["subtotalPriceSet"]),
            **money("total_discounts", order["totalDiscountsSet"]),
            **money("total_shipping_price", order["totalShippingPriceSet"]),
            **money("total_tax", order["totalTaxSet"]),
            **money("total_price", order["totalPriceSet"]),
            "customer_id": customer and number(customer["id"]),
            "shipping_address_country_code": address.get("countryCodeV2"),
            "shipping_address_province_code": address.get("provinceCode"),
            "shipping_address_zip": address.get("zip"),
            "shipping_address_city": address.get("city"),
            "shipping_address_name": address.get("name"),
            "shipping_address_company": address.get("company"),
            "shipping_address_address_1": address.get("address1"),
            "shipping_address_address_2": address.get("address2"),
        }
    )
    if customer and number(customer["id"]) not in {one["id"] for one in rows["customer"]}:
        rows["customer"].append(
            {
                "id": number(customer["id"]),
                "updated_at": _moment(customer["updatedAt"]),
                "first_name": customer["firstName"],
                "last_name": customer["lastName"],
                "email": (customer["defaultEmailAddress"] or {}).get("emailAddress"),
                "tax_exempt": customer["taxExempt"],
            }
        )
    _shred_lines(order, rows)
    _shred_money(order, rows)
    _shred_goods(order, rows)


def _shred_lines(order: Mapping[str, Any], rows: Rows) -> None:
    applications: dict[tuple[Any, ...], int] = {}
    sent = _sent(order)
    for line in order["lineItems"]["nodes"]:
        line_id, pieces = number(line["id"]), line["quantity"]
        rows["order_line"].append(
            {
                "id": line_id,
                "order_id": number(order["id"]),
                "sku": line["sku"],
                "title": line["title"],
                "variant_title": line["variantTitle"],
                "product_id": line["product"] and number(line["product"]["id"])
                if line.get("product")
                else None,
                "variant_id": number(line["variant"]["id"]) if line.get("variant") else None,
                "quantity": pieces,
                "unfulfilled_quantity": line["quantity"]
                - _cancelled(order, line["id"])
                - sent.get(line["id"], 0),
                "taxable": line["taxable"],
                **_times(money("original_total", line["originalUnitPriceSet"]), pieces),
                **money("total_discount", line["totalDiscountSet"]),
            }
        )
        rows["tax_line"] += [
            {
                "index": place,
                "order_line_id": line_id,
                "title": tax["title"],
                "rate": tax["ratePercentage"] / 100,
                **money("price", tax["priceSet"]),
            }
            for place, tax in enumerate(line["taxLines"])
        ]
        for place, allocation in enumerate(line["discountAllocations"]):
            application = allocation["discountApplication"]
            known = tuple(sorted(application.items()))
            index = applications.setdefault(known, len(applications))
            rows["discount_allocation"].append(
                {
                    "index": place,
                    "order_line_id": line_id,
                    "discount_application_index": index,
                    **money("allocated_amount", allocation["allocatedAmountSet"]),
                }
            )
    rows["discount_application"] += [
        {"index": index, "order_id": number(order["id"]), "code": dict(known).get("code")}
        for known, index in applications.items()
    ]
    rows["order_shipping_line"] += [
        {
            "id": number(line["id"]),
            "order_id": number(order["id"]),
            "title": line["title"],
            "is_removed": False,
            **money("original_price", line["originalPriceSet"]),
            **money("discounted_price", line["discountedPriceSet"]),
        }
        for line in order["shippingLines"]["nodes"]
    ]


def _shred_money(order: Mapping[str, Any], rows: Rows) -> None:
    rows["transaction"] += [
        {
            "id": number(payment["id"]),
            "order_id": number(order["id"]),
            "kind": payment["kind"].lower(),
            "status": payment["status"].lower(),
            "gateway": payment["gateway"],
            "created_at": _moment(payment["createdAt"]),
            "processed_at": _moment(payment["processedAt"]),
            "parent_id": number((payment["parentTransaction"] or {}).get("id")),
            "error_code": payment["errorCode"] and payment["errorCode"].lower(),
            "test": payment["test"],
            **money("amount", payment["amountSet"]),
        }
        for payment in order["transactions"]
    ]
    for refund in order["refunds"]:
        rows["refund"].append(
            {
                "id": number(refund["id"]),
                "order_id": number(order["id"]),
                "created_at": _moment(refund["createdAt"]),
                "updated_at": _moment(refund["updatedAt"]),
                "note": refund["note"],
                **money("total_refunded", refund["totalRefundedSet"]),
            }
        )
        rows["order_line_refund"] += [
            {
                "id": number(line["id"]),
                "refund_id": number(refund["id"]),
                "order_line_id": number(line["lineItem"]["id"]),
                "quantity": float(line["quantity"]),
                "restock_type": line["restockType"].lower(),
                **money("subtotal", line["subtotalSet"]),
                **money("total_tax", line["totalTaxSet"]),
            }
            for line in refund["refundLineItems"]["nodes"]
        ]


def _shred_goods(order: Mapping[str, Any], rows: Rows) -> None:
    for shipment in order["fulfillments"]:
        shipment_id = number(shipment["id"])
        rows["fulfillment"].append(
            {
                "id": shipment_id,
                "order_id": number(order["id"]),
                "name": shipment["name"],
                "status": shipment["status"],
                "created_at": _moment(shipment["createdAt"]),
                "updated_at": _moment(shipment["updatedAt"]),
                "location_id": number((shipment["location"] or {}).get("id")),
            }
        )
        rows["fulfillment_tracking_info"] += [
            {"index": place, "fulfillment_id": shipment_id, **tracking}
            for place, tracking in enumerate(shipment["trackingInfo"])
        ]
        if shipment["deliveredAt"]:
            rows["fulfillment_event"].append(
                {
                    "id": shipment_id,
                    "fulfillment_id": shipment_id,
                    "status": "delivered",
                    "happened_at": _moment(shipment["deliveredAt"]),
                }
            )
    for asked in order["returns"]["nodes"]:
        lines = asked["returnLineItems"]["nodes"]
        rows["return"].append(
            {
                "id": number(asked["id"]),
                "order_id": number(order["id"]),
                "name": asked["name"],
                "status": asked["status"].lower(),
                "total_quantity": sum(line["quantity"] for line in lines),
            }
        )
        rows["return_line_item"] += [
            {
                "id": number(line["id"]),
                "return_id": number(asked["id"]),
                "order_line_id": number(line["fulfillmentLineItem"]["lineItem"]["id"]),
                "quantity": line["quantity"],
                "refunded_quantity": line["refundedQuantity"],
                "return_reason_note": line["returnReasonNote"],
            }
            for line in lines
        ]


def _sent(order: Mapping[str, Any]) -> dict[str, int]:
    sent: dict[str, int] = defaultdict(int)
    for shipment in order["fulfillments"]:
        if shipment["status"] == "SUCCESS":
            for line in shipment["fulfillmentLineItems"]["nodes"]:
                sent[line["lineItem"]["id"]] += line["quantity"]
    return sent


def _cancelled(order: Mapping[str, Any], line: str) -> int:
    return sum(
        part["quantity"]
        for refund in order["refunds"]
        for part in refund["refundLineItems"]["nodes"]
        if part["lineItem"]["id"] == line and part["restockType"] == "CANCEL"
    )


def _times(columns: dict[str, Any], pieces: int) -> dict[str, Any]:
    return {
        name: float(value) * pieces if name.endswith("_amount") else value for name, value in columns.items()
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _kind(name: str, values: list[str | None]) -> str:
    if name == "_fivetran_synced":
        return "timestamptz"
    held = [value for value in values if value is not None]
    return next((kind for kind, form in KINDS if held and all(map(form.fullmatch, held))), "text")


def _type_of(value: object) -> str:
    known = {bool: "boolean", int: "bigint", float: "double precision", datetime: "timestamptz"}
    return known.get(type(value), "text")


def _make(connection: psycopg.Connection, schema: str, table: str, types: Mapping[str, str]) -> None:
    name = sql.Identifier(schema, table)
    connection.execute(sql.SQL("create table if not exists {} ()").format(name))
    for column, kind in types.items():
        connection.execute(
            sql.SQL("alter table {} add column if not exists {} {}").format(
                name, sql.Identifier(column), sql.SQL(kind)
            )
        )


def _fill(connection: psycopg.Connection, schema: str, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(schema, table), columns)
    with connection.cursor() as cursor, cursor.copy(copy) as target:
        for row in rows:
            target.write_row([row.get(name) for name in names])
