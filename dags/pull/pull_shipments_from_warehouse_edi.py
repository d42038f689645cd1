"""What the warehouses have sent out for us, by X12 945.

### Data flow

X12 945 over SFTP → landing → contract `warehouse_edi/shipments` →
`raw.warehouse_edi__shipments`; a 997 goes back.

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
from include.systems.warehouse_edi.pull import PULL_SHIPMENTS
from include.task_groups import facts, pull_chain

with DAG(
    "pull_shipments_from_warehouse_edi",
    **facts(PULL_SHIPMENTS, __doc__, wakes_on=[handed_over(PULL_SHIPMENTS)]),
):
    pull_chain(PULL_SHIPMENTS)
