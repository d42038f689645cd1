"""The two schemas: the part that the sandbox executes, and the vendor's own to check documents against."""

from __future__ import annotations

import gzip
import json
import os
import re
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLFormattedError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    build_client_schema,
    build_schema,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

SDL = Path(__file__).with_name("admin_2026_07.graphql")
SHARED_VARIABLE = "SEAMLINE_SHARED"
INTROSPECTION = Path("specs/shopify/admin_2026-07.introspection.json.gz")
PROJECT = Path(__file__).parents[2]


class Rejected(Exception):
    """A document that is refused before anything is executed.

    Args:
        errors: as they stand in the answer.
    """

    def __init__(self, errors: list[GraphQLFormattedError]):
        super().__init__(errors[0]["message"])
        self.errors = errors


@cache
def own_schema() -> GraphQLSchema:
    """What the sandbox executes."""
    schema = build_schema(SDL.read_text())
    for name, meaning in (("Money", "money"), ("Decimal", "decimal")):
        _read_amounts(schema, name, meaning)
    return schema


def vendor_schema() -> GraphQLSchema | None:
    """The vendor's whole schema, where its introspection is at hand (a second to build, once)."""
    path = shared_folder() / INTROSPECTION
    return _schema_of(path) if path.exists() else None


@cache
def _schema_of(path: Path) -> GraphQLSchema:
    document = json.loads(gzip.decompress(path.read_bytes()))
    return build_client_schema(document.get("data", document), assume_valid=True)


def shared_folder() -> Path:
    """Where specifications and real data lie: ``SEAMLINE_SHARED``, else beside the project."""
    return Path(os.environ.get(SHARED_VARIABLE) or PROJECT.parent / "shared")


def _read_amounts(schema: GraphQLSchema, name: str, meaning: str) -> None:
    def read(value: object) -> str:
        try:
            number = Decimal(str(value)) if isinstance(value, str | int | float) else None
        except InvalidOperation:
            number = None
        if number is None or isinstance(value, bool) or not number.is_finite():
            raise GraphQLError(f"invalid {meaning} '{value}'")
        return str(number)

    scalar = schema.type_map[name]
    scalar.parse_value = scalar.coerce_input_value = read


@lru_cache(maxsize=256)
def parsed(source: str) -> DocumentNode:
    """A document's syntax tree.

    Raises:
        Rejected: it is not GraphQL.
    """
    try:
        return parse(source)
    except GraphQLSyntaxError as error:
        raise Rejected([{"message": f"syntax error, {error.message}", **_places(error)}]) from error


@lru_cache(maxsize=512)
def _errors(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """What a schema has against a document; clients send the same few documents again and again."""
    return validate(schema, document)


def checked_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that is to run, after the document was checked by the vendor's schema and by ours.

    Raises:
        Rejected: it is not valid, or needs more than the sandbox has.
    """
    vendor = vendor_schema()
    if vendor is not None:
        _reject([vendors_error(error) for error in _errors(vendor, document)])
    errors = _errors(own_schema(), document)
    _reject([vendors_error(error) if vendor is None else _beyond_subset(error) for error in errors])
    operation = get_operation_ast(document, name)
    if operation is None:
        raise Rejected([{"message": f"No operation named {name!r}", "extensions": {"code": "BAD_REQUEST"}}])
    return operation


def checked_variables(operation: OperationDefinitionNode, variables: dict[str, object]) -> VariableValues:
    """The variables as the operation declares them.

    Raises:
        Rejected: one is missing or of the wrong type.
    """
    values = None
    for schema in (vendor_schema(), own_schema()):
        if schema is not None:
            values = get_variable_values(schema, operation.variable_definitions or (), variables)
            if isinstance(values, list):
                raise Rejected([_variable_error(error) for error in values])
    return values


def _reject(errors: list[GraphQLFormattedError]) -> None:
    if errors:
        raise Rejected(errors)


_WORDINGS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"Cannot query field '(?P<field>\w+)' on type '(?P<type>\w+)'"),
        "Field '{field}' doesn't exist on type '{type}'",
        "undefinedField",
    ),
    (
        re.compile(r"Unknown argument '(?P<argument>\w+)' on field '(?P<type>\w+)\.(?P<field>\w+)'"),
        "Field '{field}' doesn't accept argument '{argument}'",
        "argumentNotAccepted",
    ),
    (
        re.compile(r"Argument '(?P<type>\w+)\.(?P<field>\w+)\((?P<argument>\w+):\)' .*is required"),
        "Field '{field}' is missing required arguments: {argument}",
        "missingRequiredArguments",
    ),
)


def vendors_error(error: GraphQLError) -> GraphQLFormattedError:
    """An error of validation in the vendor's words and with its code, where they are known."""
    for pattern, wording, code in _WORDINGS:
        match = pattern.search(error.message)
        if match:
            message = wording.format(**match.groupdict())
            return {"message": message, **_places(error), "extensions": {"code": code, **_names(match)}}
    return {
        "message": error.message,
        **_places(error),
        "extensions": {"code": "argumentLiteralsIncompatible"},
    }


def _names(match: re.Match[str]) -> dict[str, str]:
    names = {"typeName": "type", "fieldName": "field", "argumentName": "argument"}
    groups = match.groupdict()
    return {name: groups[group] for name, group in names.items() if group in groups}


def _beyond_subset(error: GraphQLError) -> GraphQLFormattedError:
    message = f"Valid for Shopify, but the sandbox does not stand in for it: {error.message}"
    return {"message": message, **_places(error), "extensions": {"code": "SANDBOX_SUBSET"}}


def _variable_error(error: GraphQLError) -> GraphQLFormattedError:
    return {"message": error.message, **_places(error), "extensions": {"code": "INVALID_VARIABLE"}}


def _places(error: GraphQLError) -> dict[str, object]:
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return {"locations": places} if places else {}
