"""What must hold before an order goes to its supplier: an order that went out is a promise to pay."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there, happens_to_few, is_not_older

MOST_AMOUNT = 1_000_000
GROWTH_FACTOR = 10
CANCELLED_SHARE = 0.3
CANCELLED_FLOOR = 10


def suite(facts: BatchFacts) -> ExpectationSuite:
    """No order in unknown units, without a price or of an absurd amount, and no mass cancellation by mistake.

    Args:
        facts: the batch in numbers.
    """
    cancelled = "is_cancelled and not coalesce((_applied ->> 'is_cancelled')::boolean, true)"
    return ExpectationSuite(
        name="supplier_edi.purchase_orders",
        expectations=[
            *are_there(
                (
                    "account",
                    "order_number",
                    "order_date",
                    "currency_code",
                    "ship_to_location",
                    "as_of_at",
                )
            ),
            gxe.ExpectColumnValuesToBeUnique(column="_key", description="one message per order and supplier"),
            gxe.ExpectColumnValuesToMatchRegex(
                column="currency_code", regex="^[A-Z]{3}$", description="a currency has three letters"
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="unknown_unit_count",
                max_value=0,
                description="every line is in a unit that suppliers know",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="free_line_count", max_value=0, description="every line has a price"
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="total_amount",
                min_value=0,
                max_value=MOST_AMOUNT,
                description="an order costs no more than a million",
            ),
            gxe.UnexpectedRowsExpectation(
                description=f"no order grows to more than {GROWTH_FACTOR} times what it was",
                unexpected_rows_query=f"""
                    select _key, total_amount, _applied ->> 'total_amount' as applied from {{batch}}
                    where total_amount > {GROWTH_FACTOR} * nullif((_applied ->> 'total_amount')::numeric, 0)
                """,  # noqa: S608 - constants of this module
            ),
            happens_to_few(
                f"at most {CANCELLED_SHARE:.0%} of the orders are taken back at once",
                cancelled,
                facts,
                shown="_key, order_number",
                share=CANCELLED_SHARE,
                floor=CANCELLED_FLOOR,
            ),
            is_not_older("no order is older than the one the supplier has"),
        ],
    )
