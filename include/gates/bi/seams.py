"""What must hold before readers see how the seams do."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def daily_seams() -> ExpectationSuite:
    """Every day of a flow is there once, and what was delivered was accepted or refused."""
    return suite_of(
        "daily_seams",
        ("day", "flow", "delivery_count", "delivered_count"),
        ("day", "flow"),
        gxe.UnexpectedRowsExpectation(
            description="no more is accepted and refused than was delivered",
            unexpected_rows_query="""
                select day, flow from {batch} where accepted_count + refused_count > delivered_count
            """,
        ),
    )
