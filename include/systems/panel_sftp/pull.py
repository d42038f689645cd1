"""Flows ``pull_orders_from_panel_sftp`` and ``pull_promotions_from_panel_sftp``.

What the households of a grocer's panel bought, and of which articles; whom which campaign reached, and which coupons
were handed in. A set of files lies in a folder of its own, which is complete when its marker is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from include.delivery import LandedDelivery
from include.flow import LatencyClass, Pattern, PullFlow
from include.formats import parquet
from include.formats.batches import Batch
from include.systems import partner_files
from include.systems.partners import partner
from include.systems.sftp import pickup

SYSTEM = "panel_sftp"
FILE_NAMES = {"transactions": "transactions.parquet", "products": "products.parquet"}
PROMOTION_FILE_NAMES = {
    "campaigns": "campaign_descriptions.parquet",
    "campaign_households": "campaigns.parquet",
    "coupons": "coupons.parquet",
    "coupon_redemptions": "coupon_redemptions.parquet",
}
"""The file of each entity, unless the profile names others under ``file_names``."""
PROMOTIONS = "promotions"
"""Where campaigns lie, among the ``pickups`` of a profile."""

AMOUNTS = (
    "sales_amount", "retail_discount_amount", "coupon_discount_amount", "coupon_match_discount_amount",
)  # fmt: skip

PULL_PANEL = PullFlow(
    dag_id="pull_orders_from_panel_sftp",
    summary="Brings what the households of a grocer's panel bought, with discounts and articles.",
    system=SYSTEM,
    objects=("order", "customer", "product"),
    pattern=Pattern.FILE,
    because="The panel is shared as sets of Parquet files; a year of it has millions of lines.",
    latency=LatencyClass.SAME_DAY,
    owner="marketplace-operations",
    schedule="35 * * * *",
    late_after=timedelta(days=8),
    entities=tuple(FILE_NAMES),
    file_names=FILE_NAMES,
    source="include.systems.panel_sftp.pull:arrivals",
    reader="include.systems.panel_sftp.pull:read",
)

PULL_PROMOTIONS = PullFlow(
    dag_id="pull_promotions_from_panel_sftp",
    summary="Brings the campaigns of a grocer: whom they reached, their coupons, and which of those were handed in.",
    system=SYSTEM,
    objects=("promotion", "customer", "product"),
    pattern=Pattern.FILE,
    because="Campaigns are shared as sets of Parquet files, apart from baskets and less often.",
    latency=LatencyClass.NEXT_CYCLE,
    owner="pricing",
    schedule="40 * * * *",
    late_after=timedelta(days=8),
    entities=tuple(PROMOTION_FILE_NAMES),
    file_names=PROMOTION_FILE_NAMES,
    source="include.systems.panel_sftp.pull:promotions",
    reader="include.systems.panel_sftp.pull:read",
)

arrivals = pickup.source_of_sets(SYSTEM, FILE_NAMES)
promotions = pickup.source_of_sets(SYSTEM, PROMOTION_FILE_NAMES, PROMOTIONS)


def read(delivery: LandedDelivery) -> Iterator[Batch]:
    """Records of the files, one after another.

    Raises:
        Unreadable: see ``formats.parquet.read``.
    """
    names = partner(SYSTEM, delivery.account).rename
    for file in delivery.files:
        for batch in parquet.read(file.blocks()):
            frame = partner_files.without_noise(partner_files.renamed(batch.frame, names), AMOUNTS)
            yield replace(batch, frame=frame, entity=file.entity)
