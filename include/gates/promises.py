"""What must hold before anything goes out, whatever it is: expectations that the suites of several channels share.

A batch has beside its own columns ``_key``, the message's key, and ``_applied``, what the channel shows of it as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable

import great_expectations.expectations as gxe

from include.gates.batch import BatchFacts

MOST_PIECES = 1_000_000
SOLD_OUT_SHARE = 0.3
SOLD_OUT_FLOOR = 100


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


def quantities_are_sane(facts: BatchFacts) -> list[gxe.Expectation]:
    """What may be sold is no absurd number (``quantity``), and no mass sell-out by mistake."""
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="quantity",
            min_value=0,
            max_value=MOST_PIECES,
            description="stock is 0 to a million pieces",
        ),
        happens_to_few(
            f"at most {SOLD_OUT_SHARE:.0%} of the articles sell out at once",
            "quantity = 0 and (_applied ->> 'quantity')::numeric > 0",
            facts,
            shown="_key, quantity, _applied ->> 'quantity' as applied",
            share=SOLD_OUT_SHARE,
            floor=SOLD_OUT_FLOOR,
        ),
    ]


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
