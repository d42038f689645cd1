from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
from standard_pull_suite import examined, landed, standard_pull_suite

from include.systems.panel_sftp.pull import PULL_PANEL

TestStandards = standard_pull_suite(
    PULL_PANEL,
    accounts={"": "harvest"},
    refusals={
        "products/bad_number.parquet": "required",
        "transactions/bad_amount.parquet": "minimum",
        "transactions/bad_cut.parquet": "cut_off",
        "transactions/bad_missing_column.parquet": "missing_column",
    },
)


def test_the_public_sample_is_accepted_whole_and_its_total_comes_out(shared: Path) -> None:
    folder = shared / "data" / "completejourney"
    files = {
        f"{entity}.parquet": (entity, (folder / f"{entity}.parquet").read_bytes())
        for entity in ("transactions", "products")
    }
    kept = examined(PULL_PANEL, landed(PULL_PANEL, "harvest", files, block=1024 * 1024))
    assert {entity: (one.accepted_count, one.refused) for entity, one in kept.items()} == {
        "transactions": (1_469_307, []),
        "products": (92_331, []),
    }
    sales = (frame.select(pl.col("sales_amount").sum()).item() for frame in kept["transactions"].accepted)
    assert sum(sales) == Decimal("4596039.58")
