"""Flows from warehouses over EDI: stock by X12 846, shipments by 945, receipts by 944, corrections by 947."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems.edi import exchange
from include.systems.edi.partners import PartnerProfile
from include.systems.warehouse_edi.read import batches

SYSTEM = "warehouse_edi"
ENTITY = "stock"
OWNER = "warehouse-operations"
EXCHANGE = "include.systems.warehouse_edi.pull:exchange_with"

PULL_STOCK = PullFlow(
    dag_id="pull_stock_from_warehouse_edi",
    summary="Brings what the warehouses hold of every article, and puts the acknowledgement back.",
    system=SYSTEM,
    objects=("inventory",),
    pattern=Pattern.EDI,
    because="Warehouse systems speak X12 and nothing else; it counts and acknowledges what it carries.",
    latency=LatencyClass.CHECKOUT_BLOCKING,
    owner=OWNER,
    schedule="*/5 * * * *",
    late_after=timedelta(hours=26),
    entities=(ENTITY,),
    source="include.systems.warehouse_edi.pull:arrivals",
    reader="include.systems.warehouse_edi.pull:read",
    documents=("846",),
    exchange=EXCHANGE,
)


shipments_arrivals = partial(exchange.arrivals, SYSTEM, "shipments")
read_shipments = partial(exchange.read, SYSTEM, "shipments", "warehouse_shipments")

PULL_SHIPMENTS = PullFlow(
    dag_id="pull_shipments_from_warehouse_edi",
    summary="Brings what the warehouses have sent out for us, by package and article.",
    system=SYSTEM,
    objects=("fulfillment",),
    pattern=Pattern.EDI,
    because="Warehouse systems tell what left them with X12 945, against the order that asked for it.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="3-59/10 * * * *",
    late_after=timedelta(hours=26),
    entities=("shipments",),
    documents=("945",),
    source="include.systems.warehouse_edi.pull:shipments_arrivals",
    reader="include.systems.warehouse_edi.pull:read_shipments",
    exchange=EXCHANGE,
)

receipts_arrivals = partial(exchange.arrivals, SYSTEM, "receipts")
read_receipts = partial(exchange.read, SYSTEM, "receipts", "receipts")

PULL_RECEIPTS = PullFlow(
    dag_id="pull_receipts_from_warehouse_edi",
    summary="Brings what has arrived at the warehouses, and in which condition.",
    system=SYSTEM,
    objects=("fulfillment",),
    pattern=Pattern.EDI,
    because="Warehouse systems count what arrives and say so with X12 944 or 861, or EDIFACT RECADV.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="5-59/10 * * * *",
    late_after=timedelta(hours=26),
    entities=("receipts",),
    documents=("944", "861", "RECADV"),
    source="include.systems.warehouse_edi.pull:receipts_arrivals",
    reader="include.systems.warehouse_edi.pull:read_receipts",
    exchange=EXCHANGE,
)

stock_changes_arrivals = partial(exchange.arrivals, SYSTEM, "stock_changes")
read_stock_changes = partial(exchange.read, SYSTEM, "stock_changes", "stock_changes")

PULL_STOCK_CHANGES = PullFlow(
    dag_id="pull_stock_changes_from_warehouse_edi",
    summary="Brings by how much the warehouses corrected their stock, and why.",
    system=SYSTEM,
    objects=("inventory",),
    pattern=Pattern.EDI,
    because="Warehouse systems tell corrections with X12 947: an 846 says what is there, not why it changed.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="7-59/10 * * * *",
    late_after=timedelta(hours=50),
    entities=("stock_changes",),
    documents=("947",),
    source="include.systems.warehouse_edi.pull:stock_changes_arrivals",
    reader="include.systems.warehouse_edi.pull:read_stock_changes",
    exchange=EXCHANGE,
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
