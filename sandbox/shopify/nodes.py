"""Rows of the shop as nodes of the API; what a node leads to is made when it is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial

from graphql import GraphQLError

from sandbox.shopify.cart_nodes import CartNodes
from sandbox.shopify.connections import Node, Order, connection, nested, sized
from sandbox.shopify.order_nodes import OrderNodes
from sandbox.shopify.product_parts import media, metafields, option, option_value, rule_set
from sandbox.shopify.tables import (
    Document,
    Level,
    Product,
    ShopTables,
    Variant,
    gid,
    number_of,
)
from sandbox.world.stock import WAREHOUSES, Warehouse

QUANTITY_NAMES = (
    "available",
    "committed",
    "damaged",
    "incoming",
    "on_hand",
    "quality_control",
    "reserved",
    "safety_stock",
)
SHOP_CREATED_AT = "2019-04-01T08:00:00Z"
_WAREHOUSE_BY_NUMBER = {warehouse.shop_location_id: warehouse for warehouse in WAREHOUSES}
_LEVEL = re.compile(r"gid://shopify/InventoryLevel/(\d+)\?inventory_item_id=(\d+)")


class Nodes:
    """Makes nodes from the rows of the shop.

    Attributes:
        orders, carts: make those of orders and carts.
    """

    def __init__(self, tables: ShopTables):
        self._tables = tables
        self.orders = OrderNodes(tables, self.product, self.variant, self.location)
        self.carts = CartNodes(tables, self.product, self.variant)
        self._by_kind: dict[str, Callable[[int], Node | None]] = {
            "Product": self.product,
            "ProductVariant": self.variant,
            "InventoryItem": self.item,
            "Location": self.location,
            "Order": self.orders.by_number,
            "AbandonedCheckout": self.carts.by_number,
            "Collection": self.collection,
            "ProductSetOperation": self.operation,
        }

    def by_gid(self, identifier: str) -> Node | None:
        """Any node by its global id.

        Raises:
            GraphQLError: it is no global id.
        """
        if _LEVEL.fullmatch(identifier):
            return self.level_by_gid(identifier)
        match = re.fullmatch(r"gid://shopify/(\w+)/(\d+)", identifier)
        if match is None:
            raise GraphQLError(
                f"Invalid global id '{identifier}'", extensions={"code": "argumentLiteralsIncompatible"}
            )
        make = self._by_kind.get(match[1])
        return make(int(match[2])) if make else None

    def of_kind(self, identifier: str, kind: str) -> Node | None:
        """A node by its global id, which must be of the given kind.

        Raises:
            GraphQLError: it is of another kind.
        """
        number = number_of(identifier, kind)
        if number is None:
            raise GraphQLError(f"Invalid id: {identifier}", extensions={"code": "RESOURCE_NOT_FOUND"})
        return self._by_kind[kind](number)

    def location(self, number: int) -> Node | None:
        """A location by number."""
        warehouse = _WAREHOUSE_BY_NUMBER.get(number)
        return None if warehouse is None else self.location_node(warehouse)

    def location_node(self, warehouse: Warehouse) -> Node:
        """A warehouse as a location."""
        number = warehouse.shop_location_id
        return {
            "__typename": "Location",
            "id": gid("Location", number),
            "legacyResourceId": str(number),
            "name": warehouse.name,
            "address": _location_address(warehouse),
            "isActive": True,
            "fulfillsOnlineOrders": True,
            "shipsInventory": True,
            "createdAt": SHOP_CREATED_AT,
            "updatedAt": SHOP_CREATED_AT,
            "inventoryLevel": lambda info, inventoryItemId, **rest: self.level_of(
                number_of(inventoryItemId, "InventoryItem"), number
            ),
            "inventoryLevels": self._levels(lambda: self._tables.levels_at(number)),
        }

    def product(self, number: int) -> Node | None:
        """A product by number."""
        product = self._tables.product(number)
        return None if product is None else self.product_node(product)

    def product_node(self, product: Product) -> Node:
        """A product."""
        document, variants = product.document, partial(self._tables.variants_of, product.id)
        return {
            **document,
            "__typename": "Product",
            "id": product.gid,
            "legacyResourceId": str(product.id),
            "handle": product.handle,
            "updatedAt": product.updated_at,
            "description": re.sub(r"<[^>]*>", "", document["descriptionHtml"]),
            "isGiftCard": False,
            "onlineStoreUrl": None,
            "totalInventory": lambda info: sum(self._available(variant) for variant in variants()),
            "tracksInventory": lambda info: any(variant.document["tracked"] for variant in variants()),
            "hasOnlyDefaultVariant": lambda info: [one["name"] for one in document["options"]] == ["Title"],
            "options": sized([option(one, variants) for one in document["options"]]),
            "variants": lambda info, **page: self._variants_page(variants(), page),
            "variantsCount": lambda info: {"count": len(variants()), "precision": "EXACT"},
            "media": nested([media(one) for one in document["media"]], "media"),
            "mediaCount": {"count": len(document["media"]), "precision": "EXACT"},
            "featuredMedia": media(document["media"][0]) if document["media"] else None,
            "collections": nested(self._collections(document), "collections"),
            **metafields(document["metafields"], "PRODUCT"),
        }

    def _variants_page(self, variants: list[Variant], page: dict[str, object]) -> Node:
        order: Order[Variant] = Order(
            "POSITION", lambda variant: variant.position, lambda variant: variant.id
        )
        return connection(variants, order, self.variant_node, "variants", page)

    def _collections(self, product: Document) -> list[Node]:
        smart = self._tables.smart_collections().items()
        numbers = [*product["collections"], *(number for number, tag in smart if tag in product["tags"])]
        found = (self.collection(number) for number in numbers)
        return [node for node in found if node is not None]

    def collection(self, number: int) -> Node | None:
        """A collection by number."""
        document = self._tables.collection(number)
        if document is None:
            return None
        own = {"__typename": "Collection", "id": gid("Collection", number), "legacyResourceId": str(number)}
        return {**document, **own, "ruleSet": rule_set(document.get("tag"))}

    def variant(self, number: int) -> Node | None:
        """A variant by number."""
        variant = self._tables.variant(number)
        return None if variant is None else self.variant_node(variant)

    def variant_node(self, variant: Variant) -> Node:
        """A variant."""
        document, title = variant.document, variant_title(variant)
        return {
            **document,
            "__typename": "ProductVariant",
            "id": variant.gid,
            "legacyResourceId": str(variant.id),
            "sku": variant.sku or None,
            "title": title,
            "displayName": lambda info: f"{self._product_title(variant)} - {title}",
            "position": variant.position,
            "updatedAt": variant.updated_at,
            "inventoryQuantity": lambda info: self._available(variant),
            "availableForSale": lambda info: (
                self._available(variant) > 0 or document["inventoryPolicy"] == "CONTINUE"
            ),
            "inventoryItem": lambda info: self.item_node(variant),
            "product": lambda info: self.product(variant.product_id),
            "selectedOptions": [
                self._selected(variant, name, value) for name, value in document["optionValues"].items()
            ],
            "media": nested([media(document["media"])] if document.get("media") else [], "media"),
            **metafields(document["metafields"], "PRODUCTVARIANT"),
        }

    def _selected(self, variant: Variant, name: str, value: str) -> Node:
        def of_product(info: object) -> Node | None:
            return option_value(self._tables.product(variant.product_id), name, value)

        return {"name": name, "value": value, "optionValue": of_product}

    def _product_title(self, variant: Variant) -> str:
        product = self._tables.product(variant.product_id)
        return str(product.document["title"]) if product else ""

    def _available(self, variant: Variant) -> int:
        return sum(level.available for level in self._tables.levels_of(variant.id))

    def item(self, number: int) -> Node | None:
        """An inventory item by number."""
        variant = self._tables.variant(number)
        return None if variant is None else self.item_node(variant)

    def item_node(self, variant: Variant) -> Node:
        """The inventory item of a variant."""
        document = variant.document
        return {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", variant.id),
            "legacyResourceId": str(variant.id),
            "sku": variant.sku or None,
            "tracked": document["tracked"],
            "requiresShipping": document["requiresShipping"],
            "countryCodeOfOrigin": document.get("countryCodeOfOrigin"),
            "harmonizedSystemCode": document.get("harmonizedSystemCode"),
            "unitCost": _money(document.get("cost")),
            "measurement": {
                "id": gid("InventoryItemMeasurement", variant.id),
                "weight": document.get("weight"),
            },
            "duplicateSkuCount": lambda info: len(self._tables.variants_with_sku(variant.sku)) - 1,
            "createdAt": document["createdAt"],
            "updatedAt": variant.updated_at,
            "variant": lambda info: self.variant_node(variant),
            "variants": lambda info, **page: self._variants_page([variant], page),
            "inventoryLevel": lambda info, locationId, **rest: self.level_of(
                variant.id, number_of(locationId, "Location")
            ),
            "inventoryLevels": self._levels(lambda: self._tables.levels_of(variant.id)),
            "locationsCount": lambda info: {
                "count": len(self._tables.levels_of(variant.id)),
                "precision": "EXACT",
            },
        }

    def level_of(self, item: int | None, location: int | None) -> Node | None:
        """What is stocked of an item at a location, by their numbers."""
        level = self._tables.level(item, location)
        return None if level is None else self.level_node(level)

    def _levels(self, read: Callable[[], list[Level]]) -> Callable[..., Node]:
        order: Order[Level] = Order("ID", lambda level: level.item_id, lambda level: level.location_id)

        def resolve(info: object, **page: object) -> Node:
            return connection(read(), order, self.level_node, "inventoryLevels", page)

        return resolve

    def level_by_gid(self, identifier: str) -> Node | None:
        """A level by its global id, which names location and item."""
        match = _LEVEL.fullmatch(identifier)
        return self.level_of(int(match[2]), int(match[1])) if match else None

    def level_node(self, level: Level) -> Node:
        """What is stocked of an item at a location."""
        return {
            "__typename": "InventoryLevel",
            "id": f"{gid('InventoryLevel', level.location_id)}?inventory_item_id={level.item_id}",
            "isActive": True,
            "canDeactivate": level.committed == 0,
            "createdAt": level.created_at,
            "updatedAt": level.updated_at,
            "item": lambda info: self.item(level.item_id),
            "location": lambda info: self.location(level.location_id),
            "quantities": partial(_quantities, level),
        }

    def operation(self, number: int) -> Node | None:
        """What became of a productSet that was to run by itself."""
        row = self._tables.state.row("select * from shop_operation where id = ?", number)
        if row is None:
            return None
        return {
            "__typename": "ProductSetOperation",
            "id": gid("ProductSetOperation", number),
            "status": row["status"],
            "product": lambda info: self.product(row["product_id"]),
            "userErrors": json.loads(row["user_errors"]),
        }

    def adjustment(self, number: int) -> Node:
        """A change of quantities that was made."""
        row = self._tables.state.row("select document from shop_adjustment where id = ?", number)
        document = json.loads(row["document"])
        changes = [self._change_node(change) for change in document["changes"]]
        own = {"__typename": "InventoryAdjustmentGroup", "id": gid("InventoryAdjustmentGroup", number)}
        return {**document, **own, "changes": partial(_changes, changes)}

    def _change_node(self, change: Document) -> Node:
        return change | {
            "item": lambda info: self.item(change["item_number"]),
            "location": lambda info: self.location(change["location_number"]),
        }


def variant_title(variant: Variant) -> str:
    """The title of a variant: its option values."""
    return " / ".join(variant.document["optionValues"].values())


def _location_address(warehouse: Warehouse) -> Document:
    return {"city": warehouse.city, "countryCode": warehouse.country_code, "zip": warehouse.zip_code}


def _money(amount: object) -> Node | None:
    return None if amount is None else {"amount": amount, "currencyCode": "EUR"}


def _quantities(level: Level, info: object, names: list[str]) -> list[Node]:
    unknown = [name for name in names if name not in QUANTITY_NAMES]
    if unknown:
        message = f"The quantity names {unknown} are not known; known are {', '.join(QUANTITY_NAMES)}."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    pieces = {"available": level.available, "committed": level.committed, "on_hand": level.on_hand}
    return [
        {
            "__typename": "InventoryQuantity",
            "id": f"{gid('InventoryQuantity', level.location_id)}?inventory_item_id={level.item_id}&name={name}",
            "name": name,
            "quantity": pieces.get(name, 0),
            "updatedAt": level.updated_at if name in pieces else None,
        }
        for name in names
    ]


def _changes(
    changes: list[Node],
    info: object,
    inventoryItemIds: list[str] | None = None,
    locationIds: list[str] | None = None,
    quantityNames: list[str] | None = None,
) -> list[Node]:
    return [
        change
        for change in changes
        if (inventoryItemIds is None or gid("InventoryItem", change["item_number"]) in inventoryItemIds)
        and (locationIds is None or gid("Location", change["location_number"]) in locationIds)
        and (quantityNames is None or change["name"] in quantityNames)
    ]
