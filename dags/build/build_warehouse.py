"""The models of the warehouse: what changed in raw becomes conformed, metrics and outbound.

### Data flow

`raw`, `outbox` → `staging` → `conformed` → `metrics`, `outbound`: one task for a layer or a group of entities.

### When

When any pull loaded something, when a shop gave new identifiers, and once an hour for what an event missed.

### If it fails

The task names the model or test. Nothing behind its group is touched: pushes and readers keep the last good
state. Mend the model or the data and clear the task; a newer build takes the same rows up by itself.

### Safe to re-run?

Yes, any task, at any time, twice. A build has a list of deliveries; models merge by key and an older row
never replaces a newer one.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.assets import all_loaded
from include.operations import BUILD_WAREHOUSE
from include.task_groups import build_chain, facts

with DAG("build_warehouse", **facts(BUILD_WAREHOUSE, __doc__, wakes_on=all_loaded())):
    build_chain(BUILD_WAREHOUSE)
