"""Orders to suppliers, as the ERP places them.

### Data flow

CSV over SFTP → landing → contract `erp_sftp/purchase_orders` → `raw.erp_sftp__purchase_orders` →
`conformed.purchase_orders`; what goes to suppliers over EDI is made of it.

### When

Every quarter of an hour: files that did not change between two looks.

### If it fails

An export that is cut off, in another form or mostly wrong is refused as a whole, and the next one goes on. An order
reaches its supplier later; none is changed or lost.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a line whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.erp_sftp.pull import PULL_PURCHASE_ORDERS
from include.task_groups import facts, pull_chain

with DAG("pull_purchase_orders_from_erp_sftp", **facts(PULL_PURCHASE_ORDERS, __doc__)):
    pull_chain(PULL_PURCHASE_ORDERS)
