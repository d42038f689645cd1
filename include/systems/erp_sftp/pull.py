"""Flow ``pull_purchase_orders_from_erp_sftp``: what the ERP orders of suppliers, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats.batches import Batch
from include.systems import partner_files
from include.systems.partners import partner, partners
from include.systems.sftp import pickup

SYSTEM = "erp_sftp"
ENTITY = "purchase_orders"

PULL_PURCHASE_ORDERS = PullFlow(
    dag_id="pull_purchase_orders_from_erp_sftp",
    summary="Brings what the ERP orders of suppliers, changes and takes back.",
    system=SYSTEM,
    objects=("order",),
    pattern=Pattern.FILE,
    because="The ERP exports its orders as files, which can be kept, compared and handed in by hand.",
    latency=LatencyClass.SAME_DAY,
    owner="supplier-relations",
    schedule="1-59/15 * * * *",
    late_after=timedelta(hours=26),
    entities=(ENTITY,),
    source="include.systems.erp_sftp.pull:arrivals",
    reader="include.systems.erp_sftp.pull:read",
)


def arrivals(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Every export that lies ready, the oldest first.

    Raises:
        RetryLater, Stop: see ``sftp.client.connected``.
    """
    look = partial(pickup.files, entity=ENTITY)
    return pickup.arrivals(endpoint, partners(SYSTEM), memory, now, look)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Lines of orders.

    Raises:
        Unreadable: see ``partner_files.read``.
    """
    profile = partner(SYSTEM, delivery.account)
    for file in delivery.files:
        yield from partner_files.read(file, profile)
