"""Flow ``pull_settlements_from_adyen_sftp``: what the payment provider settled with us and paid out, line by line.

Source: Adyen's settlement details report,
https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import polars as pl

from include.delivery import LandedDelivery
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import LINE, Batch
from include.systems import partner_files
from include.systems.sftp import pickup

SYSTEM = "adyen_sftp"
ENTITY = "settlement_lines"
LINE_NUMBER = "line_number"

PULL_SETTLEMENTS = PullFlow(
    dag_id="pull_settlements_from_adyen_sftp",
    summary="Brings what the payment provider settled of every payment, what it kept as fees, and what it paid out.",
    system=SYSTEM,
    objects=("payment",),
    pattern=Pattern.FILE,
    because="The provider closes a batch as a report that never changes; its API tells of payments, not of fees.",
    latency=LatencyClass.FINANCE_CLOSE,
    owner="finance",
    schedule="11-59/30 * * * *",
    late_after=timedelta(hours=98),
    entities=(ENTITY,),
    source="include.systems.adyen_sftp.pull:arrivals",
    reader="include.systems.adyen_sftp.pull:read",
)

arrivals = pickup.source_of_files(SYSTEM, ENTITY)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """The lines of a report, each with its ``line_number`` in the file: nothing else tells two fees apart.

    Raises:
        Unreadable, Misconfigured: see ``partner_files.records``.
    """
    for batch in partner_files.records(delivery):
        yield replace(batch, frame=batch.frame.with_columns(pl.col(LINE).cast(pl.String).alias(LINE_NUMBER)))
