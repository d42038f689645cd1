"""Every money fact of an order is posted, balances, and stays."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from conftest import Stage
from small_warehouse import Row

LEDGER = "conformed.order_ledger"


def key(row: Row) -> tuple[object, ...]:
    return (row["order_id"], row["fact"], row["fact_key"], row["account"], row["_build_id"])


def of_account(stage: Stage, account: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in stage.all(LEDGER, account=account):
        found[row["order_id"]] += row["amount"]
    return {order: amount for order, amount in found.items() if amount}


def test_every_fact_balances_in_every_build(day_two: Stage) -> None:
    sums: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for row in day_two[LEDGER]:
        sums[row["order_id"], row["fact"], row["fact_key"], row["_build_id"]] += row["amount"]
    assert len(sums) > 20
    assert not any(sums.values())


def test_what_was_posted_stays_as_it_is(day_one: Stage, nothing_new: Stage, day_two: Stage) -> None:
    before = {key(row): row for row in day_one[LEDGER]}
    assert before
    assert {key(row): row for row in nothing_new[LEDGER]} == before
    after = {key(row): row for row in day_two[LEDGER]}
    assert {found: after[found] for found in before} == before
    assert {row["_build_id"] for name, row in after.items() if name not in before} == {
        row["_build_id"] for row in day_two[LEDGER]
    } - {day_one.build_id}


def test_the_ledger_says_what_orders_refunds_and_payments_say(day_one: Stage, day_two: Stage) -> None:
    for stage in (day_one, day_two):
        sales = {row["order_id"]: row for row in stage["conformed.orders"] if row["is_sale"]}
        assert of_account(stage, "goods") == {
            order: -row["gross_amount"] for order, row in sales.items() if row["gross_amount"]
        }
        returned: dict[str, Decimal] = defaultdict(Decimal)
        for row in stage["conformed.refunds"]:
            if row["order_id"] in sales:
                returned[row["order_id"]] += row["goods_amount"]
        assert of_account(stage, "returns") == {order: amount for order, amount in returned.items() if amount}
        paid: dict[str, Decimal] = defaultdict(Decimal)
        for row in stage["conformed.payments"]:
            if row["order_id"] in sales and row["status"] == "succeeded" and not row["is_test"]:
                sign = {"sale": 1, "capture": 1, "refund": -1}.get(row["kind"], 0)
                paid[row["order_id"]] += sign * row["payment_amount"]
        assert of_account(stage, "cash") == {order: amount for order, amount in paid.items() if amount}


def test_an_order_that_is_gone_is_posted_back(day_one: Stage, day_two: Stage) -> None:
    there = {row["order_id"] for row in day_two["conformed.orders"]}
    gone = {row["order_id"] for row in day_one[LEDGER]} - there
    assert gone
    for account in ("receivable", "goods", "cash"):
        assert not gone & of_account(day_two, account).keys()
