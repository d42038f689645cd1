"""What the storefront's stock really is, against what it should be.

### Data flow

Storefront, all inventory levels → compared with `outbound.shopify__stock` and the outbox →
`reconciliation.mismatches`, repair messages up to a cap.

### When

Every five minutes.

### If it fails

The storefront could not be read; nothing is noted and the next run compares. Mismatches beyond the cap, or
that come back after a repair, wait for their owner.

### Safe to re-run?

Yes. A key has one open mismatch and one waiting message, however often it is found to differ.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.shopify.reconcile import RECONCILE_STOCK
from include.task_groups import facts, reconcile_chain

with DAG("reconcile_stock_with_shopify", **facts(RECONCILE_STOCK, __doc__)):
    reconcile_chain(RECONCILE_STOCK)
