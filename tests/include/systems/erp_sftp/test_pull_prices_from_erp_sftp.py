from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.erp_sftp.pull import PULL_PRICES

TestStandards = standard_pull_suite(
    PULL_PRICES,
    accounts={"": "main"},
    refusals={
        "prices/bad_amount_words.csv": "type",
        "prices/bad_cut.csv": "cut_off",
        "prices/bad_ends_first.csv": "ends_after_it_begins",
        "prices/bad_kind.csv": "enum",
        "prices/bad_missing_column.csv": "missing_column",
        "prices/bad_no_customer.csv": "contract_with_somebody",
    },
)
