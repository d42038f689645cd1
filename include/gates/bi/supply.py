"""What must hold before readers see what was sent and what arrived."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.promises import are_there


def fulfillments() -> ExpectationSuite:
    """Every shipment has its identity, its order and its day."""
    return ExpectationSuite(
        name="bi.fulfillments",
        expectations=[
            *are_there(("fulfillment_id", "order_id", "source_system", "source_account", "business_date")),
            gxe.ExpectColumnValuesToBeUnique(column="fulfillment_id", description="one row per shipment"),
        ],
    )


def fulfillment_lines() -> ExpectationSuite:
    """Every line has its identity and its shipment, and sends no less than nothing."""
    return ExpectationSuite(
        name="bi.fulfillment_lines",
        expectations=[
            *are_there(("fulfillment_line_id", "fulfillment_id", "order_id", "order_date")),
            gxe.ExpectColumnValuesToBeUnique(column="fulfillment_line_id", description="one row per line"),
            gxe.ExpectColumnValuesToBeBetween(
                column="quantity", min_value=0, description="no less than nothing is sent"
            ),
        ],
    )


def daily_stock() -> ExpectationSuite:
    """Every day of a warehouse is there once, and no more is out of stock than there is."""
    return ExpectationSuite(
        name="bi.daily_stock",
        expectations=[
            *are_there(("day", "source_account", "sku_count", "out_of_stock_count")),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["day", "source_system", "source_account"],
                description="one row per day and warehouse",
            ),
            gxe.UnexpectedRowsExpectation(
                description="no more is out of stock than is listed",
                unexpected_rows_query="select day from {batch} where out_of_stock_count > sku_count",
            ),
        ],
    )


def purchase_arrivals() -> ExpectationSuite:
    """Every purchase order is there once, and no more of it is filled than was ordered."""
    return ExpectationSuite(
        name="bi.purchase_arrivals",
        expectations=[
            *are_there(("source_account", "order_number", "order_date", "ordered_quantity")),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["source_system", "source_account", "order_number"],
                description="one row per purchase order",
            ),
            gxe.UnexpectedRowsExpectation(
                description="no more is filled than was ordered",
                unexpected_rows_query="select order_number from {batch} where filled_quantity > ordered_quantity",
            ),
        ],
    )
