from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.erp_sftp.pull import PULL_EXCHANGE_RATES

TestStandards = standard_pull_suite(
    PULL_EXCHANGE_RATES,
    accounts={"": "main"},
    refusals={
        "exchange_rates/bad_currency.csv": "pattern",
        "exchange_rates/bad_cut.csv": "cut_off",
        "exchange_rates/bad_missing_column.csv": "missing_column",
        "exchange_rates/bad_same_currency.csv": "two_currencies",
        "exchange_rates/bad_zero.csv": "minimum",
    },
)
