"""What queries cost."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, get_operation_ast, parse

from sandbox.shopify.cost import LeakyBucket, QueryCost
from sandbox.shopify.schema import checked_variables, own_schema


def cost_of(source: str, **variables: object) -> QueryCost:
    document = parse(source)
    operation = get_operation_ast(document)
    assert isinstance(operation, OperationDefinitionNode)
    return QueryCost(own_schema(), document, operation, checked_variables(operation, variables))


@pytest.mark.parametrize(
    ("source", "cost"),
    [
        ("{ shop { name } }", 1),
        ("{ products(first: 1) { edges { node { title } } } }", 3),
        (
            "{ orders(first: 5) { pageInfo { hasNextPage } nodes { id totalPriceSet { shopMoney { amount } } } } }",
            3 + 5 * 3,
        ),
        ("{ orders(first: 5) { nodes { lineItems(first: 20) { nodes { sku } } } } }", 2 + 5 * (1 + 2 + 20)),
        ('{ order(id: "gid://shopify/Order/1") { fulfillments(first: 3) { displayStatus } } }', 1 + 2 + 3),
        ('{ order(id: "gid://shopify/Order/1") { taxLines { title } } }', 2),
        ("query($n: Int!) { products(first: $n) { nodes { id } } }", 2 + 7),
        ("{ a: shop { name } b: shop { name } }", 2),
        ("{ shop { ...F } } fragment F on Shop { name id }", 1),
        (
            '{ nodes(ids: ["gid://shopify/Product/1"]) { ... on Product { seo { title } } ... on Order { id } } }',
            2,
        ),
        (
            'mutation { productSet(input: {title: "T", files: [{originalSource: "x"}], metafields: [{}, {}]})'
            " { product { id variants(first: 100) { nodes { id } } } } }",
            13,
        ),
    ],
)
def test_prices(source, cost):
    assert cost_of(source, **({"n": 7} if "$n" in source else {})).requested() == cost


def test_only_what_was_given_is_paid():
    price = cost_of("{ orders(first: 50) { nodes { id customer { id } } pageInfo { hasNextPage } } }")
    assert price.requested() == 2 + 50 * 2 + 1
    data = {
        "orders": {
            "nodes": [{"id": "1", "customer": {"id": "c"}}, {"id": "2", "customer": None}],
            "pageInfo": {},
        }
    }
    assert price.actual(data) == 2 + 3 + 1
    assert price.actual(None) == 0


def test_the_bucket_leaks():
    now = [100.0]
    bucket = LeakyBucket(1000, 50, lambda: now[0])
    assert bucket.take(900)
    assert not bucket.take(200)
    now[0] += 2
    assert bucket.status().document() == {
        "maximumAvailable": 1000.0,
        "currentlyAvailable": 200,
        "restoreRate": 50.0,
    }
    assert bucket.take(200)
    bucket.give_back(150)
    assert bucket.status().available == 150
    now[0] += 1000
    assert bucket.status().available == 1000
