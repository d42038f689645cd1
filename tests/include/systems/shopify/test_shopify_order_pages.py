from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import Remembered, endpoint_of
from standard_pull_suite import NOW, examined, landed

from include.delivery import Arrival, LandedDelivery
from include.errors import SystemUnavailable
from include.systems.shopify import changed_records, pull
from include.systems.shopify.client import CostExceeded
from include.systems.shopify.kinds import ORDERS
from include.systems.shopify.pull import PULL_ORDERS, read_orders
from include.systems.shopify.record_parts import Pages, PlainList
from sandbox.faults import Fault, FaultKind
from sandbox.shopify.tables import OrderRow
from sandbox.systems import Sandbox


def trimmed(box: Sandbox, count: int) -> Sandbox:
    """The shop with so many orders, those with most lines among them."""
    orders = sorted(box.tables.orders(), key=lambda one: -len(one.document["lineItems"]))
    for order in orders[count:]:
        box.state.run("delete from shop_order where id = ?", order.id)
    return box


@pytest.fixture
def shop(box: Sandbox) -> Iterator[Sandbox]:
    """Fourteen orders: three pages and a half."""
    yield trimmed(box, 14)
    box.faults.clear()


def fault(box: Sandbox, kind: FaultKind, **facts: Any) -> None:
    box.faults.add(Fault(system="shopify", kind=kind, operation="orders", **facts))


def pulled(box: Sandbox, at: datetime | None = None) -> list[Arrival]:
    return list(pull.changed_orders(endpoint_of(box, "shopify"), Remembered(at), NOW))


def delivery_of(box: Sandbox, at: datetime | None = None) -> LandedDelivery:
    for arrival in pull.changed_orders(endpoint_of(box, "shopify"), Remembered(at), NOW):
        files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
        return landed(PULL_ORDERS, arrival.account, files)
    raise AssertionError("nothing arrived")


def rows(delivery: LandedDelivery) -> list[dict[str, str]]:
    return [row for batch in read_orders(delivery) for row in batch.frame.to_dicts()]


def refusals(delivery: LandedDelivery) -> list[tuple[str, str | None]]:
    return [
        (one.findings[0].rule, one.findings[0].field)
        for batch in read_orders(delivery)
        for one in batch.refused
    ]


def ids(delivery: LandedDelivery) -> list[str]:
    return [row["id"] for row in rows(delivery)]


def known(box: Sandbox) -> dict[str, OrderRow]:
    return {f"gid://shopify/Order/{order.id}": order for order in box.tables.orders()}


def change(box: Sandbox, order: OrderRow, **fields: Any) -> None:
    """Write another version of an order into the shop."""
    document = copy.deepcopy(order.document)
    for key, value in fields.pop("document", {}).items():
        document[key] = value
    box.state.run(
        "update shop_order set updated_at = ?, document = ? where id = ?",
        fields.get("updated_at", order.updated_at),
        json.dumps(document),
        order.id,
    )


def lengths(row: dict[str, str]) -> dict[str, int]:
    return {
        "lineItems": len(json.loads(row["lineItems.nodes"])),
        "shippingLines": len(json.loads(row["shippingLines.nodes"])),
        "transactions": len(json.loads(row["transactions"])),
        "refunds": len(json.loads(row["refunds"])),
        "fulfillments": len(json.loads(row["fulfillments"])),
        "refundLineItems": sum(len(one["refundLineItems"]["nodes"]) for one in json.loads(row["refunds"])),
        "fulfillmentLineItems": sum(
            len(one["fulfillmentLineItems"]["nodes"]) for one in json.loads(row["fulfillments"])
        ),
        "returns": len(json.loads(row["returns.nodes"])),
        "returnLineItems": sum(
            len(one["returnLineItems"]["nodes"]) for one in json.loads(row["returns.nodes"])
        ),
    }


def true_lengths(order: OrderRow) -> dict[str, int]:
    document = order.document
    inside = {
        "refundLineItems": sum(len(one["refundLineItems"]) for one in document["refunds"]),
        "fulfillmentLineItems": sum(len(one["fulfillmentLineItems"]) for one in document["fulfillments"]),
        "returnLineItems": sum(len(one["returnLineItems"]) for one in document["returns"]),
    }
    keys = ("lineItems", "shippingLines", "transactions", "refunds", "fulfillments", "returns")
    return {key: len(document[key]) for key in keys} | inside


