"""What must hold before products go to the storefront."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.batch import BatchFacts
from include.gates.promises import are_there

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "PLN", "CZK", "CAD", "AUD", "JPY", "BRL")
PRICE_FACTOR = 3
CHANGED_SHARE = 0.3
CHANGED_FLOOR = 100
UNPUBLISHED_SHARE = 0.05
UNPUBLISHED_FLOOR = 20


def suite(facts: BatchFacts) -> ExpectationSuite:
    """Required texts, believable prices, a known currency, and no change larger than a day's business.

    Args:
        facts: the batch in numbers.
    """
    return ExpectationSuite(
        name="shopify.products",
        expectations=[*_texts(), *_prices(), *_sizes(facts)],
    )


def _texts() -> list[gxe.Expectation]:
    required = ("product_id", "shop", "handle", "title", "status", "currency_code", "variants", "options")
    return [
        *are_there(required),
        gxe.ExpectColumnValuesToMatchRegex(
            column="handle",
            regex="^[a-z0-9]+(-[a-z0-9]+)*$",
            description="the handle can stand in an address",
        ),
        gxe.ExpectColumnValueLengthsToBeBetween(
            column="title", min_value=1, max_value=255, description="the title has 1 to 255 characters"
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="status", value_set=["ACTIVE", "DRAFT", "ARCHIVED"], description="the status is known"
        ),
        gxe.ExpectColumnValuesToBeUnique(column="_key", description="one message per product"),
        gxe.ExpectColumnValuesToBeBetween(
            column="variant_count", min_value=1, max_value=2048, description="1 to 2,048 variants"
        ),
    ]


def _prices() -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="min_price_amount", min_value=0, strict_min=True, description="every price is above zero"
        ),
        gxe.UnexpectedRowsExpectation(
            description="what is on sale has a price",
            unexpected_rows_query="""
                select _key, title from {batch}
                where status = 'ACTIVE'
                  and (min_price_amount is null or variants @? '$[*].price ? (@ == null)')
            """,
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="currency_code", value_set=list(CURRENCIES), description="the currency is known"
        ),
        gxe.UnexpectedRowsExpectation(
            description=f"no price moves by more than a factor of {PRICE_FACTOR} from what the storefront shows",
            unexpected_rows_query=f"""
                select _key, title, min_price_amount, max_price_amount,
                       _applied ->> 'min_price_amount' as applied_min, _applied ->> 'max_price_amount' as applied_max
                from {{batch}}
                where _applied is not null
                  and (max_price_amount > {PRICE_FACTOR} * (_applied ->> 'max_price_amount')::numeric
                       or min_price_amount * {PRICE_FACTOR} < (_applied ->> 'min_price_amount')::numeric
                       or exists (
                           select from jsonb_array_elements(variants) as wished
                           join jsonb_array_elements(_applied -> 'variants') as applied
                               on applied ->> 'sku' = wished ->> 'sku'
                           where (wished ->> 'price')::numeric > {PRICE_FACTOR} * (applied ->> 'price')::numeric
                              or (wished ->> 'price')::numeric * {PRICE_FACTOR} < (applied ->> 'price')::numeric
                       ))
            """,  # noqa: S608 - a constant of this module
        ),
        gxe.UnexpectedRowsExpectation(
            description="a product keeps its currency",
            unexpected_rows_query="""
                select _key, currency_code, _applied ->> 'currency_code' as applied from {batch}
                where currency_code <> _applied ->> 'currency_code'
            """,
        ),
    ]


def _sizes(facts: BatchFacts) -> list[gxe.Expectation]:
    most_unpublished = max(UNPUBLISHED_FLOOR, int(UNPUBLISHED_SHARE * facts.live_keys))
    unpublished = "status <> 'ACTIVE' and _applied ->> 'status' = 'ACTIVE'"
    return [
        gxe.ExpectTableRowCountToBeBetween(
            max_value=facts.most_rows(CHANGED_SHARE, CHANGED_FLOOR) or facts.row_count,
            description=f"at most {CHANGED_SHARE:.0%} of the products change at once",
        ),
        gxe.UnexpectedRowsExpectation(
            description=f"at most {UNPUBLISHED_SHARE:.0%} of the products are taken off at once",
            unexpected_rows_query=f"""
                select _key, status from {{batch}}
                where {unpublished} and (select count(*) from {{batch}} where {unpublished}) > {most_unpublished}
            """,  # noqa: S608 - constants of this module and a count
        ),
    ]
