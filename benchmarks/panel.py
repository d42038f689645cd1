"""What a build of very many sales costs: lines of baskets, as a grocer shares what the households of its panel buy.

Two warehouses, one with ten times the lines of the other. In each, first the build of everything, from raw to metrics,
beside plain SQL that makes lines, orders and days of the same rows; then, in every round, the build after a thousandth
of the small one's lines changed, and after as many in the large one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.build import Contents, Warehouse, warehouse
from benchmarks.figures import Figure, at_most, ratios
from benchmarks.scale import Bench
from benchmarks.server import Database

LARGE_TO_SMALL = 10
LINES_PER_ROW = 1.5
FEWEST = 50
CHANGED_SHARE = 150
SECONDS_FOR_ALL = 180.0
_FILL = """
insert into raw.panel_sftp__transactions (
    basket_number, article_number, household_number, store_number, quantity, sales_amount, retail_discount_amount,
    coupon_discount_amount, coupon_match_discount_amount, week, sold_at, _account, _delivery_id, _line, _as_of
)
select
    'B' || n / 9, 'A' || (n * 7919) %% 90001, 'H' || (n / 9) %% 2500, 'S' || n %% 97, 1 + n %% 3, 1 + n %% 900 / 100.0,
    n %% 4 / 10.0, 0, 0, 1 + n / 9 %% 52, timestamptz '2026-01-01' + n / 9 * interval '3 minutes',
    'harvest', %s, n, now()
from generate_series(1::bigint, %s) as n
"""
_CHANGE = """
update raw.panel_sftp__transactions
set sales_amount = sales_amount + 1 + length(%s) * 0, _delivery_id = %s, _as_of = now()
where _line <= %s
"""
BASKETS = Contents(
    what="lines of baskets",
    flow="pull_orders_from_panel_sftp",
    system="panel_sftp",
    account="harvest",
    entity="transactions",
    fill=_FILL,
    change=_CHANGE,
    touched="select count(*) from conformed.order_lines where _build_id = (select max(build_id) from build.builds)",
)
_PLAIN = """
create schema plain;
create table plain.lines as
    select
        md5(basket_number || article_number) as line_id, md5(basket_number) as order_id, article_number, quantity,
        sales_amount + retail_discount_amount as gross_amount, sales_amount as net_amount
    from raw.panel_sftp__transactions;
create table plain.orders as
    select
        md5(basket_number) as order_id, min(sold_at) as placed_at, min(household_number) as household_number,
        count(*) as line_count, sum(quantity) as unit_count, sum(sales_amount) as net_amount
    from raw.panel_sftp__transactions group by basket_number;
create table plain.days as
    select
        (placed_at at time zone 'America/New_York')::date as day, count(*) as order_count, sum(net_amount) as net_amount
    from plain.orders group by 1;
alter table plain.lines add primary key (line_id);
alter table plain.orders add primary key (order_id);
drop schema plain cascade
"""


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of the panel."""
    small_size = max(FEWEST, int(bench.scale.rows * LINES_PER_ROW) // LARGE_TO_SMALL)
    changed = max(1, small_size // CHANGED_SHARE)
    with (
        warehouse(bench, small_size, BASKETS) as small,
        warehouse(bench, small_size * LARGE_TO_SMALL, BASKETS) as large,
    ):
        plain = plain_seconds(large.database)
        for number in range(1, bench.scale.rounds + 1):
            bench.tell(f"round {number} of {bench.scale.rounds}: builds after changed baskets")
            small.seconds.same_number.append(small.after_change(changed))
            large.seconds.same_number.append(large.after_change(changed))
        yield from figures(small, large, changed, plain)


def figures(small: Warehouse, large: Warehouse, changed: int, plain: float) -> Iterator[Figure]:
    """What the builds of both warehouses come to."""

    def figure(name: str, says: str, values: list[float], **more: Any) -> Figure:
        return Figure(benchmark="panel", name=name, says=says, values=values, **more)

    whole = large.seconds.everything
    yield figure(
        "whole",
        f"build of {large.size:,} {large.contents.what}, from raw to metrics, with all tests",
        [whole],
        unit="s",
        target=at_most(SECONDS_FOR_ALL),
    )
    yield figure(
        "whole_ratio",
        "the same, to plain SQL that makes lines, orders and days",
        [whole / plain],
        base=f"plain SQL: {plain:.1f} s",
    )
    yield figure(
        "stored",
        f"build after {changed:,} changed lines of {large.size:,}, to the same of {small.size:,}",
        ratios(large.seconds.same_number, small.seconds.same_number),
        target=at_most(1.3),
    )


def plain_seconds(database: Database) -> float:
    """Seconds of plain SQL for the same rows; what it makes is gone afterwards."""
    database.settle()
    began = time.perf_counter()
    database.execute(_PLAIN)
    return time.perf_counter() - began
