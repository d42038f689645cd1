"""What must hold before a warehouse is told to send something: what has left cannot be called back."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there, happens_to_few, is_not_older

MOST_PIECES = 1_000
CANCELLED_SHARE = 0.3
CANCELLED_FLOOR = 20
NEEDED = (
    "account",
    "order_number",
    "recipient_name",
    "street",
    "postal_code",
    "city",
    "country_code",
    "as_of_at",
)


def suite(facts: BatchFacts) -> ExpectationSuite:
    """Every order has somebody who gets it and articles that the warehouse knows, and no mass cancellation by mistake.

    Args:
        facts: the batch in numbers.
    """
    cancelled = "is_cancelled and not coalesce((_applied ->> 'is_cancelled')::boolean, true)"
    return ExpectationSuite(
        name="warehouse_edi.orders",
        expectations=[
            *are_there(NEEDED),
            gxe.ExpectColumnValuesToBeUnique(column="_key", description="one message per order"),
            gxe.ExpectColumnValuesToBeBetween(
                column="unknown_article_count", max_value=0, description="every line has an article number"
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="unit_count",
                min_value=0,
                max_value=MOST_PIECES,
                description="an order has no more than a thousand pieces",
            ),
            gxe.UnexpectedRowsExpectation(
                description="an order that is wanted has lines",
                unexpected_rows_query="select _key from {batch} where line_count = 0 and not is_cancelled",
            ),
            gxe.UnexpectedRowsExpectation(
                description="no two orders of a warehouse have the same number",
                unexpected_rows_query="""
                    select _key, account, order_number from {batch}
                    where (account, order_number) in (
                        select account, order_number from {batch} group by 1, 2 having count(*) > 1
                    )
                """,
            ),
            happens_to_few(
                f"at most {CANCELLED_SHARE:.0%} of the orders are taken back at once",
                cancelled,
                facts,
                shown="_key, order_number",
                share=CANCELLED_SHARE,
                floor=CANCELLED_FLOOR,
            ),
            is_not_older("no order is older than the one the warehouse has"),
        ],
    )
