"""An outbound product as the input of ``productSet``, and whether the shop shows it.

``productSet`` deletes what a list does not name
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/productSet). So every list that we send
names, beside ours, what the shop shows and the model does not own: variants of others, tags,
metafields, media, collections.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from include.systems.shopify.product_variants import Variants

OWNED_TAG_PREFIXES = ("category:", "brand:", "family:")
MISSING_OPTION = "Standard"
WEIGHT_UNITS = {"GRAM": "GRAMS", "KILOGRAM": "KILOGRAMS", "POUND": "POUNDS", "OUNCE": "OUNCES"}


def product_input(payload: dict[str, Any], current: dict[str, Any] | None, shown: Variants) -> dict[str, Any]:
    """The input that makes the shop show ``payload`` and leaves everything else as it is.

    Args:
        payload: a row of ``outbound.shopify__products``.
        current: what the shop shows now (``documents/product_state.graphql``), None if it has no such product.
        shown: the variants of ``current``, by whose they are.
    """
    made = {
        "handle": payload["handle"],
        "title": payload["title"],
        "descriptionHtml": payload["body_html"] or "",
        "vendor": payload["vendor"] or "",
        "productType": payload["product_type"] or "",
        "status": payload["status"],
        "tags": _tags(payload, current),
    }
    variants = [*_our_variants(payload, shown), *map(_as_it_is, shown.foreign)]
    made["productOptions"] = _options(payload, variants)
    names = [option["name"] for option in made["productOptions"]]
    made["variants"] = [_with_every_option(variant, names) for variant in variants]
    return made | _kept_lists(current)


def differences(payload: dict[str, Any], current: dict[str, Any] | None, shown: Variants) -> list[str]:
    """What the shop shows otherwise than wished, as sentences; empty if it shows the wish.

    Args:
        shown: the variants of ``current``, by whose they are.
    """
    if current is None:
        return [f"the shop has no product with the handle {payload['handle']!r}"]
    fields = {
        "handle": payload["handle"],
        "title": payload["title"],
        "vendor": payload["vendor"] or "",
        "productType": payload["product_type"] or "",
        "status": payload["status"],
    }
    found = [f"{name} is {current[name]!r}" for name, wished in fields.items() if current[name] != wished]
    if _words(current["descriptionHtml"]) != _words(payload["body_html"]):
        found.append("the description has another text")
    return [*found, *_tag_differences(payload, current), *_variant_differences(payload, shown)]


def _words(body: str | None) -> list[str]:
    """The text of a description; the shop may write its tags in another way."""
    return html.unescape(re.sub(r"<[^>]*>", " ", body or "")).split()


def _is_owned(tag: str) -> bool:
    return tag.casefold().startswith(OWNED_TAG_PREFIXES)


def _tags(payload: dict[str, Any], current: dict[str, Any] | None) -> list[str]:
    foreign = [tag for tag in (current or {}).get("tags", ()) if not _is_owned(tag)]
    return sorted({*payload["tags_owned"], *foreign})


def _tag_differences(payload: dict[str, Any], current: dict[str, Any]) -> Iterator[str]:
    """The shop takes tags that differ in case alone for the same."""
    wished = {tag.casefold(): tag for tag in payload["tags_owned"]}
    present = {tag.casefold(): tag for tag in current["tags"]}
    yield from (f"tag {tag!r} is missing" for key, tag in sorted(wished.items()) if key not in present)
    yield from (
        f"tag {tag!r} is still there"
        for key, tag in sorted(present.items())
        if _is_owned(tag) and key not in wished
    )


def _our_variants(payload: dict[str, Any], shown: Variants) -> Iterator[dict[str, Any]]:
    for variant in payload["variants"]:
        made = {
            "sku": variant["sku"],
            "barcode": variant["barcode"],
            "price": variant["price"],
            "compareAtPrice": variant["compare_at_price"],
            "taxable": variant["is_taxable"],
            "optionValues": [
                {"optionName": option["option_name"], "name": option["name"]}
                for option in variant["option_values"]
            ],
            "inventoryItem": {"sku": variant["sku"], "tracked": True, **_measurement(variant)},
        }
        known = shown.ours.get(variant["sku"])
        yield made | ({"id": known["id"]} if known else {})


def _measurement(variant: dict[str, Any]) -> dict[str, Any]:
    if variant["weight"] is None:
        return {}
    return {"measurement": {"weight": {"value": float(variant["weight"]), "unit": _weight_unit(variant)}}}


def _weight_unit(variant: dict[str, Any]) -> str:
    return WEIGHT_UNITS.get(variant["weight_unit"], variant["weight_unit"])


def _as_it_is(variant: dict[str, Any]) -> dict[str, Any]:
    """A variant of somebody else: named, so that it is not deleted."""
    return {
        "id": variant["id"],
        "optionValues": [
            {"optionName": option["name"], "name": option["value"]} for option in variant["selectedOptions"]
        ],
    }


def _options(payload: dict[str, Any], variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our options in our order, with every value that some variant has."""
    values: dict[str, dict[str, None]] = {
        option["name"]: dict.fromkeys(option["values"]) for option in payload["options"]
    }
    for variant in variants:
        for option in variant["optionValues"]:
            if option["optionName"] in values:
                values[option["optionName"]].setdefault(option["name"])
            elif not _is_placeholder(option):
                values[option["optionName"]] = {option["name"]: None}
    for variant in variants:
        present = {option["optionName"] for option in variant["optionValues"]}
        for name in values.keys() - present:
            values[name].setdefault(MISSING_OPTION)
    return [
        {"name": name, "position": position, "values": [{"name": value} for value in names]}
        for position, (name, names) in enumerate(values.items(), 1)
    ]


