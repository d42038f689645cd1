"""The variants that the shop shows of a product, by whose they are: ours stay or go, all others stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Variant = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Variants:
    """The shop's variants of one product.

    Attributes:
        ours: those that are wished, by article number.
        dropped: those that are ours and no longer wished.
        foreign: those that somebody else made, in the shop's order.
    """

    ours: Mapping[str, Variant]
    dropped: tuple[Variant, ...]
    foreign: tuple[Variant, ...]


def told_apart(
    payload: dict[str, Any],
    current: dict[str, Any] | None,
    shown: dict[str, Any] | None,
    ids: Mapping[str, str],
) -> Variants:
    """Whose the shop's variants are.

    Args:
        payload: a row of ``outbound.shopify__products``.
        current: what the shop shows now (``documents/product_state.graphql``), None if it has no such product.
        shown: the payload that was applied last, None if there was none.
        ids: the identifiers that the shop gave to our variants, by article number (``known_numbers``). They decide;
            an article number decides only where no identifier does, for somebody else may use the same.
    """
    nodes = variants_of(current)
    wished = [variant["sku"] for variant in payload["variants"]]
    ours = dict(_ours(wished, nodes, ids))
    taken = {variant["id"] for variant in ours.values()}
    rest = [variant for variant in nodes if variant["id"] not in taken]
    once_ours = {variant["sku"] for variant in (shown or {}).get("variants", ())} - set(wished)
    dropped = tuple(variant for variant in rest if _is_dropped(variant, nodes, once_ours, ids))
    return Variants(ours, dropped, tuple(variant for variant in rest if variant not in dropped))


def known_numbers(
    payload: dict[str, Any], current: dict[str, Any] | None, shown: dict[str, Any] | None
) -> list[str]:
    """Article numbers whose identifiers ``told_apart`` needs."""
    ours = {variant["sku"] for state in (payload, shown or {}) for variant in state.get("variants", ())}
    return sorted(ours | {variant["sku"] for variant in variants_of(current) if variant["sku"]})


def identifiers(
    payload: dict[str, Any], product_id: str, ours: Mapping[str, Variant]
) -> tuple[tuple[str, str, str], ...]:
    """(kind, our key, the shop's id) of the product and of our variants."""
    made = [("product", payload["product_id"], product_id)]
    for sku, variant in ours.items():
        made.append(("variant", sku, variant["id"]))
        made.append(("inventory_item", sku, variant["inventoryItem"]["id"]))
    return tuple(made)


def variants_of(current: dict[str, Any] | None) -> list[Variant]:
    """The shop's variants of a product, in its order."""
    return current["variants"]["nodes"] if current else []


def _ours(
    wished: Iterable[str], nodes: list[Variant], ids: Mapping[str, str]
) -> Iterator[tuple[str, Variant]]:
    by_id = {variant["id"]: variant for variant in nodes}
    given = set(ids.values())
    for sku in wished:
        found = by_id.get(ids.get(sku, "")) or next(
            (variant for variant in nodes if variant["sku"] == sku and variant["id"] not in given), None
        )
        if found is not None:
            yield sku, found


def _is_dropped(variant: Variant, nodes: list[Variant], once_ours: set[str], ids: Mapping[str, str]) -> bool:
    if variant["id"] in ids.values():
        return True
    is_ours_another = ids.get(variant["sku"]) in {node["id"] for node in nodes}
    return variant["sku"] in once_ours and not is_ours_another
