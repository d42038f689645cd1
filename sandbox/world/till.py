"""What a shop in the United Kingdom sold over its till: documents of lines, as its ledger has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sandbox.world.catalog import Catalog
from sandbox.world.dice import Dice

FIRST_DOCUMENT = 536365
COUNTRIES = ("United Kingdom",) * 8 + ("EIRE", "Germany", "France")
OPENS = time(9, 0)
MINUTES_OPEN = 480
PENCE_PER_100_CENTS = 86


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A line of a document; what was taken back is below zero. The till's own clock, without a zone."""

    document: str
    article: str
    text: str
    quantity: int
    booked_at: datetime
    pence: int
    customer: int | None
    country: str


def day_of_sales(seed: int, catalog: Catalog, launched: int, day: date, documents: range) -> list[LedgerLine]:
    """What was sold on a day, in the order of booking. Some lines are booked twice, and many customers are strangers.

    Args:
        launched: how many of the variants may be sold.
        documents: the numbers of the day's documents.
    """
    dice = Dice(seed, f"till/{day}")
    lines: list[LedgerLine] = []
    for place, number in enumerate(documents):
        minutes = place * MINUTES_OPEN // max(len(documents), 1)
        booked_at = datetime.combine(day, OPENS) + timedelta(minutes=minutes)
        customer = None if dice.between(1, 4) == 1 else dice.between(12346, 12420)
        country = dice.pick(COUNTRIES)
        for variant in dice.sample(range(launched), dice.between(1, 6)):
            line = LedgerLine(
                document=str(number),
                article=catalog.variants.sku[variant],
                text=catalog.products.name_en[catalog.variants.product[variant]].upper(),
                quantity=dice.between(1, 12),
                booked_at=booked_at,
                pence=catalog.variants.eur_cents[variant] * PENCE_PER_100_CENTS // 100,
                customer=customer,
                country=country,
            )
            lines += [line] * (2 if dice.between(1, 15) == 1 else 1)
    return lines


def taken_back(lines: Sequence[LedgerLine], number: int, booked_at: datetime) -> list[LedgerLine]:
    """The correction that takes some lines back."""
    return [
        replace(line, document=f"C{number}", quantity=-line.quantity, booked_at=booked_at) for line in lines
    ]
