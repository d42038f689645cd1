"""What must hold before readers see the daily sales."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of
from include.gates.promises import are_there


def channels() -> ExpectationSuite:
    """Every shop has its name and its currency, and there is one."""
    return suite_of(
        "channels",
        ("channel_id", "channel", "source_system", "source_account", "currency_code"),
        ("channel_id",),
        gxe.ExpectTableRowCountToBeBetween(min_value=1, description="there is at least one shop"),
    )


def refunds() -> ExpectationSuite:
    """Every refund has its identity, its day and its money."""
    return suite_of(
        "refunds",
        ("refund_id", "source_system", "source_account", "business_date", "currency_code", "refund_amount"),
        ("refund_id",),
    )


def daily_sales() -> ExpectationSuite:
    """One row per day and shop, amounts that add up, and no day that is not over the horizon."""
    named = ("business_date", "source_system", "source_account", "currency_code", "order_count", "net_amount")
    return ExpectationSuite(
        name="bi.daily_sales",
        expectations=[
            *are_there(named),
            gxe.ExpectTableRowCountToBeBetween(min_value=1, description="there is at least one day"),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["business_date", "source_system", "source_account", "currency_code"],
                description="one row per day, shop and currency",
            ),
            *(
                gxe.ExpectColumnValuesToBeBetween(
                    column=name, min_value=0, description=f"{name} is not negative"
                )
                for name in ("order_count", "unit_count", "gross_amount", "discount_amount", "refund_amount")
            ),
            gxe.UnexpectedRowsExpectation(
                description="net = gross - discounts - refunded goods",
                unexpected_rows_query="""
                    select business_date, source_system, net_amount from {batch}
                    where net_amount <> gross_amount - discount_amount - refunded_goods_amount
                """,
            ),
            gxe.UnexpectedRowsExpectation(
                description="no business date lies in the future",
                unexpected_rows_query="select business_date from {batch} where business_date > current_date + 1",
            ),
        ],
    )


def platform_differences() -> ExpectationSuite:
    """Every difference to a platform has a cause and adds up."""
    return suite_of(
        "platform_differences",
        ("source_system", "source_account", "order_key", "platform_amount", "counted_amount", "cause"),
        ("source_system", "source_account", "order_key"),
        gxe.UnexpectedRowsExpectation(
            description="difference = platform - counted",
            unexpected_rows_query="""
                select order_key, platform_amount, counted_amount, difference_amount from {batch}
                where difference_amount <> platform_amount - counted_amount or difference_amount = 0
            """,
        ),
    )
