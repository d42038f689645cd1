"""Flow ``reconcile_stock_with_shopify``: the storefront's own stock, read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from include.delivery import Endpoint, Shown
from include.flow import LatencyClass, Pattern, ReconcileFlow
from include.systems.shopify.client import Client
from include.systems.web import account

ITEMS_A_PAGE = 50

RECONCILE_STOCK = ReconcileFlow(
    dag_id="reconcile_stock_with_shopify",
    summary="Reads the storefront's stock back, compares it with ours, mends what differs or tells its owner.",
    system="shopify",
    objects=("inventory",),
    pattern=Pattern.COMPARISON,
    because="That a message was accepted proves nothing; only what the storefront shows does.",
    latency=LatencyClass.CHECKOUT_BLOCKING,
    owner="warehouse-operations",
    schedule="*/5 * * * *",
    late_after=timedelta(minutes=20),
    repairs_with="push_stock_to_shopify",
    field="quantity",
    absent_means="0",
    reader="include.systems.shopify.reconcile:shown_stock",
    repair_cap=50,
)


def shown_stock(endpoint: Endpoint) -> Iterator[Shown]:
    """What the shop holds of every article with a number, at every location; each item once, also where two
    pages name it because the shop changed in between.

    Raises:
        RetryLater, Stop: see ``client.Client.query``.
    """
    shop = account(endpoint)
    with Client(endpoint) as client:
        after, more = None, True
        seen: set[str] = set()
        while more:
            page = client.query("inventory_levels", first=ITEMS_A_PAGE, after=after).data["inventoryItems"]
            for item in page["nodes"]:
                if item["id"] in seen:
                    continue
                seen.add(item["id"])
                for level in item["inventoryLevels"]["nodes"] if item["sku"] else ():
                    available = next((q["quantity"] for q in level["quantities"]), None)
                    yield Shown(
                        key=f"{item['sku']}@{level['location']['name']}@{shop}",
                        value=None if available is None else str(available),
                        changed_at=datetime.fromisoformat(level["updatedAt"]),
                    )
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
