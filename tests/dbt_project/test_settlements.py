"""What was paid beside what the payment provider settled of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from conftest import Stage
from raw_rows import SHOP, category, line, money, order, payment, settlement_line
from small_warehouse import Delivery, Row, Warehouse
from two_days import CHANGED_AT

PROVIDER = ("adyen_sftp", "settlement_lines", "lindqvist-ecom")
DOLLARS = {"gross_currency_code": "USD", "exchange_rate": "0.92"}
PAID_AT = datetime(2026, 10, 30, 22, 31, tzinfo=UTC)


def findings(stage: Stage) -> dict[tuple[str, str], tuple[str, Decimal | None]]:
    return {
        (row["payment_reference"], row["direction"]): (row["finding"], row["difference_amount"])
        for row in stage["metrics.payment_settlements"]
    }


def test_every_payment_is_held_against_its_settlement(day_one: Stage) -> None:
    assert findings(day_one) == {
        ("r1002", "charge"): ("agrees", Decimal(0)),
        ("r1003", "charge"): ("other_amount", Decimal("-9.90")),
        ("r1004", "charge"): ("not_settled", Decimal("-49.90")),
        ("r1005", "charge"): ("not_settled", Decimal("-119.00")),
        ("PL-1", "charge"): ("unknown_payment", Decimal("25.00")),
    }
    settled = day_one.one("metrics.payment_settlements", payment_reference="r1003")
    assert settled["order_id"] == day_one.order(1003)["order_id"]
    assert settled["business_date"].isoformat() == "2026-10-30"
    unknown = day_one.one("metrics.payment_settlements", payment_reference="PL-1")
    assert (unknown["order_id"], unknown["business_date"].isoformat()) == (None, "2026-11-02")


def test_what_comes_later_settles_and_what_is_gone_is_not_awaited(day_two: Stage) -> None:
    found = findings(day_two)
    assert found["r1005", "charge"] == ("agrees", Decimal(0))
    assert found["r1003", "chargeback"] == ("charged_back", Decimal("-40.00"))
    assert found["r1003", "charge"] == ("other_amount", Decimal("-9.90"))
    # The storefront does not have the order any more.
    assert ("r1004", "charge") not in found
    unchanged = day_two.one("metrics.payment_settlements", payment_reference="r1002")
    assert unchanged["_build_id"] < day_two.build_id


def test_a_batch_adds_up_to_its_payout(day_one: Stage, day_two: Stage) -> None:
    batch = day_one.one("conformed.settlements", batch_number=1)
    amounts = ("captured_amount", "fee_amount", "paid_out_amount", "balance_amount")
    expected = (Decimal("164.80"), Decimal("5.50"), Decimal("159.30"), Decimal(0))
    assert tuple(batch[name] for name in amounts) == expected
    assert (batch["status"], batch["line_count"]) == ("paid_out", 5)
    # 03:30 on the clock of the report, in winter.
    assert batch["last_booked_at"] == datetime(2026, 11, 2, 2, 30, tzinfo=UTC)
    missing = day_two.one("conformed.settlements", batch_number=2)
    assert (missing["status"], missing["balance_amount"]) == ("open", Decimal("71.50"))
    assert "settlements_balance" in day_two.runs[-1].with_status("warn")


@pytest.fixture
def settled(another_warehouse: Warehouse) -> Warehouse:
    another_warehouse.empty()
    another_warehouse.deliver(Delivery("shopify", "orders", SHOP, [paid_order(1, "50.00")]))
    return another_warehouse


def paid_order(number: int, amount: str, *further: Row) -> Row:
    paid = payment(number, "SALE", amount, gateway="adyen", paymentId=f"r{number}")
    return order(number, [line(number, "A", 1, amount)], total=amount, transactions=[paid, *further])


def built(warehouse: Warehouse, at: datetime | None = None) -> list[Row]:
    """The comparisons after a build, which began at a moment."""
    with warehouse.building() as build:
        if at:
            warehouse.execute("update build.builds set started_at = %s where status = 'running'", at)
        build.dbt("run", "--select", "+payment_settlements", "settlements")
    assert build.has_succeeded, build.runs[-1].output
    return warehouse.rows(
        "select payment_reference, direction, finding, settled_amount::float, difference_amount::float, _build_id"
        " from metrics.payment_settlements order by payment_reference, direction"
    )


def test_what_is_awaited_becomes_overdue_without_any_news_of_it(settled: Warehouse) -> None:
    (row,) = built(settled, PAID_AT + timedelta(days=6))
    assert row["finding"] == "awaited"
    settled.deliver(Delivery("akeneo", "categories", "pim", [category("c", None, "C")]))
    (row,) = built(settled, PAID_AT + timedelta(days=8))
    assert row["finding"] == "not_settled"
    settled.deliver(Delivery(*PROVIDER, [settlement_line(1, 2, "Settled", "50.00", merchant_reference="r1")]))
    (row,) = built(settled)
    assert row["finding"] == "agrees"


def test_captures_in_parts_and_refunds_are_sums(settled: Warehouse) -> None:
    back = payment(12, "REFUND", "20.00", gateway="adyen", paymentId="r1-1")
    settled.deliver(
        Delivery(
            "shopify", "orders", SHOP, [paid_order(1, "50.00", back) | {"updated_at": "2026-11-01T00:00:00Z"}]
        ),
        Delivery(
            *PROVIDER,
            [
                settlement_line(1, 2, "Settled", "30.00", merchant_reference="r1"),
                settlement_line(1, 3, "Settled", "20.00", merchant_reference="r1"),
                settlement_line(
                    1,
                    4,
                    "Refunded",
                    "-20.00",
                    merchant_reference="r1",
                    modification_merchant_reference="r1-1",
                ),
            ],
        ),
    )
    found = [(row["direction"], row["finding"], row["settled_amount"]) for row in built(settled)]
    assert found == [("charge", "agrees", 50.0), ("refund", "agrees", -20.0)]


def test_a_report_that_comes_again_replaces_itself(settled: Warehouse) -> None:
    lines = [settlement_line(1, 2, "Settled", "49.00", merchant_reference="r1")]
    settled.deliver(Delivery(*PROVIDER, lines))
    (row,) = built(settled)
    assert row["finding"] == "other_amount"
    settled.deliver(Delivery(*PROVIDER, lines, datetime(2026, 11, 3, tzinfo=UTC)))
    assert built(settled) == [row]
    mended = [settlement_line(1, 2, "Settled", "50.00", merchant_reference="r1")]
    settled.deliver(Delivery(*PROVIDER, mended, datetime(2026, 11, 4, tzinfo=UTC)))
    (row,) = built(settled)
    assert row["finding"] == "agrees"


def test_dollars_are_compared_with_dollars(settled: Warehouse) -> None:
    bag = money("45.00", "49.50", "USD")
    paid = paid_order(1, "45.00") | {"presentment_currency_code": "USD", "updated_at": CHANGED_AT}
    paid["transactions"] = [paid["transactions"][0] | {"amountSet": bag}]
    settled.deliver(
        Delivery("shopify", "orders", SHOP, [paid]),
        Delivery(*PROVIDER, [settlement_line(1, 2, "Settled", "49.50", merchant_reference="r1", **DOLLARS)]),
    )
    (row,) = built(settled)
    assert (row["finding"], row["difference_amount"]) == ("agrees", 0.0)


def test_dollars_for_euros_are_a_finding_without_a_difference(settled: Warehouse) -> None:
    settled.deliver(
        Delivery(*PROVIDER, [settlement_line(1, 2, "Settled", "50.00", merchant_reference="r1", **DOLLARS)])
    )
    (row,) = built(settled)
    assert (row["finding"], row["difference_amount"]) == ("other_currency", None)


def test_a_dispute_that_was_won_is_no_difference(settled: Warehouse) -> None:
    lines = [
        settlement_line(1, 2, "Settled", "50.00", merchant_reference="r1"),
        settlement_line(1, 3, "Chargeback", "-50.00", merchant_reference="r1"),
    ]
    settled.deliver(Delivery(*PROVIDER, lines))
    assert [row["finding"] for row in built(settled)] == ["agrees", "charged_back"]
    won = settlement_line(2, 2, "ChargebackReversed", "50.00", merchant_reference="r1")
    settled.deliver(Delivery(*PROVIDER, [won]))
    assert [row["finding"] for row in built(settled)] == ["agrees", "agrees"]


def test_of_payments_before_the_reports_begin_nothing_is_awaited(settled: Warehouse) -> None:
    settled.execute("update seeds.payment_providers set settles_from = '2026-10-31'")
    try:
        assert built(settled) == []
        # What is settled of them all the same is held against them.
        settled.deliver(
            Delivery(*PROVIDER, [settlement_line(1, 2, "Settled", "49.00", merchant_reference="r1")])
        )
        (row,) = built(settled)
        assert row["finding"] == "other_amount"
    finally:
        settled.dbt("seed", "--select", "payment_providers")


def test_each_line_is_read_by_the_clock_that_it_names(settled: Warehouse) -> None:
    """The hour that comes twice in autumn is two hours, and a day is that of the report."""
    clock = {"written_at": "2026-10-25 02:30:00+00:00"}
    settled.deliver(
        Delivery(
            *PROVIDER,
            [
                settlement_line(1, number, "Fee", "-1.00", time_zone=zone, **clock)
                for number, zone in enumerate(("CEST", "CET", "PDT"), 2)
            ],
        )
    )
    built(settled)
    found = settled.rows(
        "select booked_at, business_date::text from conformed.settlement_lines order by line_number"
    )
    assert [(row["booked_at"].astimezone(UTC).hour, row["business_date"]) for row in found] == [
        (0, "2026-10-25"),
        (1, "2026-10-25"),
        (9, "2026-10-25"),
    ]
