"""What a supplier does with an order: it confirms, promises the rest for later, packs in two packages, and invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from sandbox.suppliers.orders import Line, Package, Promise, Reply, Request

SOON_DAYS, LATER_DAYS = 8, 29
SHORT_FROM_LINES = 3
"""Of an order with so many lines, the last one cannot be sent whole."""
RAISED = Decimal("1.04")
PREFIX = "0037012345"


def changed(known: tuple[Line, ...], request: Request) -> tuple[Line, ...]:
    """The lines of an order after a request."""
    if request.kind == "order":
        return request.lines
    if request.kind == "cancellation":
        return ()
    lines = {line.number: line for line in known}
    for line in request.lines:
        if line.action == "removed":
            lines.pop(line.number, None)
        else:
            lines[line.number] = line
    return tuple(sorted(lines.values(), key=lambda line: int(line.number)))


def reply(request: Request, lines: tuple[Line, ...], at: datetime, serial: int, *, is_dear: bool) -> Reply:
    """What the supplier says of an order as it stands now.

    Args:
        serial: makes the codes of packages unlike any others.
        is_dear: the invoice asks more for the first line than was agreed.
    """
    promises = tuple(_promise(line, place, len(lines)) for place, line in enumerate(lines, 1))
    return Reply(
        request=replace(request, lines=lines),
        promises=promises,
        packages=tuple(_packages(promises, serial)),
        today=_day(at),
        soon=_day(at + timedelta(days=SOON_DAYS)),
        later=_day(at + timedelta(days=LATER_DAYS)),
        prices={lines[0].number: (lines[0].price * RAISED).quantize(Decimal("0.01"))} if is_dear else {},
    )


def _promise(line: Line, place: int, count: int) -> Promise:
    half = (line.quantity / 2).to_integral_value(ROUND_FLOOR)
    if place == count >= SHORT_FROM_LINES and half:
        return Promise(line=line, now=half, later=line.quantity - half)
    return Promise(line=line, now=line.quantity)


def _packages(promises: tuple[Promise, ...], serial: int) -> list[Package]:
    """The first line comes in a package of its own."""
    contents = [(promise.line, promise.now) for promise in promises if promise.now]
    parts = [part for part in (contents[:1], contents[1:]) if part]
    return [
        Package(code=with_check_digit(f"{PREFIX}{serial:06}{place}"), contents=tuple(part))
        for place, part in enumerate(parts, 1)
    ]


def with_check_digit(digits: str) -> str:
    """An SSCC: GS1 General Specifications, section 7.9."""
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits.zfill(19)}{-weighed % 10}"


def _day(at: datetime) -> str:
    return f"{at:%Y%m%d}"
