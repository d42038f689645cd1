from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.shopify.pull import PULL_ORDERS

TestStandards = standard_pull_suite(
    PULL_ORDERS,
    accounts={"": "storefront-eu"},
    refusals={
        "orders/bad_amount.json": "type",
        "orders/bad_cut_off.json": "cut_off",
        "orders/bad_error_answer.json": "error_answer",
        "orders/bad_error_beside_data.json": "error_answer",
        "orders/bad_incomplete_lines.json": "incomplete_order",
        "orders/bad_line_without_price.json": "required",
        "orders/bad_missing_column.json": "missing_column",
        "orders/bad_status.json": "enum",
        "orders/bad_stray_part.json": "missing_records",
        "orders/bad_updated_before_created.json": "updated_not_before_created",
    },
)
