"""Flow ``pull_orders_from_marketplace_sftp``: the six related exports of a marketplace, all or nothing.

A day's exports lie in a folder of their own, which is complete when its marker is there. Products and
sellers list what the day's orders mention; where a partner lists all it has, its profile says so under
``full_entities``.
"""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PullFlow
from include.systems import partner_files
from include.systems.sftp import pickup

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


arrivals = pickup.source_of_sets(SYSTEM, FILE_NAMES)
read = partner_files.records
