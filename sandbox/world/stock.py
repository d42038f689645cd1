"""What lies in the two warehouses."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.world.dice import Dice


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """A warehouse, as it names itself in its messages.

    Attributes:
        partner: folder of the SFTP account.
        location_code: as the warehouse writes it in N104 and REF.
        interchange_id: sender in ISA06 and GS02.
        shop_location_id: number of the shop's location for it.
    """

    partner: str
    name: str
    location_code: str
    interchange_id: str
    shop_location_id: int
    city: str
    zip_code: str
    country_code: str


WAREHOUSES: tuple[Warehouse, ...] = (
    Warehouse(
        partner="central",
        name="Central Warehouse Leipzig",
        location_code="DE-LEJ-1",
        interchange_id="CENTRALWMS",
        shop_location_id=70100001,
        city="Leipzig",
        zip_code="04158",
        country_code="DE",
    ),
    Warehouse(
        partner="north",
        name="North Warehouse Malmö",
        location_code="SE-MMX-1",
        interchange_id="NORTHWMS",
        shop_location_id=70100002,
        city="Malmö",
        zip_code="211 20",
        country_code="SE",
    ),
)


@dataclass(slots=True)
class Stock:
    """What one warehouse holds, by row of the variants; None where it does not keep the article."""

    on_hand: list[int | None]
    committed: list[int | None]

    def available(self, row: int) -> int:
        """Pieces that may be sold: on hand without those promised to orders."""
        return (self.on_hand[row] or 0) - (self.committed[row] or 0)

    def kept(self) -> list[int]:
        """The rows of the articles that this warehouse keeps."""
        return [row for row, quantity in enumerate(self.on_hand) if quantity is not None]


def build_stock(seed: int, variants: int, warehouse: Warehouse) -> Stock:
    """The stock of one warehouse: the central one keeps every article, the other three of five."""
    dice = Dice(seed, f"stock/{warehouse.partner}")
    kept = 1.0 if warehouse.partner == "central" else 0.6
    stock = Stock([], [])
    for _ in range(variants):
        on_hand = _quantity(dice) if dice.chance(kept) else None
        stock.on_hand.append(on_hand)
        stock.committed.append(None if on_hand is None else min(on_hand, dice.pick((0, 0, 0, 1, 2, 4))))
    return stock


def _quantity(dice: Dice) -> int:
    return 0 if dice.chance(0.06) else dice.between(1, 140)
