from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stand_ins import SCALE, START, endpoint_of

import sandbox
from include.errors import (
    AccessDenied,
    MessageRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SystemUnavailable,
    VersionFellForward,
)
from include.systems.shopify.client import DOCUMENTS, Answer, Client, CostExceeded, text
from include.systems.web import Limits, NotSent
from sandbox.faults import Fault, FaultKind
from sandbox.systems import Sandbox


class Pauses:
    """Pauses that are counted and not made."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def shop(box: Sandbox) -> Iterator[Sandbox]:
    yield box
    box.faults.clear()


@pytest.fixture
def client(shop: Sandbox, pauses: Pauses) -> Iterator[Client]:
    with Client(endpoint_of(shop, "shopify"), sleep=pauses) as made:
        yield made


def fault(box: Sandbox, kind: FaultKind, operation: str = "shop", **facts: Any) -> None:
    box.faults.add(Fault(system="shopify", kind=kind, operation=operation, **facts))


def quantities(box: Sandbox, quantity: int | None = None) -> dict[str, Any]:
    """The input of a mutation that sets the first stock level there is."""
    level = box.state.row("select * from shop_level order by item_id, location_id")
    change = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{level['item_id']}",
        "locationId": f"gid://shopify/Location/{level['location_id']}",
        "quantity": level["available"] + 1 if quantity is None else quantity,
        "changeFromQuantity": level["available"],
    }
    return {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": "seamline://test/1",
        "quantities": [change],
    }


def effects(box: Sandbox) -> int:
    return len(box.state.effects("inventorySetQuantities"))


SIZES = {
    "first": 4,
    "lines": 4,
    "shippingLines": 1,
    "transactions": 3,
    "refunds": 2,
    "refundLines": 3,
    "fulfillments": 2,
    "fulfillmentLines": 4,
    "returns": 1,
    "returnLines": 2,
}


def cost_of(answer: Answer) -> dict[str, Any]:
    return json.loads(answer.body)["extensions"]["cost"]


class TestQueries:
    def test_an_answer_is_data_and_the_bytes_as_they_came(self, client: Client) -> None:
        answer = client.query("shop")
        assert answer.data["shop"]["myshopifyDomain"].endswith(".myshopify.com")
        assert json.loads(answer.body)["data"] == answer.data

    @pytest.mark.parametrize(
        "kind",
        [
            FaultKind.ERROR_BEFORE_EFFECT,
            FaultKind.ERROR_AFTER_EFFECT,
            FaultKind.CUT_BEFORE_EFFECT,
            FaultKind.CUT_AFTER_EFFECT,
            FaultKind.CUT_IN_BODY,
            FaultKind.TRUNCATED_JSON,
        ],
    )
    def test_one_failure_is_overcome_and_lasting_failure_is_said(
        self, shop: Sandbox, client: Client, kind: FaultKind
    ) -> None:
        fault(shop, kind, times=2)
        assert client.query("shop").data
        fault(shop, kind, times=3)
        with pytest.raises(SystemUnavailable):
            client.query("shop")

    def test_a_slow_answer_is_waited_for(self, shop: Sandbox, client: Client) -> None:
        fault(shop, FaultKind.SLOW_DRIP, seconds=0.01)
        assert client.query("shop").data

    def test_silence_is_no_answer(self, shop: Sandbox, pauses: Pauses) -> None:
        fault(shop, FaultKind.LATENCY, seconds=0.5, times=3)
        with (
            Client(endpoint_of(shop, "shopify"), sleep=pauses, limits=Limits(silence_seconds=0.1)) as client,
            pytest.raises(SystemUnavailable),
        ):
            client.query("shop")

    def test_a_query_that_the_shop_does_not_understand_is_ours_to_mend(self, client: Client) -> None:
        with pytest.raises(Misconfigured, match="does not accept order_lines"):
            client.query("order_lines", id="gid://shopify/Order/1", first="many")

    def test_a_search_that_the_shop_ignores_is_no_search(self, client: Client) -> None:
        with pytest.raises(Misconfigured, match="ignores a part of the search"):
            client.query("orders", after=None, search="updated:>'2026-11-01'", **SIZES)

    def test_every_document_is_there_under_its_name(self) -> None:
        assert {path.stem for path in DOCUMENTS.glob("*.graphql")} >= {"orders", "order_lines", "shop"}
        assert all(text(path.stem) for path in DOCUMENTS.glob("*.graphql"))
        with pytest.raises(Misconfigured, match=r"no document nothing\.graphql"):
            text("nothing")


class TestAccess:
    def test_a_wrong_token_is_denied_and_never_shown(self, shop: Sandbox, pauses: Pauses) -> None:
        endpoint = replace(endpoint_of(shop, "shopify"), password="shpat_wrong")
        with Client(endpoint, sleep=pauses) as client, pytest.raises(AccessDenied) as denied:
            client.query("shop")
        assert "shpat_wrong" not in str(denied.value)

    def test_an_expired_token_is_denied(self, shop: Sandbox, client: Client) -> None:
        fault(shop, FaultKind.EXPIRED_TOKEN)
        with pytest.raises(AccessDenied):
            client.query("shop")

    @pytest.mark.parametrize("lacking", [{"password": None}, {"extra": {}}])
    def test_an_incomplete_connection_is_said_to_be_so(self, shop: Sandbox, lacking: dict[str, Any]) -> None:
        with pytest.raises(Misconfigured):
            Client(replace(endpoint_of(shop, "shopify"), **lacking))

    def test_a_host_that_is_not_there_cannot_be_reached(self, shop: Sandbox, pauses: Pauses) -> None:
        endpoint = replace(endpoint_of(shop, "shopify"), host="http://127.0.0.1:1")
        with Client(endpoint, sleep=pauses) as client, pytest.raises(NotSent):
            client.query("shop")


class TestVersions:
    def test_another_version_than_the_one_asked_for_stops_everything(
        self, shop: Sandbox, client: Client
    ) -> None:
        fault(shop, FaultKind.OTHER_VERSION, version="2026-10")
        with pytest.raises(VersionFellForward) as fell:
            client.query("shop")
        assert fell.value.evidence == {"asked": "2026-07", "served": "2026-10"}

    def test_a_retired_version_is_noticed(self, shop: Sandbox, pauses: Pauses) -> None:
        endpoint = endpoint_of(shop, "shopify", api_version="2024-01")
        with Client(endpoint, sleep=pauses) as client, pytest.raises(VersionFellForward):
            client.query("shop")

    def test_no_mutation_goes_to_a_version_that_we_do_not_know(self, shop: Sandbox, client: Client) -> None:
        before = effects(shop)
        fault(shop, FaultKind.OTHER_VERSION)
        with pytest.raises(VersionFellForward):
            client.mutate("set_quantities", input=quantities(shop), key="0f8a1c1e-0001")
        assert effects(shop) == before


class TestThrottling:
    def test_a_throttled_query_is_asked_again_after_a_pause(
        self, shop: Sandbox, client: Client, pauses: Pauses
    ) -> None:
        fault(shop, FaultKind.THROTTLE)
        assert client.query("shop").data
        assert len(pauses.seconds) == 1

    def test_http_429_is_obeyed_with_and_without_a_time(
        self, shop: Sandbox, client: Client, pauses: Pauses
    ) -> None:
        fault(shop, FaultKind.RATE_LIMIT, retry_after=3)
        fault(shop, FaultKind.RATE_LIMIT)
        assert client.query("shop").data
        assert pauses.seconds == [3.0, 2.0]

    def test_a_pause_that_is_too_long_is_left_to_whoever_runs_us(self, shop: Sandbox, client: Client) -> None:
        fault(shop, FaultKind.RATE_LIMIT, retry_after=600)
        with pytest.raises(RateLimited) as limited:
            client.query("shop")
        assert limited.value.retry_after == 600

    def test_pauses_are_as_long_as_the_bucket_needs_and_no_longer(self, tmp_path: Path) -> None:
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            time.sleep(seconds)

        with (
            sandbox.running(tmp_path, scale=SCALE, start=START, bucket_size=1000, restore_rate=400) as poor,
            Client(endpoint_of(poor, "shopify"), sleep=wait) as client,
        ):
            costs = [cost_of(client.query("orders", search="", after=None, **SIZES)) for _ in range(4)]
            asked = poor.state.request_counts()["shopify"]["orders"]
        # One more request would mean that one was throttled: that a wait was too short.
        assert asked == 4
        assert all(cost["actualQueryCost"] > 200 for cost in costs)
        missing = [
            cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"] for cost in costs[:-1]
        ]
        assert waits
        assert sum(waits) <= sum(max(points, 0) for points in missing) / 400

    def test_a_query_that_costs_too_much_is_refused_for_good(self, client: Client) -> None:
        with pytest.raises(CostExceeded) as exceeded:
            client.query("order_transactions", id="gid://shopify/Order/1", first=250)
        assert exceeded.value.max_cost == 1000
        assert exceeded.value.cost > 1000


class TestMutations:
    @pytest.mark.parametrize(
        ("kind", "has_effect"),
        [
            (FaultKind.ERROR_BEFORE_EFFECT, False),
            (FaultKind.ERROR_AFTER_EFFECT, True),
            (FaultKind.CUT_BEFORE_EFFECT, False),
            (FaultKind.CUT_AFTER_EFFECT, True),
            (FaultKind.CUT_IN_BODY, True),
            (FaultKind.TRUNCATED_JSON, True),
        ],
    )
    def test_without_a_proper_answer_the_outcome_is_unknown_and_nothing_is_sent_again(
        self, shop: Sandbox, client: Client, kind: FaultKind, has_effect: bool
    ) -> None:
        before = effects(shop)
        asked = shop.state.request_counts()["shopify"].get("inventorySetQuantities", 0)
        fault(shop, kind, operation="inventorySetQuantities")
        with pytest.raises(OutcomeUnknown):
            client.mutate("set_quantities", input=quantities(shop), key=f"key-{kind}")
        assert effects(shop) - before == int(has_effect)
        assert shop.state.request_counts()["shopify"]["inventorySetQuantities"] == asked + 1

    @pytest.mark.parametrize("kind", [FaultKind.LATENCY, FaultKind.SLOW_EFFECT])
    def test_silence_leaves_the_outcome_unknown(self, shop: Sandbox, pauses: Pauses, kind: FaultKind) -> None:
        fault(shop, kind, operation="inventorySetQuantities", seconds=1.5)
        with (
            Client(endpoint_of(shop, "shopify"), sleep=pauses, limits=Limits(silence_seconds=1)) as client,
            pytest.raises(OutcomeUnknown),
        ):
            client.mutate("set_quantities", input=quantities(shop), key=f"key-silent-{kind}")
        time.sleep(0.7)

    @pytest.mark.parametrize("kind", [FaultKind.RATE_LIMIT, FaultKind.THROTTLE])
    def test_a_mutation_that_is_held_back_was_not_carried_out(
        self, shop: Sandbox, client: Client, kind: FaultKind
    ) -> None:
        before = effects(shop)
        fault(shop, kind, operation="inventorySetQuantities")
        with pytest.raises(RateLimited):
            client.mutate("set_quantities", input=quantities(shop), key=f"key-{kind}")
        assert effects(shop) == before

    def test_user_errors_are_left_to_the_caller(self, shop: Sandbox, client: Client) -> None:
        stale = quantities(shop)
        stale["quantities"][0]["changeFromQuantity"] += 5
        answer = client.mutate("set_quantities", input=stale, key="key-stale")
        (error,) = answer.data["inventorySetQuantities"]["userErrors"]
        assert error["code"] == "CHANGE_FROM_QUANTITY_STALE"

    def test_a_mutation_that_the_shop_does_not_accept_is_rejected(
        self, shop: Sandbox, client: Client
    ) -> None:
        with pytest.raises(MessageRejected) as rejected:
            client.mutate("set_quantities", input=quantities(shop, quantity="many"), key="key-wrong")
        assert rejected.value.message.startswith("Shopify does not accept set_quantities")

    def test_a_shop_that_is_gone_got_nothing(self, tmp_path: Path, pauses: Pauses) -> None:
        with sandbox.running(tmp_path, scale=SCALE, start=START) as leaving:
            client = Client(endpoint_of(leaving, "shopify"), sleep=pauses)
            client.query("shop")
            wish = quantities(leaving)
        with client, pytest.raises(NotSent):
            client.mutate("set_quantities", input=wish, key="key-nobody")
