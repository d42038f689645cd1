"""What a build of the warehouse costs: it follows what changed, not what is stored.

Two warehouses, one with a hundred times the products of the other. In each, first the build of everything; then, in
every round, the build after a tenth of the small one's products changed, and after as many in the large one; in the
large one also after 1 % of its own changed, and after nothing did. A build is what the DAG runs: plan, every group of
models with its tests, close. dbt has parsed its project before.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, at_most, ratios
from benchmarks.scale import Bench, WrongResult
from benchmarks.server import Database
from include.contracts.contract import contract, contract_ids
from include.dbt_runs import GROUPS, manifest
from include.environment import WAREHOUSE_BUILDER
from include.operations import BUILD_WAREHOUSE
from include.steps.build_models import build_models
from include.steps.close_build import close_build
from include.steps.plan_build import plan_build
from include.stores import raw
from include.workspace import Workspace

LARGE_TO_SMALL = 100
ROWS_PER_SMALL_PRODUCT = 1_000
FEWEST = 10
CHANGED_SHARE = 0.01
DELIVERY = """
insert into landing.deliveries (flow, source_system, account, kind, name, content_sha256, as_of, status)
values (%s, %s, %s, 'pages', %s, repeat(md5(%s), 2), now(), 'closed')
returning delivery_id
"""
COUNTS = """
insert into landing.delivery_counts
    (delivery_id, entity, delivered, accepted, refused, new, changed, unchanged, older, deleted)
values (%s, %s, %s, %s, 0, %s, %s, 0, 0, 0)
"""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a warehouse is full of.

    Attributes:
        what: in the plural.
        flow, system, account, entity: how it came.
        fill: statement that brings the rows 1 to n in by a delivery.
        change: statement that changes the first of them: name of the change, delivery, how many.
        touched: query for how many rows the last build changed, which are as many.
    """

    what: str
    flow: str
    system: str
    account: str
    entity: str
    fill: str
    change: str
    touched: str


_FILL_PRODUCTS = """
insert into raw.akeneo__products (
    uuid, sku, is_enabled, category_codes, ean, brand_code, url_key, weight, weight_unit, is_taxable, names,
    descriptions, prices, created_at, updated_at, _account, _delivery_id, _line, _as_of
)
select
    md5(n::text)::uuid::text, 'SKU-' || n, true, '[]', null, 'oak_and_iron', 'sku-' || n, 200, 'GRAM', true,
    jsonb_build_array(jsonb_build_object('locale', 'en_US', 'scope', null, 'data', 'Shirt ' || n)),
    jsonb_build_array(jsonb_build_object('locale', 'en_US', 'scope', 'ecommerce', 'data', '<p>Soft: ' || n || '</p>')),
    jsonb_build_array(jsonb_build_object('scope', 'ecommerce', 'data',
        jsonb_build_array(jsonb_build_object('amount', (10 + n %% 90) || '.00', 'currency', 'EUR')))),
    now() - interval '90 days', now() - interval '1 day', 'pim', %s, n, now()
from generate_series(1, %s) as n
"""
_CHANGE_PRODUCTS = """
update raw.akeneo__products
set names = jsonb_build_array(jsonb_build_object('locale', 'en_US', 'scope', null, 'data', 'Shirt of delivery ' || %s)),
    updated_at = now(), _delivery_id = %s, _as_of = now()
where _line <= %s
"""
PRODUCTS = Contents(
    what="products",
    flow="pull_products_from_akeneo",
    system="akeneo",
    account="pim",
    entity="products",
    fill=_FILL_PRODUCTS,
    change=_CHANGE_PRODUCTS,
    touched="select count(*) from conformed.products where _build_id = (select max(build_id) from build.builds)",
)


