"""Orders in the shape of the API, with every amount in the shop's and in the customer's currency."""

from __future__ import annotations

from functools import partial

from sandbox.clock import iso_z
from sandbox.shopify.order_amounts import (
    NOTHING,
    SHOP_CURRENCY,
    TAX_PERCENT,
    Bag,
    Calculation,
    bag_document,
    total_of,
)
from sandbox.shopify.order_events import (
    fulfillment,
    gateway,
    refund,
    returns,
    shipping_line,
    tax_lines,
    transactions,
)
from sandbox.shopify.tables import Document, OrderRow, gid
from sandbox.world import World
from sandbox.world.people import Customer
from sandbox.world.storefront_orders import (
    Line,
    Payment,
    Refund,
    Shipment,
    StorefrontOrder,
)
from sandbox.world.words import BRANDS, COLORS, SIZE_LABELS

FIRST_ORDER = 5_600_000_000_000
FIRST_PRODUCT = 8_100_000_000_000
FIRST_VARIANT = 44_000_000_000_000
FIRST_CUSTOMER = 7_300_000_000_000
DISCOUNT_CODE = "WELCOME10"


class OrderWriter:
    """Turns orders of the world into rows of the shop."""

    def __init__(self, world: World):
        self._world = world

    def row(self, order: StorefrontOrder) -> OrderRow:
        """An order as the shop keeps it."""
        return OrderRow(
            id=FIRST_ORDER + order.number,
            name=f"#{order.number}",
            created_at=iso_z(order.created_at),
            updated_at=iso_z(order.updated_at),
            read=partial(self._document, order),
        )

    def _document(self, order: StorefrontOrder) -> Document:
        money = Calculation(order)
        address = None if order.customer is None else address_document(order.customer, order.number)
        return {
            **_heading(order, money),
            **_totals(order, money),
            "customer": None if order.customer is None else customer_document(order.customer, order),
            "shippingAddress": None if order.source_name == "pos" else address,
            "billingAddress": address,
            "lineItems": [self._line(order, money, place) for place in range(len(order.lines))],
            "shippingLines": [shipping_line(order, money)] if order.source_name != "pos" else [],
            "taxLines": tax_lines(order, money, money.total_tax),
            "currentTaxLines": tax_lines(order, money, money.tax_left),
            "discountApplications": _discount_applications(order),
            "fulfillments": [fulfillment(order, money, place) for place in range(len(order.shipments))],
            "refunds": [refund(order, money, place) for place in range(len(order.refunds))],
            "returns": returns(order, money),
            "transactions": transactions(order, money),
        }

    def _line(self, order: StorefrontOrder, money: Calculation, place: int) -> Document:
        line, bags = order.lines[place], partial(bag_document, order)
        sent, refunded = _pieces(order.shipments, place), _pieces(order.refunds, place)
        return {
            "id": gid("LineItem", _line_number(order, place)),
            **self.article(line),
            "quantity": line.quantity,
            "currentQuantity": line.quantity - refunded,
            "refundableQuantity": line.quantity - refunded,
            "unfulfilledQuantity": _unfulfilled(line, sent, refunded),
            "nonFulfillableQuantity": 0,
            "originalUnitPriceSet": bags(money.units[place]),
            "originalTotalSet": bags(money.originals[place]),
            "discountedUnitPriceSet": bags(money.units[place]),
            "discountedUnitPriceAfterAllDiscountsSet": bags(money.nets[place].share(1, line.quantity)),
            "discountedTotalSet": bags(money.originals[place]),
            "discountedTotalWithCodeSet": bags(money.nets[place]),
            "totalDiscountSet": bags(NOTHING),
            "discountAllocations": [_allocation(order, money.discounts[place])]
            if order.discount_percent
            else [],
            "taxLines": tax_lines(order, money, money.taxes[place]),
        }

    def article(self, line: Line) -> Document:
        """What of a line says which article it is."""
        catalog = self._world.catalog
        product = catalog.variants.product[line.variant]
        options = option_labels(self._world, line.variant)
        title, variant_title = catalog.products.name_en[product], " / ".join(options.values())
        return {
            "product_number": FIRST_PRODUCT + product,
            "variant_number": FIRST_VARIANT + line.variant,
            "sku": catalog.variants.sku[line.variant],
            "title": title,
            "variantTitle": variant_title or None,
            "name": f"{title} - {variant_title}" if variant_title else title,
            "vendor": BRANDS[catalog.products.brand[product]][1],
            "requiresShipping": True,
            "taxable": True,
            "isGiftCard": False,
            "customAttributes": [],
        }


def option_labels(world: World, variant: int) -> dict[str, str]:
    """The options that make a variant, in English: name of the option to its value."""
    columns = world.catalog.variants
    color, size = columns.color[variant], columns.size[variant]
    options = {}
    if color is not None:
        options["Color"] = COLORS[color][2]
    if size is not None:
        options["Size"] = SIZE_LABELS[size]
    return options


def _pieces(events: tuple[Shipment | Refund, ...], place: int) -> int:
    return sum(count for event in events for where, count in event.quantities if where == place)


def _unfulfilled(line: Line, sent: int, refunded: int) -> int:
    # What was refunded before it was sent needs no sending any more.
    return max(line.quantity - sent - max(refunded - sent, 0), 0)


def _line_number(order: StorefrontOrder, place: int) -> int:
    return 14_000_000_000_000 + order.number * 1000 + place


