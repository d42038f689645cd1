"""What must hold before stock goes to the storefront."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts

MOST_PIECES = 1_000_000
SOLD_OUT_SHARE = 0.3
SOLD_OUT_FLOOR = 100


def suite(facts: BatchFacts) -> ExpectationSuite:
    """No negative or absurd quantity, known places, and no mass sell-out by mistake.

    Args:
        facts: the batch in numbers.
    """
    most_sold_out = max(SOLD_OUT_FLOOR, int(SOLD_OUT_SHARE * facts.live_keys))
    sold_out = "quantity = 0 and (_applied ->> 'quantity')::numeric > 0"
    return ExpectationSuite(
        name="shopify.stock",
        expectations=[
            *(
                gxe.ExpectColumnValuesToNotBeNull(column=name, description=f"{name} is there")
                for name in ("sku", "shop", "location_name", "quantity", "as_of_at")
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="quantity",
                min_value=0,
                max_value=MOST_PIECES,
                description="stock is 0 to a million pieces",
            ),
            gxe.ExpectColumnValuesToBeUnique(column="_key", description="one message per article and place"),
            gxe.UnexpectedRowsExpectation(
                description=f"at most {SOLD_OUT_SHARE:.0%} of the articles sell out at once",
                unexpected_rows_query=f"""
                    select _key, quantity, _applied ->> 'quantity' as applied from {{batch}}
                    where {sold_out} and (select count(*) from {{batch}} where {sold_out}) > {most_sold_out}
                """,  # noqa: S608 - constants of this module and a count
            ),
            gxe.UnexpectedRowsExpectation(
                description="no statement is older than the one the storefront shows",
                unexpected_rows_query="""
                    select _key, as_of_at, _applied ->> 'as_of_at' as applied from {batch}
                    where as_of_at < (_applied ->> 'as_of_at')::timestamptz
                """,
            ),
        ],
    )
