"""Sales of retailers, by X12 852 and 867 or EDIFACT SLSRPT.

### Data flow

X12 852 and 867, EDIFACT SLSRPT over SFTP → landing → contract `retailer_edi/sales` → `raw.retailer_edi__sales`; a 997
or CONTRL goes back.

### When

Every half an hour, and at once when another flow has found documents of this kind in its files.

### If it fails

A document that breaks the standard is refused alone and named in the acknowledgement. An interchange number that
comes again with other content is refused as an alarm; with the same content it is passed over.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import handed_over
from include.systems.retailer_edi.pull import PULL_SALES
from include.task_groups import facts, pull_chain

with DAG("pull_sales_from_retailer_edi", **facts(PULL_SALES, __doc__, wakes_on=[handed_over(PULL_SALES)])):
    pull_chain(PULL_SALES)
