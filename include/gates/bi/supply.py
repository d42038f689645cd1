"""What must hold before readers see what was sent, what arrived and what is there."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def fulfillments() -> ExpectationSuite:
    """Every shipment has its identity, its order and its day."""
    return suite_of(
        "fulfillments",
        ("fulfillment_id", "order_id", "source_system", "source_account", "business_date"),
        ("fulfillment_id",),
    )


def fulfillment_lines() -> ExpectationSuite:
    """Every line has its identity and its shipment, and sends no less than nothing."""
    return suite_of(
        "fulfillment_lines",
        ("fulfillment_line_id", "fulfillment_id", "order_id", "order_date"),
        ("fulfillment_line_id",),
        gxe.ExpectColumnValuesToBeBetween(
            column="quantity", min_value=0, description="no less than nothing is sent"
        ),
    )


def daily_stock() -> ExpectationSuite:
    """Every day of a warehouse is there once, and no more is out of stock than there is."""
    return suite_of(
        "daily_stock",
        ("day", "source_account", "sku_count", "out_of_stock_count"),
        ("day", "source_system", "source_account"),
        gxe.UnexpectedRowsExpectation(
            description="no more is out of stock than is listed",
            unexpected_rows_query="select day from {batch} where out_of_stock_count > sku_count",
        ),
    )


def purchase_arrivals() -> ExpectationSuite:
    """Every purchase order is there once, and no more of it is filled than was ordered."""
    return suite_of(
        "purchase_arrivals",
        ("source_account", "order_number", "order_date", "ordered_quantity"),
        ("source_system", "source_account", "order_number"),
        gxe.UnexpectedRowsExpectation(
            description="no more is filled than was ordered",
            unexpected_rows_query="select order_number from {batch} where filled_quantity > ordered_quantity",
        ),
    )
