"""What must hold before stock goes to the storefront."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there, is_not_older, quantities_are_sane


def suite(facts: BatchFacts) -> ExpectationSuite:
    """No negative or absurd quantity, known places, and no mass sell-out by mistake.

    Args:
        facts: the batch in numbers.
    """
    return ExpectationSuite(
        name="shopify.stock",
        expectations=[
            *are_there(("sku", "shop", "location_name", "quantity", "as_of_at")),
            gxe.ExpectColumnValuesToBeUnique(column="_key", description="one message per article and place"),
            *quantities_are_sane(facts),
            is_not_older("no statement is older than the one the storefront shows"),
        ],
    )
