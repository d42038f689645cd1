"""What must hold before readers see conformed tables."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def products() -> ExpectationSuite:
    """Every product has its identity and a name in some language."""
    return suite_of("products", ("product_id", "source_system", "source_account", "status"), ("product_id",))


def product_variants() -> ExpectationSuite:
    """Every variant has its identity, its product and its article number."""
    return suite_of(
        "product_variants", ("variant_id", "product_id", "source_system", "source_account"), ("variant_id",)
    )


def orders() -> ExpectationSuite:
    """Every order has its identity, its day and its money."""
    return suite_of(
        "orders",
        ("order_id", "source_system", "source_account", "business_date", "currency_code", "total_amount"),
        ("order_id",),
    )


def order_lines() -> ExpectationSuite:
    """Every line has its identity and its order."""
    return suite_of(
        "order_lines", ("order_line_id", "order_id", "source_system", "source_account"), ("order_line_id",)
    )


def refund_lines() -> ExpectationSuite:
    """Every line has its identity, its refund and its money."""
    return suite_of(
        "refund_lines",
        ("refund_line_id", "refund_id", "source_system", "source_account", "business_date", "goods_amount"),
        ("refund_line_id",),
    )


def taxes() -> ExpectationSuite:
    """Every tax has a name, and says on which line of which order it is."""
    return suite_of(
        "taxes",
        ("tax_id", "order_id", "order_line_id", "title", "business_date", "currency_code", "tax_amount"),
        ("tax_id",),
    )


def analytics_events() -> ExpectationSuite:
    """Every event says what happened, and when."""
    return suite_of(
        "analytics_events",
        (
            "analytics_event_id",
            "source_system",
            "source_account",
            "event_type",
            "occurred_at",
            "business_date",
        ),
        ("analytics_event_id",),
    )


def carts() -> ExpectationSuite:
    """Every cart has its shop, its status and its value; one that was paid says when."""
    return suite_of(
        "carts",
        (
            "cart_id",
            "source_system",
            "source_account",
            "cart_status",
            "begun_at",
            "business_date",
            "total_amount",
        ),
        ("cart_id",),
        gxe.UnexpectedRowsExpectation(
            description="a cart is recovered when it was completed",
            unexpected_rows_query="""
                select cart_id, cart_status, completed_at from {batch}
                where (cart_status = 'recovered') <> (completed_at is not null)
            """,
        ),
    )


def cart_lines() -> ExpectationSuite:
    """Every line belongs to a cart and has its pieces."""
    return suite_of(
        "cart_lines",
        ("cart_line_id", "cart_id", "business_date", "quantity", "gross_amount"),
        ("cart_line_id",),
    )


def returns() -> ExpectationSuite:
    """Every return has its order, its day and its status."""
    return suite_of(
        "returns",
        ("return_id", "order_id", "return_status", "requested_at", "business_date", "unit_count"),
        ("return_id",),
    )


def return_lines() -> ExpectationSuite:
    """Every line of a return has its reason and its pieces."""
    return suite_of(
        "return_lines",
        ("return_line_id", "return_id", "order_id", "business_date", "quantity", "reason_code"),
        ("return_line_id",),
    )
