from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.warehouse_edi.pull import PULL_SHIPMENTS

TestStandards = standard_pull_suite(
    PULL_SHIPMENTS,
    accounts={"": "central"},
    mailbox={"central/out/945_610.edi": "shipments/good_945.edi"},
    refusals={
        "shipments/bad_no_order.edi": "required",
        "shipments/bad_quantity.edi": "x12.invalid_character",
    },
)
