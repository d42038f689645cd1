"""The shop's own data: products, variants, stock levels, collections, orders, as rows with documents."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeVar

from sandbox.state import State

FIRST_NEW_NUMBER = 9_000_000_000_000
Document = dict[str, object]


def gid(kind: str, number: int) -> str:
    """A global id, as ``gid://shopify/Product/1``."""
    return f"gid://shopify/{kind}/{number}"


def number_of(identifier: str, kind: str) -> int | None:
    """The number in a global id of the given kind; None where it is of another or none at all."""
    prefix = f"gid://shopify/{kind}/"
    digits = identifier.removeprefix(prefix)
    return int(digits) if identifier.startswith(prefix) and digits.isascii() and digits.isdigit() else None


@dataclass(slots=True, kw_only=True)
class Product:
    """A product of the shop; ``document`` holds all that is not a column.

    Keys of the document: title, descriptionHtml, vendor, productType, status, tags, seo, options, metafields,
    media, collections (numbers), createdAt, publishedAt, templateSuffix, requiresSellingPlan, category.
    """

    id: int
    handle: str
    updated_at: str
    document: Document

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("Product", self.id)


@dataclass(slots=True, kw_only=True)
class Variant:
    """A variant; its number is that of its inventory item, too.

    Keys of the document: optionValues (option name to value), price, compareAtPrice, barcode, taxable, taxCode,
    inventoryPolicy, cost, weight, tracked, requiresShipping, countryCodeOfOrigin, harmonizedSystemCode,
    metafields, media, createdAt.
    """

    id: int
    product_id: int
    position: int
    sku: str
    updated_at: str
    document: Document = field(default_factory=dict)

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("ProductVariant", self.id)


@dataclass(slots=True, kw_only=True)
class Level:
    """What is stocked of an item at a location."""

    item_id: int
    location_id: int
    available: int
    committed: int
    created_at: str
    updated_at: str

    @property
    def on_hand(self) -> int:
        """Pieces that lie there, those promised to orders included."""
        return self.available + self.committed


@dataclass(kw_only=True)
class OrderRow:
    """An order. Its document, in GraphQL's shape, is read when it is asked for: a search by time needs none."""

    id: int
    name: str
    created_at: str
    updated_at: str
    read: Callable[[], Document] = field(repr=False)

    @cached_property
    def document(self) -> Document:
        """All that is not a column."""
        return self.read()


class CartRow(OrderRow):
    """A cart that was left, kept like an order."""


D = TypeVar("D", bound=OrderRow)


