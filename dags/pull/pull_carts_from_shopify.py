"""Carts of the storefront that were left before they were paid, and those whose owners came back.

### Data flow

GraphQL Admin API (`abandonedCheckouts`), pages as they came → landing → contract `shopify/carts` →
`raw.shopify__carts`.

### When

Every hour: carts changed since the last closed delivery, with an overlap; the watermark is taken before the read.

### If it fails

The shop's throttling is waited for. Another API version than the one asked for stops the flow until somebody has read
the change log. Carts that break the contract go to dead letters.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.shopify.pull import PULL_CARTS
from include.task_groups import facts, pull_chain

with DAG("pull_carts_from_shopify", **facts(PULL_CARTS, __doc__)):
    pull_chain(PULL_CARTS)
