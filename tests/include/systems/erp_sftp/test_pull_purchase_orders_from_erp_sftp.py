from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.erp_sftp.pull import PULL_PURCHASE_ORDERS

TestStandards = standard_pull_suite(
    PULL_PURCHASE_ORDERS,
    accounts={"": "main"},
    refusals={
        "purchase_orders/bad_article.csv": "some_article",
        "purchase_orders/bad_cut.csv": "cut_off",
        "purchase_orders/bad_date.csv": "type",
        "purchase_orders/bad_missing_column.csv": "missing_column",
        "purchase_orders/bad_quantity.csv": "minimum",
        "purchase_orders/bad_quantity_words.csv": "type",
    },
)
