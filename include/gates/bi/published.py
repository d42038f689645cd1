"""What holds for every table that readers see: it is filled where it must be, and a key names one row."""

from __future__ import annotations

from collections.abc import Sequence

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

from include.gates.promises import are_there


def suite_of(table: str, filled: Sequence[str], key: Sequence[str], *more: Expectation) -> ExpectationSuite:
    """The suite of a published table.

    Args:
        filled: columns that are never empty.
        key: columns that name a row together.
        more: what has to hold for this table alone.
    """
    return ExpectationSuite(name=f"bi.{table}", expectations=[*are_there(filled), _names_a_row(key), *more])


def _names_a_row(key: Sequence[str]) -> Expectation:
    said = f"{' and '.join(key)} name one row" if len(key) > 1 else f"{key[0]} names one row"
    if len(key) > 1:
        return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(key), description=said)
    return gxe.ExpectColumnValuesToBeUnique(column=key[0], description=said)
