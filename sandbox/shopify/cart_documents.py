"""Carts in the shape of the API (``AbandonedCheckout``), with amounts in the shop's and in the customer's currency."""

from __future__ import annotations

from functools import partial

from sandbox.clock import iso_z
from sandbox.shopify.order_amounts import Calculation, bag_document, total_of
from sandbox.shopify.order_documents import DISCOUNT_CODE, OrderWriter, address_document, customer_document
from sandbox.shopify.order_events import tax_lines
from sandbox.shopify.tables import CartRow, Document, gid
from sandbox.world import World
from sandbox.world.carts import Cart

FIRST_CART = 36_000_000_000_000
FIRST_CART_LINE = 37_000_000_000_000
RECOVERY = "https://lindqvist-amara.myshopify.com/61000000001/checkouts/ac/{token}/recover"


class CartWriter:
    """Turns carts of the world into rows of the shop."""

    def __init__(self, world: World):
        self._orders = OrderWriter(world)

    def row(self, cart: Cart) -> CartRow:
        """A cart as the shop keeps it."""
        number = FIRST_CART + cart.number
        return CartRow(
            id=number,
            name=f"#{number}",
            created_at=iso_z(cart.created_at),
            updated_at=iso_z(cart.updated_at),
            read=partial(self._document, cart),
        )

    def _document(self, cart: Cart) -> Document:
        content = cart.content
        money, bags = Calculation(content), partial(bag_document, content)
        address = None if content.customer is None else address_document(content.customer, 0)
        return {
            "note": "",
            "abandonedCheckoutUrl": RECOVERY.format(token=f"{cart.number:032x}"),
            "completedAt": None if cart.completed_at is None else iso_z(cart.completed_at),
            "taxesIncluded": True,
            "customAttributes": [],
            "discountCodes": [DISCOUNT_CODE] if content.discount_percent else [],
            "customer": None if content.customer is None else customer_document(content.customer, content),
            "billingAddress": address,
            "shippingAddress": address,
            "lineItems": [self._line(cart, money, place) for place in range(len(content.lines))],
            "taxLines": tax_lines(content, money, money.total_tax),
            "totalLineItemsPriceSet": bags(total_of(money.originals)),
            "subtotalPriceSet": bags(money.subtotal),
            "totalDiscountSet": bags(total_of(money.discounts)),
            "totalDutiesSet": None,
            "totalTaxSet": bags(money.total_tax),
            "totalPriceSet": bags(money.total),
        }

    def _line(self, cart: Cart, money: Calculation, place: int) -> Document:
        line, bags = cart.content.lines[place], partial(bag_document, cart.content)
        article = self._orders.article(line)
        kept = ("product_number", "variant_number", "sku", "title", "variantTitle", "customAttributes")
        return {
            "id": gid("AbandonedCheckoutLineItem", FIRST_CART_LINE + cart.number * 1000 + place),
            **{name: article[name] for name in kept},
            "quantity": line.quantity,
            "originalUnitPriceSet": bags(money.units[place]),
            "originalTotalPriceSet": bags(money.originals[place]),
            "discountedUnitPriceSet": bags(money.units[place]),
            "discountedUnitPriceWithCodeDiscount": bags(money.nets[place].share(1, line.quantity)),
            "discountedTotalPriceSet": bags(money.originals[place]),
            "discountedTotalPriceWithCodeDiscount": bags(money.nets[place]),
        }
