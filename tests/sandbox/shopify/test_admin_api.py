"""Access, versions, checks of documents, throttling and faults of the shop's API."""

from __future__ import annotations

import time

import pytest
import requests

import sandbox
from sandbox.faults import Fault, FaultKind
from sandbox.shopify import schema

SHOP = "{ shop { name } }"
GIVEN = {"name": "available", "reason": "correction", "quantities": []}
PATH = "/admin/api/2026-07/graphql.json"


@pytest.fixture(params=["with the vendor's schema", "without it"])
def checked(request, monkeypatch, tmp_path):
    """Both ways to check documents."""
    if request.param == "without it":
        monkeypatch.setenv(schema.SHARED_VARIABLE, str(tmp_path))
    elif not (schema.shared_folder() / schema.INTROSPECTION).exists():
        pytest.skip("the vendor's introspection is not at hand (SEAMLINE_SHARED)")
    return request.param


def codes(payload: dict) -> list[str]:
    return [error["extensions"]["code"] for error in payload["errors"]]


@pytest.mark.parametrize("token", [None, "", "shpat_wrong"])
def test_a_wrong_token_is_refused(box, token):
    headers = {} if token is None else {"X-Shopify-Access-Token": token}
    answer = requests.post(f"{box.shopify_url}{PATH}", json={"query": SHOP}, headers=headers, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["errors"].startswith("[API] Invalid API key or access token")


@pytest.mark.parametrize("path", ["/", "/admin/api/graphql.json", "/admin/api/latest/graphql.json"])
def test_other_addresses_are_not_found(shop, path):
    assert (
        shop.session.post(f"{shop.box.shopify_url}{path}", json={"query": SHOP}, timeout=5).status_code == 404
    )
    assert shop.session.get(f"{shop.box.shopify_url}{PATH}", timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("asked", "served"),
    [("2026-07", "2026-07"), ("2026-01", "2026-01"), ("2024-04", "2025-10"), ("2031-01", "2025-10")],
)
def test_the_answer_says_which_version_was_served(shop, asked, served):
    assert shop.post(SHOP, version=asked).headers["X-Shopify-API-Version"] == served


def test_a_fault_makes_it_fall_forward(own_box, own_shop):
    own_box.faults.add(Fault(system="shopify", kind=FaultKind.OTHER_VERSION, version="2026-10"))
    answer = own_shop.post(SHOP)
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"
    assert answer.json()["data"]["shop"]["name"]
    assert own_shop.post(SHOP).headers["X-Shopify-API-Version"] == "2026-07"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"query": 1}', b'{"query": "{shop{name}}", "variables": []}']
)
def test_a_body_without_a_query_is_refused(shop, body):
    answer = shop.session.post(f"{shop.box.shopify_url}{PATH}", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["errors"]["query"]


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{ shop { colour } }", "Field 'colour' doesn't exist on type 'Shop'", "undefinedField"),
        (
            "{ orders(first: 1, until: 2) { nodes { id } } }",
            "Field 'orders' doesn't accept argument 'until'",
            "argumentNotAccepted",
        ),
        (
            "{ product { id } }",
            "Field 'product' is missing required arguments: id",
            "missingRequiredArguments",
        ),
    ],
)
def test_invalid_documents_are_refused_in_the_vendors_words(checked, shop, query, message, code):
    payload = shop.ask(query)
    assert "data" not in payload
    assert [error["message"] for error in payload["errors"]] == [message]
    assert codes(payload) == [code]
    assert payload["errors"][0]["locations"]


def test_what_is_no_graphql_is_refused(shop):
    assert shop.ask("{ shop {")["errors"][0]["message"].startswith("syntax error")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "to be provided"),
        ({"input": {"name": "available", "reason": "correction"}}, "quantities"),
        ({"input": GIVEN | {"ignoreCompareQuantity": True}}, "ignoreCompareQuantity"),
        ({"input": GIVEN | {"name": 1}}, "name"),
    ],
)
def test_wrong_variables_are_refused(checked, shop, variables, said):
    query = """mutation($input: InventorySetQuantitiesInput!) {
      inventorySetQuantities(input: $input) @idempotent(key: "k") { userErrors { code } } }"""
    payload = shop.ask(query, **variables)
    assert "data" not in payload
    assert codes(payload) == ["INVALID_VARIABLE"]
    assert said in payload["errors"][0]["message"]


