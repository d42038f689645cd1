from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.supplier_edi.pull import PULL_STOCK

TestStandards = standard_pull_suite(
    PULL_STOCK,
    accounts={"": "nordkap", "fjell": "fjell"},
    mailbox={
        "nordkap/out/846_501.edi": "stock/good_846.edi",
        "fjell/out/something.edi": "stock/good_fjell_invrpt.edi",
    },
    refusals={
        "stock/bad_article.edi": "x12.element_missing",
        "stock/bad_count.edi": "x12.segment_count",
        "stock/bad_fjell_count.edi": "edifact.segment_count",
        "stock/bad_fjell_total.edi": "edifact.control_total",
        "stock/bad_quantity.edi": "x12.invalid_character",
        "stock/bad_sender.edi": "x12.unknown_sender",
        "stock/bad_unit.edi": "unknown_unit",
    },
)
