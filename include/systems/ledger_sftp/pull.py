"""Flow ``pull_orders_from_ledger_sftp``: the ledger of a shop, line by line, as Parquet.

A ledger has no numbers for its lines. They are counted within their document as they stand in the file, so the same
file gives the same numbers whenever it comes, and equal lines of one document stay apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import polars as pl

from include.delivery import LandedDelivery
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats import parquet
from include.formats.batches import Batch
from include.systems import partner_files
from include.systems.partners import partner
from include.systems.sftp import pickup

SYSTEM = "ledger_sftp"
ENTITY = "lines"
DOCUMENT, LINE_NUMBER = "document_number", "line_number"

PULL_LEDGER = PullFlow(
    dag_id="pull_orders_from_ledger_sftp",
    summary="Brings what a shop sold and took back, from the ledger of its till.",
    system=SYSTEM,
    objects=("order", "customer", "product", "refund"),
    pattern=Pattern.FILE,
    because="The shop's till has no interface; its ledger is exported as Parquet, and says all that there is to know.",
    latency=LatencyClass.SAME_DAY,
    owner="marketplace-operations",
    schedule="25 * * * *",
    late_after=timedelta(hours=26),
    entities=(ENTITY,),
    source="include.systems.ledger_sftp.pull:arrivals",
    reader="include.systems.ledger_sftp.pull:read",
)


arrivals = pickup.source_of_files(SYSTEM, ENTITY)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """The lines of the ledger, each with its number in its document.

    Raises:
        Unreadable: see ``formats.parquet.read``.
    """
    names = partner(SYSTEM, delivery.account).rename
    for file in delivery.files:
        numbering = _Numbering()
        for batch in parquet.read(file.blocks()):
            frame = partner_files.renamed(batch.frame, names)
            frame = partner_files.without_noise(frame, ["unit_price_amount"])
            yield replace(batch, frame=numbering.numbered(frame), entity=file.entity)


class _Numbering:
    """Counts the lines of every document of a file, through all of its batches."""

    def __init__(self) -> None:
        self._counts: dict[str | None, int] = {}

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The lines of a batch with ``line_number``, text as all columns are."""
        if DOCUMENT not in frame.columns:
            # The contract says which columns are missing.
            return frame
        here = frame.group_by(DOCUMENT).len("count")
        before = pl.Series("before", [self._counts.get(name, 0) for name in here[DOCUMENT]], dtype=pl.Int64)
        self._counts |= dict(zip(here[DOCUMENT], before + here["count"], strict=True))
        counted = frame.join(
            here.select(DOCUMENT, before), on=DOCUMENT, maintain_order="left", nulls_equal=True
        )
        number = pl.int_range(1, pl.len() + 1).over(DOCUMENT) + pl.col("before")
        return counted.with_columns(number.cast(pl.String).alias(LINE_NUMBER)).drop("before")
