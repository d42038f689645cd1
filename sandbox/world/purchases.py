"""Orders of the retailer to its suppliers: what is bought of whom, at which price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.world.catalog import Catalog
from sandbox.world.dice import Dice

SUPPLIERS = {"nordkap": ("70010", "NOK"), "fjell": ("70020", "EUR")}
"""Number in the ERP and currency, by the account of the partner."""
LOCATIONS = ("DE-LEJ-1", "SE-MMX-1")
ORDERS_PER_SUPPLIER = 3
PURCHASE_SHARE = 45
FIRST_NUMBER = 4500017001


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """A line of an order; price in cents of the supplier's currency."""

    number: int
    variant: int
    quantity: int
    cents: int
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """An order to a supplier."""

    number: str
    supplier: str
    ordered_on: date
    wanted_on: date
    location: str
    lines: tuple[PurchaseLine, ...]


def first_orders(seed: int, catalog: Catalog, launched: int, day: date) -> list[PurchaseOrder]:
    """The orders of the first day, ``ORDERS_PER_SUPPLIER`` to each supplier."""
    dice = Dice(seed, "purchases")
    suppliers = [name for name in SUPPLIERS for _ in range(ORDERS_PER_SUPPLIER)]
    return [
        order(dice, catalog, launched, FIRST_NUMBER + place, supplier, day)
        for place, supplier in enumerate(suppliers)
    ]


def order(
    dice: Dice, catalog: Catalog, launched: int, number: int, supplier: str, day: date
) -> PurchaseOrder:
    """An order of some articles.

    Args:
        launched: how many of the variants may be ordered.
    """
    variants = sorted(dice.sample(range(launched), dice.between(2, 5)))
    return PurchaseOrder(
        number=str(number),
        supplier=supplier,
        ordered_on=day,
        wanted_on=day + timedelta(days=dice.between(10, 30)),
        location=dice.pick(LOCATIONS),
        lines=tuple(
            PurchaseLine(
                number=(place + 1) * 10,
                variant=variant,
                quantity=12 * dice.between(1, 10),
                cents=catalog.variants.eur_cents[variant] * PURCHASE_SHARE // 100,
            )
            for place, variant in enumerate(variants)
        ),
    )
