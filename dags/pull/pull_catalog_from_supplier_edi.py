"""Articles and prices of suppliers, by X12 832 or EDIFACT PRICAT.

### Data flow

X12 832 and EDIFACT PRICAT over SFTP → landing → contract `supplier_edi/catalog` →
`raw.supplier_edi__catalog`; a 997 or CONTRL goes back.

### When

Every fifteen minutes, and at once when another flow has found documents of this kind in its files.

### If it fails

A document that breaks the standard is refused alone and named in the acknowledgement. An interchange number
that comes again with other content is refused as an alarm; with the same content it is passed over.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import handed_over
from include.systems.supplier_edi.pull import PULL_CATALOG
from include.task_groups import facts, pull_chain

with DAG(
    "pull_catalog_from_supplier_edi", **facts(PULL_CATALOG, __doc__, wakes_on=[handed_over(PULL_CATALOG)])
):
    pull_chain(PULL_CATALOG)
