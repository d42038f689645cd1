"""What must hold before readers see how customers come back."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def customer_orders() -> ExpectationSuite:
    """Every purchase is counted once, and a customer has one first purchase."""
    return suite_of(
        "customer_orders",
        ("order_id", "customer_id", "business_date", "purchase_number", "cohort_month"),
        ("order_id",),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["customer_id", "purchase_number"],
            description="a customer has one purchase of a number",
        ),
    )


def customer_cohorts() -> ExpectationSuite:
    """A cohort never grows."""
    return suite_of(
        "customer_cohorts",
        ("cohort_month", "months_since_first", "customer_count", "cohort_customer_count"),
        ("source_system", "source_account", "cohort_month", "months_since_first"),
        gxe.UnexpectedRowsExpectation(
            description="no more customers come back than there were",
            unexpected_rows_query="""
                select cohort_month, months_since_first from {batch}
                where customer_count > cohort_customer_count
            """,
        ),
    )
