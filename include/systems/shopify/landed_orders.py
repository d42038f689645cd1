"""Orders that a connector has landed in a database of the retailer's, as the documents that the Admin API would send.

A row that the connector wrote since the last read brings its whole order again, so a line that came later than its
order completes it. The connector gives a row its moment before it commits it: a read begins an overlap before the
newest moment of the last one, and is made only if there is a row that was not there then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from include.delivery import Arrival, ArrivingFile, Endpoint, LandedDelivery, Memory
from include.formats import json_records
from include.formats.batches import Batch
from include.systems.shopify.changed_records import layout
from include.systems.shopify.connector_tables import ORDER, LandedShop, landed_tables
from include.systems.shopify.kinds import ORDERS

QUERIES = Path(__file__).with_name("documents")
ORDERS_PER_PAGE = 500
OVERLAP_HOURS = 24
"""How long after its moment a row may become visible: a load of everything takes its time."""

USUAL_SCHEMA = "shopify"
BY_ORDER = (
    "order_line",
    "order_shipping_line",
    "transaction",
    "refund",
    "fulfillment",
    "return",
    "discount_application",
)
BY_PARENT = (
    ("order_line_refund", "refund", "refund_id"),
    ("refund_line_item", "refund", "refund_id"),
    ("tax_line", "order_line", "order_line_id"),
    ("order_line_tax_line", "order_line", "order_line_id"),
    ("discount_allocation", "order_line", "order_line_id"),
    ("fulfillment_event", "fulfillment", "fulfillment_id"),
    ("fulfillment_tracking_info", "fulfillment", "fulfillment_id"),
    ("return_line_item", "return", "return_id"),
)
"""Tables whose rows belong to an order by way of another: table, that other, the key of the other in it."""

TABLES: dict[str, tuple[str, ...]] = {
    ORDER: ("id",),
    "customer": ("id",),
    "shop": ("id",),
    **dict.fromkeys(BY_ORDER, ("id", "order_id")),
    **{table: tuple({"id", "order_line_id", key}) for table, _, key in BY_PARENT},
}


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The orders of each shop of which the connector wrote something.

    Raises:
        SystemUnavailable, AccessDenied, Misconfigured: see ``connector_tables``.
    """
    overlap = timedelta(hours=float(endpoint.extra.get("overlap_hours", OVERLAP_HOURS)))
    for schema in _schemas(endpoint):
        with landed_tables(endpoint) as connection:
            shop = LandedShop(connection, schema, TABLES)
            account = _account(shop)
            known = memory.watermark(account)
            since = datetime.fromisoformat(known["newest"]) - overlap if known else None
            reached = _reached(shop, since, overlap)
            if reached is not None and reached != known:
                yield Arrival(
                    account=account,
                    kind="pages",
                    name=f"orders_{now:%Y%m%dT%H%M%SZ}",
                    as_of=now,
                    files=_files(shop, since),
                    next_watermark=reached,
                )


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Orders of the landed pages.

    Raises:
        Unreadable: see ``formats.json_records.read``.
    """
    for batch in json_records.read(delivery.files, layout(ORDERS)):
        yield replace(batch, entity=ORDERS.plural)


def _schemas(endpoint: Endpoint) -> list[str]:
    named = endpoint.extra.get("schemas", [USUAL_SCHEMA])
    return named.split(",") if isinstance(named, str) else list(named)


def _account(shop: LandedShop) -> str:
    """What the shop is called: the first part of its ``myshopify_domain``, else its schema."""
    found = shop.ask(QUERIES / "landed_shop.sql", {})
    return found[0].partition(".")[0] if found and found[0] else shop.schema


def _reached(shop: LandedShop, since: datetime | None, overlap: timedelta) -> dict[str, Any] | None:
    """How far the connector has come: the newest moment, and how many rows are no older than the overlap before it.

    A row that becomes visible late changes the number, if not the moment.
    """
    found = shop.ask(
        QUERIES / "landed_progress.sql",
        {"since": since, "overlap": overlap},
        tables=(ORDER, *BY_ORDER, *(table for table, _, _ in BY_PARENT)),
    )
    return None if found is None else {"newest": found[0].isoformat(), "rows": found[1]}


def _files(shop: LandedShop, since: datetime | None) -> Iterator[ArrivingFile]:
    """Pages of orders, as the Admin API would send them."""
    query = shop.written(QUERIES / "landed_orders.sql", by_order=BY_ORDER, by_parent=BY_PARENT)
    with shop.connection.cursor("landed_orders") as cursor:
        cursor.itersize = ORDERS_PER_PAGE
        cursor.execute(query, {"since": since})
        documents = (str(document) for (document,) in cursor)
        number = 0
        while page := list(islice(documents, ORDERS_PER_PAGE)):
            number += 1
            body = f'{{"data":{{"orders":{{"nodes":[{",".join(page)}]}}}}}}'.encode()
            yield ArrivingFile(
                entity=ORDERS.plural,
                name=f"orders_{number:05}.json",
                size_bytes=len(body),
                modified_at=None,
                blocks=partial(_blocks, body),
            )


def _blocks(body: bytes) -> Iterator[bytes]:
    yield body