class ShopTables:
    """Reads and writes the rows."""

    def __init__(self, state: State):
        self.state = state

    def next_number(self) -> int:
        """A number that nothing in the shop has yet."""
        number = int(self.state.fact("shop_next_number") or FIRST_NEW_NUMBER)
        self.state.remember("shop_next_number", number + 1)
        return number

    def products(self) -> list[Product]:
        """All products."""
        return [_product(row) for row in self.state.rows("select * from shop_product")]

    def product(self, number: int | None) -> Product | None:
        """One product."""
        row = self.state.row("select * from shop_product where id = ?", number)
        return None if row is None else _product(row)

    def product_by_handle(self, handle: str) -> Product | None:
        """The product with a handle."""
        row = self.state.row("select * from shop_product where handle = ?", handle)
        return None if row is None else _product(row)

    def save_product(self, product: Product) -> None:
        """Writes a product, new or changed."""
        self.state.run(
            "insert or replace into shop_product values (?, ?, ?, ?)",
            product.id,
            product.handle,
            product.updated_at,
            json.dumps(product.document),
        )

    def variants(self) -> list[Variant]:
        """All variants."""
        return [_variant(row) for row in self.state.rows("select * from shop_variant")]

    def variants_of(self, product_id: int) -> list[Variant]:
        """The variants of a product, by position."""
        sql = "select * from shop_variant where product_id = ? order by position, id"
        return [_variant(row) for row in self.state.rows(sql, product_id)]

    def variant(self, number: int | None) -> Variant | None:
        """One variant."""
        row = self.state.row("select * from shop_variant where id = ?", number)
        return None if row is None else _variant(row)

    def variants_with_sku(self, sku: str) -> list[Variant]:
        """The variants that carry an article number."""
        return [_variant(row) for row in self.state.rows("select * from shop_variant where sku = ?", sku)]

    def save_variant(self, variant: Variant) -> None:
        """Writes a variant, new or changed."""
        self.state.run(
            "insert or replace into shop_variant values (?, ?, ?, ?, ?, ?)", *variant_values(variant)
        )

    def delete_variant(self, number: int) -> None:
        """Takes a variant away, with its stock."""
        self.state.run("delete from shop_level where item_id = ?", number)
        self.state.run("delete from shop_variant where id = ?", number)

    def levels_of(self, item_id: int) -> list[Level]:
        """Where an item is stocked."""
        sql = "select * from shop_level where item_id = ? order by location_id"
        return [Level(**dict(row)) for row in self.state.rows(sql, item_id)]

    def levels_at(self, location_id: int) -> list[Level]:
        """What is stocked at a location."""
        sql = "select * from shop_level where location_id = ? order by item_id"
        return [Level(**dict(row)) for row in self.state.rows(sql, location_id)]

    def level(self, item_id: int | None, location_id: int | None) -> Level | None:
        """What is stocked of an item at a location."""
        sql = "select * from shop_level where item_id = ? and location_id = ?"
        row = self.state.row(sql, item_id, location_id)
        return None if row is None else Level(**dict(row))

    def save_level(self, level: Level) -> None:
        """Writes a level, new or changed."""
        self.state.run("insert or replace into shop_level values (?, ?, ?, ?, ?, ?)", *level_values(level))

    def collection(self, number: int | None) -> Document | None:
        """One collection."""
        row = self.state.row("select document from shop_collection where id = ?", number)
        return None if row is None else json.loads(row["document"])

    def smart_collections(self) -> dict[int, str]:
        """The collections that hold every product with a tag: number to tag."""
        documents = {
            row["id"]: json.loads(row["document"]) for row in self.state.rows("select * from shop_collection")
        }
        return {number: document["tag"] for number, document in documents.items() if "tag" in document}

    def save_collection(self, number: int, document: Document) -> None:
        """Writes a collection."""
        self.state.run("insert or replace into shop_collection values (?, ?)", number, json.dumps(document))

    def orders(self) -> list[OrderRow]:
        """All orders."""
        return self._all("shop_order", OrderRow)

    def order(self, number: int | None) -> OrderRow | None:
        """One order."""
        return next(iter(self._all("shop_order", OrderRow, "where id = ?", number)), None)

    def save_orders(self, orders: Iterable[OrderRow]) -> None:
        """Writes orders, new or changed."""
        self._save("shop_order", orders)

    def carts(self) -> list[CartRow]:
        """All carts that were left."""
        return self._all("shop_cart", CartRow)

    def cart(self, number: int | None) -> CartRow | None:
        """One cart."""
        return next(iter(self._all("shop_cart", CartRow, "where id = ?", number)), None)

    def save_carts(self, carts: Iterable[CartRow]) -> None:
        """Writes carts, new or changed."""
        self._save("shop_cart", carts)

    def _all(self, table: str, kind: type[D], condition: str = "", *values: object) -> list[D]:
        sql = f"select id, name, created_at, updated_at from {table} {condition}"  # noqa: S608 (names are ours)
        rows = self.state.rows(sql, *values)
        return [kind(**dict(row), read=partial(self._document, table, row["id"])) for row in rows]

    def _document(self, table: str, number: int) -> Document:
        row = self.state.row(f"select document from {table} where id = ?", number)  # noqa: S608 (a name of ours)
        assert row is not None
        return json.loads(row["document"])

    def _save(self, table: str, rows: Iterable[OrderRow]) -> None:
        values = [
            (one.id, one.name, one.created_at, one.updated_at, json.dumps(one.document)) for one in rows
        ]
        insert = f"insert or replace into {table} values (?, ?, ?, ?, ?)"  # noqa: S608 (a name of ours)
        self.state.run_many(insert, values)


def empty_level(item_id: int, location_id: int, now: str) -> Level:
    """An item that is stocked at a location from now on, with nothing there yet."""
    return Level(
        item_id=item_id, location_id=location_id, available=0, committed=0, created_at=now, updated_at=now
    )


def variant_values(variant: Variant) -> tuple[object, ...]:
    """A variant as a row."""
    columns = (variant.id, variant.product_id, variant.position, variant.sku, variant.updated_at)
    return (*columns, json.dumps(variant.document))


def level_values(level: Level) -> tuple[object, ...]:
    """A level as a row."""
    place = (level.item_id, level.location_id)
    return (*place, level.available, level.committed, level.created_at, level.updated_at)


def _product(row: sqlite3.Row) -> Product:
    return Product(**{**dict(row), "document": json.loads(row["document"])})


def _variant(row: sqlite3.Row) -> Variant:
    return Variant(**{**dict(row), "document": json.loads(row["document"])})
