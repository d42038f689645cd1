"""Quantities: compared, set once per key, all or none; and what a sale does between."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.faults import Fault, FaultKind
from sandbox.shopify.idempotency import Keys

SET = """
mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason referenceDocumentUri
      changes(quantityNames: ["available"]) { name delta quantityAfterChange item { sku } location { id } } }
    userErrors { code field message }
  }
}"""
ACTIVATE = """
mutation($item: ID!, $location: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location, available: $available) @idempotent(key: $key) {
    inventoryLevel { id location { id } quantities(names: ["available"]) { quantity } }
    userErrors { field message }
  }
}"""
LEVEL = """
query($item: ID!, $location: ID!) { inventoryItem(id: $item) { inventoryLevel(locationId: $location) {
  updatedAt quantities(names: ["available", "on_hand", "committed"]) { name quantity updatedAt } } } }"""
CENTRAL, NORTH = "gid://shopify/Location/70100001", "gid://shopify/Location/70100002"


def items(box) -> list[str]:
    return [
        f"gid://shopify/InventoryItem/{one.id}"
        for one in sorted(box.tables.variants(), key=lambda one: one.id)
    ]


def level(shop, item: str, location: str = CENTRAL) -> dict[str, int] | None:
    found = shop.data(LEVEL, item=item, location=location)["inventoryItem"]["inventoryLevel"]
    return found and {one["name"]: one["quantity"] for one in found["quantities"]}


def quantity(item: str, number: int, compare: int | None = None, location: str = CENTRAL) -> dict:
    return {
        "inventoryItemId": item,
        "locationId": location,
        "quantity": number,
        "changeFromQuantity": compare,
    }


def order(*quantities: dict, **fields: object) -> dict:
    return {"name": "available", "reason": "correction", "quantities": list(quantities)} | fields


def send(shop, key: str, **variables: object) -> dict:
    return shop.data(SET, key=key, **variables)["inventorySetQuantities"]


def codes(answer: dict) -> list[tuple[str, str]]:
    return [(error["code"], ".".join(error["field"] or [])) for error in answer["userErrors"]]


def test_a_quantity_is_set_when_the_old_one_is_known(own_box, own_shop, clock):
    item = items(own_box)[0]
    before = level(own_shop, item)
    clock.forward(minutes=5)
    answer = send(
        own_shop,
        "k1",
        input=order(quantity(item, 77, before["available"]), referenceDocumentUri="gid://seamline/Batch/1"),
    )
    assert answer["userErrors"] == []
    group = answer["inventoryAdjustmentGroup"]
    assert group["referenceDocumentUri"] == "gid://seamline/Batch/1"
    assert group["changes"][0]["delta"] == 77 - before["available"]
    assert group["changes"][0]["quantityAfterChange"] == 77
    assert level(own_shop, item) == {
        "available": 77,
        "committed": before["committed"],
        "on_hand": 77 + before["committed"],
    }
    found = own_shop.data(LEVEL, item=item, location=CENTRAL)["inventoryItem"]["inventoryLevel"]
    assert found["updatedAt"] == "2026-11-04T09:35:00Z"


def test_on_hand_counts_what_is_promised(own_box, own_shop):
    item = next(one for one in items(own_box) if (level(own_shop, one) or {}).get("committed"))
    before = level(own_shop, item)
    answer = send(own_shop, "k", input=order(quantity(item, 50, before["on_hand"]), name="on_hand"))
    assert answer["userErrors"] == []
    assert level(own_shop, item)["available"] == 50 - before["committed"]


def test_null_opts_out_of_the_comparison(own_box, own_shop):
    item = items(own_box)[0]
    assert send(own_shop, "k", input=order(quantity(item, 5, None)))["userErrors"] == []
    assert level(own_shop, item)["available"] == 5


def test_what_must_be_given_explicitly_cannot_be_left_out(shop):
    item = items(shop.box)[0]
    bare = {name: value for name, value in quantity(item, 5).items() if name != "changeFromQuantity"}
    payload = shop.ask(SET, key="k", input=order(bare))
    assert payload["errors"][0]["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )
    assert payload["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert payload["data"] == {"inventorySetQuantities": None}


def test_the_directive_is_required(shop):
    item = items(shop.box)[0]
    bare = SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    payload = shop.ask(bare, input=order(quantity(item, 5)))
    assert payload["errors"][0]["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert payload["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    payload = shop.ask(SET, key="  ", input=order(quantity(item, 5)))
    assert "empty string" in payload["errors"][0]["message"]
    assert shop.box.state.effects("inventorySetQuantities") == []


def test_a_stale_comparison_changes_nothing_of_the_whole_mutation(own_box, own_shop):
    first, second = items(own_box)[:2]
    before = level(own_shop, first), level(own_shop, second)
    stale = before[1]["available"] + 1
    given = order(quantity(first, 99, before[0]["available"]), quantity(second, 99, stale))
    answer = send(own_shop, "k", input=given)
    assert codes(answer) == [("CHANGE_FROM_QUANTITY_STALE", "input.quantities.1.changeFromQuantity")]
    assert answer["inventoryAdjustmentGroup"] is None
    assert (level(own_shop, first), level(own_shop, second)) == before
    assert own_box.state.effects("inventorySetQuantities") == []


def test_a_sale_makes_a_comparison_stale(own_box, own_shop, clock):
    item = next(one for one in items(own_box) if (level(own_shop, one) or {}).get("available", 0) > 3)
    before = level(own_shop, item)
    sku = own_box.tables.variant(int(item.rpartition("/")[2])).sku
    own_box.sell(sku, 2, 70100001)
    assert level(own_shop, item) == {
        "available": before["available"] - 2,
        "committed": before["committed"] + 2,
        "on_hand": before["on_hand"],
    }
    answer = send(own_shop, "k", input=order(quantity(item, 60, before["available"])))
    assert [code for code, _ in codes(answer)] == ["CHANGE_FROM_QUANTITY_STALE"]
    answer = send(own_shop, "k2", input=order(quantity(item, 60, before["available"] - 2)))
    assert answer["userErrors"] == []


UNKNOWN = "gid://shopify/InventoryItem/1"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda item: {"name": "incoming"}, ("INVALID_NAME", "input.name")),
        (lambda item: {"reason": "because"}, ("INVALID_REASON", "input.reason")),
        (
            lambda item: {"referenceDocumentUri": "no uri"},
            ("INVALID_REFERENCE_DOCUMENT", "input.referenceDocumentUri"),
        ),
        (
            lambda item: {"referenceDocumentUri": "gid://app"},
            ("INVALID_REFERENCE_DOCUMENT", "input.referenceDocumentUri"),
        ),
        (
            lambda item: {"quantities": [quantity(UNKNOWN, 1)]},
            ("INVALID_INVENTORY_ITEM", "input.quantities.0.inventoryItemId"),
        ),
        (
            lambda item: {"quantities": [quantity(item, 1, location="gid://shopify/Location/1")]},
            ("INVALID_LOCATION", "input.quantities.0.locationId"),
        ),
        (
            lambda item: {"quantities": [quantity(item, -1)]},
            ("INVALID_QUANTITY_NEGATIVE", "input.quantities.0.quantity"),
        ),
        (
            lambda item: {"quantities": [quantity(item, 1_000_000_001)]},
            ("INVALID_QUANTITY_TOO_HIGH", "input.quantities.0.quantity"),
        ),
        (
            lambda item: {"quantities": [quantity(item, 1), quantity(item, 2)]},
            ("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "input.quantities.1"),
        ),
    ],
)
def test_what_is_wrong_is_refused_with_code_and_path(shop, change, error):
    item = items(shop.box)[0]
    given = order(quantity(item, 5)) | change(item)
    assert codes(send(shop, f"key of {given}", input=given)) == [error]


def test_what_is_not_stocked_there_must_be_activated_first(own_box, own_shop):
    item = next(one for one in items(own_box) if level(own_shop, one, NORTH) is None)
    answer = send(own_shop, "k", input=order(quantity(item, 5, None, NORTH)))
    assert codes(answer) == [("ITEM_NOT_STOCKED_AT_LOCATION", "input.quantities.0.locationId")]
    variables = {"item": item, "location": NORTH, "available": 3}
    activated = own_shop.data(ACTIVATE, key="a", **variables)["inventoryActivate"]
    assert activated["userErrors"] == []
    assert activated["inventoryLevel"]["quantities"] == [{"quantity": 3}]
    assert own_shop.data(ACTIVATE, key="a", **variables)["inventoryActivate"] == activated
    assert len(own_box.state.effects("inventoryActivate")) == 1
    assert send(own_shop, "k2", input=order(quantity(item, 5, 3, NORTH)))["userErrors"] == []


def test_activating_again_does_not_set_quantities(own_box, own_shop):
    item = items(own_box)[0]
    before = level(own_shop, item)
    refused = own_shop.data(ACTIVATE, item=item, location=CENTRAL, available=9, key="a")["inventoryActivate"]
    assert refused["inventoryLevel"] is None
    assert refused["userErrors"][0]["field"] == ["available"]
    again = own_shop.data(ACTIVATE, item=item, location=CENTRAL, available=None, key="b")["inventoryActivate"]
    assert again["userErrors"] == []
    assert level(own_shop, item) == before


@pytest.mark.parametrize(
    ("item", "location", "field"),
    [(UNKNOWN, CENTRAL, "inventoryItemId"), (None, "gid://shopify/Location/1", "locationId")],
)
def test_activation_refuses_what_is_unknown(shop, item, location, field):
    variables = {"item": item or items(shop.box)[0], "location": location, "key": f"unknown {field}"}
    assert shop.data(ACTIVATE, **variables)["inventoryActivate"]["userErrors"][0]["field"] == [field]


def test_too_many_quantities_are_refused(shop):
    item = items(shop.box)[0]
    payload = shop.ask(SET, key="k", input=order(*[quantity(item, 1)] * 251))
    assert payload["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_a_key_answers_again_what_it_answered_first(own_box, own_shop):
    item = items(own_box)[0]
    before = level(own_shop, item)["available"]
    given = order(quantity(item, before + 5, before))
    first = send(own_shop, "k", input=given)
    assert send(own_shop, "k", input=given) == first
    assert len(own_box.state.effects("inventorySetQuantities")) == 1


def test_a_key_belongs_to_its_parameters(own_box, own_shop):
    item = items(own_box)[0]
    send(own_shop, "k", input=order(quantity(item, 5)))
    answer = send(own_shop, "k", input=order(quantity(item, 6)))
    assert codes(answer) == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "")]
    answer = own_shop.data(ACTIVATE, item=item, location=CENTRAL, available=None, key="k")[
        "inventoryActivate"
    ]
    assert "different operation parameters" in answer["userErrors"][0]["message"]
    assert level(own_shop, item)["available"] == 5


def test_a_key_whose_attempt_broke_down_is_spent(own_box):
    keys = Keys(own_box.state, own_box.clock)

    def broken() -> dict[str, object]:
        own_box.state.remember("half done", True)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keys.once("k", "inventorySetQuantities", {}, broken)
    assert own_box.state.fact("half done") is None
    again = keys.once("k", "inventorySetQuantities", {}, broken)
    assert [error["code"] for error in again["userErrors"]] == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]


def test_a_key_whose_attempt_failed_is_spent(own_box, own_shop):
    item = items(own_box)[0]
    stale = order(quantity(item, 5, 987_654))
    assert [code for code, _ in codes(send(own_shop, "k", input=stale))] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert codes(send(own_shop, "k", input=stale)) == [("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "")]


def test_a_key_is_forgotten_after_a_day(own_box, own_shop, clock):
    item = items(own_box)[0]
    given = order(quantity(item, 5))
    send(own_shop, "k", input=given)
    clock.forward(hours=23)
    send(own_shop, "k", input=given)
    own_box.sell(own_box.tables.variant(int(item.rpartition("/")[2])).sku, 1, 70100001)
    clock.forward(hours=2)
    send(own_shop, "k", input=given)
    assert len(own_box.state.effects("inventorySetQuantities")) == 2


def test_a_key_is_held_while_its_mutation_runs(own_box, own_shop, shop_client):
    item = items(own_box)[0]
    own_box.faults.add(
        Fault(system="shopify", kind=FaultKind.SLOW_EFFECT, operation="inventorySet*", seconds=1.0)
    )
    given = order(quantity(item, 4321))
    answers: list[dict] = []
    first = threading.Thread(target=lambda: answers.append(send(shop_client(own_box), "k", input=given)))
    first.start()
    while own_box.state.row("select * from shop_idempotency where status = 'running'") is None:
        time.sleep(0.01)
    assert codes(send(own_shop, "k", input=given)) == [("IDEMPOTENCY_CONCURRENT_REQUEST", "")]
    first.join()
    assert codes(answers[0]) == []
    assert send(own_shop, "k", input=given) == answers[0]
    assert len(own_box.state.effects("inventorySetQuantities")) == 1


BEFORE = {
    FaultKind.ERROR_BEFORE_EFFECT,
    FaultKind.CUT_BEFORE_EFFECT,
    FaultKind.RATE_LIMIT,
    FaultKind.THROTTLE,
}
AFTER = {
    FaultKind.ERROR_AFTER_EFFECT,
    FaultKind.CUT_AFTER_EFFECT,
    FaultKind.CUT_IN_BODY,
    FaultKind.TRUNCATED_JSON,
}
ATTEMPTS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([None, *sorted(BEFORE | AFTER)])), min_size=1, max_size=10
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts=ATTEMPTS)
def test_any_interleaving_of_retries_has_one_effect(box, shop_client, attempts):
    run = uuid.uuid4()
    stocked = [one for one in items(box) if box.tables.level(int(one.rpartition("/")[2]), 70100001)][:3]
    wanted = {
        place: order(quantity(item, box.tables.level(int(item.rpartition("/")[2]), 70100001).available + 1))
        for place, item in enumerate(stocked)
    }
    reached = set()
    for place, kind in attempts:
        if kind is not None:
            box.faults.add(Fault(system="shopify", kind=kind, operation="inventorySetQuantities"))
        try:
            shop_client(box).post(SET, key=f"{run}/{place}", input=wanted[place])
        except requests.RequestException:
            assert kind in BEFORE | AFTER
        if kind not in BEFORE:
            reached.add(place)
    effects = Counter(effect["idempotency_key"] for effect in box.state.effects("inventorySetQuantities"))
    for place in wanted:
        assert effects[f"{run}/{place}"] == (1 if place in reached else 0)


def test_variants_and_items_are_found_by_article_number(shop):
    sku = shop.box.world.catalog.variants.sku[0]
    query = """query($query: String!) {
      productVariants(first: 5, query: $query) { nodes { sku inventoryItem { sku } } }
      inventoryItems(first: 5, query: $query) { nodes { sku tracked variant { sku } locationsCount { count } } } }"""
    found = shop.data(query, query=f"sku:'{sku}'")
    assert [one["sku"] for one in found["productVariants"]["nodes"]] == [sku]
    assert [one["variant"]["sku"] for one in found["inventoryItems"]["nodes"]] == [sku]


def test_unknown_quantity_names_are_refused(shop):
    item = items(shop.box)[0]
    query = """query($id: ID!) { inventoryItem(id: $id) {
      inventoryLevels(first: 1) { nodes { quantities(names: ["sold"]) { name } } } } }"""
    assert "not known" in shop.ask(query, id=item)["errors"][0]["message"]


def test_levels_are_found_by_their_id(shop):
    item = items(shop.box)[0]
    query = "query($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 2) { nodes { id } } } }"
    identifier = shop.data(query, id=item)["inventoryItem"]["inventoryLevels"]["nodes"][0]["id"]
    query = "query($id: ID!) { inventoryLevel(id: $id) { id item { id } location { id } } }"
    assert shop.data(query, id=identifier)["inventoryLevel"]["item"]["id"] == item
