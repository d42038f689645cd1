"""From the outbound table to the channel: the gate, the messages, and how fast they go out.

One warehouse, in which the stock of many articles is shown by a channel. In every round, a build in which nothing, 1 %
and all of them changed. The 1 % are pushed: the channel of ``outbox.channel`` takes everything at once, so that what
is measured is ours: claiming, marking, receipts, state. All of them are written down as applied, which is quicker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.figures import Figure, ratios
from benchmarks.outbox.channel import PUSH
from benchmarks.scale import Bench, WrongResult
from benchmarks.server import Database
from include.steps.check_gate import check_gate
from include.steps.fill_outbox import fill_outbox
from include.steps.push import push
from include.workspace import Workspace

KEYS_PER_ROW = 0.1
FEWEST_KEYS = 100
CHANGED_SHARE = 0.01
OUTBOUND = """
set role seamline_builder;
create table outbound.shopify__stock (
    sku text, shop text, location_name text, quantity integer, as_of_at timestamptz, product_id text,
    content_hash text, _build_id bigint, unique (sku, shop, location_name)
);
create index on outbound.shopify__stock (_build_id);
grant select on outbound.shopify__stock to seamline_pipeline;
"""
ROWS = """
insert into outbound.shopify__stock
select 'SKU-' || n, 'shop', 'Central', 5, now(), 'p-' || n, md5(n || ' first'), 0
from generate_series(1, %s) as n
"""
CHANGE = """
update outbound.shopify__stock
set quantity = quantity + 1, as_of_at = now(), content_hash = md5(sku || ' ' || quantity + 1), _build_id = %s
where substr(sku, 5)::integer <= %s
"""
BUILD = """
insert into build.builds (project_sha256, status, finished_at) values ('bench', 'built', now()) returning build_id
"""
APPLIED = """
with applied as (
    update outbox.messages set status = 'applied', settled_at = now() where status = 'pending'
    returning channel, entity, key, content_hash, payload, as_of_at, message_id
)
insert into outbox.channel_state (channel, entity, key, content_hash, payload, as_of_at, message_id, applied_at)
select *, now() from applied
on conflict (channel, entity, key) do update
set content_hash = excluded.content_hash, payload = excluded.payload, as_of_at = excluded.as_of_at,
    message_id = excluded.message_id, applied_at = excluded.applied_at
"""


@dataclass
class Rounds:
    """Seconds of every round."""

    nothing: list[float] = field(default_factory=list)
    one_percent: list[float] = field(default_factory=list)
    everything: list[float] = field(default_factory=list)
    messages_a_second: list[float] = field(default_factory=list)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of the outbox."""
    keys = max(FEWEST_KEYS, int(bench.scale.rows * KEYS_PER_ROW))
    one_percent = max(1, int(keys * CHANGED_SHARE))
    found = Rounds()
    with bench.server.database() as database:
        workspace = database.workspace(bench.folder / "outbox")
        bench.tell(f"the channel gets {keys:,} keys")
        database.execute(OUTBOUND)
        database.execute(ROWS, keys)
        _changed(database, workspace, keys)
        database.execute(APPLIED)
        for number in range(1, bench.scale.rounds + 1):
            bench.tell(f"round {number} of {bench.scale.rounds}: {keys:,} keys in the outbox")
            found.nothing.append(_changed(database, workspace, 0))
            found.one_percent.append(_changed(database, workspace, one_percent))
            found.messages_a_second.append(one_percent / _pushed(workspace, one_percent))
            found.everything.append(_changed(database, workspace, keys))
            database.execute(APPLIED)
    yield from _figures(found, keys)


def _changed(database: Database, workspace: Workspace, count: int) -> float:
    """Seconds from the end of a build in which so many rows changed to their messages in the outbox."""
    database.execute(CHANGE, database.value(BUILD), count)
    database.execute("vacuum analyze")
    database.settle()
    checked, checking = _timed(lambda: check_gate(PUSH, workspace))
    filled, filling = _timed(lambda: fill_outbox(PUSH, workspace))
    if filled["messages"] != count:
        raise WrongResult(f"{count:,} rows changed; check_gate says {checked}, fill_outbox {filled}.")
    return checking + filling


def _pushed(workspace: Workspace, count: int) -> float:
    said, seconds = _timed(lambda: push(PUSH, workspace))
    if said["applied"] != count:
        raise WrongResult(f"{count:,} messages waited; push says {said}.")
    return seconds


def _timed(step: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    said = step()
    return said, time.perf_counter() - began


def _figures(found: Rounds, keys: int) -> Iterator[Figure]:
    def figure(name: str, says: str, values: list[float], **more: Any) -> Figure:
        return Figure(benchmark="outbox", name=name, says=says, values=values, **more)

    everything = f"all: {median(found.everything):.2f} s"
    yield figure(
        "nothing_changed",
        f"check_gate and fill_outbox of {keys:,} keys, none of them changed, to all of them changed",
        ratios(found.nothing, found.everything),
        base=everything,
    )
    yield figure(
        "one_percent_changed",
        "the same, 1 % of them changed, to all of them changed",
        ratios(found.one_percent, found.everything),
        base=everything,
    )
    yield figure(
        "push",
        "push, receipts and state included, to a channel that answers at once",
        found.messages_a_second,
        unit="messages/s",
    )
