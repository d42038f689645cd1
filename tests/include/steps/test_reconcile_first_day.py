"""``reconcile`` on a day on which nothing was built yet."""

from __future__ import annotations

from databases import Database
from storefront import Shop

from include.flow import flow
from include.steps.reconcile import reconcile
from include.stores.landing_files import LandingFiles
from include.workspace import Workspace

RECONCILE_STOCK = flow("reconcile_stock_with_shopify")


def test_before_the_first_build_nothing_is_compared(
    database: Database, landing_files: LandingFiles, shop: Shop
) -> None:
    """The tables of what should be shown do not exist yet, and that is no failure."""
    workspace = Workspace(
        warehouse=database.dsn("seamline_pipeline"), landing=landing_files, endpoint=lambda _: shop.endpoint
    )

    assert reconcile(RECONCILE_STOCK, workspace) == {}
    (run,) = database.rows("select outcome from seam.runs")
    assert run["outcome"] == "nothing"
    assert database.rows("select from reconciliation.runs") == []
