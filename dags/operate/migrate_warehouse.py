"""The warehouse's schema, brought up to what is deployed.

### Data flow

`include/stores/migrations/*.sql` in order, each once; then every raw table gets the columns of its
contract.

### When

By hand, after a deployment.

### If it fails

Nothing was applied: all migrations that are missing go in one transaction.

### Safe to re-run?

Yes. What was applied is not applied again.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.operations import MIGRATE_WAREHOUSE
from include.task_groups import facts, operate

with DAG("migrate_warehouse", **facts(MIGRATE_WAREHOUSE, __doc__)):
    operate(MIGRATE_WAREHOUSE)