class TestEverythingComes:
    def test_every_order_comes_once_with_all_that_belongs_to_it(self, shop: Sandbox) -> None:
        found = {row["id"]: row for row in rows(delivery_of(shop))}
        orders = known(shop)
        assert found.keys() == orders.keys()
        assert max(len(order.document["lineItems"]) for order in orders.values()) > 50
        for gid, row in found.items():
            assert lengths(row) == true_lengths(orders[gid])

    def test_long_lists_come_whole(self, own_box: Sandbox) -> None:
        lists = (
            ("transactions", 149, None),
            ("refunds", 7, ("refundLineItems", 13)),
            ("refunds", 24, ("refundLineItems", 2)),
            ("refunds", 1, ("refundLineItems", 59)),
            ("fulfillments", 39, ("fulfillmentLineItems", 3)),
            ("fulfillments", 1, ("fulfillmentLineItems", 200)),
            ("returns", 30, ("returnLineItems", 4)),
            ("returns", 6, ("returnLineItems", 25)),
            ("returns", 2, ("returnLineItems", 90)),
            ("shippingLines", 55, None),
            ("lineItems", 101, None),
        )
        long = with_lists(own_box, lists)
        found = {row["id"]: lengths(row) for row in rows(delivery_of(own_box))}
        assert found == {gid: true_lengths(order) for gid, order in known(own_box).items()}
        assert [found[gid][key] for gid, (key, _, _) in zip(long, lists, strict=True)] == [
            count for _, count, _ in lists
        ]

    def test_an_order_beyond_all_measure_is_set_aside_and_the_others_go_on(self, own_box: Sandbox) -> None:
        lists = (
            ("transactions", 150, None),
            ("refunds", 25, ("refundLineItems", 1)),
            ("refunds", 9, ("refundLineItems", 60)),
            ("fulfillments", 40, ("fulfillmentLineItems", 1)),
            ("returns", 31, ("returnLineItems", 1)),
            ("returns", 7, ("returnLineItems", 30)),
        )
        beyond = with_lists(own_box, lists)
        delivery = delivery_of(own_box)
        assert sorted(refusals(delivery)) == sorted(("incomplete_order", key) for key, _, _ in lists)
        assert set(ids(delivery)) == known(own_box).keys() - set(beyond)

    def test_the_last_page_may_be_full(self, own_box: Sandbox) -> None:
        for count in (8, 5, 4, 3, 1):
            trimmed(own_box, count)
            assert sorted(ids(delivery_of(own_box))) == sorted(known(own_box))
            assert len(known(own_box)) == count

    def test_pages_get_smaller_until_the_shop_takes_them(
        self, shop: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pull, "ORDERS", replace(ORDERS, per_page=40))
        assert sorted(ids(delivery_of(shop))) == sorted(known(shop))

    def test_a_page_of_one_that_costs_too_much_is_said(
        self, shop: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wide = Pages(key="lineItems", variable="lines", first=250, document="order_lines")
        monkeypatch.setattr(pull, "ORDERS", replace(ORDERS, parts=(wide, *ORDERS.parts[1:])))
        with pytest.raises(CostExceeded):
            pulled(shop)


def with_lists(box: Sandbox, lists: Sequence[tuple[str, int, tuple[str, int] | None]]) -> list[str]:
    """Orders with so many entries in one of their lists, made from the entries that the shop has; beside
    two others."""
    everything = box.tables.orders()
    examples = {
        key: next(one.document[key][0] for one in everything if one.document[key]) for key, _, _ in lists
    }
    orders = trimmed(box, len(lists) + 2).tables.orders()
    for order, (key, count, inside) in zip(orders, lists, strict=False):
        change(box, order, document={key: [entry(examples[key], number, inside) for number in range(count)]})
    return [f"gid://shopify/Order/{order.id}" for order in orders[: len(lists)]]


def entry(example: dict[str, Any], number: int, inside: tuple[str, int] | None) -> dict[str, Any]:
    made = {**copy.deepcopy(example), "id": f"{example['id'].rpartition('/')[0]}/{9_000_000 + number}"}
    if inside:
        first = made[inside[0]][0]
        made[inside[0]] = [
            {**first, "id": f"{first['id'].rpartition('/')[0]}/{number * 1_000 + place}"}
            for place in range(inside[1])
        ]
    return made


class TestFaults:
    def test_a_short_page_before_the_last_is_no_page(self, shop: Sandbox) -> None:
        fault(shop, FaultKind.PARTIAL_PAGE, skip=1)
        with pytest.raises(SystemUnavailable, match="sent 2 of 4 orders"):
            delivery_of(shop)

    def test_a_short_last_page_is_noticed_by_the_count(self, shop: Sandbox) -> None:
        fault(shop, FaultKind.PARTIAL_PAGE, skip=3)
        with pytest.raises(SystemUnavailable, match=f"counts {len(known(shop))} changed orders"):
            delivery_of(shop)

    @pytest.mark.parametrize(
        "kind", [FaultKind.DUPLICATE_RECORD, FaultKind.DUPLICATE_PAGE, FaultKind.OUT_OF_ORDER]
    )
    def test_a_repeated_or_reversed_page_loses_nothing_and_spoils_nothing(
        self, shop: Sandbox, kind: FaultKind
    ) -> None:
        fault(shop, kind, times=None)
        delivery = delivery_of(shop)
        orders = known(shop)
        assert set(ids(delivery)) == orders.keys()
        assert all(lengths(row) == true_lengths(orders[row["id"]]) for row in rows(delivery))
        assert refusals(delivery) == []

    @pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.TRUNCATED_JSON, FaultKind.CUT_IN_BODY])
    def test_a_passing_fault_in_the_middle_is_overcome(self, shop: Sandbox, kind: FaultKind) -> None:
        fault(shop, kind, skip=2)
        assert sorted(ids(delivery_of(shop))) == sorted(known(shop))


