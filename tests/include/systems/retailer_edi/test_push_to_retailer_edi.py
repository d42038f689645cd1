"""What retailers can order goes to them over EDI, many articles a document, and each of them is answered for."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.segmentcollection import Interchange
from pyx12.x12file import X12Reader
from storefront import GTINS, OutboundRow, available_row, listed_row
from suppliers import Exchange

from include.errors import Misconfigured, NotPossible
from include.flow import PushFlow
from include.interventions import Person, tell_again
from include.outcome import Message
from include.stores import gates
from include.stores.connection import connected
from include.systems.edi import writing
from include.systems.edi.exchange import exchange_with
from include.systems.edi.writing import Envelope
from include.systems.retailer_edi import price_catalog, stock_report
from include.systems.retailer_edi.push import PUSH_CATALOG, PUSH_STOCK
from include.systems.supplier_edi.push import PUSH_PURCHASE_ORDERS
from include.tracing import traced

ANNA = Person("Anna", "their warehouse system was set up anew")
AT = datetime(2026, 11, 2, 6, tzinfo=UTC)
RETAILERS = pytest.mark.parametrize("account", ["harbor", "warenring"])


def desk_of(exchange: Exchange, flow: PushFlow) -> Exchange:
    """We and the retailers."""
    return replace(exchange, flow=flow)


def known(exchange: Exchange, what: str, account: str) -> dict[str, Any]:
    """What a retailer knows by now, by GTIN."""
    effects = exchange.box.state.effects(f"retailer_{what}")
    return {
        str(one["key"]).partition("/")[2]: one["after"]
        for one in effects
        if str(one["key"]).startswith(f"{account}/")
    }


@RETAILERS
def test_articles_of_a_retailer_go_in_one_document_and_are_acknowledged_together(
    exchange: Exchange, account: str
) -> None:
    desk = desk_of(exchange, PUSH_STOCK)
    said = desk.send(available_row("A-1", 7, account=account), available_row("A-2", 0, account=account))
    assert (said["push"]["accepted"], said["collect_acknowledgements"]["awaited"]) == (2, 2)
    assert len(desk.files(account)) == 1
    assert desk.box.take_orders() == 1
    assert known(desk, "stock", account) == {GTINS["A-1"]: 7, GTINS["A-2"]: 0}
    assert desk.hear()["applied"] == 2
    desk.send(available_row("A-1", 3, account=account), available_row("A-2", 0, account=account))
    desk.box.take_orders()
    assert known(desk, "stock", account) == {GTINS["A-1"]: 3, GTINS["A-2"]: 0}
    documents = desk.database.rows(
        "select count(told.message_id) as told from edi.sent_documents"
        " left join edi.sent_messages as told using (document_id) group by document_id order by document_id"
    )
    assert [row["told"] for row in documents] == [2, 1], "only what changed is told again"


def test_the_trace_of_an_article_shows_which_document_told_of_it(exchange: Exchange) -> None:
    desk = desk_of(exchange, PUSH_STOCK)
    desk.send(available_row("A-1", 7), available_row("A-2", 1))
    desk.box.take_orders()
    desk.hear()
    with connected(desk.database.dsn("seamline_reader"), "tests") as connection:
        lines = [event["what"] for event in traced(connection, "A-1")]
    assert [line for line in lines if line.startswith("message")]
    (told,) = [line for line in lines if line.startswith("846")]
    assert told.endswith("transport received, syntax accepted, business awaited")


@RETAILERS
def test_prices_are_told_changed_and_taken_off(exchange: Exchange, account: str) -> None:
    desk = desk_of(exchange, PUSH_CATALOG)
    currency = {"harbor": "USD", "warenring": "EUR"}[account]

    def told(*rows: OutboundRow) -> dict[str, Any]:
        desk.send(*rows)
        desk.box.take_orders()
        desk.hear()
        return known(desk, "price", account)

    price = {"net": "12.50", "retail": "39.90", "currency": currency}
    assert told(listed_row("A-1", account=account), listed_row("A-2", account=account)) == {
        GTINS["A-1"]: price,
        GTINS["A-2"]: price,
    }
    other = told(listed_row("A-1", "13.00", account=account), listed_row("A-2", None, account=account))
    assert other == {GTINS["A-1"]: price | {"net": "13.00"}, GTINS["A-2"]: None}
    renumbered = told(listed_row("A-1", "13.00", account=account, gtin=GTINS["A-3"]))
    assert renumbered[GTINS["A-1"]] is None
    assert renumbered[GTINS["A-3"]] == price | {"net": "13.00"}
    assert desk.box.state.effects("refused_interchange") == []
    assert {row["status"] for row in desk.outbound.messages()} == {"applied"}


def test_a_retailer_that_lost_what_it_knew_is_told_everything_again_and_nobody_else_is(
    exchange: Exchange,
) -> None:
    desk = desk_of(exchange, PUSH_CATALOG)
    rows = [listed_row(sku, account=account) for account in ("harbor", "warenring") for sku in ("A-1", "A-2")]
    desk.send(*rows, listed_row("A-3", None, account="harbor"))
    desk.box.take_orders()
    desk.hear()
    sent = {account: len(desk.files(account)) for account in ("harbor", "warenring")}

    assert tell_again(desk.outbound.workspace, PUSH_CATALOG.dag_id, "harbor", ANNA) == 3
    said = desk.outbound.push(PUSH_CATALOG)
    assert (said["check_gate"]["rows"], said["push"]["accepted"]) == (3, 2), (
        "what is off the list is said to nobody"
    )
    assert desk.box.take_orders() == 1
    assert desk.hear()["applied"] == 2
    assert len(desk.files("warenring")) == sent["warenring"]
    assert desk.outbound.push(PUSH_CATALOG)["fill_outbox"] == {"messages": 0}, "once"
    (record,) = desk.database.rows("select kind, subject, person from seam.interventions")
    assert record == {"kind": "tell_again", "subject": f"{PUSH_CATALOG.dag_id} harbor", "person": "Anna"}


def test_what_another_retailer_refused_is_not_told_again_with_it(exchange: Exchange) -> None:
    desk = desk_of(exchange, PUSH_STOCK)
    wrong = "04006381333930"  # its check digit is another
    desk.send(
        available_row("A-1", 5, account="harbor"), available_row("A-1", 5, account="warenring", gtin=wrong)
    )
    desk.box.take_orders()
    assert desk.hear()["rejected"] == 1
    tell_again(desk.outbound.workspace, PUSH_STOCK.dag_id, "harbor", ANNA)
    assert gates_have_work(desk, PUSH_STOCK)
    assert desk.outbound.push(PUSH_STOCK)["check_gate"]["rows"] == 1
    assert not gates_have_work(desk, PUSH_STOCK)


def gates_have_work(desk: Exchange, flow: PushFlow) -> bool:
    with connected(desk.outbound.workspace.warehouse, "tests") as connection:
        return gates.has_changes(connection, flow)


def test_what_a_shut_gate_held_back_of_a_telling_is_said_when_it_opens(exchange: Exchange) -> None:
    desk = desk_of(exchange, PUSH_CATALOG)
    desk.send(listed_row("A-1"), listed_row("A-2"))
    desk.box.take_orders()
    desk.hear()
    tell_again(desk.outbound.workspace, PUSH_CATALOG.dag_id, "harbor", ANNA)
    assert desk.outbound.push(PUSH_CATALOG, listed_row("A-3", "0.00"))["check_gate"]["gate"] == "shut"
    mended = desk.outbound.push(PUSH_CATALOG, listed_row("A-3", "9.00"))
    assert (mended["check_gate"]["gate"], mended["push"]["accepted"]) == ("open", 3)


@pytest.mark.parametrize(
    ("flow", "account", "said"),
    [
        (PUSH_PURCHASE_ORDERS.dag_id, "nordkap", "cannot say anything twice"),
        (PUSH_CATALOG.dag_id, "nordkap", "has no partner"),
    ],
)
def test_orders_are_never_told_again_nor_strangers(
    exchange: Exchange, flow: str, account: str, said: str
) -> None:
    with pytest.raises((NotPossible, Misconfigured), match=said):
        tell_again(exchange.outbound.workspace, flow, account, ANNA)


def test_what_is_off_the_list_before_it_was_told_is_told_to_nobody(exchange: Exchange) -> None:
    desk = desk_of(exchange, PUSH_CATALOG)
    said = desk.send(listed_row("A-1", None))
    assert said["push"]["applied"] == 1
    assert desk.files("harbor") == []


def test_an_article_that_cannot_be_written_is_set_aside_alone(exchange: Exchange) -> None:
    desk = desk_of(exchange, PUSH_STOCK)
    desk.send(available_row("A*1", 5, gtin=GTINS["A-1"]), available_row("A-2", 5))
    desk.box.take_orders()
    assert known(desk, "stock", "harbor") == {GTINS["A-2"]: 5}
    (letter,) = desk.outbound.letters()
    assert (letter["owner"], letter["account"]) == ("warehouse-operations", "harbor")


def test_a_refused_document_refuses_all_that_it_tells_of(exchange: Exchange) -> None:
    """A retailer that cannot use a report says so of the whole of it; every article is somebody's to look at."""
    desk = desk_of(exchange, PUSH_STOCK)
    wrong = "04006381333930"  # its check digit is another
    desk.send(available_row("A-1", 5, gtin=wrong), available_row("A-2", 5))
    desk.box.take_orders()
    assert known(desk, "stock", "harbor") == {}
    assert desk.hear()["rejected"] == 2
    assert {letter["rule"] for letter in desk.outbound.letters()} == {"rejected_by_partner"}


