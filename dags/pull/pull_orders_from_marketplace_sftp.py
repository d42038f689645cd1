"""Orders of the marketplace: six related files, all or nothing.

### Data flow

Six CSV exports over SFTP, one delivery set → landing → six contracts → `raw.marketplace_sftp__*` in one
transaction.

### When

Every hour: folders whose marker says that they are complete.

### If it fails

A set that lacks a file is set aside once and taken as soon as the file is there. A file that cannot be read
refuses the set.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.marketplace_sftp.pull import PULL_ORDERS
from include.task_groups import facts, pull_chain

with DAG("pull_orders_from_marketplace_sftp", **facts(PULL_ORDERS, __doc__)):
    pull_chain(PULL_ORDERS)
