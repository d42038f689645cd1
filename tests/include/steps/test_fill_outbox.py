"""One message per changed key, newest wish first, and exactly the rows that were checked."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from storefront import Outbound, Shop, ago, product_key, product_row, stock_key, stock_row, variant

from include.errors import BatchChanged
from include.interventions import Person, open_gate
from include.steps.fill_outbox import CHANGED
from include.systems.shopify.push import PUSH_PRODUCTS, PUSH_STOCK

GATE = ("check_gate", "fill_outbox")


def wishes(outbound: Outbound) -> list[tuple[str, int, str]]:
    return [(m["key"], m["payload"]["quantity"], m["status"]) for m in outbound.messages()]


def test_every_row_of_the_batch_is_one_message(outbound: Outbound) -> None:
    as_of = ago(hours=3)
    outbound.build(stock_row("A", 5, as_of=as_of), stock_row("B", 6))
    said = outbound.push(PUSH_STOCK, steps=GATE)
    assert said["fill_outbox"] == {"messages": 2}
    message = outbound.message(key=stock_key("A"))
    assert (message["status"], message["kind"], message["batch_id"], message["attempts"]) == (
        "pending",
        "change",
        1,
        0,
    )
    assert message["as_of_at"] == as_of
    assert set(message["payload"]) == {"sku", "shop", "location_name", "quantity", "as_of_at", "product_id"}
    assert message["content_hash"] == stock_row("A", 5).values["content_hash"]
    assert [batch["status"] for batch in outbound.batches(PUSH_STOCK)] == ["filled"]


def test_without_a_verdict_nothing_is_filled(outbound: Outbound) -> None:
    assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 0}
    outbound.build(stock_row("A", 5))
    assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 0}
    outbound.run("check_gate", PUSH_STOCK)
    for status in ("made", "shut", "superseded"):
        outbound.database.execute("update gate.batches set status = %s", status)
        assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 0}
    assert outbound.messages() == []


def test_the_verdict_on_one_flow_lets_no_other_out(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), steps=["check_gate"])
    assert outbound.run("fill_outbox", PUSH_PRODUCTS) == {"messages": 0}
    assert outbound.messages() == []


def test_filling_twice_adds_nothing(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), steps=GATE)
    photo = outbound.database.photograph("outbox", "gate")
    assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 0}
    assert outbound.push(PUSH_STOCK, steps=GATE)["fill_outbox"] == {"messages": 0}
    assert outbound.database.photograph("outbox", "gate") == photo


def test_two_fillings_at_once_are_one(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, *(stock_row(f"A-{n}", n) for n in range(50)), steps=["check_gate"])
    said: list[int] = []
    runs = [
        threading.Thread(target=lambda: said.append(outbound.run("fill_outbox", PUSH_STOCK)["messages"]))
        for _ in range(3)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(said) == [0, 0, 50]
    assert len(outbound.messages()) == 50


def test_a_newer_wish_takes_the_place_of_one_that_was_not_sent(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), stock_row("B", 1), steps=GATE)
    outbound.push(PUSH_STOCK, stock_row("A", 6), steps=GATE)
    outbound.push(PUSH_STOCK, stock_row("A", 7), steps=GATE)
    a, b = stock_key("A"), stock_key("B")
    assert sorted(wishes(outbound)) == [
        (a, 5, "superseded"),
        (a, 6, "superseded"),
        (a, 7, "pending"),
        (b, 1, "pending"),
    ]


def test_a_wish_that_is_under_way_is_not_superseded(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), steps=GATE)
    for status in ("claimed", "submitted", "accepted"):
        lease = "now()" if status != "accepted" else "null"
        outbound.database.execute(f"update outbox.messages set status = '{status}', lease_until = {lease}")
        outbound.push(PUSH_STOCK, stock_row("A", 6), steps=GATE)
        assert wishes(outbound) == [(stock_key("A"), 5, status), (stock_key("A"), 6, "pending")]
        outbound.database.execute("delete from outbox.messages where status = 'pending'")
        outbound.database.execute("update outbound.shopify__stock set content_hash = 'before'")


def test_a_wish_taken_back_before_it_was_sent_ends_at_what_is_wished_now(
    outbound: Outbound, shop: Shop, sku: Callable[[], str]
) -> None:
    number = sku()
    shop.add_article(number, 3)
    outbound.push(PUSH_STOCK, stock_row(number, 5))
    outbound.push(PUSH_STOCK, stock_row(number, 6), steps=GATE)
    outbound.push(PUSH_STOCK, stock_row(number, 5))
    assert shop.quantity(number) == 5
    assert [status for _, _, status in wishes(outbound)] == ["applied", "superseded", "applied"]
    assert shop.stock_effects(number) == [5]


def test_the_same_content_with_a_newer_moment_sends_nothing(
    outbound: Outbound, shop: Shop, sku: Callable[[], str]
) -> None:
    number = sku()
    shop.add_article(number, 3)
    outbound.push(PUSH_STOCK, stock_row(number, 5, as_of=ago(hours=4)))
    said = outbound.push(PUSH_STOCK, stock_row(number, 5, as_of=ago(hours=1)))
    assert (said["check_gate"], said["fill_outbox"], said["push"]["sent"]) == ({}, {"messages": 0}, 0)
    # Neither while the first one still waits.
    outbound.push(PUSH_STOCK, stock_row(number, 6, as_of=ago(hours=1)), steps=GATE)
    assert outbound.push(PUSH_STOCK, stock_row(number, 6, as_of=ago(minutes=5)), steps=GATE)[
        "fill_outbox"
    ] == {"messages": 0}
    assert len(outbound.messages()) == 2


CHANGES = {
    "a value": "update gate.batch_1 set quantity = 999 where sku = 'A'",
    "a key": "update gate.batch_1 set _key = _key || '!' where sku = 'A'",
    "a row gone": "delete from gate.batch_1 where sku = 'A'",
    "a row twice": "insert into gate.batch_1 select * from gate.batch_1 where sku = 'A'",
    "a column more": "alter table gate.batch_1 add column note text",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_batch_that_was_changed_after_its_check_is_not_sent(outbound: Outbound, change: str) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), stock_row("B", 6), steps=["check_gate"])
    outbound.database.execute(change)
    with pytest.raises(BatchChanged, match=r"gate\.batch_1"):
        outbound.run("fill_outbox", PUSH_STOCK)
    assert outbound.messages() == []
    assert [batch["status"] for batch in outbound.batches(PUSH_STOCK)] == ["superseded"]
    (alert,) = outbound.alerts(PUSH_STOCK)
    assert (alert["incident"], alert["owner"], alert["cleared_at"]) == (CHANGED, PUSH_STOCK.owner, None)
    # The next check makes a new batch of what should go out.
    assert outbound.push(PUSH_STOCK, steps=GATE)["fill_outbox"] == {"messages": 2}
    assert sorted(wishes(outbound)) == [(stock_key("A"), 5, "pending"), (stock_key("B"), 6, "pending")]
    assert outbound.alerts(PUSH_STOCK)[0]["cleared_at"]


def test_a_person_lets_out_what_was_shown_and_nothing_else(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", -1), steps=["check_gate"])
    assert open_gate(outbound.workspace, PUSH_STOCK.dag_id, 1, Person("Anna", "It is meant."))
    outbound.database.execute("update gate.batch_1 set quantity = -2")
    with pytest.raises(BatchChanged):
        outbound.run("fill_outbox", PUSH_STOCK)
    said = outbound.push(PUSH_STOCK, steps=GATE)
    assert (said["check_gate"]["gate"], said["fill_outbox"]) == ("shut", {"messages": 0})
    assert outbound.messages() == []


def test_a_batch_that_passed_before_there_were_seals_is_judged_anew(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), steps=["check_gate"])
    outbound.database.execute("update gate.batches set seal = null")
    with pytest.raises(BatchChanged):
        outbound.run("fill_outbox", PUSH_STOCK)
    assert outbound.push(PUSH_STOCK, steps=GATE)["fill_outbox"] == {"messages": 1}


def test_products_are_named_by_product_and_shop(outbound: Outbound) -> None:
    outbound.push(PUSH_PRODUCTS, product_row("P-1", variant("A")), steps=GATE)
    message = outbound.message()
    assert (message["key"], message["entity"]) == (product_key("P-1"), "products")
    assert message["payload"]["variants"][0]["sku"] == "A"
    assert message["as_of_at"] is None
