"""Exchange rates, as the ERP books at them.

### Data flow

CSV over SFTP → landing → contract `erp_sftp/exchange_rates` → `raw.erp_sftp__exchange_rates` →
`conformed.exchange_rates`; amounts in the reporting currency of orders, refunds and metrics are made with it.

### When

Twice an hour: files that did not change between two looks.

### If it fails

An export that is cut off, in another form or mostly wrong is refused as a whole, and the next one goes on. Orders of
days without a rate are there in their own currency; in the reporting currency they come with the rate.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a rate whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.erp_sftp.pull import PULL_EXCHANGE_RATES
from include.task_groups import facts, pull_chain

with DAG("pull_exchange_rates_from_erp_sftp", **facts(PULL_EXCHANGE_RATES, __doc__)):
    pull_chain(PULL_EXCHANGE_RATES)
