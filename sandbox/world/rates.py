"""Exchange rates of the business days: what one euro buys, a little more or less than on the day before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sandbox.world.dice import Dice

FIRST_DAY = date(2024, 1, 1)
SATURDAY = 5
BEGINNINGS = {"BRL": 61_000, "GBP": 8_600, "NOK": 117_000, "USD": 11_200}
"""Ten-thousandths of the currency for one euro."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Units of a currency for one euro."""

    currency: str
    day: date
    rate: Decimal


def rates(seed: int, first: date, last: date) -> list[Rate]:
    """The rates of the business days from ``first`` to ``last``, day by day; the same whatever the first day is."""
    dice, stated = Dice(seed, "rates"), dict(BEGINNINGS)
    found = []
    for number in range((last - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=number)
        if day.weekday() >= SATURDAY:
            continue
        for currency in BEGINNINGS:
            stated[currency] += stated[currency] * dice.between(-40, 40) // 10_000
            if day >= first:
                found.append(Rate(currency=currency, day=day, rate=Decimal(stated[currency]) / 10_000))
    return found
