"""What must hold before retailers are told what they can order."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there, is_not_older, quantities_are_sane


def suite(facts: BatchFacts) -> ExpectationSuite:
    """No negative or absurd quantity, and no mass sell-out by mistake.

    Args:
        facts: the batch in numbers.
    """
    return ExpectationSuite(
        name="retailer_edi.stock",
        expectations=[
            *are_there(("account", "sku", "quantity", "as_of_at")),
            gxe.ExpectColumnValuesToBeUnique(
                column="_key", description="one message per retailer and article"
            ),
            gxe.UnexpectedRowsExpectation(
                description="what can be ordered has a GTIN",
                unexpected_rows_query="select _key from {batch} where quantity > 0 and gtin is null",
            ),
            *quantities_are_sane(facts),
            is_not_older("no statement is older than the one the retailer has"),
        ],
    )
