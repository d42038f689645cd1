"""Flows ``push_stock_to_retailer_edi`` and ``push_catalog_to_retailer_edi``: what retailers can order and its price."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PushFlow

PUSH_STOCK = PushFlow(
    dag_id="push_stock_to_retailer_edi",
    summary="Tells retailers how much they can order of what they list.",
    system="retailer_edi",
    objects=("inventory",),
    pattern=Pattern.EDI,
    because="Retailers take stock reports as X12 846 or EDIFACT INVRPT, and acknowledge each of them.",
    latency=LatencyClass.SAME_DAY,
    owner="warehouse-operations",
    schedule="4-59/15 * * * *",
    late_after=timedelta(hours=2),
    entity="stock",
    key="o.account || '/' || o.sku",
    gate="include.gates.retailer_edi.stock:suite",
    sender="include.systems.retailer_edi.stock_report:sender",
    can_tell_again=True,
)

PUSH_CATALOG = PushFlow(
    dag_id="push_catalog_to_retailer_edi",
    summary="Tells retailers what they can order of us, and at which prices.",
    system="retailer_edi",
    objects=("product", "price"),
    pattern=Pattern.EDI,
    because="Retailers take catalogues as X12 832 or EDIFACT PRICAT, and acknowledge each of them.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="product-data",
    schedule="8-59/30 * * * *",
    late_after=timedelta(hours=4),
    entity="catalog",
    key="o.account || '/' || o.sku",
    gate="include.gates.retailer_edi.catalog:suite",
    sender="include.systems.retailer_edi.price_catalog:sender",
    can_tell_again=True,
)
