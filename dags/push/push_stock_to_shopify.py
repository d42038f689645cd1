"""Stock to the storefront.

### Data flow

`outbound.shopify__stock` → gate `shopify/stock` → outbox, one message an article and place →
`inventorySetQuantities` with the quantity that we expect to find → read back.

### When

When the build changed a quantity, when the shop got new articles, and every five minutes for what is due
again.

### If it fails

A quantity that the shop changed after our statement is left alone until the warehouse says more. Articles
that the shop does not have yet wait for their product.

### Safe to re-run?

Yes, any task, at any time, twice. The batch that was checked is the one that is sent; a message has one id
for ever; what was sent without an answer is looked up before anything of its key is sent again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.shopify.push import PUSH_STOCK
from include.task_groups import facts, push_chain

with DAG("push_stock_to_shopify", **facts(PUSH_STOCK, __doc__, wakes_on=[changed(PUSH_STOCK)])):
    push_chain(PUSH_STOCK)
