"""What a query costs, and the leaky bucket that pays for it.

Source: https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits: an object costs 1, a scalar
nothing, a connection 2 and its size times a node, a mutation 10; a single query may cost 1,000.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.values import VariableValues, get_argument_values

MAXIMUM_QUERY_COST = 1000
MUTATION_COST = 10
CONNECTION_COST = 2
PER_VARIANT, PER_METAFIELD, PER_FILE = 0.2, 0.4, 1.9


PricedField = tuple[FieldNode, GraphQLNamedType]
"""A selected field and the type that it belongs to."""


class QueryCost:
    """Prices one operation, before it runs and after."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
    ):
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def requested(self) -> int:
        """The price of all that the operation may give."""
        return math.ceil(self._selection(self._operation.selection_set, self._root()))

    def actual(self, data: dict[str, object] | None) -> int:
        """The price of what it gave."""
        if data is None:
            return 0
        return math.ceil(self._given(self._operation.selection_set, self._root(), data))

    def _root(self) -> GraphQLNamedType:
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        return root

    def _fields(
        self, selection: SelectionSetNode, parent: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                if not node.name.value.startswith("__"):
                    yield node, parent
            else:
                yield from self._fields(*self._fragment(node, parent))

    def _fragment(
        self, node: FragmentSpreadNode | InlineFragmentNode, parent: GraphQLNamedType
    ) -> tuple[SelectionSetNode, GraphQLNamedType]:
        fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        condition = fragment.type_condition
        return fragment.selection_set, self._schema.type_map[condition.name.value] if condition else parent

    def _selection(self, selection: SelectionSetNode | None, parent: GraphQLNamedType) -> float:
        """Of alternatives by type the dearest counts, beside what all have."""
        prices: dict[str, float] = {}
        for node, owner in self._fields(selection, parent) if selection else ():
            prices[owner.name] = prices.get(owner.name, 0) + self._field(node, owner)
        common = prices.pop(parent.name, 0)
        return common + max(prices.values(), default=0)

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> float:
        kind = parent.fields[node.name.value].type
        named = get_named_type(kind)
        if is_leaf_type(named):
            return 0
        if parent is self._schema.mutation_type:
            return MUTATION_COST + self._surcharge(node, parent)
        if named.name.endswith("Connection"):
            return CONNECTION_COST + self._connection(node, named, self._size(node, parent))
        one = 1 + self._selection(node.selection_set, named)
        is_sized = is_list_type(get_nullable_type(kind)) and "first" in parent.fields[node.name.value].args
        return CONNECTION_COST + self._size(node, parent) * one if is_sized else one

    def _connection(self, node: FieldNode, connection: GraphQLNamedType, size: int) -> float:
        price = 0.0
        for part, owner in self._fields(node.selection_set, connection):
            part_type = get_named_type(owner.fields[part.name.value].type)
            if part.name.value == "edges":
                price += size * self._selection(part.selection_set, part_type)
            else:
                count = size if part.name.value == "nodes" else 1
                price += count * (1 + self._selection(part.selection_set, part_type))
        return price

    def _arguments(self, node: FieldNode, parent: GraphQLNamedType) -> dict[str, object]:
        return get_argument_values(parent.fields[node.name.value], node, self._variables)

    def _size(self, node: FieldNode, parent: GraphQLNamedType) -> int:
        arguments = self._arguments(node, parent)
        return arguments.get("first") or arguments.get("last") or 0

    def _surcharge(self, node: FieldNode, parent: GraphQLNamedType) -> float:
        given = self._arguments(node, parent).get("input")
        if node.name.value != "productSet" or not isinstance(given, dict):
            return 0
        variants = given.get("variants") or []
        metafields = len(given.get("metafields") or []) + sum(
            len(one.get("metafields") or []) for one in variants
        )
        files = len(given.get("files") or [])
        return PER_VARIANT * len(variants) + PER_METAFIELD * metafields + PER_FILE * files

    def _given(
        self, selection: SelectionSetNode | None, parent: GraphQLNamedType, data: dict[str, object]
    ) -> float:
        if selection is None:
            return 0
        fields = {
            (node.alias or node.name).value: (node, owner) for node, owner in self._fields(selection, parent)
        }
        return sum(self._given_field(*fields[name], value) for name, value in data.items() if name in fields)

    def _given_field(self, node: FieldNode, parent: GraphQLNamedType, value: object) -> float:
        named = get_named_type(parent.fields[node.name.value].type)
        if parent is self._schema.mutation_type:
            return self._field(node, parent)
        if is_leaf_type(named) or value is None:
            return 0
        if named.name.endswith("Connection"):
            return CONNECTION_COST + self._given(node.selection_set, named, value)
        own = 0 if named.name.endswith("Edge") else 1
        if isinstance(value, list):
            return sum(own + self._given(node.selection_set, named, one) for one in value if one is not None)
        return own + self._given(node.selection_set, named, value)


@dataclass(frozen=True, slots=True)
class ThrottleStatus:
    """What a client may still spend."""

    maximum: float
    available: float
    restore_rate: float

    def document(self) -> dict[str, float]:
        """As in ``extensions.cost.throttleStatus``."""
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.restore_rate),
        }


class LeakyBucket:
    """Points of one app in one shop: spent by queries, restored by time.

    Args:
        maximum: how many points it holds.
        restore_rate: points that come back in a second.
        seconds: a clock that never goes back.
    """

    def __init__(self, maximum: float, restore_rate: float, seconds: Callable[[], float] = time.monotonic):
        self._maximum = maximum
        self._restore_rate = restore_rate
        self._seconds = seconds
        self._lock = threading.Lock()
        self._available = maximum
        self._looked_at = seconds()

    def take(self, points: float) -> bool:
        """Spends the points if there are enough."""
        with self._lock:
            self._restore()
            if self._available < points:
                return False
            self._available -= points
            return True

    def give_back(self, points: float) -> None:
        """What was not needed after all."""
        with self._lock:
            self._available = min(self._maximum, self._available + points)

    def status(self) -> ThrottleStatus:
        """What is left now."""
        with self._lock:
            self._restore()
            return ThrottleStatus(self._maximum, self._available, self._restore_rate)

    def _restore(self) -> None:
        now = self._seconds()
        restored = (now - self._looked_at) * self._restore_rate
        self._available = min(self._maximum, self._available + restored)
        self._looked_at = now
