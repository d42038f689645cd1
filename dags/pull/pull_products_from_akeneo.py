"""Products, families and categories of the PIM.

### Data flow

Akeneo REST, pages as they came → landing → contracts `akeneo/products`, `families`, `categories` →
`raw.akeneo__*`.

### When

Every half hour: products changed since the last closed delivery, with an overlap; families and categories
whole.

### If it fails

`land` fails while the PIM does not answer and tries again by itself. Records that break a contract go to
dead letters and stop nothing. A page that cannot be read refuses its delivery; the watermark stays where it
was, so nothing is skipped.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once;
raw keeps the newest version of a record whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.akeneo.pull import PULL_PRODUCTS
from include.task_groups import facts, pull_chain

with DAG("pull_products_from_akeneo", **facts(PULL_PRODUCTS, __doc__)):
    pull_chain(PULL_PRODUCTS)
