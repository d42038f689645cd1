"""The first day: every system is filled, every partner has delivered, and a few records are wrong."""

from __future__ import annotations

from datetime import timedelta

from sandbox.days.expected import Day, DroppedFile, Expected, Flow, Refusal
from sandbox.days.panel import add_campaigns, add_panel
from sandbox.days.partners import (
    advice_bytes,
    advice_lines,
    advice_moment,
    advice_path,
    catalog_moment,
    catalog_path,
    export_moment,
    supplier_rows,
)
from sandbox.days.prices import add_prices
from sandbox.days.settlements import add_settlements
from sandbox.deliveries import exchange_rates, ledger, purchase_orders
from sandbox.deliveries.marketplace_exports import MARKER, export_files, folder
from sandbox.deliveries.supplier_catalog import DIALECTS, Row, catalog_file
from sandbox.world import World
from sandbox.world.dice import Dice
from sandbox.world.marketplace_orders import (
    COLUMNS,
    MarketplaceTables,
    add_order,
    list_articles,
    list_seller,
    reais,
)
from sandbox.world.stock import WAREHOUSES
from sandbox.world.words import CATEGORIES, FAMILIES

SUPPLIER_MISTAKES = {
    "nordhaus": (
        ("Variant Price", "auf Anfrage", "list_price_amount", "is no number"),
        ("Variant Barcode", "folgt", "barcode", "is no GTIN"),
        ("Variant Weight Unit", "Stk", "weight_unit", "is no unit of weight"),
    ),
    "lumiere": (("Variant Price", "sur demande", "list_price_amount", "is no number"),),
    "kontor": (),
}
"""What is wrong from the beginning: column, value, the contract's field, reason."""

MISTAKE_EVERY = 7
STATUSES = ("delivered",) * 6 + ("shipped", "shipped", "invoiced", "canceled")
# What two customers paid differs from what they ordered, by so many centavos.
DAYS_OF_RATES = 500
PAYMENT_DIFFERENCES = (500, -50)


def first_day(world: World) -> Day:
    """Deliveries of the first day."""
    day = Day()
    _add_pim(day, world)
    for partner in DIALECTS:
        _add_catalog(day, world, partner)
    for place in range(len(WAREHOUSES)):
        _add_advice(day, world, place)
    _add_storefront(day, world)
    _add_marketplace(day, world)
    _add_purchases(day, world)
    _add_rates(day, world)
    add_prices(day, world, 1)
    _add_ledger(day, world)
    add_panel(day, world, 1)
    add_campaigns(day, world, 1)
    add_settlements(day, world, 1)
    return day


def pim_flaws(world: World) -> dict[int, dict[str, object]]:
    """Values that are wrong in the PIM from the beginning, by variant row: an EAN that is none, a missing name."""
    listed = set(world.listed_products)
    products = world.catalog.variants.product
    quiet = [row for row in range(world.launched_variants) if products[row] not in listed]
    return {quiet[1]: {"ean": "EAN folgt"}, quiet[-1]: {"name": None}}


def _add_pim(day: Day, world: World) -> None:
    skus = world.catalog.variants.sku
    no_ean, no_name = pim_flaws(world)
    refused = (
        Refusal(key=skus[no_ean], field="ean", value="EAN folgt", why="an EAN has 8, 12, 13 or 14 digits"),
        Refusal(key=skus[no_name], field="names", value="", why="a product has a name"),
    )
    for entity, delivered in (("categories", len(CATEGORIES)), ("families", len(FAMILIES))):
        day.expected.append(
            Expected(day=1, flow=Flow.PRODUCTS, entity=entity, delivery=entity, delivered=delivered)
        )
    count = world.launched_variants
    day.expected.append(
        Expected(
            day=1,
            flow=Flow.PRODUCTS,
            entity="products",
            delivery="products-uuid",
            delivered=count,
            refused=refused,
        )
    )


