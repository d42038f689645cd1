"""Flow ``pull_sales_from_retailer_edi``: what retailers sold, took back and hold of our articles."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from include.flow import LatencyClass, Pattern, PullFlow
from include.systems.edi import exchange
from include.systems.edi.partners import PartnerProfile

SYSTEM = "retailer_edi"

sales_arrivals = partial(exchange.arrivals, SYSTEM, "sales")
read_sales = partial(exchange.read, SYSTEM, "sales", "retailer_sales")

PULL_SALES = PullFlow(
    dag_id="pull_sales_from_retailer_edi",
    summary="Brings what retailers sold, took back and hold of our articles, by shop and period.",
    system=SYSTEM,
    objects=("order",),
    pattern=Pattern.EDI,
    because="Retailers report their sales as X12 852 or 867 or EDIFACT SLSRPT, and want each report acknowledged.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="order-operations",
    schedule="13-59/30 * * * *",
    late_after=timedelta(days=8),
    entities=("sales",),
    documents=("852", "867", "SLSRPT"),
    source="include.systems.retailer_edi.pull:sales_arrivals",
    reader="include.systems.retailer_edi.pull:read_sales",
    exchange="include.systems.retailer_edi.pull:exchange_with",
)


def exchange_with(account: str) -> PartnerProfile:
    """What was agreed with a retailer; see ``edi.exchange.exchange_with``."""
    return exchange.exchange_with(SYSTEM, account)
