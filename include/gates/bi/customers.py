"""What must hold before readers see how customers come back."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.promises import are_there


def customer_orders() -> ExpectationSuite:
    """Every purchase is counted once, and a customer has one first purchase."""
    return ExpectationSuite(
        name="bi.customer_orders",
        expectations=[
            *are_there(("order_id", "customer_id", "business_date", "purchase_number", "cohort_month")),
            gxe.ExpectColumnValuesToBeUnique(column="order_id", description="one row per purchase"),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["customer_id", "purchase_number"],
                description="a customer has one purchase of a number",
            ),
        ],
    )


def customer_cohorts() -> ExpectationSuite:
    """A cohort never grows."""
    return ExpectationSuite(
        name="bi.customer_cohorts",
        expectations=[
            *are_there(("cohort_month", "months_since_first", "customer_count", "cohort_customer_count")),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=["source_system", "source_account", "cohort_month", "months_since_first"],
                description="one row per shop, cohort and month",
            ),
            gxe.UnexpectedRowsExpectation(
                description="no more customers come back than there were",
                unexpected_rows_query="""
                    select cohort_month, months_since_first from {batch}
                    where customer_count > cohort_customer_count
                """,
            ),
        ],
    )
