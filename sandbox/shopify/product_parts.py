"""Parts of products and variants as nodes: options, images, metafields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from sandbox.shopify.connections import Node, nested
from sandbox.shopify.tables import Document, Product, Variant, gid


def option(document: Document, variants: Callable[[], list[Variant]]) -> Node:
    """An option with its values, and whether a variant uses them."""

    def is_used(value: str) -> bool:
        return any(variant.document["optionValues"].get(document["name"]) == value for variant in variants())

    values = [
        {**value, "hasVariants": (lambda name: lambda info: is_used(name))(value["name"])}
        for value in document["values"]
    ]
    return {**document, "values": [value["name"] for value in document["values"]], "optionValues": values}


def option_value(product: Product | None, name: str, value: str) -> Node | None:
    """The value of a product's option by name."""
    options = product.document["options"] if product else []
    values = [one for option in options if option["name"] == name for one in option["values"]]
    found = next((one for one in values if one["name"] == value), None)
    return None if found is None else found | {"hasVariants": True}


def rule_set(tag: str | None) -> Node | None:
    """The rule of a smart collection; manual ones have none."""
    if tag is None:
        return None
    rule = {"column": "TAG", "relation": "EQUALS", "condition": tag}
    return {"appliedDisjunctively": False, "rules": [rule]}


def media(document: Document) -> Node:
    """An image."""
    moments = {"createdAt": document["createdAt"], "updatedAt": document["createdAt"]}
    image = {
        "id": document["id"].replace("MediaImage", "ImageSource"),
        "url": document["url"],
        "altText": document["alt"],
    }
    ready = {"mediaContentType": "IMAGE", "status": "READY", "fileStatus": "READY", "mimeType": "image/jpeg"}
    return {
        "__typename": "MediaImage",
        "id": document["id"],
        "alt": document["alt"],
        "image": image,
        **ready,
        **moments,
    }


def metafields(documents: list[Document], owner: str) -> Node:
    """The fields ``metafield`` and ``metafields`` of an owner."""
    nodes = [_metafield(metafield, owner) for metafield in documents]

    def one(info: object, key: str, namespace: str | None = None) -> Node | None:
        wanted = (namespace, key) if namespace else tuple(key.split(".", 1))
        return next((node for node in nodes if (node["namespace"], node["key"]) == wanted), None)

    def page(
        info: object, namespace: str | None = None, keys: list[str] | None = None, **arguments: object
    ) -> Node:
        fitting = [node for node in nodes if _is_wanted(node, namespace, keys)]
        return nested(fitting, "metafields")(info, **arguments)

    return {"metafield": one, "metafields": page}


def _is_wanted(node: Node, namespace: str | None, keys: list[str] | None) -> bool:
    full_key = f"{node['namespace']}.{node['key']}"
    return (namespace is None or node["namespace"] == namespace) and (keys is None or full_key in keys)


def _metafield(metafield: Document, owner: str) -> Node:
    value = str(metafield["value"])
    return {
        **metafield,
        "__typename": "Metafield",
        "id": gid("Metafield", metafield["number"]),
        "legacyResourceId": str(metafield["number"]),
        "ownerType": owner,
        "jsonValue": _json_value(value),
        "compareDigest": hashlib.sha256(value.encode()).hexdigest(),
    }


def _json_value(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value
