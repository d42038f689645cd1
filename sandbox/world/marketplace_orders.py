"""What customers ordered on the marketplace: six related tables of text, as its exports have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sandbox.world.catalog import Catalog
from sandbox.world.dice import Dice
from sandbox.world.identifiers import hex_id
from sandbox.world.words import FAMILIES

COLUMNS: dict[str, tuple[str, ...]] = {
    "orders": (
        "order_id",
        "customer_id",
        "order_status",
        "order_purchase_timestamp",
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    ),
    "order_items": (
        "order_id",
        "order_item_id",
        "product_id",
        "seller_id",
        "shipping_limit_date",
        "price",
        "freight_value",
    ),
    "order_payments": (
        "order_id",
        "payment_sequential",
        "payment_type",
        "payment_installments",
        "payment_value",
    ),
    "customers": (
        "customer_id",
        "customer_unique_id",
        "customer_zip_code_prefix",
        "customer_city",
        "customer_state",
    ),
    "products": (
        "product_id",
        "product_category_name",
        "product_name_lenght",
        "product_description_lenght",
        "product_photos_qty",
        "product_weight_g",
        "product_length_cm",
        "product_height_cm",
        "product_width_cm",
    ),
    "sellers": ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"),
}
"""The marketplace's own column names, its misspelling of ``length`` included."""

CATEGORY_OF_FAMILY = {
    "knitwear": "fashion_roupa_feminina",
    "shirts": "fashion_roupa_masculina",
    "outerwear": "fashion_esporte",
    "shoes": "fashion_calcados",
    "bags": "fashion_bolsas_e_acessorios",
    "lamps": "moveis_decoracao",
    "cookware": "utilidades_domesticas",
    "textiles": "cama_mesa_banho",
    "outdoor": "esporte_lazer",
}
SELLER = ("3b1d7c5e", "04578", "sao paulo", "SP")
REAIS_PER_EURO = 6
_PLACES = (
    ("01310", "sao paulo", "SP"),
    ("20040", "rio de janeiro", "RJ"),
    ("30140", "belo horizonte", "MG"),
    ("40020", "salvador", "BA"),
    ("80010", "curitiba", "PR"),
    ("90010", "porto alegre", "RS"),
    ("9790", "sao bernardo do campo", "SP"),
    ("75180", "silvania d'oeste", "GO"),
)

Row = tuple[str, ...]


@dataclass(slots=True)
class MarketplaceTables:
    """Rows by table, in the order of ``COLUMNS``; all values are text, an empty one is absent."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})

    def add(self, table: str, *values: object) -> None:
        """One more row."""
        self.rows[table].append(tuple("" if value is None else str(value) for value in values))


def listing_id(sku: str) -> str:
    """The marketplace's identifier of one of our articles."""
    return hex_id("marketplace product", sku)


def list_articles(tables: MarketplaceTables, catalog: Catalog, variants: list[int]) -> None:
    """The listings that orders refer to; one in twenty has no category."""
    for place, row in enumerate(variants):
        family = catalog.family_of(catalog.variants.product[row])
        category = None if place % 20 == 19 else CATEGORY_OF_FAMILY[family.code]
        name = catalog.products.name_en[catalog.variants.product[row]]
        grams = catalog.variants.grams[row]
        identifier = listing_id(catalog.variants.sku[row])
        tables.add(
            "products", identifier, category, len(name), 20 * len(name), 1 + place % 4, grams, 30, 12, 24
        )


def list_seller(tables: MarketplaceTables) -> None:
    """The retailer itself, the only seller of its articles."""
    tables.add("sellers", hex_id("seller", SELLER[0]), *SELLER[1:])


def add_order(
    tables: MarketplaceTables,
    dice: Dice,
    catalog: Catalog,
    variants: list[int],
    number: int,
    day: date,
    status: str,
) -> str:
    """One order with its customer, items and payments; what is paid is what it costs.

    Returns:
        the order's identifier.
    """
    order = hex_id("marketplace order", str(number))
    purchased = datetime.combine(day, time()) + timedelta(seconds=dice.between(0, 86399))
    tables.add(
        "orders", order, hex_id("marketplace customer", str(number)), status, *_progress(purchased, status)
    )
    _add_customer(tables, dice, number)
    total = sum(
        _add_item(tables, dice, catalog, dice.pick(variants), order, item, purchased)
        for item in range(1, dice.pick((1, 1, 1, 1, 2, 3)) + 1)
    )
    _add_payments(tables, dice, order, total)
    return order


def _progress(purchased: datetime, status: str) -> list[str]:
    approved = purchased + timedelta(minutes=17)
    carrier = approved + timedelta(days=1, hours=5) if status in ("shipped", "delivered") else None
    delivered = approved + timedelta(days=8, hours=3) if status == "delivered" else None
    promised = datetime.combine(purchased.date(), time()) + timedelta(days=21)
    return [_text(moment) for moment in (purchased, approved, carrier, delivered, promised)]


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def _add_customer(tables: MarketplaceTables, dice: Dice, number: int) -> None:
    person = hex_id("marketplace person", str(dice.between(1, 100_000)))
    tables.add("customers", hex_id("marketplace customer", str(number)), person, *dice.pick(_PLACES))


def _add_item(
    tables: MarketplaceTables,
    dice: Dice,
    catalog: Catalog,
    variant: int,
    order: str,
    item: int,
    purchased: datetime,
) -> int:
    price = catalog.variants.eur_cents[variant] * REAIS_PER_EURO
    freight = dice.between(790, 4990)
    limit = _text(purchased + timedelta(days=4))
    listing, seller = listing_id(catalog.variants.sku[variant]), hex_id("seller", SELLER[0])
    tables.add("order_items", order, item, listing, seller, limit, reais(price), reais(freight))
    return price + freight


def _add_payments(tables: MarketplaceTables, dice: Dice, order: str, total: int) -> None:
    voucher = dice.between(1000, 2500) if dice.chance(0.08) else 0
    kind = dice.pick(("credit_card", "credit_card", "credit_card", "boleto", "debit_card"))
    installments = dice.between(1, 10) if kind == "credit_card" else 1
    tables.add("order_payments", order, 1, kind, installments, reais(total - voucher))
    if voucher:
        tables.add("order_payments", order, 2, "voucher", 1, reais(voucher))


def reais(cents: int) -> str:
    """An amount as the exports write it: a point, no trailing zero (``12.9``, ``110.0``)."""
    text = f"{cents // 100}.{cents % 100:02d}"
    return text.removesuffix("0")


def categories() -> list[str]:
    """The marketplace's category names, in Portuguese."""
    return [CATEGORY_OF_FAMILY[family.code] for family in FAMILIES]
