"""Flow ``pull_orders_from_marketplace_sftp``: the six related exports of a marketplace, all or nothing.

A day's exports lie in a folder of their own, which is complete when its marker is there. Products and
sellers list what the day's orders mention; where a partner lists all it has, its profile says so under
``full_entities``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems import partner_files
from include.systems.partners import partner, partners
from include.systems.sftp import pickup
from include.systems.sftp.pickup import Look

SYSTEM = "marketplace_sftp"
FILE_NAMES = {
    "orders": "olist_orders_dataset.csv",
    "order_items": "olist_order_items_dataset.csv",
    "order_payments": "olist_order_payments_dataset.csv",
    "customers": "olist_customers_dataset.csv",
    "products": "olist_products_dataset.csv",
    "sellers": "olist_sellers_dataset.csv",
}
"""The file of each entity, unless the profile names others under ``file_names``."""

PULL_ORDERS = PullFlow(
    dag_id="pull_orders_from_marketplace_sftp",
    summary="Brings a marketplace's orders with items, payments, customers, products and sellers.",
    system=SYSTEM,
    objects=("order", "payment", "customer", "product", "company"),
    pattern=Pattern.FILE,
    because="The marketplace exports once a day; only the six files together say what was sold to whom and paid how.",
    latency=LatencyClass.SAME_DAY,
    owner="marketplace-operations",
    schedule="20 * * * *",
    late_after=timedelta(hours=26),
    entities=tuple(FILE_NAMES),
    file_names=FILE_NAMES,
    source="include.systems.marketplace_sftp.pull:arrivals",
    reader="include.systems.marketplace_sftp.pull:read",
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Every set that is complete, the oldest first.

    Raises:
        RetryLater, Stop: see ``sftp.client.connected``.
    """
    return pickup.arrivals(endpoint, partners(SYSTEM), memory, now, _sets)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the six files, one after another.

    Raises:
        Unreadable: see ``partner_files.read``.
    """
    profile = partner(SYSTEM, delivery.account)
    for file in delivery.files:
        yield from partner_files.read(file, profile)


def _sets(look: Look) -> Iterator[Arrival]:
    return pickup.file_sets(look, {**FILE_NAMES, **look.partner.settings.get("file_names", {})})
