"""What must hold before retailers are told what they can order."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there, happens_to_few, is_not_older

MOST_PIECES = 1_000_000
SOLD_OUT_SHARE = 0.3
SOLD_OUT_FLOOR = 100


def suite(facts: BatchFacts) -> ExpectationSuite:
    """No negative or absurd quantity, and no mass sell-out by mistake.

    Args:
        facts: the batch in numbers.
    """
    sold_out = "quantity = 0 and (_applied ->> 'quantity')::numeric > 0"
    return ExpectationSuite(
        name="retailer_edi.stock",
        expectations=[
            *are_there(("account", "sku", "quantity", "as_of_at")),
            gxe.ExpectColumnValuesToBeUnique(
                column="_key", description="one message per retailer and article"
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="quantity",
                min_value=0,
                max_value=MOST_PIECES,
                description="stock is 0 to a million pieces",
            ),
            gxe.UnexpectedRowsExpectation(
                description="what can be ordered has a GTIN",
                unexpected_rows_query="select _key from {batch} where quantity > 0 and gtin is null",
            ),
            happens_to_few(
                f"at most {SOLD_OUT_SHARE:.0%} of the articles sell out at once",
                sold_out,
                facts,
                shown="_key, quantity, _applied ->> 'quantity' as applied",
                share=SOLD_OUT_SHARE,
                floor=SOLD_OUT_FLOOR,
            ),
            is_not_older("no statement is older than the one the retailer has"),
        ],
    )
