"""Flow ``push_orders_to_warehouse_edi``: what the warehouses are to send to customers."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PushFlow

PUSH_ORDERS = PushFlow(
    dag_id="push_orders_to_warehouse_edi",
    summary="Tells warehouses what to send to whom, changes and takes back, and hears whether they have it.",
    system="warehouse_edi",
    objects=("order",),
    owned_field="shipping_order",
    pattern=Pattern.EDI,
    because="Warehouse systems take shipping orders as X12 940, and acknowledge each of them.",
    latency=LatencyClass.SAME_DAY,
    owner="warehouse-operations",
    schedule="2-59/10 * * * *",
    late_after=timedelta(hours=1),
    entity="orders",
    key="o.order_id",
    gate="include.gates.warehouse_edi.orders:suite",
    sender="include.systems.warehouse_edi.shipping_orders:sender",
)