class TestChangesMeanwhile:
    def oldest_long_order(self, box: Sandbox) -> OrderRow:
        """The order with most lines, made the first one that is read."""
        order = max(trimmed(box, 6).tables.orders(), key=lambda one: len(one.document["lineItems"]))
        change(box, order, updated_at="2020-01-01T00:00:00Z")
        return order

    def test_an_order_that_changes_between_its_page_and_its_parts_comes_in_one_version(
        self, own_box: Sandbox
    ) -> None:
        order = self.oldest_long_order(own_box)
        source = pull.changed_orders(endpoint_of(own_box, "shopify"), Remembered(), NOW)
        arrival = next(source)
        change(own_box, order, updated_at="2026-11-04T00:00:00Z", document={"customerLocale": "sv"})
        files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
        found = [row for row in rows(landed(PULL_ORDERS, "x", files)) if row["id"].endswith(str(order.id))]
        assert [(row["updatedAt"], row["customerLocale"]) for row in found] == [
            ("2026-11-04T00:00:00Z", "sv")
        ]
        assert lengths(found[0]) == true_lengths(order)

    def test_an_order_that_is_gone_when_its_parts_are_fetched_makes_no_half_order(
        self, own_box: Sandbox
    ) -> None:
        order = self.oldest_long_order(own_box)
        source = pull.changed_orders(endpoint_of(own_box, "shopify"), Remembered(), NOW)
        arrival = next(source)
        own_box.state.run("delete from shop_order where id = ?", order.id)
        with pytest.raises(SystemUnavailable, match="changed orders and sent"):
            for file in arrival.files:
                b"".join(file.blocks())


class TestTheCursor:
    def test_nothing_new_is_no_arrival(self, shop: Sandbox) -> None:
        assert pulled(shop, NOW + timedelta(days=400)) == []

    def test_only_what_changed_comes_with_some_overlap(self, own_box: Sandbox) -> None:
        orders = sorted(own_box.tables.orders(), key=lambda one: one.updated_at)
        at = datetime.fromisoformat(orders[-8].updated_at)
        found = set(ids(delivery_of(own_box, at)))
        expected = {
            gid
            for gid, one in known(own_box).items()
            if datetime.fromisoformat(one.updated_at) >= at - ORDERS.overlap
        }
        assert found == expected
        assert len(found) < len(orders)

    def test_the_watermark_is_from_before_the_read(self, shop: Sandbox) -> None:
        (arrival,) = pulled(shop)
        assert arrival.next_watermark == {"at": (NOW - changed_records.END_LAG).isoformat()}

    def test_the_second_day_counts_as_it_should(self, own_box: Sandbox) -> None:
        own_box.drop_day(2)
        own_box.faults.clear()
        assert own_box.second_day is not None
        at = own_box.clock() - timedelta(minutes=1)
        kept = examined(PULL_ORDERS, delivery_of(own_box, at))["orders"]
        expected = [one for one in own_box.second_day.day().expected if one.flow == PULL_ORDERS.dag_id]
        assert kept.accepted_count == sum(one.accepted for one in expected)


