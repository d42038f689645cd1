from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.supplier_edi.pull import PULL_ORDER_RESPONSES

TestStandards = standard_pull_suite(
    PULL_ORDER_RESPONSES,
    accounts={"": "nordkap", "fjell": "fjell"},
    mailbox={
        "nordkap/out/855_520.edi": "order_responses/good_855.edi",
        "fjell/out/something.edi": "order_responses/good_fjell_ordrsp.edi",
    },
    refusals={
        "order_responses/bad_order_number.edi": "x12.element_missing",
        "order_responses/bad_quantity.edi": "x12.invalid_character",
    },
)
