"""Sales of shops that have no interface, from the ledgers of their tills.

### Data flow

Parquet over SFTP → landing → contract `ledger_sftp/lines` → `raw.ledger_sftp__lines` → `conformed.orders`,
`order_lines`, `refunds`, `customers` and `products`, like those of every other shop.

### When

Every hour: files that did not change between two looks.

### If it fails

A ledger that is cut off, damaged or in another form is refused as a whole, and the next one goes on. What was taken in
before stays.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once; lines are
numbered as they stand in the file, so raw holds each of them once.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.ledger_sftp.pull import PULL_LEDGER
from include.task_groups import facts, pull_chain

with DAG("pull_orders_from_ledger_sftp", **facts(PULL_LEDGER, __doc__)):
    pull_chain(PULL_LEDGER)
