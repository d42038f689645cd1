from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.supplier_edi.pull import PULL_SHIP_NOTICES

TestStandards = standard_pull_suite(
    PULL_SHIP_NOTICES,
    accounts={"": "nordkap", "fjell": "fjell"},
    mailbox={
        "nordkap/out/856_530.edi": "ship_notices/good_856.edi",
        "fjell/out/something.edi": "ship_notices/good_fjell_desadv.edi",
    },
    refusals={
        "ship_notices/bad_no_items.edi": "document_without_lines",
        "ship_notices/bad_no_order.edi": "required",
        "ship_notices/bad_quantity.edi": "minimum",
    },
)
