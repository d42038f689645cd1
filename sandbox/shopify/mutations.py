"""The fields of Mutation."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from graphql import GraphQLResolveInfo

from sandbox.clock import Clock, iso_z
from sandbox.shopify.connections import Node
from sandbox.shopify.idempotency import Keys, key_of
from sandbox.shopify.inventory import Inventory, check_given
from sandbox.shopify.nodes import Nodes
from sandbox.shopify.product_set import ProductSet
from sandbox.shopify.tables import Document, ShopTables

BACKGROUND_DELAY = 0.2


class Background:
    """Runs the productSets that were to run by themselves, also those that a crash left behind.

    Args:
        delay: seconds before each of the two steps: begin, complete.
    """

    def __init__(self, tables: ShopTables, clock: Clock, delay: float = BACKGROUND_DELAY):
        self._tables = tables
        self._clock = clock
        self._delay = delay
        self._lock = threading.Lock()
        self._is_closed = False
        self._timers: set[threading.Timer] = set()
        for row in tables.state.rows("select id from shop_operation where status <> 'COMPLETE'"):
            self._later(self._begin, row["id"])

    def add(self, arguments: Document) -> int:
        """Takes an operation on; returns its number."""
        number = self._tables.next_number()
        sql = "insert into shop_operation values (?, 'CREATED', ?, null, '[]', ?)"
        self._tables.state.run(sql, number, json.dumps(arguments), iso_z(self._clock()))
        self._later(self._begin, number)
        return number

    def close(self) -> None:
        """Leaves the rest for the next start."""
        with self._lock:
            self._is_closed = True
            timers = list(self._timers)
        for timer in timers:
            timer.cancel()
            timer.join()

    def _later(self, step: Callable[[int], None], number: int) -> None:
        timer = threading.Timer(self._delay, step, (number,))
        timer.daemon = True
        with self._lock:
            if not self._is_closed:
                self._timers = {one for one in self._timers if one.is_alive()} | {timer}
                timer.start()

    def _begin(self, number: int) -> None:
        self._tables.state.run("update shop_operation set status = 'ACTIVE' where id = ?", number)
        self._later(self._complete, number)

    def _complete(self, number: int) -> None:
        with self._tables.state.transaction():
            row = self._tables.state.row("select * from shop_operation where id = ?", number)
            arguments = json.loads(row["arguments"])
            outcome = ProductSet(self._tables, self._clock).run(
                arguments.get("identifier"), arguments["input"]
            )
            self._tables.state.run(
                "update shop_operation set status = 'COMPLETE', product_id = ?, user_errors = ? where id = ?",
                outcome.product_id,
                json.dumps(outcome.errors),
                number,
            )


class Mutations:
    """Resolvers of Mutation.

    Args:
        keys: for the mutations that need an idempotency key.
    """

    def __init__(self, tables: ShopTables, clock: Clock, keys: Keys, background: Background):
        self._nodes = Nodes(tables)
        self._products = ProductSet(tables, clock)
        self._inventory = Inventory(tables, clock)
        self._keys = keys
        self._background = background

    def root(self) -> dict[str, object]:
        """The fields by name."""
        return {
            "productSet": self._product_set,
            "inventorySetQuantities": self._set_quantities,
            "inventoryActivate": self._activate,
        }

    def _product_set(
        self,
        info: GraphQLResolveInfo,
        input: Document,
        identifier: Document | None = None,
        synchronous: bool = True,
    ) -> Node:
        if synchronous is False:
            number = self._background.add({"identifier": identifier, "input": input})
            return {"product": None, "productSetOperation": self._nodes.operation(number), "userErrors": []}
        outcome = self._products.run(identifier, input)
        product = None if outcome.product_id is None else self._nodes.product(outcome.product_id)
        return {"product": product, "productSetOperation": None, "userErrors": outcome.errors}

    def _set_quantities(self, info: GraphQLResolveInfo, input: Document) -> Node:
        check_given(input)
        key = key_of(info)
        answer = self._keys.once(
            key, "inventorySetQuantities", input, lambda: self._inventory.set_quantities(input, key)
        )
        number = answer.get("adjustment")
        group = None if number is None else self._nodes.adjustment(number)
        return {"inventoryAdjustmentGroup": group, "userErrors": answer["userErrors"]}

    def _activate(self, info: GraphQLResolveInfo, **arguments: object) -> Node:
        key = key_of(info)
        given = {name: value for name, value in arguments.items() if value is not None}
        answer = self._keys.once(
            key, "inventoryActivate", given, lambda: self._inventory.activate(given, key)
        )
        level = answer.get("level")
        node = None if level is None else self._nodes.level_of(*level)
        return {"inventoryLevel": node, "userErrors": answer["userErrors"]}
