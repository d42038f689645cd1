"""Products to the storefront: one ``productSet`` each, which names everything that it must not delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from include.delivery import Endpoint
from include.errors import MessageRejected, SystemUnavailable
from include.outcome import Leaving, Message, Outcome, Result
from include.systems.shopify.client import Client
from include.systems.shopify.product_input import differences, product_input
from include.systems.shopify.product_variants import Variants, identifiers, known_numbers, told_apart
from include.systems.shopify.sending import LIMITS
from include.systems.web import account

TRY_AGAIN_CODES = {"GENERIC_ERROR", "JOB_ERROR"}
PARTS = ("variants", "metafields", "media", "collections")


class ProductsSender:
    """Sends products of one shop. See ``outcome.Sender``."""

    batch_size = 1

    def __init__(self, endpoint: Endpoint, ids: Callable[..., dict[str, str]]):
        self.client = Client(endpoint, limits=LIMITS)
        self.shop = account(endpoint)
        self.ids = ids

    def send(self, messages: Sequence[Message], leaving: Leaving) -> list[Outcome]:
        """Set each product, after reading what the shop shows of it."""
        return [outcome for message in messages for outcome in self._set(message, leaving)]

    def look_up(self, messages: Sequence[Message]) -> list[Outcome]:
        """A product that shows what we wished had our message's effect."""
        return [
            outcome if outcome.result is Result.APPLIED else replace(outcome, result=Result.RETRY)
            for outcome in self.confirm(messages)
        ]

    def confirm(self, messages: Sequence[Message]) -> list[Outcome]:
        """Compare what the shop shows with what we wished."""
        return [self._confirmed(message) for message in messages]

    def close(self) -> None:
        """End the open connections."""
        self.client.close()

    def _set(self, message: Message, leaving: Leaving) -> list[Outcome]:
        """The outcome, if the message may leave."""
        current = self._current(message)
        identifier = {"id": current["id"]} if current else {"handle": message.payload["handle"]}
        variants = self._told_apart(message, current)
        wished = product_input(message.payload, current, variants)
        self.client.prepare("product_set")
        if not leaving([message]):
            return []
        try:
            answer = self.client.mutate("product_set", identifier=identifier, input=wished)
        except MessageRejected as error:
            return [_outcome(message, Result.REJECTED, code="rejected", message_text=error.message)]
        return [_read(message, answer.data["productSet"], variants)]

    def _told_apart(self, message: Message, current: dict[str, Any] | None) -> Variants:
        numbers = known_numbers(message.payload, current, message.shown)
        ids = self.ids(self.shop, "variant", numbers)
        return told_apart(message.payload, current, message.shown, ids)

    def _confirmed(self, message: Message) -> Outcome:
        current = self._current(message)
        variants = self._told_apart(message, current)
        differing = differences(message.payload, current, variants)
        if differing:
            text = f"The shop does not show the product as it was sent: {'; '.join(differing[:5])}."
            return _outcome(message, Result.NOT_SHOWN, code="not_shown", message_text=text)
        assert current is not None
        return Outcome(
            message_id=message.message_id,
            result=Result.APPLIED,
            detail={"product": current["id"], "updated_at": current["updatedAt"]},
            ids=identifiers(message.payload, current["id"], variants.ours),
        )

    def _current(self, message: Message) -> dict[str, Any] | None:
        """The product as the shop shows it, by the identifier it gave us, else by its handle; whole."""
        product_id = message.payload["product_id"]
        known = self.ids(self.shop, "product", [product_id])
        identifiers_to_try = [{"id": known[product_id]}] if known else []
        for identifier in [*identifiers_to_try, {"handle": message.payload["handle"]}]:
            product = self.client.query("product_state", identifier=identifier).data["product"]
            if product is not None:
                self._complete(product)
                return product
        return None

    def _complete(self, product: dict[str, Any]) -> None:
        """Further pages of the lists that are longer than one."""
        while any(product[part]["pageInfo"]["hasNextPage"] for part in PARTS):
            wanted = {part: product[part]["pageInfo"] for part in PARTS}
            variables: dict[str, Any] = {"id": product["id"]}
            for part, page in wanted.items():
                variables[f"with{part.capitalize()}"] = page["hasNextPage"]
                variables[f"{part}After"] = page["endCursor"] if page["hasNextPage"] else None
            further = self.client.query("product_parts", **variables).data["product"]
            if further is None:
                raise SystemUnavailable(f"Product {product['id']} was deleted while it was read.")
            for part in PARTS:
                if wanted[part]["hasNextPage"]:
                    product[part]["nodes"] += further[part]["nodes"]
                    product[part]["pageInfo"] = further[part]["pageInfo"]


def _read(message: Message, answer: dict[str, Any], before: Variants) -> Outcome:
    if answer["userErrors"]:
        return _refused(message, answer["userErrors"])
    product = answer["product"]
    foreign = {variant["id"] for variant in before.foreign}
    wished = {variant["sku"] for variant in message.payload["variants"]}
    ours = {
        variant["sku"]: variant
        for variant in product["variants"]["nodes"]
        if variant["id"] not in foreign and variant["sku"] in wished
    }
    return Outcome(
        message_id=message.message_id,
        result=Result.ACCEPTED,
        detail={"product": product["id"], "updated_at": product["updatedAt"]},
        ids=identifiers(message.payload, product["id"], ours),
    )


def _refused(message: Message, errors: list[dict[str, Any]]) -> Outcome:
    first = errors[0]
    result = Result.RETRY if {error["code"] for error in errors} <= TRY_AGAIN_CODES else Result.REJECTED
    return _outcome(
        message,
        result,
        code=first["code"],
        field=".".join(first["field"] or ()),
        message_text="; ".join(error["message"] for error in errors),
    )


def _outcome(message: Message, result: Result, *, message_text: str = "", **detail: Any) -> Outcome:
    return Outcome(
        message_id=message.message_id,
        result=result,
        detail={**detail, **({"message": message_text} if message_text else {})},
    )
