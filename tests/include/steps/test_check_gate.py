"""Nothing goes out without a verdict on exactly that, and what cannot be judged is not good."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from storefront import Outbound, Shop, product_row, stock_row, variant

from include.errors import NotPossible
from include.gates.shopify import stock
from include.interventions import Person, open_gate
from include.steps.check_gate import GATE_SHUT
from include.stores import gates
from include.systems.shopify.push import PUSH_PRODUCTS, PUSH_STOCK

ANNA = Person("Anna", "The inventory was counted by hand.")


def statuses(outbound: Outbound) -> list[str]:
    return [batch["status"] for batch in outbound.batches(PUSH_STOCK)]


def let_out(outbound: Outbound, batch_id: int, person: Person = ANNA, flow: str = PUSH_STOCK.dag_id) -> bool:
    return open_gate(outbound.workspace, flow, batch_id, person)


def test_a_good_batch_opens_the_gate_and_leaves_evidence(outbound: Outbound) -> None:
    outbound.build(stock_row("A", 5), stock_row("B", 6))
    said = outbound.run("check_gate", PUSH_STOCK)
    (batch,) = outbound.batches(PUSH_STOCK)
    assert said == {"batch_id": batch["batch_id"], "rows": 2, "gate": "open", "gated": 0}
    assert (batch["status"], batch["row_count"], batch["verdict"]["is_open"]) == ("passed", 2, True)
    assert "stock is 0 to a million pieces" in Path(batch["evidence_page"]).read_text()
    assert outbound.alerts(PUSH_STOCK) == []


def test_one_bad_row_holds_the_batch_and_its_owner_is_told_once(outbound: Outbound, shop: Shop) -> None:
    outbound.build(stock_row("A", 5), stock_row("B", -1))
    for _ in range(2):
        said = outbound.push(PUSH_STOCK)
        assert said["check_gate"] == {"batch_id": 1, "rows": 2, "gate": "shut", "gated": 2}
        assert said["fill_outbox"] == {"messages": 0}
    assert outbound.messages() == []
    (alert,) = outbound.alerts(PUSH_STOCK)
    assert (alert["incident"], alert["owner"], alert["cleared_at"]) == (GATE_SHUT, PUSH_STOCK.owner, None)
    assert "stock is 0 to a million pieces (1 broken)" in alert["message"]
    assert alert["runbook"] == f"{PUSH_STOCK.runbook}#the-gate-is-shut"


def test_nothing_built_is_nothing_to_judge(outbound: Outbound) -> None:
    assert outbound.run("check_gate", PUSH_STOCK) == {}
    outbound.write(outbound.begin_build(), stock_row("A", 5))
    assert outbound.run("check_gate", PUSH_STOCK) == {}
    assert outbound.batches(PUSH_STOCK) == []


def test_a_build_under_way_is_in_no_batch(outbound: Outbound) -> None:
    outbound.build(stock_row("A", 5))
    outbound.write(outbound.begin_build(), stock_row("B", 6))
    assert outbound.run("check_gate", PUSH_STOCK)["rows"] == 1
    assert outbound.database.value("select sku from gate.batch_1") == "A"


def test_a_batch_is_judged_once_however_often_the_gate_is_asked(outbound: Outbound) -> None:
    outbound.build(stock_row("A", 5))
    first = outbound.run("check_gate", PUSH_STOCK)
    photo = outbound.database.photograph("gate")
    assert outbound.run("check_gate", PUSH_STOCK) == first
    assert outbound.database.photograph("gate") == photo


def test_what_changes_after_the_check_waits_for_a_check_of_its_own(outbound: Outbound) -> None:
    outbound.build(stock_row("A", 5))
    outbound.run("check_gate", PUSH_STOCK)
    outbound.build(stock_row("A", -7))
    assert outbound.run("check_gate", PUSH_STOCK)["batch_id"] == 1
    outbound.run("fill_outbox", PUSH_STOCK)
    assert outbound.message()["payload"]["quantity"] == 5
    assert outbound.push(PUSH_STOCK, steps=["check_gate", "fill_outbox"])["check_gate"]["gate"] == "shut"
    assert outbound.message()["payload"]["quantity"] == 5


def test_an_expectation_that_cannot_be_judged_shuts_the_gate(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stock.suite

    def broken(facts: Any) -> Any:
        made = whole(facts)
        made.expectations[-1].unexpected_rows_query = "select * from {batch} where no_such_column > 1"
        return made

    monkeypatch.setattr(stock, "suite", broken)
    outbound.build(stock_row("A", 5))
    assert outbound.run("check_gate", PUSH_STOCK)["gate"] == "shut"
    (batch,) = outbound.batches(PUSH_STOCK)
    (one,) = batch["verdict"]["broken"]
    assert "no_such_column" in one["could_not_be_judged"]
    assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 0}


def test_a_check_that_breaks_down_lets_nothing_out_and_is_made_again(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(_: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(stock, "suite", breaking)
        outbound.build(stock_row("A", 5))
        with pytest.raises(ZeroDivisionError):
            outbound.run("check_gate", PUSH_STOCK)
    assert statuses(outbound) == ["made"]
    assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 0}
    assert outbound.run("check_gate", PUSH_STOCK)["gate"] == "open"
    assert statuses(outbound) == ["passed"]


def test_a_held_batch_stays_held_until_something_is_built(outbound: Outbound) -> None:
    outbound.build(stock_row("A", -1), stock_row("B", 6))
    for _ in range(2):
        outbound.run("check_gate", PUSH_STOCK)
    assert statuses(outbound) == ["shut"]
    outbound.build(stock_row("A", 1))
    assert outbound.run("check_gate", PUSH_STOCK) == {"batch_id": 2, "rows": 2, "gate": "open", "gated": 0}
    assert statuses(outbound) == ["superseded", "passed"]
    assert outbound.run("fill_outbox", PUSH_STOCK) == {"messages": 2}
    (alert,) = outbound.alerts(PUSH_STOCK)
    assert alert["cleared_at"]


def test_a_held_batch_whose_fault_is_gone_needs_no_gate(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 5), steps=["check_gate", "fill_outbox"])
    outbound.push(PUSH_STOCK, stock_row("A", -1), steps=["check_gate"])
    assert outbound.push(PUSH_STOCK, stock_row("A", 5), steps=["check_gate", "fill_outbox"]) == {
        "check_gate": {},
        "fill_outbox": {"messages": 0},
    }
    assert statuses(outbound) == ["filled", "superseded", "filled"]
    (alert,) = outbound.alerts(PUSH_STOCK)
    assert alert["cleared_at"]


def test_a_person_lets_a_held_batch_out_once_and_is_on_record(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", 2_000_000), steps=["check_gate"])
    assert let_out(outbound, 1)
    assert not let_out(outbound, 1)
    assert statuses(outbound) == ["opened"]
    said = outbound.push(PUSH_STOCK, steps=["check_gate", "fill_outbox"])
    assert (said["check_gate"]["gate"], said["fill_outbox"]) == ("open", {"messages": 1})
    assert not let_out(outbound, 1)
    (record,) = outbound.database.rows("select kind, subject, person, reason from seam.interventions")
    assert record == {
        "kind": "open_gate",
        "subject": f"{PUSH_STOCK.dag_id} batch 1",
        "person": "Anna",
        "reason": ANNA.reason,
    }
    # Once means that batch: the same fault in the next one is held again.
    outbound.push(PUSH_STOCK, stock_row("A", 2_000_001), steps=["check_gate"])
    assert statuses(outbound) == ["filled", "shut"]


@pytest.mark.parametrize(("name", "reason"), [("", "why"), ("  ", "why"), ("Anna", ""), ("Anna", " ")])
def test_nobody_opens_a_gate_without_name_and_reason(outbound: Outbound, name: str, reason: str) -> None:
    with pytest.raises(NotPossible):
        Person(name, reason)


def test_only_a_held_batch_of_that_flow_can_be_let_out(outbound: Outbound) -> None:
    outbound.push(PUSH_STOCK, stock_row("A", -1), steps=["check_gate"])
    outbound.push(PUSH_PRODUCTS, product_row("P", variant("V")), steps=["check_gate"])
    assert not let_out(outbound, 2)  # it passed
    assert not let_out(outbound, 1, flow=PUSH_PRODUCTS.dag_id)  # another flow's
    assert not let_out(outbound, 99)  # there is none
    assert statuses(outbound) == ["shut"]
    assert outbound.database.value("select count(*) from seam.interventions") == 0


def test_two_runs_at_once_judge_one_batch(outbound: Outbound) -> None:
    outbound.build(stock_row("A", 5))
    said: list[Any] = []
    runs = [
        threading.Thread(target=lambda: said.append(outbound.run("check_gate", PUSH_STOCK))) for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [one["batch_id"] for one in said] == [1, 1]
    assert statuses(outbound) == ["passed"]


def test_content_that_the_channel_shows_is_not_judged_again(
    outbound: Outbound, sku: Callable[[], str], shop: Shop
) -> None:
    number = sku()
    shop.add_article(number, 3)
    outbound.push(PUSH_STOCK, stock_row(number, 5))
    outbound.build(stock_row(number, 5))
    assert outbound.run("check_gate", PUSH_STOCK) == {}
    (_, empty) = outbound.batches(PUSH_STOCK)
    assert (empty["status"], empty["row_count"]) == ("filled", 0)


def test_rows_of_old_batches_are_cleared_away(outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "KEPT_BATCHES", 2)
    outbound.build(stock_row("A", 1))
    for _ in range(5):
        outbound.database.execute("update gate.batches set status = 'superseded'")
        outbound.run("check_gate", PUSH_STOCK)
    tables = outbound.database.rows("select tablename from pg_tables where tablename ~ '^batch_' order by 1")
    assert [table["tablename"] for table in tables] == ["batch_3", "batch_4", "batch_5"]
    assert len(outbound.batches(PUSH_STOCK)) == 5
