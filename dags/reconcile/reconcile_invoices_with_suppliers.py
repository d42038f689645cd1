"""Invoices of suppliers, against what was ordered and what arrived.

### Data flow

`conformed.invoice_differences` (order, receipt or ship notice, and invoice, line by line, with the tolerances of
`seeds/supplier_tolerances.csv`) → `reconciliation.mismatches`, each for its owner.

### When

Every hour.

### If it fails

Nothing is lost: the differences stand in the model, and the next run notes them.

### Safe to re-run?

Yes, at any time, twice. A difference is one mismatch as long as it lasts.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.supplier_edi.reconcile import RECONCILE_INVOICES
from include.task_groups import facts, match_chain

with DAG("reconcile_invoices_with_suppliers", **facts(RECONCILE_INVOICES, __doc__)):
    match_chain(RECONCILE_INVOICES)
