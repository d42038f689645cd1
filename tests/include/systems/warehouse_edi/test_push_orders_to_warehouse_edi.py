"""Orders of customers go to warehouses over EDI, and what they sent comes back."""

from __future__ import annotations

import io
import itertools
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyx12.x12file import X12Reader
from storefront import article, shipping_row
from suppliers import Exchange

from include.outcome import Message
from include.steps.acknowledge import acknowledge
from include.steps.check_contract import check_contract
from include.steps.count_balance import count_balance
from include.steps.land import land
from include.steps.load_raw import load_raw
from include.systems.edi import writing
from include.systems.edi.exchange import exchange_with
from include.systems.edi.writing import Envelope
from include.systems.warehouse_edi.pull import PULL_SHIPMENTS
from include.systems.warehouse_edi.push import PUSH_ORDERS
from include.systems.warehouse_edi.shipping_orders import document
from sandbox.suppliers import x12
from sandbox.suppliers.warehouse import NAMES

NUMBERS = itertools.count(7001)
TEXTS = st.text(min_size=1, max_size=70).filter(
    lambda text: any(one.isascii() and one.isalnum() for one in text)
)


@pytest.fixture
def desk(exchange: Exchange) -> Exchange:
    """We and the warehouses."""
    return replace(exchange, flow=PUSH_ORDERS)


@pytest.fixture
def number() -> str:
    """An order number that no other test has."""
    return str(next(NUMBERS))


@pytest.mark.parametrize("account", ["central", "north"])
def test_an_order_is_sent_acknowledged_and_shipped(desk: Exchange, number: str, account: str) -> None:
    said = desk.send(shipping_row(number, article("A-1"), article("A-2", 3), account=account))
    assert (said["push"]["accepted"], said["collect_acknowledgements"]["awaited"]) == (1, 1)
    assert desk.files(account) == [f"940_{account}_000000001.edi"]
    assert desk.box.take_orders() == 1
    assert desk.orders(number) == [{"A-1": 2, "A-2": 3}]
    assert desk.hear()["applied"] == 1
    assert desk.box.reply_to_orders() == 1
    workspace = desk.outbound.workspace
    for _ in range(2):
        land(PULL_SHIPMENTS, workspace)
        desk.look_again()
    for step in (check_contract, load_raw, acknowledge, count_balance):
        step(PULL_SHIPMENTS, workspace)
    assert desk.outbound.letters() == []
    rows = desk.database.rows(
        "select order_number, sku, shipped_quantity from raw.warehouse_edi__shipments order by sku"
    )
    assert [(row["order_number"], row["sku"], int(row["shipped_quantity"])) for row in rows] == [
        (number, "A-1", 2), (number, "A-2", 3),
    ]  # fmt: skip


def test_an_order_that_the_warehouse_has_is_replaced_and_taken_back(desk: Exchange, number: str) -> None:
    desk.send(shipping_row(number, article("A-1")))
    desk.send(shipping_row(number, article("A-1", 5)))
    assert desk.statuses(number) == ["accepted", "pending"], (
        "a change waits until the warehouse has the order"
    )
    desk.box.take_orders()
    desk.hear()
    desk.send()
    desk.box.take_orders()
    desk.hear()
    desk.send(shipping_row(number), shipping_row(str(next(NUMBERS))))
    desk.box.take_orders()
    desk.hear()
    assert desk.orders(number) == [{"A-1": 2}, {"A-1": 5}, {}]
    assert desk.box.state.effects("refused_interchange") == []
    assert {row["status"] for row in desk.outbound.messages()} == {"applied"}
    assert desk.box.reply_to_orders() == 0, "nothing is sent of an order that was taken back"


def test_an_article_that_cannot_be_written_is_set_aside_alone(desk: Exchange, number: str) -> None:
    good = str(next(NUMBERS))
    desk.send(shipping_row(number, article("A*1")), shipping_row(good, article("A-1")))
    assert desk.statuses(number) == ["rejected"]
    desk.box.take_orders()
    assert desk.orders(good) == [{"A-1": 2}]
    (letter,) = desk.outbound.letters()
    assert (letter["owner"], letter["account"]) == ("warehouse-operations", "central")


@pytest.mark.parametrize("account", ["central", "north"])
@settings(max_examples=60, deadline=None)
@given(
    name=TEXTS, company=st.none() | TEXTS, street=TEXTS, extra=st.none() | TEXTS, city=TEXTS,
    title=st.text(max_size=80), quantity=st.integers(1, 999),
)  # fmt: skip
def test_any_recipient_can_be_written(
    account: str,
    name: str,
    company: str | None,
    street: str,
    extra: str | None,
    city: str,
    title: str,
    quantity: int,
) -> None:
    """In any letters: our reader, another one and the warehouse understand it."""
    facts = {
        "recipient_name": name,
        "company_name": company,
        "street": street,
        "street_extra": extra,
        "city": city,
    }
    row = shipping_row("7000", article("A-1", quantity, title=title), account=account, **facts)
    payload: dict[str, Any] = row.values
    message = Message(
        message_id=uuid.uuid4(), key="k", payload=payload, content_hash="", attempts=1,
        made_at=datetime(2026, 11, 2, tzinfo=UTC),
    )  # fmt: skip
    profile = exchange_with("warehouse_edi", account)
    made = document(message, profile)
    assert made is not None
    envelope = Envelope(
        control_number=7, group_control_number=7, prepared_at=datetime(2026, 11, 2, 6, tzinfo=UTC)
    )
    written = writing.write(made.kind, [made.facts], profile, envelope)
    assert [finding.message for finding in written.findings] == []
    (segments,) = x12.opened(written.content, NAMES[account]).sets
    kind, _, body = x12.body_of(segments)
    assert (kind, body[0][:3]) == ("940", ["W05", "N", "7000"])
    assert [segment[1] for segment in body if segment[0] == "W01"] == [str(quantity)]
    reader = X12Reader(io.StringIO(written.content.decode("latin-1")))
    assert "W76" in [each.get_seg_id() for each in reader]
    assert list(reader.pop_errors()) == []
