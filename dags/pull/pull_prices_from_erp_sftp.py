"""Prices, as the ERP agrees them: list prices, contracts with customers, promotions of a channel.

### Data flow

CSV over SFTP → landing → contract `erp_sftp/prices` → `raw.erp_sftp__prices` → `conformed.price_conditions`; with the
prices of the PIM they make `conformed.effective_prices`, where one can see which statement won, and why.

### When

Four times an hour: files that did not change between two looks. A price that begins or ends later does so by itself:
the build that begins once an hour takes it up.

### If it fails

An export that is cut off, in another form or mostly wrong is refused as a whole, and the next one goes on. What the ERP
agreed before holds until it is changed, withdrawn or over.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of an agreement whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.erp_sftp.pull import PULL_PRICES
from include.task_groups import facts, pull_chain

with DAG("pull_prices_from_erp_sftp", **facts(PULL_PRICES, __doc__)):
    pull_chain(PULL_PRICES)