@dataclass
class Seconds:
    """What the builds of one warehouse took."""

    everything: float = 0.0
    same_number: list[float] = field(default_factory=list)
    one_percent: list[float] = field(default_factory=list)
    nothing: list[float] = field(default_factory=list)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of the build."""
    small_size = max(FEWEST, bench.scale.rows // ROWS_PER_SMALL_PRODUCT)
    large_size = small_size * LARGE_TO_SMALL
    same_number = max(1, small_size // 10)
    with (
        warehouse(bench, small_size) as small,
        warehouse(bench, large_size) as large,
    ):
        for number in range(1, bench.scale.rounds + 1):
            bench.tell(f"round {number} of {bench.scale.rounds}: builds after changes")
            small.seconds.same_number.append(small.after_change(same_number))
            large.seconds.same_number.append(large.after_change(same_number))
            large.seconds.one_percent.append(large.after_change(max(1, int(large.size * CHANGED_SHARE))))
            large.seconds.nothing.append(large.built(expects_news=False))
        yield from figures(small, large, same_number)


@dataclass
class Warehouse:
    """A warehouse full of something."""

    database: Database
    workspace: Workspace
    size: int
    contents: Contents
    seconds: Seconds = field(default_factory=Seconds)

    def fill(self) -> None:
        """All of it comes in, by one delivery."""
        with closing(self.workspace.connect("benchmarks")) as connection:
            for ids in contract_ids():
                raw.ensure(connection, contract(*ids))
        delivery_id = self._delivery("all", new=self.size)
        self.database.execute(self.contents.fill, delivery_id, self.size)

    def after_change(self, count: int) -> float:
        """Seconds of the build after a delivery in which so many of them changed."""
        name = f"change {len(self.seconds.same_number)} {count}"
        delivery_id = self._delivery(name, changed=count)
        self.database.execute(self.contents.change, name, delivery_id, count)
        seconds = self.built()
        found = self.database.value(self.contents.touched)
        if found != count:
            raise WrongResult(f"{count:,} {self.contents.what} changed, and the build changed {found:,}.")
        return seconds

    def built(self, *, expects_news: bool = True) -> float:
        """Seconds of a build."""
        self.database.execute("vacuum analyze")
        self.database.settle()
        began = time.perf_counter()
        planned = plan_build(BUILD_WAREHOUSE, self.workspace)
        for group in GROUPS:
            build_models(BUILD_WAREHOUSE, self.workspace, group)
        close_build(BUILD_WAREHOUSE, self.workspace)
        if bool(planned) is not expects_news:
            raise WrongResult(f"plan_build says {planned}.")
        return time.perf_counter() - began

    def _delivery(self, name: str, *, new: int = 0, changed: int = 0) -> int:
        came = self.contents
        delivery_id = self.database.value(DELIVERY, came.flow, came.system, came.account, name, name)
        self.database.execute(COUNTS, delivery_id, came.entity, new + changed, new + changed, new, changed)
        return delivery_id


@contextmanager
def warehouse(bench: Bench, size: int, contents: Contents = PRODUCTS) -> Iterator[Warehouse]:
    """Full and built, for as long as the block lasts."""
    with bench.server.database() as database, _target_folder(bench.folder / "dbt"):
        made = Warehouse(database, database.workspace(bench.folder / "build"), size, contents)
        bench.tell(f"the whole build of {size:,} {contents.what}")
        manifest(made.workspace.endpoint(WAREHOUSE_BUILDER))
        made.fill()
        made.seconds.everything = made.built()
        yield made


@contextmanager
def _target_folder(folder: Path) -> Iterator[None]:
    before = os.environ.get("SEAMLINE_DBT_TARGET")
    os.environ["SEAMLINE_DBT_TARGET"] = str(folder)
    try:
        yield
    finally:
        del os.environ["SEAMLINE_DBT_TARGET"]
        if before is not None:
            os.environ["SEAMLINE_DBT_TARGET"] = before


def figures(small: Warehouse, large: Warehouse, same_number: int) -> Iterator[Figure]:
    """What the builds of both warehouses come to."""

    def figure(name: str, says: str, values: list[float], **more: Any) -> Figure:
        return Figure(benchmark="build", name=name, says=says, values=values, **more)

    whole = large.seconds.everything
    yield figure(
        "stored",
        f"build after {same_number:,} changed products of {large.size:,}, to the same of {small.size:,}",
        ratios(large.seconds.same_number, small.seconds.same_number),
        target=at_most(1.3),
    )
    for name, changed, seconds in (
        ("one_percent_changed", "1 % of the products", large.seconds.one_percent),
        ("nothing_changed", "nothing", large.seconds.nothing),
    ):
        yield figure(
            name,
            f"build of {large.size:,} products after {changed} changed, to the build of all",
            [one / whole for one in seconds],
            base=f"all: {whole:.1f} s",
        )
