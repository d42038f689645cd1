"""What must hold before readers see prices."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def effective_prices() -> ExpectationSuite:
    """Every price says by which rule it won, is not below zero, and ends after it begins."""
    return suite_of(
        "effective_prices",
        (
            "variant_id",
            "channel_scope",
            "customer_number",
            "minimum_quantity",
            "currency_code",
            "price_amount",
            "rule",
            "valid_from",
        ),
        ("variant_id", "channel_scope", "customer_number", "minimum_quantity", "currency_code", "valid_from"),
        gxe.ExpectColumnValuesToBeBetween(
            column="price_amount", min_value=0, description="no price is below zero"
        ),
        gxe.UnexpectedRowsExpectation(
            description="a price ends after it begins",
            unexpected_rows_query="select variant_id, valid_from, valid_to from {batch} where valid_to <= valid_from",
        ),
    )


def price_checks() -> ExpectationSuite:
    """Every line that was compared says what was charged, and what is found follows from it."""
    return suite_of(
        "price_checks",
        ("order_line_id", "order_id", "variant_id", "business_date", "charged_amount", "finding"),
        ("order_line_id",),
        gxe.UnexpectedRowsExpectation(
            description="what is found follows from the amounts",
            unexpected_rows_query="""
                select order_line_id, charged_amount, effective_amount, finding from {batch}
                where (finding = 'no_price') <> (effective_amount is null)
                    or (finding = 'agrees' and abs(charged_amount - effective_amount) > 0.01)
                    or (finding = 'other_price' and charged_amount = effective_amount)
            """,
        ),
    )
