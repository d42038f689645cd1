"""Connections: pages of a list behind cursors.

Source: https://shopify.dev/docs/api/usage/pagination-graphql. A cursor names the record that it stands behind
by its place in the order, so that records which move while somebody pages are neither lost nor hidden.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from graphql import GraphQLError

MAXIMUM_PAGE = 250
R = TypeVar("R")
Node = dict[str, object]


@dataclass(frozen=True, slots=True)
class Order(Generic[R]):
    """The order of a list: by a value, and by number where the values are the same."""

    name: str
    value: Callable[[R], str | int]
    number: Callable[[R], int]

    def place(self, record: R) -> tuple[str | int, int]:
        """Where a record stands."""
        return self.value(record), self.number(record)

    def cursor(self, record: R) -> str:
        """The cursor behind a record."""
        value, number = self.place(record)
        text = json.dumps({"last_id": number, "last_value": value, "order": self.name})
        return base64.b64encode(text.encode()).decode()

    def place_of(self, cursor: str) -> tuple[str | int, int]:
        """Where the record of a cursor stands, or stood."""
        try:
            mark = json.loads(base64.b64decode(cursor, validate=True))
            if mark["order"] == self.name:
                return mark["last_value"], mark["last_id"]
        except (ValueError, KeyError, TypeError):
            pass
        raise GraphQLError("Invalid cursor for current pagination sort.", extensions={"code": "BAD_REQUEST"})


def connection(
    records: Sequence[R],
    order: Order[R],
    render: Callable[[R], Node],
    field: str,
    arguments: dict[str, object],
) -> Node:
    """One page of the records.

    Args:
        records: all that the list holds, in any order.
        render: makes the node of a record; asked only for those of the page.
        field: name of the list, for errors.
        arguments: first, after, last, before, reverse.

    Raises:
        GraphQLError: no size, too large a size, or a cursor of another list.
    """
    first, last = _sizes(field, arguments)
    everything = sorted(records, key=order.place, reverse=bool(arguments.get("reverse")))
    start, stop = _bounds(everything, order, arguments)
    low = max(start, stop - last) if first is None else start
    high = min(stop, start + first) if first is not None else stop
    nodes = [(order.cursor(record), render(record)) for record in everything[low:high]]
    return {
        "edges": [{"cursor": cursor, "node": node} for cursor, node in nodes],
        "nodes": [node for _, node in nodes],
        "pageInfo": {
            "hasNextPage": high < len(everything),
            "hasPreviousPage": low > 0,
            "startCursor": nodes[0][0] if nodes else None,
            "endCursor": nodes[-1][0] if nodes else None,
        },
    }


def nested(nodes: Sequence[Node], field: str) -> Callable[..., Node]:
    """A connection of a node's own list, paged when it is asked for."""
    order: Order[tuple[int, Node]] = Order("POSITION", lambda pair: pair[0], lambda pair: pair[0])

    def resolve(info: object, **arguments: object) -> Node:
        return connection(list(enumerate(nodes)), order, lambda pair: pair[1], field, arguments)

    return resolve


def sized(nodes: Sequence[Node]) -> Callable[..., Sequence[Node]]:
    """A plain list that may be cut to its first entries."""

    def resolve(info: object, first: int | None = None, **arguments: object) -> Sequence[Node]:
        return nodes if first is None else nodes[:first]

    return resolve


def _sizes(field: str, arguments: dict[str, object]) -> tuple[int | None, int]:
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    if first is not None and last is not None:
        message = "providing both first and last is not supported"
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= MAXIMUM_PAGE:
            message = f"Argument '{name}' on Field '{field}' has an invalid value ({size})."
            code = {"code": "argumentLiteralsIncompatible"}
            raise GraphQLError(f"{message} Expected a page size from 0 to {MAXIMUM_PAGE}.", extensions=code)
    return first, last or 0


def _bounds(everything: Sequence[R], order: Order[R], arguments: dict[str, object]) -> tuple[int, int]:
    places = [order.place(record) for record in everything]
    is_reverse = bool(arguments.get("reverse"))
    start, stop = 0, len(everything)
    if arguments.get("after") is not None:
        mark = order.place_of(arguments["after"])
        start = sum((place >= mark) if is_reverse else (place <= mark) for place in places)
    if arguments.get("before") is not None:
        mark = order.place_of(arguments["before"])
        stop = sum((place > mark) if is_reverse else (place < mark) for place in places)
    return start, stop
