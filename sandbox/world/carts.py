"""Carts that visitors of the shop left before they paid; some came back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sandbox.world.dice import Dice
from sandbox.world.storefront_orders import HISTORY_DAYS, OrderBook, Payment, StorefrontOrder, revised

RECOVERED_EVERY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart with what an order of it would be.

    Attributes:
        content: lines, customer, currency and discount; its number counts the carts from 1.
        completed_at: when it was paid after all.
    """

    content: StorefrontOrder
    updated_at: datetime
    completed_at: datetime | None = None

    @property
    def number(self) -> int:
        """Counts the carts from 1."""
        return self.content.number

    @property
    def created_at(self) -> datetime:
        """When the first article went into it."""
        return self.content.created_at


def left_carts(seed: int, book: OrderBook, count: int, start: date) -> list[Cart]:
    """The carts of the weeks before ``start``, oldest first; every third was paid an hour later."""
    dice = Dice(seed, "carts")
    now = datetime.combine(start, time(), UTC)
    minutes = HISTORY_DAYS * 24 * 60 // max(count, 1)
    times = (now - timedelta(minutes=minutes * (count - place)) for place in range(count))
    carts = [drawn(dice, book, 1 + place, moment) for place, moment in enumerate(times)]
    return [
        completed(cart, cart.created_at + timedelta(hours=1)) if cart.number % RECOVERED_EVERY == 0 else cart
        for cart in carts
    ]


def drawn(dice: Dice, book: OrderBook, number: int, created_at: datetime) -> Cart:
    """A cart that somebody has just left."""
    order = book.order(dice, number, created_at, len(book.customers))
    nothing_yet: dict[str, Any] = {"shipments": (), "refunds": (), "cancelled_at": None}
    content = revised(order, **nothing_yet, payment=Payment.PENDING, is_test=False, source_name="web")
    return Cart(content=content, updated_at=created_at)


def completed(cart: Cart, at: datetime) -> Cart:
    """The cart, paid after all."""
    return replace(cart, updated_at=at, completed_at=at)


def with_one_more(cart: Cart, at: datetime) -> Cart:
    """The cart with another piece of its first article."""
    first, *others = cart.content.lines
    lines = (replace(first, quantity=first.quantity + 1), *others)
    return replace(cart, content=replace(cart.content, lines=lines), updated_at=at)
