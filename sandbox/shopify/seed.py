"""The shop before the suite ever wrote to it: part of our articles, older, and what others put there."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sandbox.clock import iso_z
from sandbox.shopify.cart_documents import CartWriter
from sandbox.shopify.order_documents import FIRST_PRODUCT, FIRST_VARIANT, OrderWriter, option_labels
from sandbox.shopify.tables import (
    Document,
    Level,
    Product,
    ShopTables,
    Variant,
    empty_level,
    gid,
    level_values,
    variant_values,
)
from sandbox.world import World
from sandbox.world.dice import Dice
from sandbox.world.stock import WAREHOUSES
from sandbox.world.words import BRANDS

COLLECTIONS = (
    (401_000_000_001, "new-in", "New In"),
    (401_000_000_002, "sale", "Sale"),
    (401_000_000_003, "gifts", "Gifts"),
)
SMART_COLLECTION = (401_000_000_009, "bestsellers", "Bestsellers", "bestseller")
"""Holds every product with the tag, by rule; nobody can put one in by hand."""
FOREIGN_PRODUCTS = (
    ("gift-wrapping", "Gift Wrapping", "GIFT-WRAP", "3.90"),
    ("repair-service", "Repair Service", "SERVICE-REPAIR", "25.00"),
    ("care-kit-for-leather", "Care Kit for Leather", "POS-CARE-1", "14.90"),
    ("magazine-issue-12", "Magazine, Issue 12", "MAG-012", "9.50"),
    ("tote-of-the-staff", "Tote of the Staff", "STAFF-TOTE", "12.00"),
    ("sample-box", "Sample Box", "SAMPLES", "5.00"),
)
FIRST_FOREIGN_PRODUCT = 8_200_000_000_000
FIRST_FOREIGN_VARIANT = 45_000_000_000_000
FOREIGN_VARIANT_EVERY = 10
FOREIGN_OPTION_VALUE = "Limited Edition"


class Seed:
    """Fills an empty shop from the world."""

    def __init__(self, world: World, tables: ShopTables):
        self._world = world
        self._tables = tables
        self._dice = Dice(world.seed, "shop")
        self._at = iso_z(datetime.combine(world.start, time(), UTC) - timedelta(days=60))
        self._variants: list[Variant] = []
        self._levels: list[Level] = []
        self._number = 0

    def fill(self) -> None:
        """Writes everything, in one transaction."""
        with self._tables.state.transaction():
            for number, handle, title in COLLECTIONS:
                document = {"handle": handle, "title": title, "description": "", "updatedAt": self._at}
                self._tables.save_collection(number, document)
            number, handle, title, tag = SMART_COLLECTION
            smart = {"handle": handle, "title": title, "description": "", "updatedAt": self._at, "tag": tag}
            self._tables.save_collection(number, smart)
            for place, row in enumerate(self._world.listed_products):
                self._add_listed(place, row)
            for place, foreign in enumerate(FOREIGN_PRODUCTS):
                self._add_foreign(place, *foreign)
            insert = "insert into shop_variant values (?, ?, ?, ?, ?, ?)"
            self._tables.state.run_many(insert, [variant_values(variant) for variant in self._variants])
            insert = "insert into shop_level values (?, ?, ?, ?, ?, ?)"
            self._tables.state.run_many(insert, [level_values(level) for level in self._levels])
            writer = OrderWriter(self._world)
            self._tables.save_orders(writer.row(order) for order in self._world.storefront_orders)
            carts = CartWriter(self._world)
            self._tables.save_carts(carts.row(cart) for cart in self._world.carts)

    def _next(self) -> int:
        self._number += 1
        return 30_000_000_000_000 + self._number

    def _add_listed(self, place: int, row: int) -> None:
        columns, catalog = self._world.catalog.products, self._world.catalog
        rows = list(catalog.variants_of(row))
        values = [option_labels(self._world, variant) or {"Title": "Default Title"} for variant in rows]
        is_extended = place % FOREIGN_VARIANT_EVERY == 0 and "Color" in values[0]
        if is_extended:
            values.append(values[-1] | {"Color": FOREIGN_OPTION_VALUE})
        family = catalog.family_of(row)
        document = {
            **self._plain(older_title(columns.name_en[row])),
            "vendor": BRANDS[columns.brand[row]][1],
            "productType": family.labels[0],
            "tags": self._dice.sample(
                ("bestseller", "staff-pick", "gift-idea", "autumn"), self._dice.between(0, 2)
            ),
            "options": self._options(values),
            "metafields": self._metafields(),
            "media": self._media(columns.url_key[row], self._dice.between(1, 3)),
            "collections": [number for number, *_ in COLLECTIONS if self._dice.chance(0.3)],
        }
        product = Product(
            id=FIRST_PRODUCT + row, handle=columns.url_key[row], updated_at=self._at, document=document
        )
        self._tables.save_product(product)
        for position, variant in enumerate(rows, start=1):
            self._add_listed_variant(product, variant, position, values[position - 1])
        if is_extended:
            self._add_foreign_variant(product, values[-1], len(values), f"{columns.code[row]}-LTD")

    def _plain(self, title: str) -> Document:
        return {
            "title": title,
            "descriptionHtml": f"<p>{title}</p>",
            "status": "ACTIVE",
            "seo": {"title": None, "description": f"{title} at Lindqvist & Amara"},
            "createdAt": self._at,
            "publishedAt": self._at,
            "templateSuffix": None,
            "requiresSellingPlan": False,
        }

    def _options(self, values: list[dict[str, str]]) -> list[Document]:
        return [self._option(name, values, place) for place, name in enumerate(values[0], start=1)]

    def _option(self, name: str, values: list[dict[str, str]], position: int) -> Document:
        names = list(dict.fromkeys(value[name] for value in values))
        listed = [{"id": gid("ProductOptionValue", self._next()), "name": one} for one in names]
        return {
            "id": gid("ProductOption", self._next()),
            "name": name,
            "position": position,
            "values": listed,
        }

    def _metafields(self) -> list[Document]:
        rating = f"{self._dice.between(30, 50) / 10}"
        fields = (
            ("reviews", "rating", "number_decimal", rating),
            ("custom", "care", "single_line_text_field", "30 °C"),
        )
        return [
            {
                "number": self._next(),
                "namespace": namespace,
                "key": key,
                "type": kind,
                "value": value,
                "createdAt": self._at,
                "updatedAt": self._at,
            }
            for namespace, key, kind, value in fields
        ]

    def _media(self, handle: str, count: int) -> list[Document]:
        return [
            {
                "id": gid("MediaImage", self._next()),
                "url": f"https://cdn.example.com/images/{handle}-{place}.jpg",
                "alt": f"{handle}, view {place}",
                "createdAt": self._at,
            }
            for place in range(1, count + 1)
        ]

    def _add_listed_variant(self, product: Product, row: int, position: int, values: dict[str, str]) -> None:
        columns = self._world.catalog.variants
        older = columns.eur_cents[row] * self._dice.between(88, 97) // 100
        variant = Variant(
            id=FIRST_VARIANT + row,
            product_id=product.id,
            position=position,
            sku=columns.sku[row],
            updated_at=self._at,
            document=self._variant_document(values, f"{older // 100}.{older % 100:02d}", columns.ean[row]),
        )
        variant.document["weight"] = {"unit": "GRAMS", "value": float(columns.grams[row])}
        self._variants.append(variant)
        for place, warehouse in enumerate(WAREHOUSES):
            if place == 0 or self._dice.chance(0.5):
                self._levels.append(self._level(variant.id, warehouse.shop_location_id))

    def _variant_document(self, values: dict[str, str], price: str, barcode: str | None) -> Document:
        return {
            "optionValues": values,
            "price": price,
            "compareAtPrice": None,
            "barcode": barcode,
            "taxable": True,
            "taxCode": None,
            "inventoryPolicy": "DENY",
            "tracked": True,
            "requiresShipping": True,
            "cost": None,
            "weight": {"unit": "GRAMS", "value": 0.0},
            "metafields": [],
            "media": None,
            "createdAt": self._at,
        }

    def _level(self, item_id: int, location_id: int) -> Level:
        level = empty_level(item_id, location_id, self._at)
        level.available, level.committed = self._dice.between(0, 60), self._dice.pick((0, 0, 1, 2))
        return level

    def _add_foreign_variant(self, product: Product, values: dict[str, str], position: int, sku: str) -> None:
        number = FIRST_FOREIGN_VARIANT + product.id - FIRST_PRODUCT
        document = self._variant_document(values, "199.00", None)
        variant = Variant(
            id=number,
            product_id=product.id,
            position=position,
            sku=sku,
            updated_at=self._at,
            document=document,
        )
        self._variants.append(variant)
        self._levels.append(self._level(number, WAREHOUSES[0].shop_location_id))

    def _add_foreign(self, place: int, handle: str, title: str, sku: str, price: str) -> None:
        values = {"Title": "Default Title"}
        document = {
            **self._plain(title),
            "vendor": "Lindqvist & Amara",
            "productType": "Extras",
            "tags": ["handmade-entry"],
            "options": self._options([values]),
            "metafields": [],
            "media": self._media(handle, 1),
            "collections": [COLLECTIONS[2][0]],
        }
        product = Product(
            id=FIRST_FOREIGN_PRODUCT + place, handle=handle, updated_at=self._at, document=document
        )
        self._tables.save_product(product)
        variant = Variant(
            id=FIRST_FOREIGN_VARIANT + 900_000_000 + place,
            product_id=product.id,
            position=1,
            sku=sku,
            updated_at=self._at,
            document=self._variant_document(values, price, None),
        )
        self._variants.append(variant)
        self._levels.append(self._level(variant.id, WAREHOUSES[0].shop_location_id))


def older_title(name: str) -> str:
    """What the shop called a product before: without its line's name."""
    return name.split(" ", 1)[1]
