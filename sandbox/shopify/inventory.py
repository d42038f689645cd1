"""Quantities: ``inventorySetQuantities``, ``inventoryActivate``, and what a sale takes away.

Sources: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/inventorySetQuantities and
https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps/manage-quantities-states
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from graphql import GraphQLError

from sandbox.clock import Clock, iso_z
from sandbox.shopify.product_checks import UserError, user_error
from sandbox.shopify.tables import Document, Level, ShopTables, empty_level, number_of
from sandbox.world.stock import WAREHOUSES

MAXIMUM_INPUT = 250
MAXIMUM_QUANTITY = 1_000_000_000
REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)
_MESSAGES = {
    "INVALID_NAME": "The quantity name must be either 'available' or 'on_hand'.",
    "INVALID_REASON": "The specified reason is invalid. Valid values are: " + ", ".join(REASONS) + ".",
    "INVALID_REFERENCE_DOCUMENT": "The specified reference document is invalid.",
    "INVALID_INVENTORY_ITEM": "The specified inventory item could not be found.",
    "INVALID_LOCATION": "The specified location could not be found.",
    "ITEM_NOT_STOCKED_AT_LOCATION": "The specified inventory item is not stocked at the location.",
    "INVALID_QUANTITY_NEGATIVE": "The quantity can't be negative.",
    "INVALID_QUANTITY_TOO_HIGH": "The total quantity can't be higher than 1,000,000,000.",
    "CHANGE_FROM_QUANTITY_STALE": "The changeFromQuantity argument no longer matches the persisted quantity.",
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": (
        "The combination of inventoryItemId and locationId must be unique."
    ),
}
_LOCATIONS = {warehouse.shop_location_id for warehouse in WAREHOUSES}


@dataclass(frozen=True, slots=True)
class Inventory:
    """Runs the mutations on the shop's rows."""

    tables: ShopTables
    clock: Clock

    def set_quantities(self, fields: Document, key: str) -> Document:
        """Sets quantities, all or none. Call it in a transaction.

        Returns:
            ``adjustment`` (a number, None where it failed) and ``userErrors``.
        """
        errors = [*_heading_errors(fields), *self._quantity_errors(fields)]
        if errors:
            return {"adjustment": None, "userErrors": errors}
        changes = [change for one in fields["quantities"] for change in self._set(fields["name"], one, key)]
        return {"adjustment": self._adjustment(fields, changes), "userErrors": []}

    def _quantity_errors(self, fields: Document) -> Iterator[UserError]:
        seen = set()
        for place, one in enumerate(fields["quantities"]):
            path = ("input", "quantities", place)
            pair = (one["inventoryItemId"], one["locationId"])
            if pair in seen:
                yield _error("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", *path)
            seen.add(pair)
            yield from self._one_quantity_errors(fields["name"], one, path)

    def _one_quantity_errors(
        self, name: str, one: Document, path: tuple[str | int, ...]
    ) -> Iterator[UserError]:
        if one["quantity"] < 0:
            yield _error("INVALID_QUANTITY_NEGATIVE", *path, "quantity")
        if one["quantity"] > MAXIMUM_QUANTITY:
            yield _error("INVALID_QUANTITY_TOO_HIGH", *path, "quantity")
        item = self.tables.variant(number_of(one["inventoryItemId"], "InventoryItem"))
        location = number_of(one["locationId"], "Location")
        if item is None:
            yield _error("INVALID_INVENTORY_ITEM", *path, "inventoryItemId")
        elif location not in _LOCATIONS:
            yield _error("INVALID_LOCATION", *path, "locationId")
        else:
            yield from self._level_errors(self.tables.level(item.id, location), name, one, path)

    def _level_errors(
        self, level: Level | None, name: str, one: Document, path: tuple[str | int, ...]
    ) -> Iterator[UserError]:
        if level is None:
            yield _error("ITEM_NOT_STOCKED_AT_LOCATION", *path, "locationId")
        elif one["changeFromQuantity"] not in (None, _quantity(level, name)):
            yield _error("CHANGE_FROM_QUANTITY_STALE", *path, "changeFromQuantity")

    def _set(self, name: str, one: Document, key: str) -> list[Document]:
        item, location = (
            number_of(one["inventoryItemId"], "InventoryItem"),
            number_of(one["locationId"], "Location"),
        )
        level = self.tables.level(item, location)
        assert level is not None
        available = one["quantity"] - (level.committed if name == "on_hand" else 0)
        if available == level.available:
            return []
        delta = available - level.available
        self._change(level, available, "inventorySetQuantities", key)
        after = {"available": level.available, "on_hand": level.on_hand}
        place = {
            "item_number": level.item_id,
            "location_number": level.location_id,
            "ledgerDocumentUri": None,
        }
        return [{"name": kind, "delta": delta, "quantityAfterChange": after[kind], **place} for kind in after]

    def _change(self, level: Level, available: int, operation: str, key: str | None) -> None:
        before, now = {"available": level.available, "on_hand": level.on_hand}, iso_z(self.clock())
        level.available, level.updated_at = available, now
        self.tables.save_level(level)
        self.tables.state.record_effect(
            at=now,
            system="shopify",
            operation=operation,
            key=self.key_of_level(level.item_id, level.location_id),
            before=before,
            after={"available": level.available, "on_hand": level.on_hand},
            idempotency_key=key,
        )

    def key_of_level(self, item_id: int, location_id: int) -> str:
        """How effects name a level: article number, and number of the location."""
        variant = self.tables.variant(item_id)
        return f"{variant.sku if variant else item_id}@{location_id}"

    def _adjustment(self, fields: Document, changes: list[Document]) -> int:
        number = self.tables.next_number()
        document = {
            "reason": fields["reason"],
            "referenceDocumentUri": fields.get("referenceDocumentUri"),
            "createdAt": iso_z(self.clock()),
            "changes": sorted(changes, key=lambda change: change["name"]),
        }
        self.tables.state.run("insert into shop_adjustment values (?, ?)", number, json.dumps(document))
        return number

    def activate(self, arguments: Document, key: str) -> Document:
        """Stocks an item at a location. Call it in a transaction.

        Returns:
            ``level`` (item and location, None where it failed) and ``userErrors``, which have no codes here.
        """
        item = self.tables.variant(number_of(arguments["inventoryItemId"], "InventoryItem"))
        location = number_of(arguments["locationId"], "Location")
        if item is None:
            return _not_activated(_MESSAGES["INVALID_INVENTORY_ITEM"], "inventoryItemId")
        if location is None or location not in _LOCATIONS:
            return _not_activated(_MESSAGES["INVALID_LOCATION"], "locationId")
        if "available" in arguments and "onHand" in arguments:
            return _not_activated("Cannot set both available and on_hand.", "onHand")
        level = self.tables.level(item.id, location)
        quantity = arguments.get("available", arguments.get("onHand"))
        if level is not None and quantity is not None:
            return _not_activated(
                "Not allowed to set quantities when the item is already active.", "available"
            )
        if level is None:
            self._stock(item.id, location, quantity or 0, key)
        return {"level": [item.id, location], "userErrors": []}

    def _stock(self, item_id: int, location_id: int, quantity: int, key: str) -> None:
        now = iso_z(self.clock())
        level = empty_level(item_id, location_id, now)
        level.available = quantity
        self.tables.save_level(level)
        self.tables.state.record_effect(
            at=now,
            system="shopify",
            operation="inventoryActivate",
            key=self.key_of_level(item_id, location_id),
            before=None,
            after={"available": quantity, "on_hand": quantity},
            idempotency_key=key,
        )

    def sell(self, sku: str, quantity: int, location_id: int | None = None) -> Level:
        """A sale at the storefront: fewer pieces are available, as many more are committed.

        Raises:
            ValueError: the article is not stocked there, or not in that quantity.
        """
        with self.tables.state.transaction():
            levels = [
                level
                for variant in self.tables.variants_with_sku(sku)
                for level in self.tables.levels_of(variant.id)
            ]
            fitting = [level for level in levels if location_id in (None, level.location_id)]
            level = next((level for level in fitting if level.available >= quantity), None)
            if level is None or quantity < 1:
                raise ValueError(
                    f"cannot sell {quantity} of {sku!r}: not that many available where it is stocked"
                )
            level.committed += quantity
            self._change(level, level.available - quantity, "sale", None)
            return level


