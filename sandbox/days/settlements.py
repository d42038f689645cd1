"""What the payment provider settles: the weeks before on the first day, the days before on the second.

One payment is never settled, one with less than the customer paid, one comes back from the customer's bank, and one is
of no shop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.days.expected import Day, Expected, Flow, Outcome
from sandbox.deliveries import settlements
from sandbox.deliveries.settlements import Entry
from sandbox.shopify.order_amounts import Calculation
from sandbox.shopify.order_events import PROVIDER, transactions
from sandbox.world import World
from sandbox.world.storefront_orders import StorefrontOrder

FIRST_BATCH = 41
DAYS_ON_THE_WAY = 3
METHODS = ("visa", "mc", "paypal")
KIND = {"SALE": "Settled", "REFUND": "Refunded"}
MISSING = Decimal("1.00")


def add_settlements(day: Day, world: World, number: int) -> None:
    """The report of a day; on the second one that of the first comes once more, under another name."""
    batch = FIRST_BATCH + number - 1
    entries = batch_of(world, number)
    expected = partial(Expected, day=number, flow=Flow.SETTLEMENTS, entity="settlement_lines")
    changed = None if number == 1 else len(entries)
    report = expected(delivery=settlements.path(batch), delivered=len(entries), changed=changed)
    day.drop("provider", settlements.report(entries, batch), report)
    if number > 1:
        first = batch_of(world, 1)
        path = settlements.path(FIRST_BATCH, " (1)")
        again = expected(delivery=path, delivered=len(first), outcome=Outcome.DUPLICATE)
        day.drop("provider", settlements.report(first, FIRST_BATCH), again)


def batch_of(world: World, number: int) -> list[Entry]:
    """The lines that the provider settles on a day, the payout last."""
    closed = datetime.combine(world.start + timedelta(days=number - 1), time(1), UTC)
    limit = datetime.combine(world.start, time(), UTC) - timedelta(days=DAYS_ON_THE_WAY)
    known = list(_payments(world))
    early = [entry for entry in known if entry.at < limit]
    forgotten = early[0]
    if number == 1:
        return settlements.paid_out([entry for entry in early if entry != forgotten], closed)
    late = [entry for entry in known if entry.at >= limit]
    return settlements.paid_out([*_less(late), *_surprises(early, closed)], closed)


def _payments(world: World) -> Iterator[Entry]:
    """What customers paid through the provider until the first day, and got back, in the order of the orders."""
    for order in world.storefront_orders:
        if order.is_test:
            continue
        for document in transactions(order, Calculation(order)):
            if (
                document["gateway"] == PROVIDER
                and document["status"] == "SUCCESS"
                and document["kind"] in KIND
            ):
                yield _entry(order, document)


def _entry(order: StorefrontOrder, document: dict[str, Any]) -> Entry:
    paid, own = document["amountSet"]["presentmentMoney"], document["amountSet"]["shopMoney"]
    is_refund = document["kind"] == "REFUND"
    sign = -1 if is_refund else 1
    net = sign * Decimal(own["amount"])
    method = METHODS[order.number % len(METHODS)]
    reference = (document["parentTransaction"] if is_refund else document)["paymentId"]
    return Entry(
        kind=KIND[document["kind"]],
        at=datetime.fromisoformat(document["processedAt"]) + timedelta(hours=20),
        psp_reference=f"8816{order.number:012d}",
        reference=reference,
        own_reference=document["paymentId"] if is_refund else "",
        modification=f"8826{order.number:010d}{document['paymentId'][-2:]}",
        method=method,
        currency=paid["currencyCode"],
        gross=sign * Decimal(paid["amount"]),
        net=net,
        fee=Decimal(0) if is_refund else (net / 100 + Decimal("0.10")).quantize(Decimal("0.01")),
    )


def _less(entries: list[Entry]) -> list[Entry]:
    """The lines, the first of a euro payment with less than the customer paid."""
    place = next((at for at, one in enumerate(entries) if _is_short(one)), None)
    return [_shortened(one) if at == place else one for at, one in enumerate(entries)]


def _is_short(entry: Entry) -> bool:
    return entry.kind == "Settled" and entry.currency == settlements.NET_CURRENCY


def _shortened(entry: Entry) -> Entry:
    assert entry.gross is not None
    return replace(entry, gross=entry.gross - MISSING, net=entry.net - MISSING)


def _surprises(early: list[Entry], at: datetime) -> Iterator[Entry]:
    """A customer's bank takes a payment back, and one was taken with a link that nobody told us of."""
    disputed = next(entry for entry in early[1:] if _is_short(entry))
    assert disputed.gross is not None
    yield replace(
        disputed,
        kind="Chargeback",
        at=at,
        gross=-disputed.gross,
        net=-disputed.net,
        fee=Decimal("7.50"),
        modification="8836000000000001",
    )
    yield Entry(
        kind="Settled",
        at=at,
        psp_reference="8816000000000815",
        reference="PL-0815",
        modification="8826000000000815",
        method="visa",
        currency="EUR",
        gross=Decimal("25.00"),
        net=Decimal("25.00"),
        fee=Decimal("0.35"),
    )
