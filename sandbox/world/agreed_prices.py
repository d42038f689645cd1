"""What the ERP agrees: a list price of every article, promotions of the shop, contracts with customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sandbox.world.catalog import LISTED_EVERY, Catalog
from sandbox.world.dice import Dice

CONTRACT_CUSTOMER = "20014"
PROMOTED_PERCENT = 80
CONTRACT_PERCENT = 90
CONTRACT_TIER_PERCENT = 80
TIER_QUANTITY = 48
DAYS_BEFORE, DAYS_AFTER = 3, 30
CONTRACT_ARTICLES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedPrice:
    """One agreement.

    Attributes:
        variant: row of the article.
        channel, customer: for whom; empty for everybody.
        cents: euro cents of ``pieces`` pieces.
        first, last: days on which it holds, both included.
    """

    number: str
    kind: str
    variant: int
    cents: int
    first: date
    last: date | None = None
    channel: str = ""
    customer: str = ""
    minimum_quantity: int | None = None
    pieces: int = 1
    is_withdrawn: bool = False


def promoted_products(seed: int, catalog: Catalog, launched: int) -> list[int]:
    """Products that are on offer in the shop: two from the first day on, one from the second.

    The shop lists none of them before the first day.
    """
    found = [row for row in range(launched) if catalog.products.is_enabled[row] and row % LISTED_EVERY]
    return Dice(seed, "promoted").sample(found, 3)


def first_prices(seed: int, catalog: Catalog, launched: int, listed: range, start: date) -> list[AgreedPrice]:
    """All that is agreed on the first day.

    Args:
        launched: how many products there are.
        listed: the rows of their variants.
    """
    year = date(start.year, 1, 1)
    cents = catalog.variants.eur_cents
    lists = [
        AgreedPrice(number=f"L-{row:06d}", kind="list", variant=row, cents=cents[row], first=year)
        for row in listed
    ]
    products = promoted_products(seed, catalog, launched)[:2]
    return [*lists, *promotions(catalog, products, start), *_contracts(seed, catalog, listed, year)]


def promotions(catalog: Catalog, products: list[int], start: date) -> list[AgreedPrice]:
    """The shop takes a fifth off."""
    cents = catalog.variants.eur_cents
    return [
        AgreedPrice(
            number=f"P-{row:06d}",
            kind="promotion",
            variant=row,
            channel="ecommerce",
            cents=cents[row] * PROMOTED_PERCENT // 100,
            first=start - timedelta(days=DAYS_BEFORE),
            last=start + timedelta(days=DAYS_AFTER),
        )
        for product in products
        for row in catalog.variants_of(product)
    ]


def second_prices(
    seed: int, catalog: Catalog, launched: int, start: date, known: list[AgreedPrice]
) -> list[AgreedPrice]:
    """What changes on the second day: a promotion ends early, another one begins, a contract becomes dearer."""
    early, _, new = promoted_products(seed, catalog, launched)
    ended = [
        replace(one, is_withdrawn=True)
        for one in known
        if one.kind == "promotion" and one.variant in catalog.variants_of(early)
    ]
    dearer = next(one for one in known if one.kind == "contract")
    return [*ended, *promotions(catalog, [new], start), replace(dearer, cents=dearer.cents + 100)]


def _contracts(seed: int, catalog: Catalog, listed: range, year: date) -> Iterator[AgreedPrice]:
    """A price of one piece, and one of a hundred for who takes many."""
    cents = catalog.variants.eur_cents
    for place, row in enumerate(Dice(seed, "contracts").sample(list(listed), CONTRACT_ARTICLES)):
        agreed = AgreedPrice(
            number=f"C-{place:04d}0",
            kind="contract",
            variant=row,
            customer=CONTRACT_CUSTOMER,
            cents=cents[row] * CONTRACT_PERCENT // 100,
            first=year,
            last=date(year.year, 12, 31),
        )
        yield agreed
        yield replace(
            agreed,
            number=f"C-{place:04d}1",
            cents=cents[row] * CONTRACT_TIER_PERCENT,
            pieces=100,
            minimum_quantity=TIER_QUANTITY,
        )
