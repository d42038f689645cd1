"""Orders to suppliers over EDI.

### Data flow

`outbound.supplier_edi__purchase_orders` → gate `supplier_edi/purchase_orders` → outbox, one message an order →
X12 850 or EDIFACT ORDERS, or 860 and ORDCHG for what changed, kept under its control number → the supplier's mailbox →
acknowledged by 997, 999 or CONTRL.

### When

When the build changed an order, when a supplier said something of one, and every quarter of an hour for what is due
again.

### If it fails

What was written is kept and goes to its mailbox next time. An order that a supplier refuses becomes a dead letter; one
that is not acknowledged in time is told to its owner. A later change of an order waits until the supplier has said
what it makes of the one before.

### Safe to re-run?

Yes, any task, at any time, twice. An order is written once and sent from what was kept; where the connection broke, the
mailbox is looked at before anything is put there again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.supplier_edi.push import PUSH_PURCHASE_ORDERS
from include.task_groups import facts, push_chain

with DAG(
    "push_purchase_orders_to_supplier_edi",
    **facts(PUSH_PURCHASE_ORDERS, __doc__, wakes_on=[changed(PUSH_PURCHASE_ORDERS)]),
):
    push_chain(PUSH_PURCHASE_ORDERS)