def mistaken(rows: list[Row], partner: str) -> list[tuple[Row, Refusal]]:
    """Rows with mistakes written into them, and what is to be said of them."""
    plain = [row for row in rows if "Title" not in row and "Variant SKU" in row] or rows
    found = []
    for place, (column, value, field, why) in enumerate(SUPPLIER_MISTAKES[partner]):
        row = plain[(place * MISTAKE_EVERY + 3) % len(plain)]
        row[column] = value
        found.append((row, Refusal(key=row["Variant SKU"], field=field, value=value, why=f"{value!r} {why}")))
    return found


def first_catalog(world: World, partner: str) -> tuple[bytes, int, tuple[Refusal, ...]]:
    """A supplier's file of the first day, its number of rows, and what is wrong in it."""
    rows = supplier_rows(world, partner, False, lambda variant: world.catalog.variants.eur_cents[variant])
    refused = tuple(refusal for _, refusal in mistaken(rows, partner))
    return catalog_file(rows, DIALECTS[partner]), len(rows), refused


def _add_catalog(day: Day, world: World, partner: str) -> None:
    content, count, refused = first_catalog(world, partner)
    path = catalog_path(partner, catalog_moment(world.start))
    day.drop(
        "supplier",
        content,
        Expected(day=1, flow=Flow.CATALOG, entity="catalog", delivery=path, delivered=count, refused=refused),
    )


