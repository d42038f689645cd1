"""Orders: paging, arithmetic in both currencies, what became of them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.clock import iso_z
from sandbox.shopify.order_documents import OrderWriter

PAGE = """
query($after: String, $first: Int!, $query: String, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT, reverse: $reverse) {
    pageInfo { hasNextPage endCursor }
    nodes { id name updatedAt }
  }
}"""
BAGS = """subtotalPriceSet { ...B } totalPriceSet { ...B } currentTotalPriceSet { ...B } totalDiscountsSet { ...B }
  totalShippingPriceSet { ...B } totalTaxSet { ...B } currentTotalTaxSet { ...B } totalReceivedSet { ...B }
  totalRefundedSet { ...B } totalOutstandingSet { ...B } netPaymentSet { ...B }"""
FRAGMENT = """fragment B on MoneyBag {
  shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"""
HEAD = f"""
query($id: ID!) {{ order(id: $id) {{
  name test cancelledAt displayFinancialStatus displayFulfillmentStatus sourceName presentmentCurrencyCode
  customer {{ id displayName }} discountCodes taxLines {{ priceSet {{ ...B }} }} {BAGS}
  shippingLines(first: 5) {{ nodes {{ originalPriceSet {{ ...B }} taxLines {{ priceSet {{ ...B }} }} }} }}
  transactions(first: 10) {{ kind status amountSet {{ ...B }} }}
}} }} {FRAGMENT}"""
LINES = f"""
query($id: ID!, $after: String) {{ order(id: $id) {{ lineItems(first: 40, after: $after) {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{ id sku quantity currentQuantity unfulfilledQuantity variant {{ sku }}
    originalUnitPriceSet {{ ...B }} originalTotalSet {{ ...B }}
    discountedTotalSet(withCodeDiscounts: true) {{ ...B }} discountAllocations {{ allocatedAmountSet {{ ...B }} }}
    taxLines {{ rate priceSet {{ ...B }} }} }} }} }} }} {FRAGMENT}"""
EVENTS = f"""
query($id: ID!) {{ order(id: $id) {{
  fulfillments(first: 3) {{ location {{ name }} trackingInfo {{ number }} totalQuantity
    fulfillmentLineItems(first: 70) {{ nodes {{ quantity lineItem {{ id }} }} }} }}
  refunds(first: 2) {{ totalRefundedSet {{ ...B }}
    refundLineItems(first: 20) {{ nodes {{ quantity lineItem {{ id }} subtotalSet {{ ...B }} }} }}
    refundShippingLines(first: 5) {{ nodes {{ subtotalAmountSet {{ ...B }} }} }}
    transactions(first: 5) {{ nodes {{ kind amountSet {{ ...B }} parentTransaction {{ kind }} }} }} }}
}} }} {FRAGMENT}"""


def pages(shop, first: int, **variables: object) -> list[dict]:
    found, after = [], None
    while True:
        page = shop.data(PAGE, first=first, after=after, **variables)["orders"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def whole_order(shop, identifier: str) -> dict:
    order = shop.data(HEAD, id=identifier)["order"] | shop.data(EVENTS, id=identifier)["order"]
    lines, after, is_last = [], None, False
    while not is_last:
        page = shop.data(LINES, id=identifier, after=after)["order"]["lineItems"]
        lines += page["nodes"]
        after, is_last = page["pageInfo"]["endCursor"], not page["pageInfo"]["hasNextPage"]
    return order | {"lines": lines, "shipping": order["shippingLines"]["nodes"]}


@pytest.fixture(scope="module")
def orders(box, shop_client) -> list[dict]:
    shop = shop_client(box)
    found = shop.data("{ orders(first: 250) { nodes { id } } }")["orders"]["nodes"]
    return [whole_order(shop, order["id"]) for order in found]


def test_pages_show_every_order_once_in_order(shop):
    found = pages(shop, 7)
    assert found == sorted(found, key=lambda order: (order["updatedAt"], order["id"]))
    assert len({order["id"] for order in found}) == len(found) == len(shop.box.world.storefront_orders)
    assert pages(shop, 7, reverse=True) == found[::-1]


def test_a_cursor_in_time_finds_what_is_newer(shop):
    found = pages(shop, 50)
    middle = found[len(found) // 2]["updatedAt"]
    newer = pages(shop, 5, query=f"updated_at:>='{middle}'")
    assert newer == [order for order in found if order["updatedAt"] >= middle]
    assert 0 < len(newer) < len(found)


def test_an_order_that_moves_while_somebody_pages_is_not_lost(own_box, own_shop, clock):
    first = own_shop.data(PAGE, first=5)["orders"]
    moving = own_box.tables.order(int(first["nodes"][0]["id"].rpartition("/")[2]))
    moving.updated_at = iso_z(clock())
    own_box.tables.save_orders([moving])
    rest, after = [], first["pageInfo"]["endCursor"]
    while after:
        page = own_shop.data(PAGE, first=5, after=after)["orders"]
        rest += page["nodes"]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert Counter(order["id"] for order in first["nodes"] + rest)[first["nodes"][0]["id"]] == 2
    assert len({order["id"] for order in first["nodes"] + rest}) == len(own_box.world.storefront_orders)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "you must provide one of first or last"),
        ("(first: 1, last: 1)", "providing both first and last is not supported"),
        ("(first: 251)", "Argument 'first' on Field 'orders' has an invalid value (251)."),
        ('(first: 1, after: "x")', "Invalid cursor for current pagination sort."),
        ("(first: 1, sortKey: DESTINATION)", "The sandbox cannot sort by DESTINATION."),
    ],
)
def test_wrong_pages_are_refused(shop, arguments, message):
    payload = shop.ask(f"{{ orders{arguments} {{ nodes {{ id }} }} }}")
    assert payload["errors"][0]["message"].startswith(message)
    assert payload["data"] is None


def test_a_cursor_of_another_sort_is_refused(shop):
    cursor = shop.data(PAGE, first=1)["orders"]["pageInfo"]["endCursor"]
    payload = shop.ask(f'{{ orders(first: 1, sortKey: ID, after: "{cursor}") {{ nodes {{ id }} }} }}')
    assert payload["errors"][0]["message"] == "Invalid cursor for current pagination sort."


def test_pages_go_backwards_too(shop):
    query = """query($before: String) { orders(last: 4, before: $before, sortKey: ID) {
      nodes { id } pageInfo { startCursor hasPreviousPage } } }"""
    found, before = [], None
    while True:
        page = shop.data(query, before=before)["orders"]
        found = page["nodes"] + found
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["pageInfo"]["startCursor"]
    assert len(found) == len({order["id"] for order in found}) == len(shop.box.world.storefront_orders)


def test_lines_have_pages_of_their_own(shop):
    query = """query($after: String) { orders(first: 1, query: "name:#1003") { nodes {
      lineItems(first: 25, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }"""
    found, after, count = [], None, 0
    while True:
        lines = shop.data(query, after=after)["orders"]["nodes"][0]["lineItems"]
        found += [line["id"] for line in lines["nodes"]]
        count += 1
        if not lines["pageInfo"]["hasNextPage"]:
            break
        after = lines["pageInfo"]["endCursor"]
    assert (count, len(found), len(set(found))) == (3, 60, 60)


def amounts(order: dict, name: str) -> tuple[Decimal, Decimal]:
    bag = order[name]
    return Decimal(bag["shopMoney"]["amount"]), Decimal(bag["presentmentMoney"]["amount"])


def total(records: list[dict], name: str) -> tuple[Decimal, Decimal]:
    pairs = [amounts(record, name) for record in records]
    return sum((one for one, _ in pairs), Decimal(0)), sum((other for _, other in pairs), Decimal(0))


def plus(*pairs: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal]:
    return sum(one for one, _ in pairs), sum(other for _, other in pairs)


def less(one: tuple[Decimal, Decimal], other: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal]:
    return one[0] - other[0], one[1] - other[1]


def test_every_part_adds_up_in_both_currencies(orders):
    for order in orders:
        lines, shipping = order["lines"], order["shipping"]
        for line in lines:
            allocated = total(line["discountAllocations"], "allocatedAmountSet")
            assert amounts(line, "discountedTotalSet") == less(amounts(line, "originalTotalSet"), allocated)
            unit = amounts(line, "originalUnitPriceSet")
            assert amounts(line, "originalTotalSet") == (
                unit[0] * line["quantity"],
                unit[1] * line["quantity"],
            )
        assert amounts(order, "subtotalPriceSet") == total(lines, "discountedTotalSet")
        sent = total(shipping, "originalPriceSet")
        assert amounts(order, "totalPriceSet") == plus(amounts(order, "subtotalPriceSet"), sent)
        taxes = [tax for one in (*lines, *shipping) for tax in one["taxLines"]]
        assert amounts(order, "totalTaxSet") == total(taxes, "priceSet")
        if order["taxLines"]:
            assert total(order["taxLines"], "priceSet") == amounts(order, "totalTaxSet")


def test_what_was_refunded_adds_up(orders):
    refunded = [order for order in orders if order["refunds"]]
    assert len(refunded) >= 3
    for order in refunded:
        for refund in order["refunds"]:
            lines = total(refund["refundLineItems"]["nodes"], "subtotalSet")
            shipping = total(refund["refundShippingLines"]["nodes"], "subtotalAmountSet")
            assert amounts(refund, "totalRefundedSet") == plus(lines, shipping)
            assert total(refund["transactions"]["nodes"], "amountSet") == amounts(refund, "totalRefundedSet")
        assert amounts(order, "totalRefundedSet") == total(order["refunds"], "totalRefundedSet")
        left = less(amounts(order, "totalPriceSet"), amounts(order, "totalRefundedSet"))
        assert amounts(order, "currentTotalPriceSet") == left
        assert amounts(order, "netPaymentSet") == left
        if left == (0, 0):
            assert amounts(order, "currentTotalTaxSet") == (0, 0)


def test_payments_fit_the_states(orders):
    for order in orders:
        sales = [one for one in order["transactions"] if one["kind"] == "SALE" and one["status"] == "SUCCESS"]
        refunds = [one for one in order["transactions"] if one["kind"] == "REFUND"]
        received, given_back = total(sales, "amountSet"), total(refunds, "amountSet")
        assert amounts(order, "totalReceivedSet") == received
        assert amounts(order, "totalRefundedSet") == given_back
        state = order["displayFinancialStatus"]
        if state == "PAID":
            assert received[0] > 0 == given_back[0]
        elif state == "PARTIALLY_REFUNDED":
            assert 0 < given_back[0] < received[0]
        elif state == "REFUNDED":
            assert given_back == received
        else:
            assert state in ("PENDING", "AUTHORIZED")
            assert received[0] == 0


def test_a_declined_payment_counts_for_nothing(orders):
    declined = [order for order in orders if any(one["status"] == "FAILURE" for one in order["transactions"])]
    assert declined
    assert all(order["displayFinancialStatus"] == "PAID" or order["refunds"] for order in declined)


def test_shipments_fit_the_states(orders):
    for order in orders:
        lines = order["lines"]
        sent = [one for parcel in order["fulfillments"] for one in parcel["fulfillmentLineItems"]["nodes"]]
        waiting = sum(line["unfulfilledQuantity"] for line in lines)
        state = order["displayFulfillmentStatus"]
        assert state == ("UNFULFILLED" if not sent else "PARTIALLY_FULFILLED" if waiting else "FULFILLED")
        for parcel in order["fulfillments"]:
            assert parcel["location"]["name"]
            assert parcel["trackingInfo"][0]["number"]
            assert parcel["totalQuantity"] == sum(
                one["quantity"] for one in parcel["fulfillmentLineItems"]["nodes"]
            )


def test_orders_of_every_kind_are_there(orders):
    assert Counter(order["presentmentCurrencyCode"] for order in orders).keys() == {"EUR", "USD", "SEK"}
    assert {order["displayFinancialStatus"] for order in orders} >= {
        "PAID",
        "PARTIALLY_REFUNDED",
        "REFUNDED",
        "PENDING",
        "AUTHORIZED",
    }
    assert {order["displayFulfillmentStatus"] for order in orders} == {
        "FULFILLED",
        "PARTIALLY_FULFILLED",
        "UNFULFILLED",
    }
    assert any(order["test"] for order in orders)
    assert any(order["customer"] is None for order in orders)
    assert any(order["cancelledAt"] for order in orders)
    assert any(order["sourceName"] == "pos" for order in orders)
    assert any(order["discountCodes"] == ["WELCOME10"] for order in orders)
    assert any("DROP TABLE" in (order["customer"] or {}).get("displayName", "") for order in orders)


def test_lines_lead_to_the_shops_own_variants(orders):
    for order in orders:
        for line in order["lines"]:
            assert line["variant"]["sku"] == line["sku"]


def test_the_second_day_brings_new_and_changed_orders(own_box, own_shop, clock):
    before = {order["id"]: order["updatedAt"] for order in pages(own_shop, 50)}
    clock.forward(hours=2)
    mark = iso_z(clock() - timedelta(hours=1))
    own_box.drop_day(2)
    own_box.faults.clear()
    newer = pages(own_shop, 50, query=f"updated_at:>'{mark}'")
    expected = next(
        one
        for one in own_box.expected()
        if one["day"] == 2 and one["entity"] == "orders" and one["delivery"] == "orders"
    )
    assert len(newer) == expected["delivered"]
    assert sum(order["id"] in before for order in newer) == len(own_box.second_day.changed_orders) > 0
    assert all(order["updatedAt"] <= iso_z(clock()) for order in newer)


def test_documents_are_the_same_in_every_run(box):
    world = box.world
    first = [OrderWriter(world).row(order).document for order in world.storefront_orders[:10]]
    assert first == [OrderWriter(world).row(order).document for order in world.storefront_orders[:10]]
