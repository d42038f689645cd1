"""The fields of QueryRoot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from graphql import GraphQLError

from sandbox.clock import Clock
from sandbox.shopify.connections import Node, Order, connection
from sandbox.shopify.nodes import SHOP_CREATED_AT, Nodes
from sandbox.shopify.order_amounts import SHOP_CURRENCY
from sandbox.shopify.search import SHOP_ZONE, Searchable, read_search
from sandbox.shopify.tables import CartRow, OrderRow, Product, ShopTables, Variant, number_of
from sandbox.world.stock import WAREHOUSES, Warehouse
from sandbox.world.storefront_orders import RATES

SHOP_NAME = "Lindqvist & Amara"
SHOP_DOMAIN = "lindqvist-amara.myshopify.com"
COUNT_LIMIT = 10_000
R = TypeVar("R")


def _number(record: OrderRow | Product | Variant) -> int:
    return record.id


_ORDER_SEARCH: Searchable[OrderRow] = Searchable(
    times={
        "created_at": lambda order: order.created_at,
        "updated_at": lambda order: order.updated_at,
        "processed_at": lambda order: order.created_at,
    },
    numbers={"id": _number, "order_number": lambda order: order.document["number"]},
    texts={
        "name": lambda order: (order.name, order.name.removeprefix("#")),
        "status": lambda order: _order_states(order),
        "financial_status": lambda order: order.document["displayFinancialStatus"],
        "fulfillment_status": lambda order: order.document["displayFulfillmentStatus"],
        "test": lambda order: str(order.document["test"]),
        "email": lambda order: order.document["email"],
        "tag": lambda order: order.document["tags"],
        "source_name": lambda order: order.document["sourceName"],
        "sku": lambda order: [line["sku"] for line in order.document["lineItems"]],
    },
    default=lambda order: f"{order.name} {order.document['email']}",
)
_CART_SEARCH: Searchable[CartRow] = Searchable(
    times={"created_at": lambda cart: cart.created_at, "updated_at": lambda cart: cart.updated_at},
    numbers={"id": _number},
    texts={
        "recovery_state": lambda cart: "recovered" if cart.document["completedAt"] else "not_recovered",
        "status": lambda cart: "closed" if cart.document["completedAt"] else "open",
    },
    default=lambda cart: cart.name,
)
_VARIANT_SEARCH: Searchable[Variant] = Searchable(
    times={"updated_at": lambda variant: variant.updated_at},
    numbers={"id": _number, "product_id": lambda variant: variant.product_id},
    texts={
        "sku": lambda variant: variant.sku,
        "barcode": lambda variant: variant.document.get("barcode"),
        "product_ids": lambda variant: str(variant.product_id),
    },
    default=lambda variant: f"{variant.sku} {variant.document.get('barcode')}",
)
_ITEM_SEARCH: Searchable[Variant] = Searchable(
    times={
        "created_at": lambda variant: variant.document["createdAt"],
        "updated_at": lambda variant: variant.updated_at,
    },
    numbers={"id": _number},
    texts={"sku": lambda variant: variant.sku},
    default=lambda variant: variant.sku,
)
_LOCATION_SEARCH: Searchable[Warehouse] = Searchable(
    times={},
    numbers={"location_id": lambda warehouse: warehouse.shop_location_id},
    texts={"name": lambda warehouse: warehouse.name, "city": lambda warehouse: warehouse.city},
    default=lambda warehouse: warehouse.name,
)

_ORDER_ORDERS: dict[str, Callable[[OrderRow], str | int]] = {
    "CREATED_AT": lambda order: order.created_at,
    "UPDATED_AT": lambda order: order.updated_at,
    "PROCESSED_AT": lambda order: order.created_at,
    "ORDER_NUMBER": lambda order: order.document["number"],
    "ID": _number,
    "RELEVANCE": _number,
}
_CART_ORDERS: dict[str, Callable[[CartRow], str | int]] = {
    "CREATED_AT": lambda cart: cart.created_at,
    "CHECKOUT_ID": _number,
    "ID": _number,
    "RELEVANCE": _number,
}
_PRODUCT_ORDERS: dict[str, Callable[[Product], str | int]] = {
    "CREATED_AT": lambda product: product.document["createdAt"],
    "UPDATED_AT": lambda product: product.updated_at,
    "TITLE": lambda product: product.document["title"],
    "VENDOR": lambda product: product.document["vendor"],
    "PRODUCT_TYPE": lambda product: product.document["productType"],
    "ID": _number,
    "RELEVANCE": _number,
}
_VARIANT_ORDERS: dict[str, Callable[[Variant], str | int]] = {
    "SKU": lambda variant: variant.sku,
    "POSITION": lambda variant: variant.position,
    "ID": _number,
    "RELEVANCE": _number,
}


def _order_states(order: OrderRow) -> list[str]:
    if order.document["cancelledAt"]:
        return ["cancelled", "closed", "any"]
    return ["open", "not_closed", "any"]


class Queries:
    """Resolvers of QueryRoot.

    Args:
        warn: told of search fields that were ignored: name of the list, the search, the warnings.
    """

    def __init__(
        self,
        tables: ShopTables,
        clock: Clock,
        warn: Callable[[str, str, list[dict[str, str]]], None] | None = None,
    ):
        self._tables = tables
        self._clock = clock
        self._warn = warn
        self._nodes = Nodes(tables)

    def root(self) -> dict[str, object]:
        """The fields by name."""
        nodes, kinds = self._nodes, ("product", "productVariant", "inventoryItem", "order")
        by_id = {kind: self._by_id(kind[0].upper() + kind[1:]) for kind in kinds}
        return {
            **by_id,
            "shop": self._shop,
            "location": self._location,
            "locations": self._locations,
            "abandonedCheckouts": self._carts,
            "abandonedCheckoutsCount": self._carts_count,
            "orders": self._orders,
            "ordersCount": self._orders_count,
            "productByIdentifier": self._product_by_identifier,
            "products": self._products,
            "productsCount": self._products_count,
            "productVariants": self._variants,
            "inventoryItems": self._items,
            "inventoryLevel": lambda info, id: nodes.level_by_gid(id),
            "productOperation": self._by_id("ProductSetOperation"),
            "node": lambda info, id: nodes.by_gid(id),
            "nodes": lambda info, ids: [nodes.by_gid(one) for one in ids],
        }

    def _by_id(self, kind: str) -> Callable[..., Node | None]:
        return lambda info, id: self._nodes.of_kind(id, kind)

    def _found(
        self, field: str, records: Sequence[R], searchable: Searchable[R], query: str | None
    ) -> list[R]:
        search = read_search(query, searchable, self._clock())
        if search.warnings and self._warn:
            self._warn(field, query or "", search.warnings)
        return [record for record in records if search.fits(record)]

    def _shop(self, info: object) -> Node:
        return _SHOP | {"timezoneOffset": self._clock().astimezone(SHOP_ZONE).strftime("%z")}

    def _location(self, info: object, id: str | None = None) -> Node | None:
        if id is None:
            return self._nodes.location_node(WAREHOUSES[0])
        return self._nodes.of_kind(id, "Location")

    def _locations(
        self, info: object, sortKey: str = "NAME", query: str | None = None, **page: object
    ) -> Node:
        found = self._found("locations", WAREHOUSES, _LOCATION_SEARCH, query)
        order: Order[Warehouse] = Order("NAME", lambda one: one.name, lambda one: one.shop_location_id)
        return connection(found, order, self._nodes.location_node, "locations", page)

    def _orders(self, info: object, sortKey: str, query: str | None = None, **page: object) -> Node:
        found = self._found("orders", self._tables.orders(), _ORDER_SEARCH, query)
        order = _sorting(_ORDER_ORDERS, sortKey)
        return connection(found, order, self._nodes.orders.node, "orders", page)

    def _orders_count(self, info: object, query: str | None = None, limit: int | None = COUNT_LIMIT) -> Node:
        return _count(self._found("ordersCount", self._tables.orders(), _ORDER_SEARCH, query), limit)

    def _carts(self, info: object, sortKey: str, query: str | None = None, **page: object) -> Node:
        found = self._found("abandonedCheckouts", self._tables.carts(), _CART_SEARCH, query)
        order = _sorting(_CART_ORDERS, sortKey)
        return connection(found, order, self._nodes.carts.node, "abandonedCheckouts", page)

    def _carts_count(self, info: object, query: str | None = None, limit: int | None = COUNT_LIMIT) -> Node:
        return _count(
            self._found("abandonedCheckoutsCount", self._tables.carts(), _CART_SEARCH, query), limit
        )

    def _products(self, info: object, sortKey: str, query: str | None = None, **page: object) -> Node:
        found = self._found("products", self._tables.products(), self._product_search(query), query)
        order = _sorting(_PRODUCT_ORDERS, sortKey)
        return connection(found, order, self._nodes.product_node, "products", page)

    def _products_count(
        self, info: object, query: str | None = None, limit: int | None = COUNT_LIMIT
    ) -> Node:
        found = self._found("productsCount", self._tables.products(), self._product_search(query), query)
        return _count(found, limit)

    def _product_search(self, query: str | None) -> Searchable[Product]:
        articles: dict[int, list[Variant]] = {}
        if query and ("sku" in query or "barcode" in query):
            for variant in self._tables.variants():
                articles.setdefault(variant.product_id, []).append(variant)
        return _product_searchable(articles)

    def _variants(self, info: object, sortKey: str, query: str | None = None, **page: object) -> Node:
        found = self._found("productVariants", self._tables.variants(), _VARIANT_SEARCH, query)
        order = _sorting(_VARIANT_ORDERS, sortKey)
        return connection(found, order, self._nodes.variant_node, "productVariants", page)

    def _items(self, info: object, query: str | None = None, **page: object) -> Node:
        found = self._found("inventoryItems", self._tables.variants(), _ITEM_SEARCH, query)
        order: Order[Variant] = Order("ID", _number, _number)
        return connection(found, order, self._nodes.item_node, "inventoryItems", page)

    def _product_by_identifier(self, info: object, identifier: dict[str, object]) -> Node | None:
        product = find_product(self._tables, identifier)
        return None if product is None else self._nodes.product_node(product)


def find_product(tables: ShopTables, identifier: dict[str, object]) -> Product | None:
    """The product that an identifier names: by id, by handle, or by a metafield of its own."""
    if identifier.get("id"):
        return tables.product(number_of(str(identifier["id"]), "Product"))
    if identifier.get("handle"):
        return tables.product_by_handle(str(identifier["handle"]))
    custom = identifier["customId"]
    return next((product for product in tables.products() if has_metafield(product, custom)), None)


def has_metafield(product: Product, custom: dict[str, object]) -> bool:
    """Whether a product carries the metafield of a custom id."""
    return any(
        metafield["key"] == custom["key"]
        and metafield["namespace"] == custom.get("namespace", metafield["namespace"])
        and metafield["value"] == custom["value"]
        for metafield in product.document["metafields"]
    )


def _product_searchable(articles: dict[int, list[Variant]]) -> Searchable[Product]:
    return Searchable(
        times={
            "created_at": lambda product: product.document["createdAt"],
            "updated_at": lambda product: product.updated_at,
            "published_at": lambda product: product.document["publishedAt"],
        },
        numbers={"id": _number},
        texts={
            "handle": lambda product: product.handle,
            "title": lambda product: product.document["title"],
            "vendor": lambda product: product.document["vendor"],
            "product_type": lambda product: product.document["productType"],
            "status": lambda product: product.document["status"],
            "tag": lambda product: product.document["tags"],
            "sku": lambda product: [one.sku for one in articles.get(product.id, ())],
            "barcode": lambda product: [
                one.document.get("barcode") or "" for one in articles.get(product.id, ())
            ],
        },
        default=lambda product: f"{product.document['title']} {product.handle} {product.document['vendor']}",
    )


def _sorting(orders: dict[str, Callable[[R], str | int]], key: str) -> Order[R]:
    if key not in orders:
        message = f"The sandbox cannot sort by {key}."
        raise GraphQLError(message, extensions={"code": "SANDBOX_SUBSET"})
    return Order(key, orders[key], _number)


def _count(found: Sequence[object], limit: int | None) -> Node:
    if limit is not None and len(found) > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": len(found), "precision": "EXACT"}


_SHOP: Node = {
    "__typename": "Shop",
    "id": "gid://shopify/Shop/61000000001",
    "name": SHOP_NAME,
    "email": "hello@lindqvist-amara.example",
    "contactEmail": "hello@lindqvist-amara.example",
    "myshopifyDomain": SHOP_DOMAIN,
    "url": f"https://{SHOP_DOMAIN}",
    "currencyCode": SHOP_CURRENCY,
    "enabledPresentmentCurrencies": list(RATES),
    "ianaTimezone": "Europe/Berlin",
    "taxesIncluded": True,
    "weightUnit": "GRAMS",
    "createdAt": SHOP_CREATED_AT,
    "updatedAt": SHOP_CREATED_AT,
}
