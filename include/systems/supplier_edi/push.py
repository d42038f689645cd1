"""Flow ``push_purchase_orders_to_supplier_edi``: what we order, change and take back, to the suppliers over EDI."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PushFlow

PUSH_PURCHASE_ORDERS = PushFlow(
    dag_id="push_purchase_orders_to_supplier_edi",
    summary="Tells suppliers what we order, change and take back, and hears whether they have it.",
    system="supplier_edi",
    objects=("order",),
    owned_field="purchase_order",
    pattern=Pattern.EDI,
    because="Suppliers take orders as X12 850 or EDIFACT ORDERS, and acknowledge each of them.",
    latency=LatencyClass.SAME_DAY,
    owner="supplier-relations",
    schedule="11-59/15 * * * *",
    late_after=timedelta(hours=2),
    entity="purchase_orders",
    key="o.account || '/' || o.order_number",
    gate="include.gates.supplier_edi.purchase_orders:suite",
    sender="include.systems.supplier_edi.purchase_orders:sender",
)
