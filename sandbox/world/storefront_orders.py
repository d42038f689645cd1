"""What customers ordered in the shop, and what became of it. Money in euro cents, times in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from sandbox.world.catalog import Catalog
from sandbox.world.dice import Dice
from sandbox.world.people import Customer

RATES = {"EUR": Decimal("1"), "USD": Decimal("1.0825"), "SEK": Decimal("11.35")}
"""Presentment currencies of the shop, and how much of each one euro is at checkout."""

HISTORY_DAYS = 45
LONG_ORDER_LINES = 60

Quantities = tuple[tuple[int, int], ...]
"""Pairs of a line's place in its order and a number of pieces."""


class Payment(StrEnum):
    """How far the payment of an order went."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the catalogue, how many pieces, and the price of one when it was ordered."""

    variant: int
    quantity: int
    unit_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel: when it left, from which warehouse (place in ``WAREHOUSES``), with what."""

    at: datetime
    warehouse: int
    quantities: Quantities


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back for some pieces, and for the delivery where ``with_shipping``."""

    at: datetime
    quantities: Quantities
    with_shipping: bool = False
    is_restocked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontOrder:
    """One order of the shop.

    Attributes:
        number: counts the shop's orders from 1001; the shop shows it as ``#1001``.
        customer: None for a guest.
        currency: what the customer saw and paid in (presentment); the shop's own is EUR.
    """

    number: int
    created_at: datetime
    updated_at: datetime
    customer: Customer | None
    lines: tuple[Line, ...]
    currency: str = "EUR"
    shipping_cents: int = 490
    discount_percent: int = 0
    payment: Payment = Payment.PAID
    shipments: tuple[Shipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    cancelled_at: datetime | None = None
    source_name: str = "web"
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Draws orders from what the shop lists and who its customers are."""

    catalog: Catalog
    listed: list[int]
    customers: list[Customer]

    def history(self, seed: int, count: int, start: date) -> list[StorefrontOrder]:
        """The orders of the weeks before ``start``, oldest first; the first dozen are of every kind."""
        dice = Dice(seed, "storefront orders")
        now = datetime.combine(start, time(), UTC)
        minutes = HISTORY_DAYS * 24 * 60 // max(count, 1)
        times = (now - timedelta(minutes=minutes * (count - place)) for place in range(count))
        orders = (self.order(dice, 1001 + place, moment, place) for place, moment in enumerate(times))
        return [_so_far(order, now) for order in orders]

    def order(self, dice: Dice, number: int, created_at: datetime, place: int) -> StorefrontOrder:
        """One order; ``place`` decides its kind, see ``_KINDS``."""
        kind = _KINDS[place] if place < len(_KINDS) else dice.pick(_COMMON_KINDS)
        count = LONG_ORDER_LINES if kind == "long" else dice.pick((1, 1, 1, 2, 2, 3, 5))
        lines = tuple(self._line(dice) for _ in range(count))
        customer = self.customers[place] if place < 2 else dice.pick(self.customers)
        plain = StorefrontOrder(
            number=number,
            created_at=created_at,
            updated_at=created_at,
            customer=customer,
            lines=lines,
            shipping_cents=0 if count > 3 else 490,
        )
        return _as_kind(plain, kind, dice)

    def _line(self, dice: Dice) -> Line:
        variant = dice.pick(self.catalog.variants_of(dice.pick(self.listed)))
        quantity = dice.pick((1, 1, 1, 1, 2, 3))
        cents = self.catalog.variants.eur_cents[variant]
        return Line(variant=variant, quantity=quantity, unit_cents=cents)


_KINDS = (
    "shipped", "discounted", "long", "test", "guest", "dollars", "kronor", "cancelled",
    "refunded", "partly_shipped", "authorized", "pending", "returned", "counter",
)  # fmt: skip
_COMMON_KINDS = (
    *("shipped",) * 12,
    "dollars",
    "dollars",
    "kronor",
    "discounted",
    "discounted",
    "guest",
    *_KINDS,
)


def _as_kind(order: StorefrontOrder, kind: str, dice: Dice) -> StorefrontOrder:
    fields = _FIELDS_OF_KIND[kind](order, dice) if kind in _FIELDS_OF_KIND else _shipped(order, dice)
    return revised(order, **fields)


def revised(order: StorefrontOrder, **fields: object) -> StorefrontOrder:
    """The order with some facts changed; it was updated when the last of them happened."""
    facts = {name: getattr(order, name) for name in order.__slots__} | fields
    moments = [facts["created_at"], facts["cancelled_at"], fields.get("updated_at")]
    moments += [event.at for event in (*facts["shipments"], *facts["refunds"])]
    facts["updated_at"] = max(moment for moment in moments if moment is not None)
    return StorefrontOrder(**facts)


def _so_far(order: StorefrontOrder, now: datetime) -> StorefrontOrder:
    shipments = tuple(shipment for shipment in order.shipments if shipment.at <= now)
    refunds = tuple(refund for refund in order.refunds if refund.at <= now)
    cancelled_at = order.cancelled_at if order.cancelled_at and order.cancelled_at <= now else None
    return revised(order, shipments=shipments, refunds=refunds, cancelled_at=cancelled_at)


def everything(order: StorefrontOrder) -> Quantities:
    """All pieces of the order."""
    return tuple((place, line.quantity) for place, line in enumerate(order.lines))


def _shipped(order: StorefrontOrder, dice: Dice) -> dict[str, object]:
    at = order.created_at + timedelta(hours=dice.between(3, 60))
    return {"shipments": (Shipment(at=at, warehouse=dice.between(0, 1), quantities=everything(order)),)}


def _partly_shipped(order: StorefrontOrder, dice: Dice) -> dict[str, object]:
    line = Line(variant=order.lines[0].variant, quantity=3, unit_cents=order.lines[0].unit_cents)
    at = order.created_at + timedelta(hours=dice.between(3, 60))
    shipment = Shipment(at=at, warehouse=0, quantities=((0, 1),))
    return {"lines": (line, *order.lines[1:]), "shipments": (shipment,)}


def _cancelled(order: StorefrontOrder, dice: Dice) -> dict[str, object]:
    at = order.created_at + timedelta(hours=dice.between(1, 5))
    refund = Refund(at=at, quantities=everything(order), with_shipping=True)
    return {"cancelled_at": at, "refunds": (refund,)}


def _refunded(order: StorefrontOrder, dice: Dice) -> dict[str, object]:
    at = order.created_at + timedelta(days=dice.between(4, 9))
    return _shipped(order, dice) | {"refunds": (Refund(at=at, quantities=((0, 1),)),)}


def _returned(order: StorefrontOrder, dice: Dice) -> dict[str, object]:
    at = order.created_at + timedelta(days=dice.between(6, 12))
    refund = Refund(at=at, quantities=everything(order), is_restocked=False)
    return _shipped(order, dice) | {"refunds": (refund,)}


_FIELDS_OF_KIND = {
    "dollars": lambda order, dice: _shipped(order, dice) | {"currency": "USD"},
    "kronor": lambda order, dice: _shipped(order, dice) | {"currency": "SEK"},
    "discounted": lambda order, dice: _shipped(order, dice) | {"discount_percent": 10},
    "guest": lambda order, dice: _shipped(order, dice) | {"customer": None},
    "counter": lambda order, dice: _shipped(order, dice) | {"source_name": "pos", "shipping_cents": 0},
    "test": lambda order, dice: {"is_test": True},
    "authorized": lambda order, dice: {"payment": Payment.AUTHORIZED},
    "pending": lambda order, dice: {"payment": Payment.PENDING},
    "partly_shipped": _partly_shipped,
    "cancelled": _cancelled,
    "refunded": _refunded,
    "returned": _returned,
}
