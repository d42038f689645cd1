"""What the ERP says of prices: all of them on the first day, what changed on the second."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sandbox.days.expected import Day, Expected, Flow, Outcome, Refusal
from sandbox.days.partners import export_moment
from sandbox.deliveries import agreed_prices
from sandbox.world import World
from sandbox.world.agreed_prices import second_prices


def add_prices(day: Day, world: World, number: int) -> None:
    """The export of a day; on the second one that of the first comes once more, under another name."""
    expected = partial(Expected, day=number, flow=Flow.PRICES, entity="prices")
    first, count, refused = first_prices_export(world)
    if number == 1:
        path = agreed_prices.path(export_moment(world.start))
        day.drop("erp", first, expected(delivery=path, delivered=count, refused=refused))
        return
    at = export_moment(world.start + timedelta(days=1))
    stated = second_prices(world.seed, world.catalog, world.launched, world.start, world.agreed_prices)
    rows = agreed_prices.rows(world.catalog, stated, at)
    changes = expected(delivery=agreed_prices.path(at), delivered=len(rows), changed=len(rows))
    day.drop("erp", agreed_prices.export(rows), changes)
    path = agreed_prices.path(export_moment(world.start, minutes=20))
    day.drop("erp", first, expected(delivery=path, delivered=count, outcome=Outcome.DUPLICATE))


def first_prices_export(world: World) -> tuple[bytes, int, tuple[Refusal, ...]]:
    """The export of the first day, its number of rows, and what is wrong in it: a contract with nobody."""
    rows = agreed_prices.rows(world.catalog, world.agreed_prices, export_moment(world.start))
    wrong = {**rows[0], "Kondition": "C-99990", "Preisart": "contract", "Kunde": ""}
    refusal = Refusal(key="C-99990", field="customer_number", value="", why="a contract is with a customer")
    return agreed_prices.export([*rows, wrong]), len(rows) + 1, (refusal,)
