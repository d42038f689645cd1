"""Metrics and tables for analysts: written aside, audited, shown at once.

### Data flow

`metrics`, `conformed` → the side that readers do not see → gates `bi/*` → the views of schema `bi`, swapped
in one transaction.

### When

When the build changed something, and every hour.

### If it fails

Readers keep the last good state; `bi.freshness` says how old it is and since when a newer one is held.

### Safe to re-run?

Yes. A side is brought up to a build however often it is written; views are swapped only to an audited side.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import changed
from include.systems.bi.push import PUSH_METRICS
from include.task_groups import facts, publish_chain

with DAG("push_metrics_to_bi", **facts(PUSH_METRICS, __doc__, wakes_on=[changed(PUSH_METRICS)])):
    publish_chain(PUSH_METRICS)
