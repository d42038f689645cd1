"""What must hold before readers see what payment providers settled."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def payment_settlements() -> ExpectationSuite:
    """Every comparison says whose and of which day it is, and what is found follows from its amounts."""
    return suite_of(
        "payment_settlements",
        (
            "payment_settlement_id",
            "provider_account",
            "payment_reference",
            "direction",
            "business_date",
            "finding",
        ),
        ("payment_settlement_id",),
        gxe.UnexpectedRowsExpectation(
            description="what is found follows from the amounts",
            unexpected_rows_query="""
                select payment_settlement_id, paid_amount, settled_amount, finding from {batch}
                where (finding in ('awaited', 'not_settled')) <> (settled_amount is null)
                    or (finding in ('unknown_payment', 'charged_back')) and paid_amount is not null
                    or (finding = 'other_amount' and paid_amount = settled_amount)
            """,
        ),
    )


def settlements() -> ExpectationSuite:
    """What was settled, without the fees, is what was paid out and what is left."""
    return suite_of(
        "settlements",
        ("settlement_id", "merchant_account", "batch_number", "currency_code", "paid_out_amount", "status"),
        ("settlement_id",),
        gxe.UnexpectedRowsExpectation(
            description="amounts add up to the balance",
            unexpected_rows_query="""
                select settlement_id, balance_amount from {batch}
                where captured_amount + refunded_amount + charged_back_amount + other_amount - fee_amount
                    - paid_out_amount <> balance_amount
            """,
        ),
    )


def settlement_lines() -> ExpectationSuite:
    """Every line belongs to a settlement and says its amount."""
    return suite_of(
        "settlement_lines",
        (
            "settlement_line_id",
            "settlement_id",
            "kind",
            "business_date",
            "currency_code",
            "net_amount",
            "fee_amount",
        ),
        ("settlement_line_id",),
    )
