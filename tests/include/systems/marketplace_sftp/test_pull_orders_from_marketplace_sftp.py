from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.marketplace_sftp.pull import PULL_ORDERS

TestStandards = standard_pull_suite(
    PULL_ORDERS,
    accounts={"": "feira"},
    refusals={
        "customers/bad_identifier.csv": "pattern",
        "order_items/bad_decimal_comma.csv": "type",
        "order_items/bad_missing_column.csv": "missing_column",
        "order_items/bad_negative_price.csv": "minimum",
        "order_payments/bad_repeated_payment.csv": "repeated_record",
        "order_payments/bad_unknown_type.csv": "enum",
        "orders/bad_cut_off.csv": "cut_off",
        "orders/bad_date_of_another_country.csv": "type",
        "orders/bad_date_that_does_not_exist.csv": "type",
        "orders/bad_empty.csv": "empty_file",
        "orders/bad_header_only.csv": "no_records",
        "products/bad_weight.csv": "minimum",
        "sellers/bad_extra_field.csv": "field_count",
    },
)
