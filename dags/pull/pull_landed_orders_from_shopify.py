"""Orders of a storefront that a connector lands in a database of ours.

### Data flow

Tables of the connector (connection `shopify_connector`) → one document an order, as the Admin API would send it →
landing → contract `shopify/orders` → `raw.shopify__orders`.

### When

Every hour: orders of which the connector has written something, with an overlap of a day. Only for shops that
`pull_orders_from_shopify` does not read; paused until there is such a connection.

### If it fails

A database that does not answer is asked again. A table that we may not read, or a schema that is not there, stops the
flow and is named. Orders that break the contract go to dead letters.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.shopify.pull import PULL_LANDED_ORDERS
from include.task_groups import facts, pull_chain

with DAG("pull_landed_orders_from_shopify", **facts(PULL_LANDED_ORDERS, __doc__)):
    pull_chain(PULL_LANDED_ORDERS)
