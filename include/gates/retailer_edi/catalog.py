"""What must hold before retailers are told what they can order: a price that is told is a promise."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there, happens_to_few, is_not_older

MOVES_BY = 3
TAKEN_OFF_SHARE = 0.3
TAKEN_OFF_FLOOR = 100


def suite(facts: BatchFacts) -> ExpectationSuite:
    """Listed articles have number, name and sane prices, and no list is emptied by mistake.

    Args:
        facts: the batch in numbers.
    """
    taken_off = "not is_listed and (_applied ->> 'is_listed')::boolean"
    return ExpectationSuite(
        name="retailer_edi.catalog",
        expectations=[
            *are_there(("account", "sku", "title", "is_listed", "as_of_at")),
            gxe.ExpectColumnValuesToBeUnique(
                column="_key", description="one message per retailer and article"
            ),
            gxe.UnexpectedRowsExpectation(
                description="a listed article has a GTIN, a currency and prices above zero",
                unexpected_rows_query="""
                    select _key, gtin, currency_code, net_price, retail_price from {batch}
                    where is_listed
                      and (gtin is null or currency_code is null or coalesce(net_price::numeric, 0) <= 0
                           or coalesce(retail_price::numeric, 0) <= 0)
                """,
            ),
            gxe.UnexpectedRowsExpectation(
                description="no retailer pays more than its customers should",
                unexpected_rows_query="""
                    select _key, net_price, retail_price from {batch}
                    where is_listed and net_price::numeric > retail_price::numeric
                """,
            ),
            gxe.UnexpectedRowsExpectation(
                description=f"no price moves by more than a factor of {MOVES_BY} from what the retailer has",
                unexpected_rows_query=f"""
                    select _key, net_price, _applied ->> 'net_price' as applied from {{batch}}
                    where is_listed and (_applied ->> 'is_listed')::boolean
                      and currency_code = _applied ->> 'currency_code'
                      and greatest(net_price::numeric, (_applied ->> 'net_price')::numeric)
                          > {MOVES_BY} * least(net_price::numeric, (_applied ->> 'net_price')::numeric)
                """,  # noqa: S608 - a constant of this suite
            ),
            happens_to_few(
                f"at most {TAKEN_OFF_SHARE:.0%} of the articles are taken off at once",
                taken_off,
                facts,
                shown="_key, title",
                share=TAKEN_OFF_SHARE,
                floor=TAKEN_OFF_FLOOR,
            ),
            is_not_older("no article is older than the one the retailer has"),
        ],
    )
