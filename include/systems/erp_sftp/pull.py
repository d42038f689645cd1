"""Flow ``pull_purchase_orders_from_erp_sftp``: what the ERP orders of suppliers, line by line."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PullFlow
from include.systems import partner_files
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


arrivals = pickup.source_of_files(SYSTEM, ENTITY)
read = partner_files.records
