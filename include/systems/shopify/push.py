"""Flows ``push_products_to_shopify`` and ``push_stock_to_shopify``: what the storefront should show."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PushFlow

SYSTEM = "shopify"

PUSH_PRODUCTS = PushFlow(
    dag_id="push_products_to_shopify",
    summary="Makes the storefront show every product, its variants and prices as the model has them.",
    system=SYSTEM,
    objects=("product", "price", "category"),
    pattern=Pattern.API,
    because="The storefront takes products through its API alone, and says of each one what became of it.",
    latency=LatencyClass.SAME_DAY,
    owner="product-data",
    schedule="*/10 * * * *",
    late_after=timedelta(hours=1),
    entity="products",
    key="o.product_id || '@' || o.shop",
    gate="include.gates.shopify.products:suite",
    sender="include.systems.shopify.products_sender:ProductsSender",
)

PUSH_STOCK = PushFlow(
    dag_id="push_stock_to_shopify",
    summary="Makes the storefront show what the warehouses can sell.",
    system=SYSTEM,
    objects=("inventory",),
    pattern=Pattern.API,
    because="Stock must be compared with what the storefront holds before it is set, which only its API does.",
    latency=LatencyClass.CHECKOUT_BLOCKING,
    owner="warehouse-operations",
    schedule="*/5 * * * *",
    late_after=timedelta(minutes=30),
    entity="stock",
    key="o.sku || '@' || o.location_name || '@' || o.shop",
    gate="include.gates.shopify.stock:suite",
    sender="include.systems.shopify.stock_sender:StockSender",
)