def _is_placeholder(option: dict[str, Any]) -> bool:
    """The option that the shop shows for a product that has none."""
    return option["optionName"] == "Title" and option["name"] == "Default Title"


def _with_every_option(variant: dict[str, Any], names: list[str]) -> dict[str, Any]:
    values = {option["optionName"]: option["name"] for option in variant["optionValues"]}
    complete = [{"optionName": name, "name": values.get(name, MISSING_OPTION)} for name in names]
    return variant | {"optionValues": complete}


def _kept_lists(current: dict[str, Any] | None) -> dict[str, Any]:
    """Lists that are not ours, as the shop shows them. Collections that fill themselves cannot be set."""
    if current is None:
        return {}
    by_hand = [c["id"] for c in current["collections"]["nodes"] if c["ruleSet"] is None]
    return {
        "metafields": [dict(metafield) for metafield in current["metafields"]["nodes"]],
        "files": [{"id": media["id"]} for media in current["media"]["nodes"]],
        "collections": by_hand,
    }


def _variant_differences(payload: dict[str, Any], shown: Variants) -> Iterator[str]:
    yield from (f"variant {variant['sku']} is still there" for variant in shown.dropped)
    for wished in payload["variants"]:
        found = shown.ours.get(wished["sku"])
        if found is None:
            yield f"variant {wished['sku']} is missing"
        else:
            yield from (f"variant {wished['sku']} {said}" for said in _differs(wished, found))


def _differs(wished: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    if found["sku"] != wished["sku"]:
        yield f"has the number {found['sku']}"
    if Decimal(found["price"]) != Decimal(wished["price"]):
        yield f"costs {found['price']}, not {wished['price']}"
    if _amount(found["compareAtPrice"]) != _amount(wished["compare_at_price"]):
        yield f"compares at {found['compareAtPrice']}, not {wished['compare_at_price']}"
    if (found["barcode"] or None) != (wished["barcode"] or None):
        yield f"has the barcode {found['barcode']}, not {wished['barcode']}"
    if found["taxable"] != wished["is_taxable"]:
        yield f"is {'' if found['taxable'] else 'not '}taxable"
    options = {option["name"].casefold(): option["value"] for option in found["selectedOptions"]}
    for option in wished["option_values"]:
        value = options.get(option["option_name"].casefold(), "")
        if value.casefold() != option["name"].casefold():
            yield f"has {option['option_name']} {value!r}, not {option['name']!r}"
    yield from _weight_differs(wished, found["inventoryItem"]["measurement"]["weight"])


def _weight_differs(wished: dict[str, Any], weight: dict[str, Any] | None) -> Iterator[str]:
    if wished["weight"] is None:
        return
    found = (Decimal(str(weight["value"])), weight["unit"]) if weight else (None, "")
    if found != (Decimal(str(wished["weight"])), _weight_unit(wished)):
        yield f"weighs {found[0]} {found[1]}, not {wished['weight']} {wished['weight_unit']}"


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
