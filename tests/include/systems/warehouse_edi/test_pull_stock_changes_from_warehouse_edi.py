from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.warehouse_edi.pull import PULL_STOCK_CHANGES

TestStandards = standard_pull_suite(
    PULL_STOCK_CHANGES,
    accounts={"": "central"},
    mailbox={"central/out/947_630.edi": "stock_changes/good_947.edi"},
    refusals={
        "stock_changes/bad_count.edi": "x12.segment_count",
        "stock_changes/bad_unit.edi": "unknown_unit",
    },
)
