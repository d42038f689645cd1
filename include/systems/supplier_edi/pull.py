"""Flows from suppliers over EDI: what they can deliver, cost, confirm, ship and invoice. One mapping each, in
``edi/records``; the reader is the same for all."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from include.flow import LatencyClass, Pattern, PullFlow
from include.systems.edi import exchange
from include.systems.edi.partners import PartnerProfile

SYSTEM = "supplier_edi"
OWNER = "supplier-relations"
EXCHANGE = "include.systems.supplier_edi.pull:exchange_with"

stock_arrivals = partial(exchange.arrivals, SYSTEM, "stock")
read_stock = partial(exchange.read, SYSTEM, "stock", "supplier_stock")

PULL_STOCK = PullFlow(
    dag_id="pull_stock_from_supplier_edi",
    summary="Brings what suppliers can deliver of each of their articles.",
    system=SYSTEM,
    objects=("inventory",),
    pattern=Pattern.EDI,
    because="Suppliers state their stock in X12 846 or EDIFACT INVRPT; it counts and acknowledges what it carries.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="*/15 * * * *",
    late_after=timedelta(hours=26),
    entities=("stock",),
    documents=("846", "INVRPT"),
    source="include.systems.supplier_edi.pull:stock_arrivals",
    reader="include.systems.supplier_edi.pull:read_stock",
    exchange=EXCHANGE,
)


def exchange_with(account: str) -> PartnerProfile:
    """What was agreed with a supplier; see ``edi.exchange.exchange_with``."""
    return exchange.exchange_with(SYSTEM, account)
