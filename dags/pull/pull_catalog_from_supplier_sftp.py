"""Product and price lists of suppliers.

### Data flow

CSV in the Shopify product form, over SFTP → landing → contract `supplier_sftp/catalog` →
`raw.supplier_sftp__catalog`.

### When

Every quarter of an hour: files that did not change between two looks, or whose marker lies beside them.

### If it fails

A list that is cut off, in another form or mostly wrong is refused as a whole, and the next one goes on. A
complete list that names far fewer articles than before deletes nothing until a person agrees.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.supplier_sftp.pull import PULL_CATALOG
from include.task_groups import facts, pull_chain

with DAG("pull_catalog_from_supplier_sftp", **facts(PULL_CATALOG, __doc__)):
    pull_chain(PULL_CATALOG)
