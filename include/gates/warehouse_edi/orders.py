"""What must hold before a warehouse is told to send something: what has left cannot be called back."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts

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
    most_cancelled = max(CANCELLED_FLOOR, int(CANCELLED_SHARE * facts.live_keys))
    cancelled = "is_cancelled and not coalesce((_applied ->> 'is_cancelled')::boolean, true)"
    return ExpectationSuite(
        name="warehouse_edi.orders",
        expectations=[
            *(
                gxe.ExpectColumnValuesToNotBeNull(column=name, description=f"{name} is there")
                for name in NEEDED
            ),
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
            gxe.UnexpectedRowsExpectation(
                description=f"at most {CANCELLED_SHARE:.0%} of the orders are taken back at once",
                unexpected_rows_query=f"""
                    select _key, order_number from {{batch}}
                    where {cancelled} and (select count(*) from {{batch}} where {cancelled}) > {most_cancelled}
                """,  # noqa: S608 - constants of this module and a count
            ),
            gxe.UnexpectedRowsExpectation(
                description="no order is older than the one the warehouse has",
                unexpected_rows_query="""
                    select _key, as_of_at, _applied ->> 'as_of_at' as applied from {batch}
                    where as_of_at < (_applied ->> 'as_of_at')::timestamptz
                """,
            ),
        ],
    )
