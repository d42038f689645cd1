"""What the ERP says of prices: all of them on the first day, what changed on the second."""

from __future__ import annotations

from datetime import timedelta

from sandbox.days.expected import Day, DroppedFile, Expected, Flow, Outcome, Refusal
from sandbox.days.partners import export_moment
from sandbox.deliveries import agreed_prices
from sandbox.world import World
from sandbox.world.agreed_prices import second_prices


def add_prices(day: Day, world: World, number: int) -> None:
    """The export of a day; on the second one that of the first comes once more, under another name."""
    if number == 1:
        _add(day, 1, agreed_prices.path(export_moment(world.start)), *first_prices_export(world))
        return
    at = export_moment(world.start + timedelta(days=1))
    changed = second_prices(world.seed, world.catalog, world.launched, world.start, world.agreed_prices)
    rows = agreed_prices.rows(world.catalog, changed, at)
    _add(day, 2, agreed_prices.path(at), agreed_prices.export(rows), len(rows), changed=len(rows))
    repeated, count, _ = first_prices_export(world)
    again = agreed_prices.path(export_moment(world.start, minutes=20))
    _add(day, 2, again, repeated, count, outcome=Outcome.DUPLICATE)


def first_prices_export(world: World) -> tuple[bytes, int, tuple[Refusal, ...]]:
    """The export of the first day, its number of rows, and what is wrong in it: a contract with nobody."""
    rows = agreed_prices.rows(world.catalog, world.agreed_prices, export_moment(world.start))
    wrong = {**rows[0], "Kondition": "C-99990", "Preisart": "contract", "Kunde": ""}
    refusal = Refusal(key="C-99990", field="customer_number", value="", why="a contract is with a customer")
    return agreed_prices.export([*rows, wrong]), len(rows) + 1, (refusal,)


def _add(
    day: Day,
    number: int,
    path: str,
    content: bytes,
    delivered: int,
    refused: tuple[Refusal, ...] = (),
    *,
    changed: int | None = None,
    outcome: Outcome = Outcome.ACCEPTED,
) -> None:
    day.files.append(DroppedFile(account="erp", path=path, content=content))
    day.expected.append(
        Expected(
            day=number,
            flow=Flow.PRICES,
            entity="prices",
            delivery=path,
            delivered=delivered,
            refused=refused,
            changed=changed,
            outcome=outcome,
        )
    )
