"""Orders go to suppliers over EDI: written once, placed once whatever breaks, applied when they are acknowledged."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from killed import push_until
from storefront import order_line, order_row
from suppliers import COLLECT, SENT, Exchange

from include.steps.watch_exchanges import watch_exchanges
from include.stores.connection import connected, only_one
from include.stores.outbox import LEASE_SECONDS
from include.systems.supplier_edi.push import PUSH_PURCHASE_ORDERS

NUMBERS = itertools.count(4_700_000_001)


@pytest.fixture
def number() -> str:
    """An order number that no other test has."""
    return str(next(NUMBERS))


@pytest.mark.parametrize(("account", "name"), [("nordkap", "850_"), ("fjell", "ORDERS_")])
def test_an_order_is_sent_acknowledged_and_known(
    exchange: Exchange, number: str, account: str, name: str
) -> None:
    said = exchange.send(order_row(number, order_line(10), order_line(20, "3.5"), account=account))
    assert (said["push"]["sent"], said["push"]["accepted"]) == (1, 1)
    assert said["collect_acknowledgements"]["awaited"] == 1
    (file,) = exchange.files(account)
    assert file == f"{name}{account}_000000001.edi"
    assert exchange.statuses(number) == ["accepted"]
    assert exchange.box.take_orders() == 1
    assert exchange.orders(number) == [{"10": "24", "20": "3.5"}]
    assert exchange.box.state.effects("refused_interchange") == []
    if account == "nordkap":
        assert exchange.hear()["applied"] == 1
        assert exchange.statuses(number) == ["applied"]
        shown = exchange.outbound.states(PUSH_PURCHASE_ORDERS)[f"{account}/{number}"]
        assert [line["quantity"] for line in shown["lines"]] == ["24", "3.5"]
    assert exchange.outbound.letters() == []


def test_a_change_is_told_line_by_line_when_the_order_is_known(exchange: Exchange, number: str) -> None:
    exchange.send(order_row(number, order_line(10), order_line(20)))
    exchange.send(order_row(number, order_line(10, "30"), order_line(30, "7")))
    assert exchange.statuses(number) == ["accepted", "pending"], (
        "a change waits until the supplier has the order"
    )
    exchange.box.take_orders()
    exchange.hear()
    exchange.send()
    assert exchange.files("nordkap") == ["860_nordkap_000000002.edi"]
    content = (exchange.folder("nordkap") / "860_nordkap_000000002.edi").read_text()
    changes = [line.split("*")[1:4] for line in content.splitlines() if line.startswith("POC*")]
    assert changes == [["10", "QI", "30"], ["20", "DI", "0"], ["30", "AI", "7"]]
    exchange.box.take_orders()
    assert exchange.hear()["applied"] == 1
    assert exchange.orders(number) == [{"10": "24", "20": "24"}, {"10": "30", "30": "7"}]
    assert exchange.statuses(number) == ["applied", "applied"]


def test_an_order_is_taken_back_and_one_that_nobody_heard_of_is_not(exchange: Exchange, number: str) -> None:
    exchange.send(order_row(number, order_line(10)))
    exchange.box.take_orders()
    exchange.hear()
    unknown = str(next(NUMBERS))
    exchange.send(order_row(number), order_row(unknown))
    assert exchange.statuses(unknown) == ["applied"]
    assert [row["control_number"] for row in exchange.database.rows(SENT)] == [1, 2]
    exchange.box.take_orders()
    exchange.hear()
    assert exchange.orders(number) == [{"10": "24"}, {}]
    exchange.send(order_row(number, order_line(10, "5")))
    assert exchange.files("nordkap") == ["850_nordkap_000000003.edi"], "ordered anew, it is a new order"


def test_orders_to_a_partner_share_an_interchange_and_one_that_cannot_be_written_stays_behind(
    exchange: Exchange,
) -> None:
    good, bad, other, abroad = (str(next(NUMBERS)) for _ in range(4))
    said = exchange.send(
        order_row(good, order_line(10)),
        order_row(bad, order_line(10, sku="A*1")),
        order_row(other, order_line(10)),
        order_row(abroad, order_line(10), account="fjell"),
        order_row(str(next(NUMBERS)), order_line(10), account="nobody"),
    )
    assert (said["push"]["accepted"], said["push"]["rejected"]) == (3, 2)
    sent = [(row["account"], row["control_number"]) for row in exchange.database.rows(SENT)]
    assert sent == [("nordkap", 1), ("fjell", 1)]
    letters = {row["rule"]: row for row in exchange.outbound.letters()}
    assert set(letters) == {"partner_profile", "edi.invalid_document"} or len(letters) == 2
    assert {row["level"] for row in letters.values()} == {"message"}
    assert letters["partner_profile"]["account"] == "nobody"
    exchange.box.take_orders()
    assert exchange.orders(good) and exchange.orders(other) and not exchange.orders(bad)


def test_an_order_that_is_refused_goes_to_its_owner_once_and_out_again_when_it_is_retried(
    exchange: Exchange, number: str
) -> None:
    exchange.send(order_row(number, order_line(10)))
    (path,) = exchange.folder("nordkap").iterdir()
    path.write_bytes(path.read_bytes().replace(b"CTT*1", b"CTT*2"))  # damaged on the way
    exchange.box.take_orders()
    said = exchange.hear()
    assert said["rejected"] == 1
    assert said["wakes"] == [PUSH_PURCHASE_ORDERS.dag_id]
    (letter,) = exchange.outbound.letters()
    assert (letter["rule"], letter["owner"], letter["level"]) == (
        "rejected_by_partner", "supplier-relations", "message",
    )  # fmt: skip
    from include.stores.outbox import retry_message

    with connected(exchange.database.dsn("seamline_pipeline"), "tests") as connection:
        assert retry_message(connection, letter["message_id"]) is not None
    exchange.send()
    assert exchange.files("nordkap") == ["850_nordkap_000000002.edi"]
    exchange.box.take_orders()
    exchange.hear()
    assert exchange.orders(number) == [{"10": "24"}]
    assert exchange.statuses(number) == ["rejected", "applied"]


def test_a_supplier_that_is_silent_is_awaited_and_told_to_its_owner_once(
    exchange: Exchange, number: str
) -> None:
    exchange.send(order_row(number, order_line(10)))
    for _ in range(15):
        exchange.outbound.time_passes(3600)
        assert exchange.send()["collect_acknowledgements"]["awaited"] == 1
    assert exchange.statuses(number) == ["accepted"]
    exchange.database.execute("update edi.sent_interchanges set due_at = now() - interval '1 minute'")
    workspace = exchange.outbound.workspace
    assert watch_exchanges(COLLECT, workspace)["alerts"] == 1
    assert watch_exchanges(COLLECT, workspace)["alerts"] == 0
    exchange.box.take_orders()
    exchange.hear()
    assert exchange.statuses(number) == ["applied"]


def test_a_partner_that_acknowledges_nothing_is_not_waited_for(
    exchange: Exchange, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from include.systems.edi import sending

    agreed = sending.exchange_with

    def silent(system: str, account: str) -> Any:
        profile = agreed(system, account)
        return replace(profile, acknowledgement=replace(profile.acknowledgement, is_sent=False))

    monkeypatch.setattr(sending, "exchange_with", silent)
    exchange.send(order_row(number, order_line(10)))
    assert exchange.statuses(number) == ["applied"]


def test_a_server_that_does_not_answer_costs_no_number_and_no_order(exchange: Exchange, number: str) -> None:
    there = exchange.outbound.places["supplier_edi"]
    exchange.outbound.places["supplier_edi"] = replace(there, port=1)
    said = exchange.send(order_row(number, order_line(10)))
    assert (said["push"]["sent"], said["push"]["retry"]) == (0, 1)
    assert exchange.database.rows(SENT) == []
    exchange.outbound.places["supplier_edi"] = there
    exchange.outbound.time_passes()
    exchange.send()
    assert exchange.files("nordkap") == ["850_nordkap_000000001.edi"]


def test_two_workers_do_not_place_the_same(exchange: Exchange, number: str) -> None:
    with (
        connected(exchange.database.dsn("seamline_pipeline"), "another") as another,
        only_one(another, f"place {PUSH_PURCHASE_ORDERS.dag_id}"),
    ):
        said = exchange.send(order_row(number, order_line(10)))
        assert said["push"]["unknown"] == 1
        assert exchange.files("nordkap") == []
    exchange.outbound.time_passes(LEASE_SECONDS)
    exchange.send()
    assert exchange.files("nordkap") == ["850_nordkap_000000001.edi"]
    assert exchange.statuses(number) == ["accepted"]


def test_other_content_under_our_name_stops_that_file_alone(exchange: Exchange, number: str) -> None:
    (exchange.folder("nordkap") / "850_nordkap_000000001.edi").write_text("somebody else's")
    said = exchange.send(
        order_row(number, order_line(10)), order_row(str(next(NUMBERS)), order_line(10), account="fjell")
    )
    assert said["push"]["unknown"] == 2
    assert [row["transport_status"] for row in exchange.database.rows(SENT)] == ["written", "sent"]
    (exchange.folder("nordkap") / "850_nordkap_000000001.edi").unlink()
    exchange.outbound.time_passes(LEASE_SECONDS)
    exchange.send()
    assert exchange.files("nordkap") == ["850_nordkap_000000001.edi"]
    assert [row["transport_status"] for row in exchange.database.rows(SENT)] == ["sent", "sent"]


@pytest.mark.slow
@pytest.mark.parametrize("is_quick", [True, False], ids=["quick supplier", "slow supplier"])
def test_an_order_that_is_killed_at_any_boundary_comes_once(exchange: Exchange, is_quick: bool) -> None:
    """The supplier takes its file at once, or only when all is over: each order is there once, no number lost."""
    found = set()
    for boundary in itertools.count(1):
        number = str(next(NUMBERS))
        exchange.outbound.let_through(PUSH_PURCHASE_ORDERS, order_row(number, order_line(10)))
        exchange.outbound.run("fill_outbox", PUSH_PURCHASE_ORDERS)
        is_finished = push_until(boundary, exchange.outbound, PUSH_PURCHASE_ORDERS, steps=["push"])
        found.update(exchange.statuses(number))
        for _ in range(2):
            if is_quick:
                exchange.box.take_orders()
            exchange.outbound.time_passes(LEASE_SECONDS)
            exchange.outbound.run("push", PUSH_PURCHASE_ORDERS)
        exchange.box.take_orders()
        assert exchange.statuses(number) == ["accepted"], boundary
        assert exchange.orders(number) == [{"10": "24"}], boundary
        if is_finished:
            break
    assert boundary > 40
    assert found == {"pending", "claimed", "submitted", "accepted"}
    numbers = [row["control_number"] for row in exchange.database.rows(SENT)]
    assert numbers == list(range(1, len(numbers) + 1))
    effects = [one["key"] for one in exchange.box.state.effects("edi_interchange")]
    assert all(effects.count(key) == 1 for key in effects if str(key).startswith("nordkap/"))
