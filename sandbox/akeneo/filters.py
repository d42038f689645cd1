"""The ``search`` parameter of product lists: properties, operators, refusals.

Source: https://api.akeneo.com/documentation/filter.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.akeneo.catalog import ATTRIBUTE_BY_CODE, PimCatalog
from sandbox.akeneo.refusals import Refused
from sandbox.world.words import CATEGORIES, FAMILIES

Predicate = Callable[[int], bool]
"""Says of a variant row whether it stays in the list."""

_CATEGORY_CODES = {code for code, *_ in CATEGORIES}
_FAMILY_CODES = {family.code for family in FAMILIES}


class ProductSearch:
    """Reads ``search`` for one catalogue.

    Args:
        catalog: whose products are filtered.
        zone: time zone of the server, in which it reads dates.
        now: for ``SINCE LAST N DAYS``.
    """

    def __init__(self, catalog: PimCatalog, zone: ZoneInfo, now: datetime):
        self._catalog = catalog
        self._zone = zone
        self._now = now

    def predicates(self, search: str) -> list[Predicate]:
        """The conditions of a ``search``; a product must meet all.

        Raises:
            Refused: as Akeneo refuses it.
        """
        try:
            wanted = json.loads(search)
        except ValueError:
            wanted = None
        if not isinstance(wanted, dict):
            raise Refused(400, "Search query parameter should be valid JSON.")
        return [self._predicate(name, one) for name, many in wanted.items() for one in _filters(name, many)]

    def _predicate(self, name: str, condition: dict[str, object]) -> Predicate:
        operator = condition.get("operator")
        if operator is None:
            raise Refused(422, f'Operator is missing for the property "{name}".')
        if not isinstance(operator, str):
            raise Refused(422, f'Operator has to be a string, "{_php_type(operator)}" given.')
        make = _FILTERS.get(name, {}).get(operator)
        if make is None:
            raise Refused(422, _unsupported(name, operator))
        return make(self, name, condition.get("value"))

    def _times(self, name: str) -> Callable[[int], datetime]:
        return self._catalog.updated_with_parent if name == "updated" else self._catalog.created

    def moment(self, name: str, value: object) -> datetime:
        """A date as the server reads it: without zone, in its own."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=self._zone)
        except ValueError:
            expected = f'Property "{name}" expects a string with the format "yyyy-mm-dd H:i:s" as data'
            raise Refused(422, f'{expected}, "{value}" given.') from None

    def after(self, name: str, value: object) -> Predicate:
        """Later than a moment."""
        limit, times = self.moment(name, value), self._times(name)
        return lambda row: times(row) > limit

    def before(self, name: str, value: object) -> Predicate:
        """Earlier than a moment."""
        limit, times = self.moment(name, value), self._times(name)
        return lambda row: times(row) < limit

    def between(self, name: str, value: object) -> Predicate:
        """From one moment to another."""
        if not isinstance(value, list) or len(value) != 2:
            raise Refused(
                422, f'Property "{name}" should contain 2 strings with the format "yyyy-mm-dd H:i:s".'
            )
        low, high = (self.moment(name, one) for one in value)
        times = self._times(name)
        return lambda row: low <= times(row) <= high

    def on_day(self, name: str, value: object) -> Predicate:
        """On the day of a moment."""
        day, times = self.moment(name, value).date(), self._times(name)
        return lambda row: times(row).astimezone(self._zone).date() == day

    def since_days(self, name: str, value: object) -> Predicate:
        """Within the last days."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refused(422, f'Property "{name}" expects a numeric as data, "{value}" given.')
        limit, times = self._now - timedelta(days=value), self._times(name)
        return lambda row: times(row) > limit

    def enabled(self, name: str, value: object) -> Predicate:
        """On sale or not."""
        if not isinstance(value, bool):
            raise Refused(422, f'Property "{name}" expects a boolean as data, "{_php_type(value)}" given.')
        return lambda row: self._catalog.is_enabled(row) is value

    def in_categories(self, name: str, value: object) -> Predicate:
        """In one of the categories themselves."""
        wanted = _known_codes(name, value, _CATEGORY_CODES, "Category")
        return lambda row: not wanted.isdisjoint(self._catalog.categories(row))

    def in_children(self, name: str, value: object) -> Predicate:
        """In one of the categories or below."""
        wanted = _with_children(_known_codes(name, value, _CATEGORY_CODES, "Category"))
        return lambda row: not wanted.isdisjoint(self._catalog.categories(row))

    def unclassified(self, name: str, value: object) -> Predicate:
        """In no category."""
        return lambda row: not self._catalog.categories(row)

    def in_families(self, name: str, value: object) -> Predicate:
        """Of one of the families."""
        wanted = _known_codes(name, value, _FAMILY_CODES, "Family")
        world = self._catalog.world
        return lambda row: world.catalog.family_of(self._catalog.product_of(row)).code in wanted

    def no_family(self, name: str, value: object) -> Predicate:
        """Of no family; every product of this PIM has one."""
        return lambda row: False

    def parent_is(self, name: str, value: object) -> Predicate:
        """A variant of a product model."""
        return lambda row: self._catalog.parent(row) == value

    def parent_in(self, name: str, value: object) -> Predicate:
        """A variant of one of the product models."""
        wanted = _list(name, value)
        return lambda row: self._catalog.parent(row) in wanted

    def no_parent(self, name: str, value: object) -> Predicate:
        """A simple product."""
        return lambda row: self._catalog.parent(row) is None

    def uuid_in(self, name: str, value: object) -> Predicate:
        """One of the products named by UUID."""
        wanted, uuids = _list(name, value), self._catalog.world.catalog.variants.uuid
        return lambda row: uuids[row] in wanted

    def sku_in(self, name: str, value: object) -> Predicate:
        """One of the products named by article number."""
        wanted, skus = _list(name, value), self._catalog.world.catalog.variants.sku
        return lambda row: skus[row] in wanted

    def sku_is(self, name: str, value: object) -> Predicate:
        """The product named by article number."""
        return self.sku_in(name, [value])


Maker = Callable[[ProductSearch, str, object], Predicate]


def _not(make: Maker) -> Maker:
    def opposite(search: ProductSearch, name: str, value: object) -> Predicate:
        holds = make(search, name, value)
        return lambda row: not holds(row)

    return opposite


def _either(first: Maker, second: Maker) -> Maker:
    def both(search: ProductSearch, name: str, value: object) -> Predicate:
        one, other = first(search, name, value), second(search, name, value)
        return lambda row: one(row) or other(row)

    return both


_DATES: dict[str, Maker] = {
    ">": ProductSearch.after,
    "<": ProductSearch.before,
    "=": ProductSearch.on_day,
    "!=": _not(ProductSearch.on_day),
    "BETWEEN": ProductSearch.between,
    "NOT BETWEEN": _not(ProductSearch.between),
    "SINCE LAST N DAYS": ProductSearch.since_days,
}
_FILTERS: dict[str, dict[str, Maker]] = {
    "updated": _DATES,
    "created": _DATES,
    "enabled": {"=": ProductSearch.enabled, "!=": _not(ProductSearch.enabled)},
    "categories": {
        "IN": ProductSearch.in_categories,
        "NOT IN": _not(ProductSearch.in_categories),
        "IN OR UNCLASSIFIED": _either(ProductSearch.in_categories, ProductSearch.unclassified),
        "IN CHILDREN": ProductSearch.in_children,
        "NOT IN CHILDREN": _not(ProductSearch.in_children),
        "UNCLASSIFIED": ProductSearch.unclassified,
    },
    "family": {
        "IN": ProductSearch.in_families,
        "NOT IN": _not(ProductSearch.in_families),
        "EMPTY": ProductSearch.no_family,
        "NOT EMPTY": _not(ProductSearch.no_family),
    },
    "parent": {
        "=": ProductSearch.parent_is,
        "IN": ProductSearch.parent_in,
        "EMPTY": ProductSearch.no_parent,
        "NOT EMPTY": _not(ProductSearch.no_parent),
    },
    "uuid": {"IN": ProductSearch.uuid_in, "NOT IN": _not(ProductSearch.uuid_in)},
    "sku": {
        "=": ProductSearch.sku_is,
        "!=": _not(ProductSearch.sku_is),
        "IN": ProductSearch.sku_in,
        "NOT IN": _not(ProductSearch.sku_in),
    },
}


def _filters(name: str, many: object) -> list[dict[str, object]]:
    if not isinstance(many, list) or not many or not all(isinstance(one, dict) for one in many):
        wanted = f'{{"{name}":[{{"operator": "my_operator", "value": "my_value"}}]}}'
        raise Refused(422, f'Structure of filter "{name}" should respect this structure: {wanted}')
    return many


def _unsupported(name: str, operator: str) -> str:
    if name in _FILTERS or name in ATTRIBUTE_BY_CODE:
        return f'Filter on property "{name}" is not supported or does not support operator "{operator}"'
    return f'"{name}" does not exist or you do not have permission to access it.'


def _list(name: str, value: object) -> set[object]:
    if not isinstance(value, list):
        raise Refused(422, f'Property "{name}" expects an array as data, "{_php_type(value)}" given.')
    return set(value)


def _known_codes(name: str, value: object, known: set[str], kind: str) -> set[object]:
    wanted = _list(name, value)
    for code in sorted(map(str, wanted - known)):
        raise Refused(422, f'{kind} "{code}" does not exist.')
    return wanted


def _with_children(codes: set[object]) -> set[object]:
    found = set(codes)
    for code, parent, *_ in CATEGORIES:
        if parent in found:
            found.add(code)
    return found


def _php_type(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "double", list: "array", dict: "array", str: "string"}
    return names.get(type(value), "NULL")
