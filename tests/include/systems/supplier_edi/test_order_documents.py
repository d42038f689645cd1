"""Any order, in the words of any supplier: sound by our reader, by others, and understood as it was meant."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.parser import Parser
from pyx12.x12file import X12Reader

from include.outcome import Message
from include.systems.edi import writing
from include.systems.edi.exchange import exchange_with
from include.systems.edi.partners import PartnerProfile
from include.systems.edi.writing import Envelope, fitting
from include.systems.supplier_edi.purchase_orders import document
from sandbox.suppliers.business import changed
from sandbox.suppliers.mailbox import STANDARDS
from sandbox.suppliers.orders import Request

ACCOUNTS = ("nordkap", "fjell")
PROFILES = {account: exchange_with("supplier_edi", account) for account in ACCOUNTS}
CODES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./", min_size=1, max_size=20)
AMOUNTS = st.decimals(min_value=Decimal("0.0001"), max_value=99_999, places=4).map(
    lambda one: f"{one.normalize():f}"
)
QUANTITIES = st.decimals(min_value=Decimal("0.001"), max_value=99_999, places=3).map(
    lambda one: f"{one.normalize():f}"
)
DAYS = st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(str)
LINES = st.fixed_dictionaries(
    {
        "sku": CODES,
        "vendor_sku": st.none() | CODES,
        "gtin": st.none() | st.from_regex("[0-9]{14}", fullmatch=True),
        "description": st.none() | st.text(max_size=120),
        "quantity": QUANTITIES,
        "unit_code": st.just("EA"),
        "price_amount": AMOUNTS,
        "requested_delivery_date": DAYS,
    }
)
ORDERS = st.dictionaries(st.integers(1, 999), LINES, min_size=1, max_size=5).map(
    lambda lines: [{"line_number": number, **line} for number, line in sorted(lines.items())]
)


def order(lines: list[dict[str, Any]], account: str) -> dict[str, Any]:
    return {
        "account": account,
        "order_number": "4500017001",
        "order_date": "2026-11-02",
        "currency_code": "EUR",
        "ship_to_location": "DE-LEJ-1",
        "requested_delivery_date": None,
        "is_cancelled": not lines,
        "lines": lines,
        "as_of_at": "2026-11-02T03:45:00+00:00",
    }


def sent(payload: dict[str, Any], shown: dict[str, Any] | None, profile: PartnerProfile) -> tuple[str, bytes]:
    """The document and the interchange, of which our own reader has nothing to say."""
    message = Message(
        message_id=uuid.uuid4(), key="k", payload=payload, content_hash="", attempts=1,
        made_at=datetime(2026, 11, 2, tzinfo=UTC), shown=shown,
    )  # fmt: skip
    made = document(message, profile)
    assert made is not None
    envelope = Envelope(
        control_number=7, group_control_number=7, prepared_at=datetime(2026, 11, 2, 6, tzinfo=UTC)
    )
    written = writing.write(made.kind, [made.facts], profile, envelope)
    assert [finding.message for finding in written.findings] == []
    return made.kind, written.content


def understood(content: bytes, account: str) -> Request:
    """What the stand-in of the supplier, which reads with nothing of ours, makes of it."""
    (request,) = STANDARDS[account].read(content).requests
    assert request.problem is None, request.problem
    return request


def facts(request: Request) -> dict[str, tuple[Decimal, Decimal]]:
    return {line.number: (line.quantity, line.price) for line in request.lines}


def meant(lines: list[dict[str, Any]]) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        str(line["line_number"]): (Decimal(line["quantity"]), Decimal(line["price_amount"])) for line in lines
    }


def others_read(content: bytes, account: str) -> None:
    """pyx12 has no error to tell of it, and pydifact takes it apart."""
    if account == "fjell":
        assert [segment.tag for segment in Parser().parse(content.decode("latin-1"))][:2] == ["UNB", "UNH"]
        return
    reader = X12Reader(io.StringIO(content.decode()))
    assert "SE" in [each.get_seg_id() for each in reader]
    assert list(reader.pop_errors()) == []


@pytest.mark.parametrize("account", ACCOUNTS)
@settings(max_examples=60, deadline=None)
@given(lines=ORDERS)
def test_an_order_is_understood_as_it_was_meant(account: str, lines: list[dict[str, Any]]) -> None:
    kind, content = sent(order(lines, account), None, PROFILES[account])
    request = understood(content, account)
    assert (kind, request.kind) in {("850", "order"), ("ORDERS", "order")}
    assert (request.number, request.currency, request.ship_to) == ("4500017001", "EUR", "DE-LEJ-1")
    assert facts(request) == meant(lines)
    articles = {line.number: set(line.articles.values()) for line in request.lines}
    for line in lines:
        gtin = line["gtin"] and line["gtin"].removeprefix("0")
        named = {line["sku"], line["vendor_sku"]} - {None}
        assert named <= articles[str(line["line_number"])]
        assert gtin is None or any(name.endswith(gtin) for name in articles[str(line["line_number"])])
    others_read(content, account)


@pytest.mark.parametrize("account", ACCOUNTS)
@settings(max_examples=60, deadline=None)
@given(before=ORDERS, now=ORDERS | st.just([]))
def test_a_change_makes_of_the_old_order_the_new_one(
    account: str, before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    profile = PROFILES[account]
    first = understood(sent(order(before, account), None, profile)[1], account)
    kind, content = sent(order(now, account), order(before, account), profile)
    request = understood(content, account)
    assert kind in ("860", "ORDCHG")
    assert request.kind == ("change" if now else "cancellation")
    assert request.number == first.number
    lines = changed(first.lines, request)
    assert {line.number: (line.quantity, line.price) for line in lines} == meant(now)
    others_read(content, account)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200), account=st.sampled_from(ACCOUNTS))
def test_a_text_is_made_to_fit_and_stays_what_it_is_where_it_fits(text: str, account: str) -> None:
    profile = PROFILES[account]
    made = fitting(text, profile, 35)
    assert len(made) <= 35 and made == made.strip()
    assert fitting(made, profile, 35) == made
    made.encode("ascii" if account == "nordkap" else "latin-1")


@pytest.mark.parametrize(
    ("account", "text", "made"),
    [
        ("nordkap", "Größe  M * blau ~", "Grosse M blau"),
        ("nordkap", "Тёплый свитер", "Tioplyi sviter"),
        ("fjell", "Größe M * blau ~", "Größe M * blau ~"),
        ("fjell", "Preis 5 €", "Preis 5 EUR"),
        ("nordkap", "\x00\n", ""),
    ],
)
def test_letters_that_a_partner_lacks_become_others(account: str, text: str, made: str) -> None:
    assert fitting(text, PROFILES[account], 35) == made