def test_a_retailer_with_many_articles_gets_several_documents_in_one_file(exchange: Exchange) -> None:
    desk = desk_of(exchange, PUSH_STOCK)
    count = stock_report.LINES + 20
    rows = [available_row(f"SKU-{number}", number, gtin=_gtin(number)) for number in range(1, count + 1)]
    assert desk.send(*rows)["push"]["accepted"] == count
    assert desk.box.take_orders() == len(desk.outbound.database.rows("select from edi.sent_interchanges"))
    assert len(known(desk, "stock", "harbor")) == count
    assert desk.hear()["applied"] == count


@RETAILERS
@settings(max_examples=60, deadline=None)
@given(
    title=st.text(max_size=90),
    cents=st.integers(1, 9_999_999),
    digits=st.integers(1, 9_999_999_999_999),
    quantity=st.integers(0, 1_000_000),
)
def test_any_article_can_be_written(account: str, title: str, cents: int, digits: int, quantity: int) -> None:
    """In any letters and of any trade number: our reader finds nothing to remark, and neither does another one."""
    price = str(Decimal(cents) / 100)
    facts = {"gtin": _gtin(digits), "title": title, "retail_price": price}
    profile = exchange_with("retailer_edi", account)
    for module, row in (
        (price_catalog, listed_row("A-1", price, account=account, **facts)),
        (stock_report, available_row("A-1", quantity, account=account, gtin=facts["gtin"])),
    ):
        made = module.document([_message(row), _message(row)], profile)
        assert made is not None
        envelope = Envelope(control_number=7, group_control_number=7, prepared_at=AT)
        written = writing.write(made.kind, [made.facts], profile, envelope)
        assert [finding.message for finding in written.findings] == []
        text = written.content.decode("latin-1")
        if account == "harbor":
            reader = X12Reader(io.StringIO(text))
            assert [segment.get_seg_id() for segment in reader].count("LIN") == 2
            assert list(reader.pop_errors()) == []
        else:
            segments = list(Interchange.from_str(text).segments)
            assert [segment.tag for segment in segments].count("LIN") == 2


def _message(row: OutboundRow) -> Message:
    return Message(
        message_id=uuid.uuid4(),
        key="k",
        payload=row.values,
        content_hash="",
        attempts=1,
        made_at=AT,
        as_of_at=AT,
    )


def _gtin(number: int) -> str:
    """A number of 13 digits and its check digit."""
    digits = f"{number:013}"
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"
