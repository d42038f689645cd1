from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.supplier_edi.pull import PULL_CATALOG

TestStandards = standard_pull_suite(
    PULL_CATALOG,
    accounts={"": "nordkap", "fjell": "fjell"},
    mailbox={
        "nordkap/out/832_510.edi": "catalog/good_832.edi",
        "fjell/out/something.edi": "catalog/good_fjell_pricat.edi",
    },
    refusals={"catalog/bad_currency.edi": "x12.element_too_short", "catalog/bad_price.edi": "minimum"},
)
