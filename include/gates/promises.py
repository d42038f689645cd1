"""What must hold before anything goes out, whatever it is: expectations that the suites of several channels share.

A batch has beside its own columns ``_key``, the message's key, and ``_applied``, what the channel shows of it as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable

import great_expectations.expectations as gxe

from include.gates.batch import BatchFacts


def are_there(columns: Iterable[str]) -> list[gxe.Expectation]:
    """Every row states these columns."""
    return [
        gxe.ExpectColumnValuesToNotBeNull(column=name, description=f"{name} is there") for name in columns
    ]


def is_not_older(description: str) -> gxe.Expectation:
    """No row speaks of an earlier moment (``as_of_at``) than what the channel has."""
    return gxe.UnexpectedRowsExpectation(
        description=description,
        unexpected_rows_query="""
            select _key, as_of_at, _applied ->> 'as_of_at' as applied from {batch}
            where as_of_at < (_applied ->> 'as_of_at')::timestamptz
        """,
    )


def happens_to_few(
    description: str, condition: str, facts: BatchFacts, *, shown: str, share: float, floor: int
) -> gxe.Expectation:
    """No mass change by mistake: a condition holds for a share of the live keys at most, or for ``floor`` rows.

    Args:
        condition: SQL over a row of the batch, made of constants.
        shown: columns that the verdict shows of such rows.
    """
    most = max(floor, int(share * facts.live_keys))
    return gxe.UnexpectedRowsExpectation(
        description=description,
        unexpected_rows_query=f"""
            select {shown} from {{batch}}
            where {condition} and (select count(*) from {{batch}} where {condition}) > {most}
        """,  # noqa: S608 - constants of the suites and a count
    )
