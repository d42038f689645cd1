"""What retailers can order of us and at which prices, over EDI.

### Data flow

`outbound.retailer_edi__catalog` → gate `retailer_edi/catalog` → outbox, one message an article and retailer → X12 832
or EDIFACT PRICAT, a document for up to 500 articles, kept under its control number → the retailer's mailbox →
acknowledged by 997 or CONTRL.

### When

When the build changed an article, a price or a retailer's terms, when a retailer said something of a catalogue, and
every half hour for what is due again.

### If it fails

What was written is kept and goes to its mailbox next time. A catalogue that a retailer refuses makes a dead letter of
each of its articles; one that is not acknowledged in time is told to its owner.

### Safe to re-run?

Yes, any task, at any time, twice. A catalogue is written once and sent from what was kept; where the connection broke,
the mailbox is looked at before anything is put there again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.retailer_edi.push import PUSH_CATALOG
from include.task_groups import facts, push_chain

with DAG("push_catalog_to_retailer_edi", **facts(PUSH_CATALOG, __doc__, wakes_on=[changed(PUSH_CATALOG)])):
    push_chain(PUSH_CATALOG)
