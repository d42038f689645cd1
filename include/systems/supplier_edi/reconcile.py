"""Flow ``reconcile_invoices_with_suppliers``: what is invoiced, against what was ordered and what arrived."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, MatchFlow, Pattern
from include.systems.supplier_edi.pull import SYSTEM

RECONCILE_INVOICES = MatchFlow(
    dag_id="reconcile_invoices_with_suppliers",
    summary="Holds invoices of suppliers against orders and receipts, and hands what differs to finance.",
    system=SYSTEM,
    objects=("payment",),
    pattern=Pattern.COMPARISON,
    because="An invoice is a claim: it is owed when it was ordered at this price and has arrived.",
    latency=LatencyClass.FINANCE_CLOSE,
    owner="finance",
    schedule="37 * * * *",
    late_after=timedelta(hours=6),
    table="conformed.invoice_differences",
    claims="conformed.supplier_invoice_lines",
)
