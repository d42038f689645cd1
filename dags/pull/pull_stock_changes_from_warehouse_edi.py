"""Corrections of stock at the warehouses, by X12 947.

### Data flow

X12 947 over SFTP → landing → contract `warehouse_edi/stock_changes` →
`raw.warehouse_edi__stock_changes`; a 997 goes back.

### When

Every ten minutes, and at once when another flow has found documents of this kind in its files.

### If it fails

A document that breaks the standard is refused alone and named in the 997. An interchange number that comes again
with other content is refused as an alarm; with the same content it is passed over.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import handed_over
from include.systems.warehouse_edi.pull import PULL_STOCK_CHANGES
from include.task_groups import facts, pull_chain

with DAG(
    "pull_stock_changes_from_warehouse_edi",
    **facts(PULL_STOCK_CHANGES, __doc__, wakes_on=[handed_over(PULL_STOCK_CHANGES)]),
):
    pull_chain(PULL_STOCK_CHANGES)