def check_given(fields: Document) -> None:
    """Refuses input that leaves out what may be null but not absent, or that is too long.

    Raises:
        GraphQLError: as the vendor refuses it, for the whole request.
    """
    if len(fields["quantities"]) > MAXIMUM_INPUT:
        size = len(fields["quantities"])
        message = f"The input array size of {size} is greater than the maximum allowed of {MAXIMUM_INPUT}."
        raise GraphQLError(message, extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"})
    if any("changeFromQuantity" not in one for one in fields["quantities"]):
        message = "InventoryQuantityInput must include the following argument: changeFromQuantity."
        raise GraphQLError(message, extensions={"code": "INVALID_FIELD_ARGUMENTS"})


def _heading_errors(fields: Document) -> Iterator[UserError]:
    if fields["name"] not in ("available", "on_hand"):
        yield _error("INVALID_NAME", "input", "name")
    if fields["reason"] not in REASONS:
        yield _error("INVALID_REASON", "input", "reason")
    uri = fields.get("referenceDocumentUri")
    if uri is not None and not _is_document_uri(uri):
        yield _error("INVALID_REFERENCE_DOCUMENT", "input", "referenceDocumentUri")


def _is_document_uri(uri: str) -> bool:
    parts = urlsplit(uri)
    if parts.scheme == "gid":
        return bool(parts.netloc) and len([part for part in parts.path.split("/") if part]) >= 2
    return bool(parts.scheme) and bool(parts.netloc or parts.path)


def _quantity(level: Level, name: str) -> int:
    return level.on_hand if name == "on_hand" else level.available


def _error(code: str, *path: str | int) -> UserError:
    return user_error(code, _MESSAGES[code], *path)


def _not_activated(message: str, field: str) -> Document:
    return {"level": None, "userErrors": [{"field": [field], "message": message}]}
