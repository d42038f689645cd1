"""Campaigns of a grocer, whom they reached, their coupons and which were handed in: related files, all or nothing.

### Data flow

Sets of Parquet files over SFTP → landing → contracts `panel_sftp/*` → `raw.panel_sftp__*` in one transaction →
`conformed.promotions`, `promotion_recipients` and `coupon_redemptions`,
then `metrics.promotion_days`.

### When

Every hour: folders whose marker says that they are complete.

### If it fails

A set that lacks a file is set aside once and taken as soon as the file is there. A file that cannot be read refuses
the set.

### Safe to re-run?

Yes, any task, at any time, twice. Bytes are stored under their hash, so the same delivery is taken once; raw holds each
record once, whatever the order of arrival.
"""

from __future__ import annotations

from airflow.sdk import DAG

from include.systems.panel_sftp.pull import PULL_PROMOTIONS
from include.task_groups import facts, pull_chain

with DAG("pull_promotions_from_panel_sftp", **facts(PULL_PROMOTIONS, __doc__)):
    pull_chain(PULL_PROMOTIONS)
