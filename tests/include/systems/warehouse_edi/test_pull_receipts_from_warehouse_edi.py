from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.warehouse_edi.pull import PULL_RECEIPTS

TestStandards = standard_pull_suite(
    PULL_RECEIPTS,
    accounts={"": "central"},
    mailbox={"central/out/944_620.edi": "receipts/good_944.edi"},
    refusals={"receipts/bad_no_number.edi": "x12.element_missing", "receipts/bad_quantity.edi": "minimum"},
)
