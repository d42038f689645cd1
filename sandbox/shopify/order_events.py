"""What happens to an order: taxes, delivery, shipments, refunds and payments, in the shape of the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from sandbox.clock import iso_z
from sandbox.shopify.order_amounts import Bag, Calculation, bag_document
from sandbox.shopify.tables import Document, gid
from sandbox.world.stock import WAREHOUSES
from sandbox.world.storefront_orders import Payment, Quantities, Refund, StorefrontOrder

DECLINED_EVERY = 10
PROVIDER = "adyen"
"""Of so many paid orders one was declined at first."""


def tax_lines(order: StorefrontOrder, money: Calculation, tax: Bag) -> list[Document]:
    """The tax in an amount, as lines; none on exports."""
    if not money.tax_percent:
        return []
    rate = money.tax_percent
    line = {
        "title": "VAT",
        "rate": rate / 100,
        "ratePercentage": float(rate),
        "source": "Shopify",
        "channelLiable": False,
    }
    return [line | {"priceSet": bag_document(order, tax)}]


def shipping_line(order: StorefrontOrder, money: Calculation) -> Document:
    """The delivery."""
    price = bag_document(order, money.shipping)
    return {
        "id": gid("ShippingLine", 4_700_000_000_000 + order.number),
        "title": "Standard",
        "code": "standard",
        "source": "shopify",
        "isRemoved": False,
        "custom": False,
        "originalPriceSet": price,
        "discountedPriceSet": price,
        "currentDiscountedPriceSet": price,
        "discountAllocations": [],
        "taxLines": tax_lines(order, money, money.tax_in(money.shipping)),
    }


def fulfillment(order: StorefrontOrder, money: Calculation, place: int) -> Document:
    """One parcel, by its place."""
    shipment = order.shipments[place]
    number = 5_100_000_000_000 + order.number * 10 + place
    return {
        "id": gid("Fulfillment", number),
        "legacyResourceId": str(number),
        "name": f"#{order.number}-F{place + 1}",
        "status": "SUCCESS",
        "displayStatus": "FULFILLED",
        "createdAt": iso_z(shipment.at),
        "updatedAt": iso_z(shipment.at),
        "inTransitAt": iso_z(shipment.at + timedelta(hours=4)),
        "totalQuantity": sum(count for _, count in shipment.quantities),
        "requiresShipping": True,
        "location_number": WAREHOUSES[shipment.warehouse].shop_location_id,
        "trackingInfo": [_tracking(number)],
        "fulfillmentLineItems": _sent_lines(order, money, number, shipment.quantities),
    }


def _tracking(number: int) -> Document:
    code = f"JJD{number:018d}"
    return {"company": "DHL", "number": code, "url": f"https://tracking.example.com/{code}"}


def _sent_lines(
    order: StorefrontOrder, money: Calculation, number: int, quantities: Quantities
) -> list[Document]:
    bags = partial(bag_document, order)
    return [
        {
            "id": gid("FulfillmentLineItem", number * 100 + place),
            "line": place,
            "quantity": count,
            "originalTotalSet": bags(money.units[place].times(count)),
            "discountedTotalSet": bags(money.nets[place].share(count, order.lines[place].quantity)),
        }
        for place, count in quantities
    ]


def refund(order: StorefrontOrder, money: Calculation, place: int) -> Document:
    """One refund, by its place."""
    refund, bags = order.refunds[place], partial(bag_document, order)
    number = 9_200_000_000 + order.number * 10 + place
    return {
        "id": gid("Refund", number),
        "legacyResourceId": str(number),
        "createdAt": iso_z(refund.at),
        "updatedAt": iso_z(refund.at),
        "processedAt": iso_z(refund.at),
        "note": None,
        "totalRefundedSet": bags(money.refunded(refund)),
        "refundLineItems": _refunded_lines(order, money, refund, number),
        "refundShippingLines": _refunded_shipping(order, money, number) if refund.with_shipping else [],
        "orderAdjustments": [],
        "transactions": [_refund_transaction(order, money, place)],
    }


def _refunded_lines(
    order: StorefrontOrder, money: Calculation, refund: Refund, number: int
) -> list[Document]:
    bags = partial(bag_document, order)
    return [
        {
            "id": gid("RefundLineItem", number * 100 + place),
            "line": place,
            "quantity": count,
            "restockType": _restock_type(order, refund),
            "restocked": refund.is_restocked,
            "location_number": WAREHOUSES[0].shop_location_id if refund.is_restocked else None,
            "priceSet": bags(money.nets[place].share(1, order.lines[place].quantity)),
            "subtotalSet": bags(subtotal),
            "totalTaxSet": bags(tax),
        }
        for (place, count), subtotal, tax in zip(
            refund.quantities, money.refunded_lines(refund), money.refunded_taxes(refund), strict=True
        )
    ]


def _restock_type(order: StorefrontOrder, refund: Refund) -> str:
    if not refund.is_restocked:
        return "NO_RESTOCK"
    return "CANCEL" if order.cancelled_at else "RETURN"


def _refunded_shipping(order: StorefrontOrder, money: Calculation, number: int) -> list[Document]:
    return [
        {
            "id": gid("RefundShippingLine", number),
            "shippingLine": shipping_line(order, money),
            "subtotalAmountSet": bag_document(order, money.shipping),
            "taxAmountSet": bag_document(order, money.tax_in(money.shipping)),
        }
    ]


RETURN_REASONS = (("size-too-small", "Size too small"), ("defective", "Defective"), ("unwanted", "Unwanted"))
DAYS_UNDER_WAY = 5


def returns(order: StorefrontOrder, money: Calculation) -> list[Document]:
    """What customers asked to send back of what they had received: every refund of an order that was sent has one."""
    if not order.shipments or order.cancelled_at:
        return []
    return [_return(order, money, place) for place in range(len(order.refunds))]


def _return(order: StorefrontOrder, money: Calculation, place: int) -> Document:
    refund = order.refunds[place]
    number = 9_800_000_000 + order.number * 10 + place
    asked_at = max(refund.at - timedelta(days=DAYS_UNDER_WAY), order.shipments[0].at)
    handle, name = RETURN_REASONS[order.number % len(RETURN_REASONS)]
    sent = {
        one["line"]: one
        for shipment in reversed(range(len(order.shipments)))
        for one in fulfillment(order, money, shipment)["fulfillmentLineItems"]
    }
    return {
        "id": gid("Return", number),
        "name": f"#{order.number}-R{place + 1}",
        "status": "CLOSED",
        "createdAt": iso_z(asked_at),
        "requestApprovedAt": iso_z(asked_at),
        "closedAt": iso_z(refund.at),
        "totalQuantity": sum(count for _, count in refund.quantities),
        "returnLineItems": [
            {
                "__typename": "ReturnLineItem",
                "id": gid("ReturnLineItem", number * 100 + line),
                "line": line,
                "fulfillmentLineItem": sent[line],
                "customerNote": None,
                "quantity": count,
                "processedQuantity": count,
                "unprocessedQuantity": 0,
                "refundableQuantity": 0,
                "refundedQuantity": count,
                "returnReasonDefinition": {
                    "id": gid("ReturnReasonDefinition", 1 + order.number % len(RETURN_REASONS)),
                    "handle": handle,
                    "name": name,
                    "deleted": False,
                },
                "returnReasonNote": "",
                "withCodeDiscountedTotalPriceSet": bag_document(
                    order, money.nets[line].share(count, order.lines[line].quantity)
                ),
            }
            for line, count in refund.quantities
        ],
    }


def transactions(order: StorefrontOrder, money: Calculation) -> list[Document]:
    """All payments: an attempt that was declined, the one that counts, those back."""
    declined = _declined_transaction(order, money)
    back = (_refund_transaction(order, money, place) for place in range(len(order.refunds)))
    return [*([declined] if declined else []), _payment_transaction(order, money), *back]


def _declined_transaction(order: StorefrontOrder, money: Calculation) -> Document | None:
    if order.payment is not Payment.PAID or order.number % DECLINED_EVERY:
        return None
    attempt = _transaction(order, 9, "SALE", "FAILURE", order.created_at, money.total)
    return attempt | {"errorCode": "CARD_DECLINED", "paymentId": None}


def gateway(order: StorefrontOrder) -> str:
    """Who takes the payment."""
    return "bank_deposit" if order.payment is Payment.PENDING else PROVIDER


def _payment_transaction(order: StorefrontOrder, money: Calculation) -> Document:
    kind = "AUTHORIZATION" if order.payment is Payment.AUTHORIZED else "SALE"
    status = "PENDING" if order.payment is Payment.PENDING else "SUCCESS"
    return _transaction(order, 0, kind, status, order.created_at, money.total)


def _refund_transaction(order: StorefrontOrder, money: Calculation, place: int) -> Document:
    refund = order.refunds[place]
    own = _transaction(order, 1 + place, "REFUND", "SUCCESS", refund.at, money.refunded(refund))
    return own | {"parentTransaction": _payment_transaction(order, money)}


def _transaction(
    order: StorefrontOrder, place: int, kind: str, status: str, at: datetime, bag: Bag
) -> Document:
    return {
        "id": gid("OrderTransaction", 6_900_000_000_000 + order.number * 10 + place),
        "kind": kind,
        "status": status,
        "gateway": gateway(order),
        "formattedGateway": gateway(order).replace("_", " ").title(),
        "paymentId": f"r{order.number:08d}{place}",
        "amountSet": bag_document(order, bag),
        "createdAt": iso_z(at),
        "processedAt": iso_z(at),
        "test": order.is_test,
        "manualPaymentGateway": order.payment is Payment.PENDING,
    }
