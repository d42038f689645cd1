"""Orders as nodes of the API, with their lines, shipments, refunds and payments."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.shopify.connections import Node, nested, sized
from sandbox.shopify.tables import Document, OrderRow, ShopTables, gid

ByNumber = Callable[[int], Node | None]
"""Makes the node of another kind that an order leads to."""


class OrderNodes:
    """Makes the nodes of orders."""

    def __init__(self, tables: ShopTables, product: ByNumber, variant: ByNumber, location: ByNumber):
        self._tables = tables
        self._product = product
        self._variant = variant
        self._location = location

    def by_number(self, number: int) -> Node | None:
        """An order by number."""
        row = self._tables.order(number)
        return None if row is None else self.node(row)

    def node(self, row: OrderRow) -> Node:
        """An order with its lines, shipments, refunds and payments."""
        document = row.document
        lines = [self._line_node(line) for line in document["lineItems"]]
        shipping_lines = document["shippingLines"]
        return {
            **document,
            "__typename": "Order",
            "id": gid("Order", row.id),
            "legacyResourceId": str(row.id),
            "name": row.name,
            "createdAt": row.created_at,
            "updatedAt": row.updated_at,
            "lineItems": nested(lines, "lineItems"),
            "discountApplications": nested(document["discountApplications"], "discountApplications"),
            "shippingLine": shipping_lines[0] if shipping_lines else None,
            "shippingLines": nested(shipping_lines, "shippingLines"),
            "fulfillments": sized([self._fulfillment_node(one, lines) for one in document["fulfillments"]]),
            "fulfillmentsCount": {"count": len(document["fulfillments"]), "precision": "EXACT"},
            "refunds": sized([self._refund_node(one, lines) for one in document["refunds"]]),
            "returns": nested([self._return_node(one, lines) for one in document["returns"]], "returns"),
            "transactions": sized(document["transactions"]),
        }

    def _return_node(self, asked_for: Document, lines: list[Node]) -> Node:
        coming_back = [
            one | {"fulfillmentLineItem": one["fulfillmentLineItem"] | {"lineItem": lines[one["line"]]}}
            for one in asked_for["returnLineItems"]
        ]
        return {**asked_for, "returnLineItems": nested(coming_back, "returnLineItems")}

    def _line_node(self, line: Document) -> Node:
        return {
            **line,
            "product": lambda info: self._product(line["product_number"]),
            "variant": lambda info: self._variant(line["variant_number"]),
            "taxLines": sized(line["taxLines"]),
            "discountedTotalSet": lambda info, withCodeDiscounts=False: line[
                "discountedTotalWithCodeSet" if withCodeDiscounts else "discountedTotalSet"
            ],
        }

    def _fulfillment_node(self, fulfillment: Document, lines: list[Node]) -> Node:
        sent = [one | {"lineItem": lines[one["line"]]} for one in fulfillment["fulfillmentLineItems"]]
        return {
            **fulfillment,
            "location": lambda info: self._location(fulfillment["location_number"]),
            "trackingInfo": sized(fulfillment["trackingInfo"]),
            "fulfillmentLineItems": nested(sent, "fulfillmentLineItems"),
        }

    def _refund_node(self, refund: Document, lines: list[Node]) -> Node:
        given_back = [self._refunded_line(one, lines) for one in refund["refundLineItems"]]
        return {
            **refund,
            "refundLineItems": nested(given_back, "refundLineItems"),
            "refundShippingLines": nested(refund["refundShippingLines"], "refundShippingLines"),
            "orderAdjustments": nested(refund["orderAdjustments"], "orderAdjustments"),
            "transactions": nested(refund["transactions"], "transactions"),
        }

    def _refunded_line(self, refunded: Document, lines: list[Node]) -> Node:
        place = refunded["location_number"]
        return refunded | {
            "lineItem": lines[refunded["line"]],
            "location": None if place is None else self._location(place),
        }
