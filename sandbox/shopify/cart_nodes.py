"""Carts as nodes of the API, with their lines."""

from __future__ import annotations

from sandbox.shopify.connections import Node, nested, sized
from sandbox.shopify.order_nodes import ByNumber
from sandbox.shopify.tables import CartRow, Document, ShopTables, gid


class CartNodes:
    """Makes the nodes of carts."""

    def __init__(self, tables: ShopTables, product: ByNumber, variant: ByNumber):
        self._tables = tables
        self._product = product
        self._variant = variant

    def by_number(self, number: int) -> Node | None:
        """A cart by number."""
        row = self._tables.cart(number)
        return None if row is None else self.node(row)

    def node(self, row: CartRow) -> Node:
        """A cart with its lines."""
        document = row.document
        return {
            **document,
            "__typename": "AbandonedCheckout",
            "id": gid("AbandonedCheckout", row.id),
            "name": row.name,
            "createdAt": row.created_at,
            "updatedAt": row.updated_at,
            "taxLines": sized(document["taxLines"]),
            "lineItems": nested([self._line_node(line) for line in document["lineItems"]], "lineItems"),
        }

    def _line_node(self, line: Document) -> Node:
        return {
            **line,
            "product": lambda info: self._product(line["product_number"]),
            "variant": lambda info: self._variant(line["variant_number"]),
        }
