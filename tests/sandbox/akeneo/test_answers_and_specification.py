"""The PIM's answers have the shape that the vendor's specification says."""

from __future__ import annotations

import json

import jsonschema
import pytest

from sandbox.shopify.schema import shared_folder

SPECIFICATION = shared_folder() / "specs/akeneo/akeneo-web-api.json"
PATHS = ("products-uuid", "families", "categories", "attributes", "channels", "locales", "currencies")


@pytest.fixture(scope="module")
def specification() -> dict:
    if not SPECIFICATION.exists():
        pytest.skip(f"the vendor's specification is not at hand: {SPECIFICATION}")
    return json.loads(SPECIFICATION.read_text())


def readable(schema: object, name: str = "") -> object:
    """The schema as the vendor's own examples need it: ``parent``, ``scope`` may be null, ``data`` is anything."""
    if isinstance(schema, list):
        return [readable(one, name) for one in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {
        key: readable(value, key) for key, value in schema.items() if key not in ("default", "example")
    }
    if name == "data":
        changed.pop("type", None)
    elif isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    return changed


def answer_schema(specification: dict, path: str, method: str = "get") -> dict:
    schema = specification["paths"][path][method]["responses"]["200"]["schema"]
    return readable(schema) | {"definitions": readable(specification["definitions"])}


@pytest.mark.parametrize("path", PATHS)
def test_lists_fit_the_specification(pim, specification, path):
    page = pim.get(path, limit=100).json()
    assert page["_embedded"]["items"]
    jsonschema.validate(page, answer_schema(specification, f"/api/rest/v1/{path}"))


def test_the_check_would_notice_a_wrong_answer(pim, specification):
    page = pim.get("products-uuid", limit=1).json()
    page["_embedded"]["items"][0]["enabled"] = "yes"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(page, answer_schema(specification, "/api/rest/v1/products-uuid"))


def test_attribute_types_are_the_vendors(pim, specification):
    known = specification["definitions"]["Attribute"]["properties"]["type"]["enum"]
    for attribute in pim.get("attributes", limit=100).json()["_embedded"]["items"]:
        assert attribute["type"] in known


def test_the_token_fits_the_specification(pim, specification):
    jsonschema.validate(pim.token().json(), answer_schema(specification, "/api/oauth/v1/token", "post"))