def _heading(order: StorefrontOrder, money: Calculation) -> Document:
    customer = order.customer
    return {
        "number": order.number,
        "confirmationNumber": f"LA{order.number:07d}",
        "processedAt": iso_z(order.created_at),
        "cancelledAt": None if order.cancelled_at is None else iso_z(order.cancelled_at),
        "cancelReason": None if order.cancelled_at is None else "CUSTOMER",
        "closed": order.cancelled_at is not None,
        "closedAt": None if order.cancelled_at is None else iso_z(order.cancelled_at),
        "confirmed": True,
        "test": order.is_test,
        "sourceName": order.source_name,
        "tags": [],
        "email": f"guest.{order.number}@example.org" if customer is None else customer.email,
        "phone": None if customer is None else customer.phone,
        "currencyCode": SHOP_CURRENCY,
        "presentmentCurrencyCode": order.currency,
        "taxesIncluded": True,
        "taxExempt": money.tax_percent == 0,
        "displayFinancialStatus": _financial_status(order, money),
        "displayFulfillmentStatus": _fulfillment_status(order),
        "returnStatus": "RETURNED" if returns(order, money) else "NO_RETURN",
        "fullyPaid": order.payment is Payment.PAID,
        "unpaid": order.payment is not Payment.PAID,
        "edited": False,
        "requiresShipping": order.source_name != "pos",
        "customerLocale": "en" if order.currency == "USD" else "de",
        "customAttributes": [],
        "billingAddressMatchesShippingAddress": order.source_name != "pos",
        "discountCode": DISCOUNT_CODE if order.discount_percent else None,
        "discountCodes": [DISCOUNT_CODE] if order.discount_percent else [],
        "paymentGatewayNames": [gateway(order)],
        "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
        "currentSubtotalLineItemsQuantity": sum(line.quantity for line in order.lines)
        - sum(count for refund in order.refunds for _, count in refund.quantities),
    }


def _financial_status(order: StorefrontOrder, money: Calculation) -> str:
    if order.payment is not Payment.PAID:
        return "VOIDED" if order.cancelled_at else order.payment.upper()
    if money.refunds == NOTHING:
        return "PAID"
    return "REFUNDED" if money.refunds == money.received else "PARTIALLY_REFUNDED"


def _fulfillment_status(order: StorefrontOrder) -> str:
    sent = [_pieces(order.shipments, place) for place in range(len(order.lines))]
    if not any(sent):
        return "UNFULFILLED"
    waiting = (
        _unfulfilled(line, sent[place], _pieces(order.refunds, place))
        for place, line in enumerate(order.lines)
    )
    return "PARTIALLY_FULFILLED" if any(waiting) else "FULFILLED"


def _totals(order: StorefrontOrder, money: Calculation) -> Document:
    bags = partial(bag_document, order)
    is_open = order.cancelled_at is None
    amounts = {
        "subtotalPriceSet": money.subtotal,
        "currentSubtotalPriceSet": money.subtotal - (money.refunds - money.refunded_shipping),
        "totalPriceSet": money.total,
        "originalTotalPriceSet": money.total,
        "currentTotalPriceSet": money.total - money.refunds,
        "totalDiscountsSet": total_of(money.discounts),
        "currentTotalDiscountsSet": total_of(money.discounts),
        "cartDiscountAmountSet": total_of(money.discounts),
        "totalShippingPriceSet": money.shipping,
        "currentShippingPriceSet": money.shipping - money.refunded_shipping,
        "totalTaxSet": money.total_tax,
        "currentTotalTaxSet": money.tax_left,
        "totalReceivedSet": money.received,
        "totalRefundedSet": money.refunds,
        "totalRefundedShippingSet": money.refunded_shipping,
        "totalOutstandingSet": money.total - money.received if is_open else NOTHING,
        "netPaymentSet": money.received - money.refunds,
    }
    return {name: bags(bag) for name, bag in amounts.items()}


def _discount_applications(order: StorefrontOrder) -> list[Document]:
    if not order.discount_percent:
        return []
    return [
        {
            "__typename": "DiscountCodeApplication",
            "allocationMethod": "ACROSS",
            "code": DISCOUNT_CODE,
            "index": 0,
            "targetSelection": "ALL",
            "targetType": "LINE_ITEM",
            "value": {"__typename": "PricingPercentageValue", "percentage": float(order.discount_percent)},
        }
    ]


def _allocation(order: StorefrontOrder, discount: Bag) -> Document:
    return {
        "allocatedAmountSet": bag_document(order, discount),
        "discountApplication": _discount_applications(order)[0],
    }


def customer_document(customer: Customer, order: StorefrontOrder) -> Document:
    """A customer, changed when they ordered last."""
    number = FIRST_CUSTOMER + customer.number
    return {
        "id": gid("Customer", number),
        "legacyResourceId": str(number),
        "displayName": f"{customer.first_name} {customer.last_name}",
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "defaultEmailAddress": {"emailAddress": customer.email},
        "defaultPhoneNumber": {"phoneNumber": customer.phone},
        "defaultAddress": address_document(customer, 0),
        "locale": "de" if customer.country_code in TAX_PERCENT else "en",
        "note": None,
        "state": "ENABLED",
        "tags": [],
        "taxExempt": False,
        "verifiedEmail": True,
        "createdAt": "2024-03-01T08:00:00Z",
        "updatedAt": iso_z(order.created_at),
    }


def address_document(customer: Customer, order_number: int) -> Document:
    """Where a customer lives; each order has a copy of its own."""
    return {
        "id": gid("MailingAddress", 10_000_000_000_000 + customer.number * 100_000 + order_number),
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "name": f"{customer.first_name} {customer.last_name}",
        "company": None,
        "address1": customer.street,
        "address2": None,
        "city": customer.city,
        "zip": customer.zip_code,
        "province": customer.province,
        "provinceCode": customer.province_code,
        "country": customer.country,
        "countryCodeV2": customer.country_code,
        "phone": customer.phone,
    }
