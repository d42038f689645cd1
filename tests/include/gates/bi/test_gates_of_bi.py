"""What readers may not be shown: every rule of every suite on a table that breaks it, and on one that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from readers import (
    Model,
    ModelRow,
    analytics_event,
    application,
    arrival,
    asked_return,
    cart_line,
    channel,
    cohort,
    effective_price,
    fulfillment,
    fulfillment_line,
    left_cart,
    order,
    order_line,
    payment_settlement,
    platform_difference,
    price_check,
    product,
    product_variant,
    promotion,
    promotion_day,
    purchase,
    redemption,
    refund,
    refund_line,
    return_line,
    sale,
    seam,
    settlement,
    settlement_line,
    stock_day,
    tax,
)
from storefront import Outbound, ago

from include.flow import resolved
from include.gates.validation import Verdict, validated
from include.systems.bi.push import PUSH_METRICS

GATES = dict(zip(PUSH_METRICS.tables, PUSH_METRICS.gates, strict=True))
GOOD = [sale("2026-11-02"), product("P-1"), product_variant("V-1"), order("O-1"), order_line("L-1")]
GOOD += [refund("R-1"), channel("shopify/other"), purchase("O-1"), cohort(0)]
GOOD += [
    fulfillment("F-1"),
    fulfillment_line("F-1/1"),
    arrival("PO-1"),
    seam("pull_x"),
    stock_day("2026-11-02"),
    refund_line("R-1/1"),
]
GOOD += [
    promotion("C-7", starts_on="2026-11-01", ends_on="2026-11-30"),
    promotion_day("2026-10-31"),
    promotion_day("2026-11-30", "during"),
    application("A-1"),
    redemption("N-1"),
    redemption("N-2", order_line_id=None, unmatched_reason="no_order_on_that_day"),
    tax("T-1"),
    platform_difference("1008"),
    price_check("O-1/1"),
    price_check("O-1/2", charged_amount=45, finding="other_price"),
    price_check("O-1/3", effective_amount=None, finding="no_price"),
    payment_settlement("PS-1"),
    payment_settlement("PS-2", settled_amount=None, finding="awaited"),
    payment_settlement("PS-3", paid_amount=None, finding="charged_back", settled_amount=-50),
    settlement("S-1"),
    settlement("S-2", paid_out_amount=0, balance_amount=49, status="open"),
    settlement_line("S-1/2"),
    effective_price("V-1", valid_to="2026-12-01T00:00:00Z"),
    effective_price("V-1", valid_from="2026-12-01T00:00:00Z", price_amount=0),
    asked_return("B-1"),
    return_line("B-1/1"),
    analytics_event("N-1"),
    left_cart("C-1"),
    left_cart("C-2", cart_status="recovered", completed_at="2026-11-02T12:00:00Z"),
    cart_line("C-1/1"),
]


@pytest.fixture
def model(outbound: Outbound) -> Model:
    made = Model(outbound.database, outbound.workspace)
    made.make_tables()
    return made


def verdict(outbound: Outbound, table: str) -> Verdict:
    schema, _, name = table.partition(".")
    return validated(outbound.as_role("seamline_pipeline"), schema, name, resolved(GATES[table])())


def broken(found: Verdict) -> dict[str, Any]:
    return {one["rule"]: one["count"] for one in found.broken}


def test_good_tables_pass(outbound: Outbound, model: Model) -> None:
    model.write(model.begin_build(), *GOOD)
    for table in GATES:
        found = verdict(outbound, table)
        assert (table, found.is_open, found.broken) == (table, True, ())
        assert found.expectations == len(resolved(GATES[table])().expectations)


def test_daily_sales_that_break_a_rule(outbound: Outbound, model: Model) -> None:
    future = str(ago(days=-5).date())
    negative = ("order_count", "unit_count", "discount_amount", "refund_amount")
    rows = [
        sale("2026-11-01", net_amount=99),
        sale(future),
        sale("2026-11-03", -5),
        *(sale(f"2026-10-1{n}", **{name: -1}) for n, name in enumerate(negative)),
        sale("2026-09-01", order_count=None),
        sale("2026-09-02", currency_code=None),
        sale("2026-09-03", source_account=None),
        sale("2026-09-04", source_system=None),
        sale("2026-09-05", net_amount=None),
        ModelRow("metrics.daily_sales", sale("2026-09-06").values | {"business_date": None}),
    ]
    model.write(model.begin_build(), *rows, sale("2026-11-02"))
    assert broken(verdict(outbound, "metrics.daily_sales")) == {
        **{f"{name} is not negative": 1 for name in (*negative, "gross_amount")},
        **{
            f"{name} is there": 1
            for name in (
                "order_count", "currency_code", "source_account", "source_system", "net_amount", "business_date"
            )
        },
        # The third: a negative discount does not add up either.
        "net = gross - discounts - refunded goods": 2,
        "no business date lies in the future": 1,
    }  # fmt: skip


def test_days_are_there_and_there_once(outbound: Outbound, model: Model) -> None:
    assert broken(verdict(outbound, "metrics.daily_sales")) == {"there is at least one day": 0}
    outbound.database.execute(
        "alter table metrics.daily_sales drop constraint"
        " daily_sales_business_date_source_system_source_account_curr_key"
    )
    for _ in range(2):
        outbound.database.execute(
            "insert into metrics.daily_sales values ('2026-11-02', 's', 'a', 'EUR', 1, 1, 1, 0, 0, 0, 1, 1)"
        )
    assert broken(verdict(outbound, "metrics.daily_sales")) == {"one row per day, shop and currency": 2}


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (product, ("product_id", "source_system", "source_account", "status")),
        (product_variant, ("variant_id", "product_id", "source_system", "source_account")),
        (
            order,
            ("order_id", "source_system", "source_account", "business_date", "currency_code", "total_amount"),
        ),
        (order_line, ("order_line_id", "order_id", "source_system", "source_account")),
        (
            left_cart,
            (
                "cart_id",
                "source_system",
                "source_account",
                "cart_status",
                "begun_at",
                "business_date",
                "total_amount",
            ),
        ),
        (
            analytics_event,
            (
                "analytics_event_id",
                "source_system",
                "source_account",
                "event_type",
                "occurred_at",
                "business_date",
            ),
        ),
        (cart_line, ("cart_line_id", "cart_id", "business_date", "quantity", "gross_amount")),
        (
            asked_return,
            ("return_id", "order_id", "return_status", "requested_at", "business_date", "unit_count"),
        ),
        (
            return_line,
            ("return_line_id", "return_id", "order_id", "business_date", "quantity", "reason_code"),
        ),
    ],
)
def test_rows_without_identity_are_not_shown(
    outbound: Outbound, model: Model, make: Callable[..., ModelRow], named: tuple[str, ...]
) -> None:
    key, *others = named
    nameless = [make(f"X-{n}", **{name: None}) for n, name in enumerate(others)]
    model.write(model.begin_build(), make("X"), make(None), *nameless)
    table = make("X").table
    outbound.database.execute(
        f"alter table {table} drop constraint {table.partition('.')[2]}_{key}_key;"
        f"insert into {table} select * from {table} where {key} = 'X'"
    )
    found = verdict(outbound, table)
    assert set(broken(found)) - {f"{name} is there" for name in named} == {f"{key} names one row"}
    assert len(broken(found)) == len(named) + 1
    assert set(broken(found).values()) == {1, 2}


def test_a_verdict_on_a_table_without_keys_shows_values(outbound: Outbound, model: Model) -> None:
    model.write(model.begin_build(), sale("2026-11-03", -5), sale("2026-11-02"))
    (found,) = verdict(outbound, "metrics.daily_sales").broken
    assert [float(value) for value in found["examples"]] == [-5.0]


def test_every_column_of_the_suites_is_one_of_their_tables(column_names: Callable[[str], set[str]]) -> None:
    for table, gate in GATES.items():
        judged = {getattr(one, "column", None) for one in resolved(gate)().expectations} - {None}
        assert judged <= column_names(table.replace(".", "/"))


def test_shops_and_refunds_that_break_a_rule(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        channel("shopify/nameless", channel=None),
        refund("R-1", business_date=None),
        refund_line("R-1/1", goods_amount=None),
    )
    assert broken(verdict(outbound, "metrics.channels")) == {"channel is there": 1}
    assert broken(verdict(outbound, "conformed.refunds")) == {"business_date is there": 1}
    assert broken(verdict(outbound, "conformed.refund_lines")) == {"goods_amount is there": 1}
    model.database.execute("truncate metrics.channels")
    assert broken(verdict(outbound, "metrics.channels")) == {"there is at least one shop": 0}


def test_customers_that_come_back_more_often_than_they_can(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        purchase("O-1", customer_id="C"),
        purchase("O-2", customer_id="C"),
        cohort(0, customer_count=3),
        cohort(1),
    )
    assert broken(verdict(outbound, "metrics.customer_orders")) == {
        "a customer has one purchase of a number": 2
    }
    assert broken(verdict(outbound, "metrics.customer_cohorts")) == {
        "no more customers come back than there were": 1
    }


def test_more_sent_filled_or_accepted_than_there_was(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        fulfillment("F-1", business_date=None),
        fulfillment_line("F-1/1", quantity=-1),
        arrival("PO-1", filled_quantity=11),
        seam("pull_x", accepted_count=3),
        stock_day("2026-11-02", out_of_stock_count=11),
    )
    assert broken(verdict(outbound, "metrics.daily_stock")) == {"no more is out of stock than is listed": 1}
    assert broken(verdict(outbound, "conformed.fulfillments")) == {"business_date is there": 1}
    assert broken(verdict(outbound, "conformed.fulfillment_lines")) == {"no less than nothing is sent": 1}
    assert broken(verdict(outbound, "metrics.purchase_arrivals")) == {"no more is filled than was ordered": 1}
    assert broken(verdict(outbound, "metrics.daily_seams")) == {
        "no more is accepted and refused than was delivered": 1
    }


def test_promotions_that_contradict_themselves(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        promotion("C-7", starts_on="2026-11-30", ends_on="2026-11-01"),
        promotion_day("2026-11-01"),
        promotion_day("2026-12-01", "during"),
        application("A-1", discount_amount=-1),
        application("A-2", paid_by=None),
        redemption("N-1", order_line_id=None),
        redemption("N-2", unmatched_reason="no_order_on_that_day"),
        tax("T-1", title=None),
    )
    assert broken(verdict(outbound, "conformed.promotions")) == {"a promotion ends after it starts": 1}
    assert broken(verdict(outbound, "metrics.promotion_days")) == {
        "a day is before the promotion or during it": 2
    }
    assert broken(verdict(outbound, "conformed.promotion_applications")) == {
        "nothing is taken off below zero": 1,
        "paid_by is there": 1,
    }
    assert broken(verdict(outbound, "conformed.coupon_redemptions")) == {
        "a redemption has a line or a reason": 2
    }
    assert broken(verdict(outbound, "conformed.taxes")) == {"title is there": 1}


def test_differences_to_platforms_that_do_not_add_up(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        platform_difference("1", difference_amount=49),
        platform_difference("2", platform_amount=0, difference_amount=0),
        platform_difference("3", cause=None),
    )
    assert broken(verdict(outbound, "metrics.platform_differences")) == {
        "difference = platform - counted": 2,
        "cause is there": 1,
    }


def test_settlements_that_contradict_themselves(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        payment_settlement("1", settled_amount=None),
        payment_settlement("2", finding="unknown_payment"),
        payment_settlement("3", finding="other_amount"),
        payment_settlement("4", finding="not_settled"),
        payment_settlement("5", business_date=None),
        settlement("1", paid_out_amount=50),
        settlement_line("1", net_amount=None),
    )
    found = {"what is found follows from the amounts": 4, "business_date is there": 1}
    assert broken(verdict(outbound, "metrics.payment_settlements")) == found
    assert broken(verdict(outbound, "conformed.settlements")) == {"amounts add up to the balance": 1}
    assert broken(verdict(outbound, "conformed.settlement_lines")) == {"net_amount is there": 1}


def test_prices_that_contradict_themselves(outbound: Outbound, model: Model) -> None:
    model.write(
        model.begin_build(),
        price_check("1", charged_amount=45),
        price_check("2", finding="other_price"),
        price_check("3", finding="no_price"),
        effective_price("V-1", price_amount=-1),
        effective_price("V-2", valid_to="2026-11-01T00:00:00Z"),
        effective_price("V-3", rule=None),
    )
    assert broken(verdict(outbound, "metrics.price_checks")) == {"what is found follows from the amounts": 3}
    assert broken(verdict(outbound, "conformed.effective_prices")) == {
        "no price is below zero": 1,
        "a price ends after it begins": 1,
        "rule is there": 1,
    }


def test_a_recovered_cart_without_its_moment_is_not_shown(outbound: Outbound, model: Model) -> None:
    model.build(left_cart("C-1", cart_status="recovered"))
    assert broken(verdict(outbound, "conformed.carts")) == {"a cart is recovered when it was completed": 1}
