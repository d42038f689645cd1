"""Flow ``pull_stock_from_warehouse_edi``: stock of warehouses by X12 846, one interchange or several a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems.edi import exchange
from include.systems.edi.partners import PartnerProfile
from include.systems.warehouse_edi.read import batches

SYSTEM = "warehouse_edi"
ENTITY = "stock"

PULL_STOCK = PullFlow(
    dag_id="pull_stock_from_warehouse_edi",
    summary="Brings what the warehouses hold of every article, and puts the acknowledgement back.",
    system=SYSTEM,
    objects=("inventory",),
    pattern=Pattern.EDI,
    because="Warehouse systems speak X12 and nothing else; it counts and acknowledges what it carries.",
    latency=LatencyClass.CHECKOUT_BLOCKING,
    owner="warehouse-operations",
    schedule="*/5 * * * *",
    late_after=timedelta(hours=26),
    entities=(ENTITY,),
    source="include.systems.warehouse_edi.pull:arrivals",
    reader="include.systems.warehouse_edi.pull:read",
    documents=("846",),
    exchange="include.systems.warehouse_edi.pull:exchange_with",
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Every interchange that lies ready, warehouse by warehouse, the oldest first.

    Raises:
        RetryLater, Stop: see ``sftp.client.connected``.
    """
    return exchange.arrivals(SYSTEM, ENTITY, endpoint, memory, now)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Stock records; see ``read.batches``.

    Raises:
        Unreadable: there is no interchange in the file, or none that is accepted.
        Misconfigured: the partner's profile has no usable section ``edi``.
    """
    profile = exchange_with(delivery.account)
    for file in delivery.files:
        for batch in batches(file.blocks(), profile, file.repeated):
            yield replace(batch, entity=ENTITY)


def exchange_with(account: str) -> PartnerProfile:
    """What was agreed with a warehouse; see ``edi.exchange.exchange_with``."""
    return exchange.exchange_with(SYSTEM, account)
