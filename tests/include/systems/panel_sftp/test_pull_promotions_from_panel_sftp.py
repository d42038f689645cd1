from __future__ import annotations

from pathlib import Path

import polars as pl
from standard_pull_suite import SAMPLES, examined, landed, standard_pull_suite

from include.systems.panel_sftp.pull import PROMOTION_FILE_NAMES, PULL_PROMOTIONS

TestStandards = standard_pull_suite(
    PULL_PROMOTIONS,
    accounts={"": "harvest"},
    refusals={
        "campaigns/bad_ends_first.parquet": "ends_after_it_starts",
        "campaigns/bad_missing_column.parquet": "missing_column",
        "campaign_households/bad_no_household.parquet": "required",
        "coupons/bad_no_article.parquet": "required",
        "coupon_redemptions/bad_day.parquet": "type",
        "coupon_redemptions/bad_repeated.parquet": "repeated_record",
    },
)


def test_an_article_that_a_coupon_lists_twice_is_one_and_noted() -> None:
    content = (SAMPLES / "panel_sftp" / "coupons" / "good_listed_twice.parquet").read_bytes()
    kept = examined(PULL_PROMOTIONS, landed(PULL_PROMOTIONS, "harvest", {"c.parquet": ("coupons", content)}))
    assert (kept["coupons"].accepted_count, kept["coupons"].refused) == (4, [])


def test_the_public_sample_is_accepted_whole(shared: Path) -> None:
    folder = shared / "data" / "completejourney"
    files = {name: (entity, (folder / name).read_bytes()) for entity, name in PROMOTION_FILE_NAMES.items()}
    kept = examined(PULL_PROMOTIONS, landed(PULL_PROMOTIONS, "harvest", files, block=1024 * 1024))
    assert {entity: (one.accepted_count, one.refused) for entity, one in kept.items()} == {
        "campaigns": (27, []),
        "campaign_households": (6_589, []),
        "coupons": (116_204, []),
        "coupon_redemptions": (2_102, []),
    }
    first = kept["campaigns"].accepted[0].row(0, named=True)
    assert (first["campaign_number"], f"{first['starts_on']}", f"{first['ends_on']}") == (
        "1",
        "2017-03-03",
        "2017-04-09",
    )
    assert (
        pl.concat(kept["coupons"].accepted)
        .select("coupon_number", "article_number", "campaign_number")
        .n_unique()
        == 111_332
    )
