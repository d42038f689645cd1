"""Stock of the warehouses, by X12 846.

### Data flow

X12 846 interchanges over SFTP → landing → contract `warehouse_edi/stock` → `raw.warehouse_edi__stock`; a
997 goes back.

### When

Every five minutes, and at once when another flow has found documents of this kind in its files.

### If it fails

A transaction set or line that breaks the standard is refused alone and named in the 997. An interchange
number that comes again with other content is refused as an alarm. A 997 that could not be put on the server
is sent by the next run.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import handed_over
from include.systems.warehouse_edi.pull import PULL_STOCK
from include.task_groups import facts, pull_chain

with DAG("pull_stock_from_warehouse_edi", **facts(PULL_STOCK, __doc__, wakes_on=[handed_over(PULL_STOCK)])):
    pull_chain(PULL_STOCK)
