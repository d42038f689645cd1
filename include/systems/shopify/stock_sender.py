"""Stock to the storefront: quantities set only where they still are what we think they are.

``inventorySetQuantities`` takes the quantity that we expect to find and refuses the whole request with
``CHANGE_FROM_QUANTITY_STALE`` if another one is there; ``@idempotent`` makes a repeated request one in
effect. Sources: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/inventorySetQuantities,
https://shopify.dev/docs/api/usage/idempotent-requests
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from include.delivery import Endpoint
from include.errors import MessageRejected
from include.outcome import Leaving, Message, Outcome, Result
from include.systems.shopify.client import Client
from include.systems.shopify.sending import LIMITS
from include.systems.web import account

NAMESPACE = uuid.UUID("6f0e5b1c-5d6a-5f0e-9c55-5ea31e0a7b10")
REASON = "correction"
STALE = "CHANGE_FROM_QUANTITY_STALE"
NOT_STOCKED = "ITEM_NOT_STOCKED_AT_LOCATION"
IN_PROGRESS = "IDEMPOTENCY_CONCURRENT_REQUEST"
FAILED_BEFORE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
REFUSED_WHOLE = "REJECTED"
WAITS_FOR_PRODUCT_SECONDS = 300
MOST_ROUNDS = 5
SKUS_A_QUERY = 20


@dataclass(frozen=True, slots=True)
class Level:
    """What the shop holds of an item at a location.

    Attributes:
        created_at, updated_at: None where the item is not stocked there.
        is_ambiguous: several items carry the article number, and the shop never told us which is ours.
    """

    item_id: str
    quantity: int | None
    created_at: datetime | None
    updated_at: datetime | None
    is_ambiguous: bool = False


@dataclass(slots=True)
class _Wish:
    """A message on its way, and what the shop is thought to hold."""

    message: Message
    level: Level
    location_id: str

    @property
    def quantity(self) -> int:
        return int(self.message.payload["quantity"])

    def to_input(self) -> dict[str, Any]:
        return {
            "inventoryItemId": self.level.item_id,
            "locationId": self.location_id,
            "quantity": self.quantity,
            "changeFromQuantity": self.level.quantity,
        }


class StockSender:
    """Sends stock of one shop. See ``outcome.Sender``."""

    batch_size = 100

    def __init__(self, endpoint: Endpoint, ids: Callable[..., dict[str, str]]):
        self.client = Client(endpoint, limits=LIMITS)
        self.shop = account(endpoint)
        self.ids = ids

    def close(self) -> None:
        """End the open connections."""
        self.client.close()

    def send(self, messages: Sequence[Message], leaving: Leaving) -> list[Outcome]:
        """Set quantities in one request; what the shop finds stale is read back, resolved and sent again.

        An article that the shop does not have yet waits for its product.
        """
        levels = self.levels(messages)
        outcomes, wishes = [], []
        for message in messages:
            level = levels.get(message.message_id)
            location_id = self.location_ids.get(message.payload["location_name"])
            outcome = self._outcome_without_sending(message, level, location_id)
            if outcome is not None:
                outcomes.append(outcome)
            elif level is not None and location_id is not None:
                wishes.append(_Wish(message, level, location_id))
        return outcomes + self._set(wishes, leaving)

    def _outcome_without_sending(
        self, message: Message, level: Level | None, location_id: str | None
    ) -> Outcome | None:
        """What can be said before anything is sent; None if the quantity must be set."""
        if level is None:
            return _waits(message)
        if level.is_ambiguous:
            return _ambiguous(message)
        if location_id is None:
            return _no_location(message, sorted(self.location_ids))
        return _settled(message, level, is_changed_by_shop(message, level))

    def look_up(self, messages: Sequence[Message]) -> list[Outcome]:
        """A level that shows our quantity had our message's effect; any other is judged when the message is sent
        again, where a change that the shop made meanwhile is not undone."""
        levels = self.levels(messages)
        return [self._looked_up(message, levels.get(message.message_id)) for message in messages]

    def confirm(self, messages: Sequence[Message]) -> list[Outcome]:
        """Compare what the shop holds with what we set; a sale since then does not unmake it."""
        levels = self.levels(messages)
        return [self._confirmed(message, levels.get(message.message_id)) for message in messages]

    @cached_property
    def location_ids(self) -> dict[str, str]:
        """The shop's identifiers of its locations by their names."""
        found: dict[str, str] = {}
        after, more = None, True
        while more:
            page = self.client.query("locations", after=after).data["locations"]
            found |= {node["name"]: node["id"] for node in page["nodes"]}
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        return found

    def levels(self, messages: Sequence[Message]) -> dict[uuid.UUID, Level]:
        """What the shop holds now, by message; articles that it does not have are left out."""
        skus = sorted({message.payload["sku"] for message in messages})
        items = self._items(skus)
        found = {}
        for message in messages:
            of_article = items.get(message.payload["sku"])
            location_id = self.location_ids.get(message.payload["location_name"])
            if of_article:
                found[message.message_id] = _level(of_article, location_id)
        return found

    def _items(self, skus: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Inventory items by article number: by the identifiers that the shop gave us, else by search. An item
        that several pages name, because the shop changed in between, is one item."""
        known = self.ids(self.shop, "inventory_item", skus)
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for part in _parts(sorted(known.values()), self.batch_size):
            for node in self.client.query("inventory_of_items", ids=part).data["nodes"]:
                if node and node["sku"] in skus:
                    found.setdefault(node["sku"], {})[node["id"]] = node
        for part in _parts([sku for sku in skus if sku not in found], SKUS_A_QUERY):
            for node in self._searched(part):
                found.setdefault(node["sku"], {})[node["id"]] = node
        return {sku: list(items.values()) for sku, items in found.items()}

    def _searched(self, skus: Sequence[str]) -> Iterator[dict[str, Any]]:
        search = " OR ".join(f"sku:{_quoted(sku)}" for sku in skus)
        after, more = None, True
        while more:
            answer = self.client.query(
                "inventory_of_skus", first=2 * SKUS_A_QUERY, after=after, search=search
            )
            page = answer.data["inventoryItems"]
            yield from (node for node in page["nodes"] if node["sku"] in skus)
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    def _set(self, wishes: list[_Wish], leaving: Leaving) -> list[Outcome]:
        """Send, resolve what is stale, send the rest again: all within one claim."""
        outcomes: list[Outcome] = []
        salt = ""
        for number in range(MOST_ROUNDS):
            wishes = self._let_go(wishes, leaving)
            if not wishes:
                return outcomes
            errors, set_at = self._request(wishes, salt)
            if any(error["code"] == FAILED_BEFORE for error in errors):
                salt = f"again {number} of {wishes[0].message.attempts}"
                continue
            if not errors:
                return outcomes + [_accepted(wish, set_at) for wish in wishes]
            if errors[0]["code"] == REFUSED_WHOLE and len(wishes) > 1:
                half = len(wishes) // 2
                return outcomes + self._set(wishes[:half], leaving) + self._set(wishes[half:], leaving)
            settled, wishes = self._resolved(wishes, errors)
            outcomes += settled
        return outcomes + [
            _retry(wish.message, "The shop's stock changes faster than it can be set.") for wish in wishes
        ]

    def _let_go(self, wishes: list[_Wish], leaving: Leaving) -> list[_Wish]:
        """Those that may leave, right before they do."""
        if not wishes:
            return []
        self.client.prepare("set_quantities")
        gone = {message.message_id for message in leaving([wish.message for wish in wishes])}
        return [wish for wish in wishes if wish.message.message_id in gone]

    def _request(self, wishes: list[_Wish], salt: str) -> tuple[list[dict[str, Any]], str | None]:
        """One request: its user errors, and when the shop set the quantities. Where the shop refused to run it at
        all, one error without a position."""
        quantities = [wish.to_input() for wish in wishes]
        variables = {
            "input": {
                "name": "available",
                "reason": REASON,
                "referenceDocumentUri": f"gid://seamline/StockMessage/{wishes[0].message.message_id}",
                "quantities": quantities,
            },
            "key": request_key(wishes[0].message.message_id, quantities, salt),
        }
        try:
            answer = self.client.mutate("set_quantities", **variables).data["inventorySetQuantities"]
        except MessageRejected as error:
            return [{"code": REFUSED_WHOLE, "field": None, "message": error.message}], None
        group = answer["inventoryAdjustmentGroup"]
        return answer["userErrors"], group["createdAt"] if group else None

    def _resolved(
        self, wishes: list[_Wish], errors: list[dict[str, Any]]
    ) -> tuple[list[Outcome], list[_Wish]]:
        """What the errors settle, and what may be sent again. The shop applied nothing of the request."""
        blamed = _by_position(errors, len(wishes))
        if not blamed:
            return [_refused(wish.message, errors[0]) for wish in wishes], []
        outcomes, again = [], []
        fresh = self.levels([wishes[position].message for position in blamed])
        for position, wish in enumerate(wishes):
            error = blamed.get(position)
            if error is None:
                again.append(wish)
                continue
            level = fresh.get(wish.message.message_id)
            outcome = _waits(wish.message) if level is None else self._outcome_of(wish, error, level)
            if outcome is not None:
                outcomes.append(outcome)
            elif level is not None:
                again.append(_Wish(wish.message, level, wish.location_id))
        return outcomes, again

    def _outcome_of(self, wish: _Wish, error: dict[str, Any], level: Level) -> Outcome | None:
        """What an error means for its wish; None if it may be sent again as things stand now."""
        if error["code"] == NOT_STOCKED:
            return self._activated(wish)
        if error["code"] != STALE:
            return _refused(wish.message, error)
        return _settled(wish.message, level, is_changed=level.quantity != wish.level.quantity)

    def _activated(self, wish: _Wish) -> Outcome | None:
        """Let the article be stocked at the location; then it may be sent again."""
        item_id, message = wish.level.item_id, wish.message
        key = uuid.uuid5(
            NAMESPACE, f"activate {item_id} {wish.location_id} {message.message_id} {message.attempts}"
        )
        try:
            answer = self.client.mutate(
                "activate_inventory", inventoryItemId=item_id, locationId=wish.location_id, key=str(key)
            ).data["inventoryActivate"]
        except MessageRejected as error:
            return _refused(message, {"code": NOT_STOCKED, "field": None, "message": error.message})
        errors = answer["userErrors"]
        return _refused(message, {"code": NOT_STOCKED, **errors[0]}) if errors else None

    def _looked_up(self, message: Message, level: Level | None) -> Outcome:
        if level is not None and level.quantity == int(message.payload["quantity"]):
            return _applied(message, level)
        return _retry(message, "The shop does not hold the quantity that was sent.")

    def _confirmed(self, message: Message, level: Level | None) -> Outcome:
        if level is None:
            return _not_shown(message, "The shop does not have the article any more.")
        if level.quantity == int(message.payload["quantity"]):
            return _applied(message, level)
        if level.updated_at and message.accepted_at and level.updated_at >= _whole(message.accepted_at):
            shown = {"quantity": level.quantity}
            return Outcome(
                message_id=message.message_id, result=Result.APPLIED, detail=_seen(level), shown=shown
            )
        return _not_shown(message, f"The shop holds {level.quantity}, not {message.payload['quantity']}.")


def request_key(message_id: uuid.UUID, quantities: Sequence[dict[str, Any]], salt: str = "") -> str:
    """The idempotency key of a request: the same for the same wishes from the same quantities.

    Args:
        salt: makes another key of the same wishes, after the shop says that the first one failed.
    """
    parts = (
        f"{q['inventoryItemId']} {q['locationId']} {q['changeFromQuantity']} {q['quantity']}"
        for q in quantities
    )
    return str(uuid.uuid5(NAMESPACE, f"{message_id} {'; '.join(parts)} {salt}"))


def is_changed_by_shop(message: Message, level: Level) -> bool:
    """The shop changed the level since we last knew it, or changed it at all if we never did.

    After a request without an answer the same quantity proves nothing: our message may have had its effect, and a
    sale undone it.
    """
    if level.updated_at is None:
        return False
    if message.shown is None:
        return level.updated_at != level.created_at
    is_tried_before = message.attempts > 1
    if is_tried_before and level.updated_at >= _whole(message.made_at):
        return True
    return level.quantity != message.shown.get("quantity")


def _settled(message: Message, level: Level, is_changed: bool) -> Outcome | None:
    """A wish that is fulfilled already, or that the shop's own change has overtaken; None if it must be sent.

    The shop changed after the moment of which our stock speaks: that change, as a sale, is not in our
    quantity, so setting it would undo the sale. The next statement of the warehouse knows of it.
    """
    if level.quantity == int(message.payload["quantity"]):
        return _applied(message, level)
    if is_changed and message.as_of_at and level.updated_at and level.updated_at > message.as_of_at:
        return Outcome(
            message_id=message.message_id,
            result=Result.STALE,
            detail={
                "message": "The shop's stock changed after the moment of which ours speaks.",
                **_seen(level),
            },
        )
    return None


def _whole(moment: datetime) -> datetime:
    """The shop's times have whole seconds."""
    return moment.replace(microsecond=0)


def _level(items: Sequence[dict[str, Any]], location_id: str | None) -> Level:
    item, is_ambiguous = items[0], len(items) > 1
    for level in item["inventoryLevels"]["nodes"]:
        if level["location"]["id"] == location_id:
            return Level(
                item["id"],
                next((q["quantity"] for q in level["quantities"] if q["name"] == "available"), None),
                datetime.fromisoformat(level["createdAt"]),
                datetime.fromisoformat(level["updatedAt"]),
                is_ambiguous,
            )
    return Level(item["id"], 0, None, None, is_ambiguous)


def _by_position(errors: Sequence[dict[str, Any]], count: int) -> dict[int, dict[str, Any]]:
    """The errors by the position of the quantity that they blame (``input.quantities.<n>…``)."""
    found = {}
    for error in errors:
        for part in error["field"] or ():
            if part.isdigit() and int(part) < count:
                found[int(part)] = error
    return found


def _parts(values: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def _quoted(sku: str) -> str:
    escaped = sku.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _seen(level: Level) -> dict[str, Any]:
    updated_at = level.updated_at.isoformat() if level.updated_at else None
    return {"quantity": level.quantity, "updated_at": updated_at}


def _accepted(wish: _Wish, set_at: str | None) -> Outcome:
    return Outcome(
        message_id=wish.message.message_id,
        result=Result.ACCEPTED,
        detail={"from": wish.level.quantity, "to": wish.quantity, "set_at": set_at},
        ids=_ids(wish.message, wish.level),
    )


def _applied(message: Message, level: Level) -> Outcome:
    """The shop shows what was wished, at an item that may be new to us: the answer that named it can be lost."""
    return Outcome(
        message_id=message.message_id, result=Result.APPLIED, detail=_seen(level), ids=_ids(message, level)
    )


def _ids(message: Message, level: Level) -> tuple[tuple[str, str, str], ...]:
    """What the shop calls the article, if only one of its items can be meant."""
    return () if level.is_ambiguous else (("inventory_item", message.payload["sku"], level.item_id),)


def _waits(message: Message) -> Outcome:
    text = f"The shop has no article {message.payload['sku']} yet; its stock waits for the product."
    return Outcome(
        message_id=message.message_id,
        result=Result.PARKED,
        detail={"code": "no_such_article", "message": text},
        retry_after=WAITS_FOR_PRODUCT_SECONDS,
    )


def _ambiguous(message: Message) -> Outcome:
    text = (
        f"Several articles of the shop carry the number {message.payload['sku']}, so its stock cannot be told apart. "
        "Give each article a number of its own in the shop, then retry."
    )
    return Outcome(
        message_id=message.message_id,
        result=Result.REJECTED,
        detail={"code": "ambiguous_article", "message": text, "field": "sku"},
    )


def _no_location(message: Message, known: list[str]) -> Outcome:
    text = (
        f"The shop has no location {message.payload['location_name']!r}; it has {', '.join(known)}. Mend "
        "dbt_project/seeds/channel_locations.csv or name the location so in the shop."
    )
    return Outcome(
        message_id=message.message_id,
        result=Result.REJECTED,
        detail={"code": "no_such_location", "message": text, "field": "location_name"},
    )


def _retry(message: Message, text: str) -> Outcome:
    return Outcome(message_id=message.message_id, result=Result.RETRY, detail={"message": text})


def _not_shown(message: Message, text: str) -> Outcome:
    return Outcome(
        message_id=message.message_id, result=Result.NOT_SHOWN, detail={"code": "not_shown", "message": text}
    )


def _refused(message: Message, error: dict[str, Any]) -> Outcome:
    if error["code"] == IN_PROGRESS:
        return _retry(message, error["message"])
    return Outcome(
        message_id=message.message_id,
        result=Result.REJECTED,
        detail={
            "code": error["code"],
            "message": error["message"],
            "field": ".".join(error["field"] or ()),
        },
    )