def first_advice(world: World, place: int) -> tuple[bytes, int, tuple[Refusal, ...]]:
    """A warehouse's message of the first day, its number of lines, and what is wrong in it."""
    warehouse = WAREHOUSES[place]
    lines = advice_lines(world, warehouse, world.stock[place], False)
    refused: tuple[Refusal, ...] = ()
    if place == 0:
        nameless = lines[len(lines) // 2]
        nameless.sku = ""
        refused = (
            Refusal(key=nameless.ean, field="sku", value="", why="a line names our article number (SK)"),
        )
    return advice_bytes(warehouse, lines, world.start), len(lines), refused


def _add_advice(day: Day, world: World, place: int) -> None:
    content, count, refused = first_advice(world, place)
    path = advice_path(WAREHOUSES[place].partner, advice_moment(world.start))
    day.drop(
        "warehouse",
        content,
        Expected(day=1, flow=Flow.STOCK, entity="stock", delivery=path, delivered=count, refused=refused),
    )


def _add_storefront(day: Day, world: World) -> None:
    count = len(world.storefront_orders)
    day.expected.append(
        Expected(day=1, flow=Flow.ORDERS, entity="orders", delivery="orders", delivered=count)
    )
    carts = len(world.carts)
    day.expected.append(Expected(day=1, flow=Flow.CARTS, entity="carts", delivery="carts", delivered=carts))


def marketplace_order_count(world: World) -> int:
    """How many orders the first export of the marketplace has."""
    return max(round(120 * world.scale), 12)


def first_exports(world: World) -> tuple[MarketplaceTables, list[str]]:
    """The marketplace's tables of the first day, and the orders whose payments differ from their price."""
    dice, tables = Dice(world.seed, "marketplace/1"), MarketplaceTables()
    list_articles(tables, world.catalog, world.marketplace_articles)
    list_seller(tables)
    count = marketplace_order_count(world)
    orders = []
    for number in range(1, count + 1):
        ordered_on = world.start - timedelta(days=1 + (count - number) * 40 // count)
        orders.append(
            add_order(
                tables,
                dice,
                world.catalog,
                world.marketplace_articles,
                number,
                ordered_on,
                dice.pick(STATUSES),
            )
        )
    differing = orders[:2]
    _change_payments(tables, differing)
    return tables, differing


def _change_payments(tables: MarketplaceTables, orders: list[str]) -> None:
    rows = tables.rows["order_payments"]
    for order, difference in zip(orders, PAYMENT_DIFFERENCES, strict=True):
        place = next(place for place, row in enumerate(rows) if row[0] == order)
        whole, _, part = rows[place][4].partition(".")
        cents = int(whole) * 100 + int(part.ljust(2, "0"))
        rows[place] = (*rows[place][:4], reais(cents + difference))


def _add_marketplace(day: Day, world: World) -> None:
    tables, differing = first_exports(world)
    # Nobody ordered this article, so that nothing else is missing when it is refused.
    tables.add("products", "0" * 31 + "1", "esporte_lazer", 20, 300, 1, "-1", 10, 10, 10)
    refused = {"products": (_NEGATIVE_WEIGHT,)}
    where = folder(world.start)
    for name, content in export_files(tables).items():
        day.files.append(DroppedFile(account="marketplace", path=f"{where}/{name}", content=content))
    day.files.append(DroppedFile(account="marketplace", path=f"{where}/{MARKER}", content=b""))
    note = f"payments differ from the price of the orders {' and '.join(differing)}"
    day.expected += [
        Expected(
            day=1,
            flow=Flow.MARKETPLACE,
            entity=table,
            delivery=where,
            delivered=len(tables.rows[table]),
            refused=refused.get(table, ()),
            note=note if table == "order_payments" else "",
        )
        for table in COLUMNS
    ]


def first_export(world: World) -> tuple[bytes, int, tuple[Refusal, ...]]:
    """The ERP's export of the first day, its number of lines, and what is wrong in it: an order by the dozen."""
    rows = purchase_orders.rows(world.catalog, world.purchase_orders, export_moment(world.start))
    wrong = {**rows[0], "Bestellung": "4500016999", "Menge": "zwei Dutzend"}
    refusal = Refusal(
        key="4500016999", field="ordered_quantity", value="zwei Dutzend", why="a quantity is a number"
    )
    return purchase_orders.export([*rows, wrong]), len(rows) + 1, (refusal,)


def _add_purchases(day: Day, world: World) -> None:
    content, count, refused = first_export(world)
    path = purchase_orders.path(export_moment(world.start))
    day.drop(
        "erp",
        content,
        Expected(
            day=1,
            flow=Flow.PURCHASES,
            entity="purchase_orders",
            delivery=path,
            delivered=count,
            refused=refused,
        ),
    )


def _add_rates(day: Day, world: World) -> None:
    """The rates of the days before, and one that somebody forgot to fill in."""
    at = export_moment(world.start)
    rows = exchange_rates.rows(world.rates(DAYS_OF_RATES, 0), at)
    wrong = {**rows[0], "Nach": "JPY", "Kurs": "0,0000"}
    refusal = Refusal(key="EUR", field="rate", value="0,0000", why="a rate is above zero")
    expected = Expected(
        day=1,
        flow=Flow.RATES,
        entity="exchange_rates",
        delivery=exchange_rates.path(at),
        delivered=len(rows) + 1,
        refused=(refusal,),
    )
    day.drop("erp", exchange_rates.export([*rows, wrong]), expected)


def first_ledger(world: World) -> tuple[bytes, int, tuple[Refusal, ...]]:
    """The ledger of the first day, its number of lines, and what is wrong in it: a time that somebody typed."""
    place = len(world.till) // 2
    refusal = Refusal(
        key=world.till[place].document, field="booked_at", value="noon", why="a time is written in digits"
    )
    content = ledger.export(world.till, ledger.MistakenTime(place, "noon"))
    return content, len(world.till), (refusal,)


def _add_ledger(day: Day, world: World) -> None:
    content, count, refused = first_ledger(world)
    path = ledger.path(world.start)
    day.drop(
        "till",
        content,
        Expected(day=1, flow=Flow.LEDGER, entity="lines", delivery=path, delivered=count, refused=refused),
    )


_NEGATIVE_WEIGHT = Refusal(
    key="0" * 31 + "1", field="weight_grams", value="-1", why="a weight is not below zero"
)
