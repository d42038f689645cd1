"""What belongs to an order beyond the page it came on: fetched, landed, and put back together.

A page of orders holds the beginning of every list in them. Some lists have pages of their own; others
are cut at the size that was asked for, without a word, or hold lists themselves: these are asked for again at
larger sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from include.formats.findings import Finding, Unreadable
from include.formats.json_documents import Document
from include.formats.json_records import Records, Unfit, evidence
from include.systems.shopify.client import Answer, Client

VERSION_KEYS = ("id", "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """A list of an order that has pages.

    Attributes:
        key: its name.
        variable: of the orders document, says how much of it comes with the order.
        first: that size.
        document: fetches further pages of it.
        page_size: how large these are.
    """

    key: str
    variable: str
    first: int
    document: str
    page_size: int = 50

    @property
    def variables(self) -> dict[str, int]:
        """Its sizes in the orders document."""
        return {self.variable: self.first}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainList:
    """A list of an order that is cut at its size, or a list with pages whose elements hold lists themselves.

    Attributes:
        key: its name.
        variable, first: as of ``Pages``.
        document: fetches the whole list.
        sizes: how much of it, and of the pages inside each element, is asked for, one after another until
            all of it has come; what may be asked for at once is bounded by its cost.
        inside: the list with pages that each element has.
        inside_variable, inside_first: how much of that comes with the order.
    """

    key: str
    variable: str
    first: int
    document: str
    sizes: tuple[dict[str, int], ...]
    inside: str | None = None
    inside_variable: str | None = None
    inside_first: int = 0

    @property
    def variables(self) -> dict[str, int]:
        """Its sizes in the orders document."""
        inside = {self.inside_variable: self.inside_first} if self.inside_variable else {}
        return {self.variable: self.first, **inside}

    @property
    def widest(self) -> dict[str, int]:
        """The sizes that show most elements."""
        return max(self.sizes, key=lambda sizes: sizes["first"])

    def is_whole(self, order: dict[str, Any], size: int) -> bool:
        """All of the list is there, if so many elements were asked for."""
        held = order.get(self.key) or []
        if isinstance(held, dict):
            elements, is_short = held.get("nodes") or [], not _has_more(order, self.key)
        else:
            elements, is_short = held, len(held) < size
        return is_short and not any(_has_more(element, self.inside) for element in elements if self.inside)


PARTS = (
    Pages(key="lineItems", variable="lines", first=4, document="order_lines"),
    Pages(key="shippingLines", variable="shippingLines", first=1, document="order_shipping_lines"),
    PlainList(
        key="transactions",
        variable="transactions",
        first=3,
        document="order_transactions",
        sizes=({"first": 150},),
    ),
    PlainList(
        key="refunds",
        variable="refunds",
        first=2,
        document="order_refunds",
        sizes=({"first": 8, "lines": 14}, {"first": 25, "lines": 3}, {"first": 2, "lines": 60}),
        inside="refundLineItems",
        inside_variable="refundLines",
        inside_first=3,
    ),
    PlainList(
        key="fulfillments",
        variable="fulfillments",
        first=2,
        document="order_fulfillments",
        sizes=({"first": 8, "lines": 50}, {"first": 40, "lines": 4}, {"first": 2, "lines": 240}),
        inside="fulfillmentLineItems",
        inside_variable="fulfillmentLines",
        inside_first=4,
    ),
    PlainList(
        key="returns",
        variable="returns",
        first=1,
        document="order_returns",
        sizes=({"first": 6, "lines": 25}, {"first": 30, "lines": 4}, {"first": 2, "lines": 90}),
        inside="returnLineItems",
        inside_variable="returnLines",
        inside_first=2,
    ),
)


class Moved(Exception):
    """An order changed after its page was read."""


def orders_of(page: Answer) -> list[dict[str, Any]]:
    """The orders of a page."""
    return page.data["orders"]["nodes"]


def parts_beyond(client: Client, page: Answer) -> Iterator[Answer]:
    """What the orders of a page have beyond it.

    Raises:
        Moved: one of them changed since.
    """
    for order in {str(order["id"]): order for order in orders_of(page)}.values():
        for part in PARTS:
            if isinstance(part, Pages):
                yield from _further_pages(client, part, order)
            elif not part.is_whole(order, part.first):
                yield _whole_list(client, part, order)


def _further_pages(client: Client, part: Pages, order: dict[str, Any]) -> Iterator[Answer]:
    info = order[part.key]["pageInfo"]
    while info["hasNextPage"]:
        answer = client.query(part.document, id=order["id"], first=part.page_size, after=info["endCursor"])
        info = _same_version(answer, order)[part.key]["pageInfo"]
        yield answer


def _whole_list(client: Client, part: PlainList, order: dict[str, Any]) -> Answer:
    """The list as it came whole; if it never did, as it was seen most of."""
    widest: Answer | None = None
    for sizes in part.sizes:
        answer = client.query(part.document, id=order["id"], **sizes)
        if part.is_whole(_same_version(answer, order), sizes["first"]):
            return answer
        widest = answer if sizes is part.widest else widest
    assert widest is not None
    return widest


def _same_version(answer: Answer, order: dict[str, Any]) -> dict[str, Any]:
    found = answer.data.get("order")
    if not found or any(found.get(key) != order[key] for key in VERSION_KEYS):
        raise Moved
    return found


class OrderPage:
    """The orders of one landed page and what was landed behind it."""

    def __init__(self, page: Records):
        self._page = page
        self._is_suspicious = page.are_suspicious
        self._seen_whole: set[tuple[str, str]] = set()

    def add(self, found: Document, name: str) -> None:
        """Put a part where it belongs.

        Raises:
            Unreadable: it belongs to no order of the page.
        """
        self._is_suspicious |= found.is_suspicious
        try:
            part = found.value["data"]["order"]
            orders = [order for order in self._orders() if order.get("id") == part["id"]]
            for order in orders:
                self._complete(order, part)
        except (KeyError, TypeError, ValueError):
            orders = []
        if not orders:
            message = "The page belongs to no order of the page before it."
            raise Unreadable(Finding(rule="stray_page", message=message, place=name))

    def records(self) -> Records:
        """The orders; one that is still not complete is unfit."""
        values = [self._judged(order) if isinstance(order, dict) else order for order in self._page.values]
        return Records(self._page.place, values, self._is_suspicious)

    def _orders(self) -> Iterator[dict[str, Any]]:
        return (order for order in self._page.values if isinstance(order, dict))

    def _complete(self, order: dict[str, Any], found: dict[str, Any]) -> None:
        for part in PARTS:
            if part.key in found and isinstance(part, Pages):
                nodes = [*order[part.key]["nodes"], *found[part.key]["nodes"]]
                order[part.key] = {**found[part.key], "nodes": nodes}
            elif part.key in found:
                order[part.key] = found[part.key]
                self._seen_whole.add((found["id"], part.key))

    def _judged(self, order: dict[str, Any]) -> object:
        missing = next((part.key for part in PARTS if self._is_cut(order, part)), None)
        if missing is None:
            return order
        message = f"The order has more {missing} than could be fetched, so nothing of it was taken."
        return Unfit(evidence(order), Finding(rule="incomplete_order", message=message, field=missing))

    def _is_cut(self, order: dict[str, Any], part: Pages | PlainList) -> bool:
        if isinstance(part, Pages):
            return _has_more(order, part.key)
        is_fetched = (str(order.get("id")), part.key) in self._seen_whole
        return not part.is_whole(order, part.widest["first"] if is_fetched else part.first)


def _has_more(holder: object, key: str | None) -> bool:
    connection = holder.get(key) if isinstance(holder, dict) else None
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    return isinstance(info, dict) and bool(info.get("hasNextPage"))
