"""Orders of customers to the warehouses over EDI.

### Data flow

`outbound.warehouse_edi__orders` → gate `warehouse_edi/orders` → outbox, one message an order → X12 940, kept under its
control number → the warehouse's mailbox → acknowledged by a 997; what was sent comes back as a 945.

### When

When the build changed an order, when a warehouse said something of one, and every ten minutes for what is due again.

### If it fails

What was written is kept and goes to its mailbox next time. An order that a warehouse refuses becomes a dead letter; one
that is not acknowledged in time is told to its owner. A later change of an order waits until the warehouse has said
what it makes of the one before.

### Safe to re-run?

Yes, any task, at any time, twice. An order is written once and sent from what was kept; where the connection broke, the
mailbox is looked at before anything is put there again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.warehouse_edi.push import PUSH_ORDERS
from include.task_groups import facts, push_chain

with DAG("push_orders_to_warehouse_edi", **facts(PUSH_ORDERS, __doc__, wakes_on=[changed(PUSH_ORDERS)])):
    push_chain(PUSH_ORDERS)
