"""What must hold before readers see promotions."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def promotions() -> ExpectationSuite:
    """Every promotion has a name, and does not end before it starts."""
    return suite_of(
        "promotions",
        ("promotion_id", "source_system", "source_account", "promotion_type", "promotion_key", "title"),
        ("promotion_id",),
        gxe.UnexpectedRowsExpectation(
            description="a promotion ends after it starts",
            unexpected_rows_query="select promotion_id, starts_on, ends_on from {batch} where ends_on < starts_on",
        ),
    )


def promotion_applications() -> ExpectationSuite:
    """Every reduction says of which order it is, what it took off, and who pays for it."""
    return suite_of(
        "promotion_applications",
        (
            "promotion_application_id",
            "promotion_id",
            "order_id",
            "business_date",
            "paid_by",
            "discount_amount",
        ),
        ("promotion_application_id",),
        gxe.ExpectColumnValuesToBeBetween(
            column="discount_amount", min_value=0, description="nothing is taken off below zero"
        ),
    )


def coupon_redemptions() -> ExpectationSuite:
    """Every coupon that was handed in has its line, or a reason why there is none."""
    return suite_of(
        "coupon_redemptions",
        ("coupon_redemption_id", "promotion_id", "coupon_key", "customer_id", "redeemed_on"),
        ("coupon_redemption_id",),
        gxe.UnexpectedRowsExpectation(
            description="a redemption has a line or a reason",
            unexpected_rows_query="""
                select coupon_redemption_id, order_line_id, unmatched_reason from {batch}
                where (order_line_id is null) = (unmatched_reason is null)
            """,
        ),
    )


def promotion_days() -> ExpectationSuite:
    """A day of a promotion lies before it or within it."""
    return suite_of(
        "promotion_days",
        ("promotion_id", "business_date", "title", "starts_on", "ends_on", "period"),
        ("promotion_id", "business_date"),
        gxe.UnexpectedRowsExpectation(
            description="a day is before the promotion or during it",
            unexpected_rows_query="""
                select promotion_id, business_date, period from {batch}
                where (period = 'before') <> (business_date < starts_on) or business_date > ends_on
            """,
        ),
    )
