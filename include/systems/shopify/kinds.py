"""The kinds of records that are read from the storefront, and how much of each fits on a page.

A query may cost 1,000 points: an object costs one, a list two and its size times an element.
"""

from __future__ import annotations

from datetime import timedelta

from include.systems.shopify.record_parts import Kind, Pages, PlainList

ORDERS = Kind(
    plural="orders",
    singular="order",
    incomplete="incomplete_order",
    per_page=4,
    overlap=timedelta(minutes=10),
    parts=(
        Pages(key="lineItems", variable="lines", first=4, document="order_lines"),
        Pages(key="shippingLines", variable="shippingLines", first=1, document="order_shipping_lines"),
        PlainList(
            key="transactions",
            variable="transactions",
            first=3,
            document="order_transactions",
            sizes=({"first": 150},),
        ),
        PlainList(
            key="refunds",
            variable="refunds",
            first=2,
            document="order_refunds",
            sizes=({"first": 8, "lines": 14}, {"first": 25, "lines": 3}, {"first": 2, "lines": 60}),
            inside="refundLineItems",
            inside_variable="refundLines",
            inside_first=3,
        ),
        PlainList(
            key="fulfillments",
            variable="fulfillments",
            first=2,
            document="order_fulfillments",
            sizes=({"first": 8, "lines": 50}, {"first": 40, "lines": 4}, {"first": 2, "lines": 240}),
            inside="fulfillmentLineItems",
            inside_variable="fulfillmentLines",
            inside_first=4,
        ),
        PlainList(
            key="returns",
            variable="returns",
            first=1,
            document="order_returns",
            sizes=({"first": 6, "lines": 25}, {"first": 30, "lines": 4}, {"first": 2, "lines": 90}),
            inside="returnLineItems",
            inside_variable="returnLines",
            inside_first=2,
        ),
    ),
)

CARTS = Kind(
    plural="carts",
    singular="cart",
    incomplete="incomplete_cart",
    per_page=8,
    # A cart is listed as left only when nothing has happened to it for a while, under the moment of its last change.
    overlap=timedelta(days=1),
    parts=(Pages(key="lineItems", variable="lines", first=4, document="cart_lines"),),
)
