from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from standard_pull_suite import examined, landed

from include.systems.marketplace_sftp.pull import FILE_NAMES, PULL_ORDERS

PROJECT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("SEAMLINE_SHARED") or PROJECT.parent / "shared")
OLIST = SHARED / "data" / "olist"


@pytest.mark.skipif(not OLIST.is_dir(), reason=f"{OLIST} is not there; set SEAMLINE_SHARED")
def test_every_real_record_is_accepted_and_the_money_adds_up() -> None:
    files = {name: (entity, (OLIST / name).read_bytes()) for entity, name in FILE_NAMES.items()}
    kept = examined(PULL_ORDERS, landed(PULL_ORDERS, "feira", files))
    assert {entity: len(one.refused) for entity, one in kept.items()} == dict.fromkeys(FILE_NAMES, 0)
    counts = {entity: one.accepted_count for entity, one in kept.items()}
    assert (counts["orders"], counts["order_items"], counts["order_payments"]) == (10_000, 11_513, 10_415)
    items = pl.concat(kept["order_items"].accepted)
    payments = pl.concat(kept["order_payments"].accepted)
    assert items["price_amount"].sum() == Decimal("1389602.03")
    assert items["freight_amount"].sum() == Decimal("230918.16")
    assert payments["payment_amount"].sum() == Decimal("1620649.63")
    assert pl.concat(kept["customers"].accepted)["customer_unique_id"].n_unique() == 9_957
