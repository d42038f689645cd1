"""Orders that a connector has landed in a database of the retailer's, as the documents that the Admin API would send.

A row that the connector wrote since the last read brings its whole order again, so a line that came later than its
order completes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.formats.batches import Batch
from include.systems.connector import arrivals as connector
from include.systems.connector.arrivals import Landing
from include.systems.connector.tables import LandedTables
from include.systems.shopify.changed_records import SYSTEM
from include.systems.shopify.kinds import ORDERS

QUERIES = Path(__file__).with_name("documents")
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


def shop_name(tables: LandedTables) -> str:
    """What the shop is called: the first part of its ``myshopify_domain``, else its schema."""
    found = tables.ask(QUERIES / "landed_shop.sql", {})
    return found[0].partition(".")[0] if found and found[0] else tables.schema


LANDED_ORDERS = Landing(
    entity=ORDERS.plural,
    usual_schema="shopify",
    tables={
        "order": ("id",),
        "customer": ("id",),
        "shop": ("id",),
        **dict.fromkeys(BY_ORDER, ("id", "order_id")),
        **{table: tuple({"id", "order_line_id", key}) for table, _, key in BY_PARENT},
    },
    watched=("order", *BY_ORDER, *(table for table, _, _ in BY_PARENT)),
    query=QUERIES / "landed_orders.sql",
    names={"by_order": BY_ORDER, "by_parent": BY_PARENT},
    account=shop_name,
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The orders of each shop of which the connector wrote something.

    Raises:
        SystemUnavailable, AccessDenied, Misconfigured: see ``connector.tables``.
    """
    yield from connector.landed(LANDED_ORDERS, endpoint, memory, now)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Orders of the landed pages; see ``connector.arrivals.read``."""
    yield from connector.read(LANDED_ORDERS, SYSTEM, delivery)
