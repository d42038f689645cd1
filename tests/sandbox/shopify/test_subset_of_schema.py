"""The part of the API that the sandbox knows has the vendor's names, arguments, types and values."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    is_introspection_type,
    is_specified_scalar_type,
)

from sandbox.shopify.schema import own_schema, vendor_schema


def type_names() -> list[str]:
    return sorted(
        name
        for name, kind in own_schema().type_map.items()
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
    )


@pytest.fixture(scope="module")
def vendor():
    schema = vendor_schema()
    if schema is None:
        pytest.skip("the vendor's introspection is not at hand (SEAMLINE_SHARED)")
    return schema


@pytest.mark.parametrize("name", type_names())
def test_a_type_is_the_vendors(vendor, name):
    ours, theirs = own_schema().type_map[name], vendor.type_map[name]
    assert type(ours) is type(theirs)
    if isinstance(ours, GraphQLEnumType):
        assert set(ours.values) <= set(theirs.values)
    elif isinstance(ours, GraphQLUnionType):
        assert {one.name for one in ours.types} <= {one.name for one in theirs.types}
    elif isinstance(ours, GraphQLInputObjectType):
        check_input(ours, theirs)
    elif isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
        check_fields(ours, theirs)


def check_input(ours, theirs) -> None:
    assert getattr(ours, "is_one_of", False) == getattr(theirs, "is_one_of", False)
    for name, field in ours.fields.items():
        assert str(field.type) == str(theirs.fields[name].type), name
    missing = {name for name, field in theirs.fields.items() if str(field.type).endswith("!")} - set(
        ours.fields
    )
    assert not missing, "what the vendor requires cannot be left out"


def check_fields(ours, theirs) -> None:
    assert {one.name for one in ours.interfaces} <= {one.name for one in theirs.interfaces}
    for name, field in ours.fields.items():
        assert str(field.type) == str(theirs.fields[name].type), name
        for argument, kind in field.args.items():
            assert str(kind.type) == str(theirs.fields[name].args[argument].type), f"{name}({argument})"
        required = {one for one, kind in theirs.fields[name].args.items() if str(kind.type).endswith("!")}
        assert required <= set(field.args), name


def test_error_codes_are_complete(vendor):
    for name in (
        "ProductSetUserErrorCode",
        "InventorySetQuantitiesUserErrorCode",
        "OrderSortKeys",
        "CurrencyCode",
    ):
        assert set(own_schema().type_map[name].values) == set(vendor.type_map[name].values)


def test_the_directive_is_the_vendors(vendor):
    ours, theirs = own_schema().get_directive("idempotent"), vendor.get_directive("idempotent")
    assert {name: str(one.type) for name, one in ours.args.items()} == {
        name: str(one.type) for name, one in theirs.args.items()
    }
    assert ours.locations == theirs.locations
