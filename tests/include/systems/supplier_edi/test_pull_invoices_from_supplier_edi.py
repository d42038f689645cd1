from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.supplier_edi.pull import PULL_INVOICES

TestStandards = standard_pull_suite(
    PULL_INVOICES,
    accounts={"": "nordkap", "fjell": "fjell"},
    mailbox={
        "nordkap/out/810_540.edi": "invoices/good_810.edi",
        "fjell/out/something.edi": "invoices/good_fjell_invoic.edi",
    },
    refusals={
        "invoices/bad_currency.edi": "x12.element_too_long",
        "invoices/bad_no_price.edi": "x12.element_condition",
    },
)
