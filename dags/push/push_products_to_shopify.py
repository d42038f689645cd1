"""Products and prices to the storefront.

### Data flow

`outbound.shopify__products` → gate `shopify/products` → outbox, one message a product → `productSet`, which
names everything it must not delete → read back.

### When

When the build changed a product or price, and every ten minutes for what is due again.

### If it fails

A shut gate holds the whole batch: see its evidence, mend the data, or let it out by name. A product that
the shop refuses is a dead letter. While the shop does not answer, the breaker is open and messages wait.

### Safe to re-run?

Yes, any task, at any time, twice. The batch that was checked is the one that is sent; a message has one id
for ever; what was sent without an answer is looked up before anything of its key is sent again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.shopify.push import PUSH_PRODUCTS
from include.task_groups import facts, push_chain

with DAG("push_products_to_shopify", **facts(PUSH_PRODUCTS, __doc__, wakes_on=[changed(PUSH_PRODUCTS)])):
    push_chain(PUSH_PRODUCTS)