def test_sizes_of_parts_are_within_what_the_shop_allows(shop: Sandbox) -> None:
    """Every document of a part runs at every size it is asked for with."""
    from include.systems.shopify.client import Client

    gid = next(iter(known(shop)))
    with Client(endpoint_of(shop, "shopify")) as client:
        for part in ORDERS.parts:
            sizes = part.sizes if isinstance(part, PlainList) else ({"first": part.page_size},)
            for size in sizes:
                assert client.query(part.document, id=gid, **size).data["order"]["id"] == gid


LINES = st.integers(0, 12)
VERSIONS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 3), LINES, st.integers(0, 5)),
    min_size=1,
    max_size=8,
    unique_by=lambda version: version[:2],
)


def order_group(
    number: int, version: int, line_count: int, transaction_count: int, name: str
) -> dict[str, bytes]:
    """The pages of one order as they are landed: cut where the shop cuts, the rest behind it."""
    nodes = [{"id": f"line-{number}-{version}-{place}"} for place in range(line_count)]
    transactions = [{"id": f"tx-{place}"} for place in range(transaction_count)]
    key = {"id": f"order-{number}", "updatedAt": f"2026-11-0{version}T00:00:00Z"}
    order = {**key, "lineItems": page_of(nodes, 0, 4), "transactions": transactions[:3], "name": "#1"}
    pages: list[dict[str, Any]] = [{"orders": {"nodes": [order]}}]
    pages += [{"order": {**key, "lineItems": page_of(nodes, at, 3)}} for at in range(4, len(nodes), 3)]
    if transaction_count >= 3:
        pages.append({"order": {**key, "transactions": transactions}})
    return {f"{name}_{place}": json.dumps({"data": page}).encode() for place, page in enumerate(pages)}


def page_of(nodes: list[dict[str, str]], start: int, size: int) -> dict[str, Any]:
    end = min(start + size, len(nodes))
    return {"pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)}, "nodes": nodes[start:end]}


@settings(max_examples=60)
@given(VERSIONS, st.randoms(use_true_random=False))
def test_groups_in_any_order_and_any_number_give_every_version_whole(
    versions: list[tuple[int, int, int, int]], dice: Any
) -> None:
    delivered = versions + dice.choices(versions, k=3)
    dice.shuffle(delivered)
    files: dict[str, tuple[str, bytes]] = {}
    for position, (number, version, line_count, transaction_count) in enumerate(delivered):
        group = order_group(number, version, line_count, transaction_count, f"group_{position}")
        files |= {name: ("orders", content) for name, content in group.items()}
    delivery = landed(PULL_ORDERS, "storefront-eu", files)
    found = [
        (
            row["id"],
            row["updatedAt"],
            len(json.loads(row["lineItems.nodes"])),
            len(json.loads(row["transactions"])),
        )
        for row in rows(delivery)
    ]
    assert found == [
        (f"order-{number}", f"2026-11-0{version}T00:00:00Z", lines, transactions)
        for number, version, lines, transactions in delivered
    ]
    assert refusals(delivery) == []


@pytest.mark.parametrize("line_count", [5, 7, 8, 12])
@pytest.mark.parametrize("transaction_count", [0, 3])
def test_an_order_whose_last_part_is_missing_is_never_passed_over(
    line_count: int, transaction_count: int
) -> None:
    group = list(order_group(1, 1, line_count, transaction_count, "group").items())[:-1]
    delivery = landed(PULL_ORDERS, "x", {name: ("orders", content) for name, content in group})
    assert rows(delivery) == []
    assert refusals(delivery) == [("incomplete_order", "transactions" if transaction_count else "lineItems")]
