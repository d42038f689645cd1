"""Flows from the storefront: orders that changed, with everything that belongs to them, and carts.

Orders come by ``updated_at``, from the last watermark minus an overlap, oldest change first; one that changes meanwhile
moves to the end and comes again. Carts come in the order of their ids: the shop sorts them by no change. Flow
``pull_landed_orders_from_shopify`` has the orders from the tables of a connector, see ``landed_orders``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems.shopify import changed_records
from include.systems.shopify.changed_records import SYSTEM
from include.systems.shopify.kinds import CARTS, ORDERS

PULL_ORDERS = PullFlow(
    dag_id="pull_orders_from_shopify",
    summary="Brings changed orders with lines, payments, refunds, returns and shipments from the storefront.",
    system=SYSTEM,
    objects=(
        "order",
        "customer",
        "address",
        "payment",
        "tax",
        "fulfillment",
        "return",
        "refund",
        "promotion",
    ),
    pattern=Pattern.API,
    because="The storefront lists what changed since a moment; events alone may be lost, doubled or out of order.",
    latency=LatencyClass.SAME_DAY,
    owner="order-operations",
    schedule="*/10 * * * *",
    late_after=timedelta(minutes=45),
    entities=(ORDERS.plural,),
    source="include.systems.shopify.pull:changed_orders",
    reader="include.systems.shopify.pull:read_orders",
)

PULL_LANDED_ORDERS = replace(
    PULL_ORDERS,
    dag_id="pull_landed_orders_from_shopify",
    summary="Brings the orders of a storefront from the tables in which a connector has landed them.",
    pattern=Pattern.DATABASE,
    because="A retailer whose connector lands the shop already keeps it: the shop is read once, the model is the same.",
    schedule="25 * * * *",
    late_after=timedelta(hours=6),
    source="include.systems.shopify.landed_orders:arrivals",
    reader="include.systems.shopify.landed_orders:read",
    connection="shopify_connector",
)

PULL_CARTS = PullFlow(
    dag_id="pull_carts_from_shopify",
    summary="Brings carts whose owners went away before they paid, and tells which of them came back.",
    system=SYSTEM,
    objects=("cart",),
    pattern=Pattern.API,
    because="The storefront lists the carts that were left since a moment, and says of each whether it was paid later.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="storefront",
    schedule="50 * * * *",
    late_after=timedelta(hours=6),
    entities=(CARTS.plural,),
    source="include.systems.shopify.pull:changed_carts",
    reader="include.systems.shopify.pull:read_carts",
)


def changed_orders(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The orders that changed; see ``changed_records.changed``."""
    yield from changed_records.changed(ORDERS, endpoint, memory, now)


def changed_carts(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """The carts that changed; see ``changed_records.changed``."""
    yield from changed_records.changed(CARTS, endpoint, memory, now)


def read_orders(delivery: LandedDelivery) -> Iterator[Batch]:
    """Orders of the landed pages; see ``changed_records.read``."""
    yield from changed_records.read(ORDERS, delivery)


def read_carts(delivery: LandedDelivery) -> Iterator[Batch]:
    """Carts of the landed pages; see ``changed_records.read``."""
    yield from changed_records.read(CARTS, delivery)
