"""What retailers can order of each article, over EDI.

### Data flow

`outbound.retailer_edi__stock` → gate `retailer_edi/stock` → outbox, one message an article and retailer → X12 846 or
EDIFACT INVRPT, a document for up to 500 articles, kept under its control number → the retailer's mailbox → acknowledged
by 997 or CONTRL.

### When

When the build changed what can be ordered, when a retailer said something of a report, and every quarter of an hour for
what is due again.

### If it fails

What was written is kept and goes to its mailbox next time. A report that a retailer refuses makes a dead letter of each
of its articles; one that is not acknowledged in time is told to its owner.

### Safe to re-run?

Yes, any task, at any time, twice. A report is written once and sent from what was kept; where the connection broke, the
mailbox is looked at before anything is put there again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.retailer_edi.push import PUSH_STOCK
from include.task_groups import facts, push_chain

with DAG("push_stock_to_retailer_edi", **facts(PUSH_STOCK, __doc__, wakes_on=[changed(PUSH_STOCK)])):
    push_chain(PUSH_STOCK)