def test_amounts_must_be_amounts(shop):
    query = "mutation($input: ProductSetInput!) { productSet(input: $input) { userErrors { message } } }"
    variant = {"optionValues": [{"optionName": "Title", "name": "Default Title"}], "price": "abc"}
    given = {
        "title": "T",
        "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": [variant],
    }
    payload = shop.ask(query, input=given)
    assert "invalid money 'abc'" in payload["errors"][0]["message"]


def test_what_the_sandbox_does_not_know_is_said():
    if schema.vendor_schema() is None:
        pytest.skip("the vendor's introspection is not at hand (SEAMLINE_SHARED)")
    with pytest.raises(schema.Rejected, match="the sandbox does not stand in for it"):
        schema.checked_operation(schema.parsed("{ shop { plan { shopifyPlus } } }"), None)


def test_the_answer_tells_its_cost(shop):
    cost = shop.ask("{ products(first: 1) { edges { node { title } } } }")["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 3
    assert cost["actualQueryCost"] == 3
    assert set(cost["throttleStatus"]) == {"maximumAvailable", "currentlyAvailable", "restoreRate"}


def test_a_query_that_is_too_expensive_is_refused(shop):
    payload = shop.ask("{ products(first: 250) { nodes { variants(first: 10) { nodes { id } } } } }")
    assert codes(payload) == ["MAX_COST_EXCEEDED"]
    cost = 2 + 250 * (1 + 2 + 10)
    assert payload["errors"][0]["message"] == (
        f"Query cost is {cost}, which exceeds the single query max cost limit (1000)."
    )


def test_an_empty_bucket_throttles_until_it_is_restored(tmp_path, shop_client):
    with sandbox.running(tmp_path, scale=0.05, bucket_size=150, restore_rate=200) as box:
        shop = shop_client(box)
        query = "{ products(first: 20) { nodes { options { name } variants(first: 2) { nodes { id } } } } }"
        answers = [shop.ask(query) for _ in range(3)]
        throttled = [answer for answer in answers if "errors" in answer]
        assert throttled
        assert codes(throttled[0]) == ["THROTTLED"]
        cost = throttled[0]["extensions"]["cost"]
        assert cost["actualQueryCost"] is None
        missing = cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]
        assert missing > 0
        time.sleep(missing / cost["throttleStatus"]["restoreRate"] + 0.05)
        assert "errors" not in shop.ask(query)


@pytest.mark.parametrize("retry_after", [None, 4])
def test_too_many_requests_by_http(own_box, own_shop, retry_after):
    own_box.faults.add(Fault(system="shopify", kind=FaultKind.RATE_LIMIT, retry_after=retry_after))
    answer = own_shop.post(SHOP)
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if retry_after is None else "4")


def test_throttled_by_a_fault(own_box, own_shop):
    own_box.faults.add(Fault(system="shopify", kind=FaultKind.THROTTLE, operation="shop"))
    payload = own_shop.ask(SHOP)
    assert codes(payload) == ["THROTTLED"]
    assert payload["extensions"]["cost"]["throttleStatus"]["restoreRate"]
    assert "errors" not in own_shop.ask(SHOP)


def test_an_expired_token(own_box, own_shop):
    own_box.faults.add(Fault(system="shopify", kind=FaultKind.EXPIRED_TOKEN))
    assert own_shop.post(SHOP).status_code == 401
    assert own_shop.post(SHOP).status_code == 200


def test_orders_that_come_twice(own_box, own_shop):
    query = "{ orders(first: 3, sortKey: UPDATED_AT) { nodes { id } edges { node { id } } } }"
    whole = own_shop.data(query)["orders"]["nodes"]
    own_box.faults.add(Fault(system="shopify", kind=FaultKind.DUPLICATE_RECORD, operation="orders"))
    twice = own_shop.data(query)["orders"]
    assert twice["nodes"] == whole[:1] + whole
    assert [edge["node"] for edge in twice["edges"]] == twice["nodes"]


def test_requests_are_named_after_their_first_field(own_box, own_shop):
    own_shop.ask("query Anything { first: shop { name } }")
    own_shop.ask("{")
    own_shop.ask("fragment F on Shop { name } { orders(first: 1) { nodes { id } } }")
    assert own_box.state.request_counts()["shopify"] == {"orders": 1, "shop": 1, "unreadable": 1}


def test_operations_are_chosen_by_name(shop):
    body = {"query": "query A { shop { name } } query B { shop { id } }", "operationName": "B"}
    url = f"{shop.box.shopify_url}{PATH}"
    assert set(shop.session.post(url, json=body, timeout=5).json()["data"]["shop"]) == {"id"}
    body["operationName"] = "C"
    assert "errors" in shop.session.post(url, json=body, timeout=5).json()
