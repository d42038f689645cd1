"""A supplier's price list through ``land``, ``check_contract`` and ``load_raw``, beside plain ``\\copy``.

In every round, in turn: ``\\copy`` of the clean twin of the file into a typed table with the same key; the three steps
on the file with its bad rows into an empty table; the same feed with 1 % of its rows changed; the same file again
under another name; the same rows in another order, which is another file. The steps run in a process of their own,
as tasks do.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.feed.rows import Feed
from benchmarks.figures import Figure, at_least, at_most, ratios
from benchmarks.scale import Bench, WrongResult
from benchmarks.server import Database

PROJECT = Path(__file__).parents[2]
RAW = "raw.mill__offers"
TYPED = """
create table public.offers (
    offer_id bigint primary key, sku text, title text, brand text, category text, price_amount numeric(12,2),
    cost_amount numeric(12,2), currency_code text, quantity integer, weight_grams numeric(12,3),
    created_at timestamptz, updated_at timestamptz
)
"""
MEGABYTE = 1_000_000
CHANGED_SHARE = 0.01
PROMISED_ROWS = 1_000_000
PEER_SECONDS = 1800
NO_PEER = "not measured: its environment is not there; `make bench ARGS=--peer` makes it in build/peer"


@dataclass
class Rounds:
    """What the rounds measured, one value a round.

    Attributes:
        steps: seconds by step, of every round, by the name of the load.
    """

    copy: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    repeated: list[float] = field(default_factory=list)
    reordered: list[float] = field(default_factory=list)
    dlt: list[float] = field(default_factory=list)
    peak_megabytes: list[float] = field(default_factory=list)
    log_megabytes: list[float] = field(default_factory=list)
    growth: list[float] = field(default_factory=list)
    steps: defaultdict[str, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))

    def shares(self, load: str) -> str:
        """What each step took, for readers: the medians of the rounds."""
        rounds = self.steps[load]
        return ", ".join(f"{step} {median(one[step] for one in rounds):.2f} s" for step in rounds[0])


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of the feed."""
    feed = Feed(rows=bench.scale.rows)
    files = _files(feed, bench.folder)
    found = Rounds()
    for number in range(1, bench.scale.rounds + 1):
        bench.tell(f"round {number} of {bench.scale.rounds}: {feed.rows:,} rows")
        found.copy.append(_copied(bench, files["clean"]))
        _measure_steps(bench, feed, files, found)
        if bench.peer:
            bench.tell(f"round {number} of {bench.scale.rounds}: dlt")
            found.dlt.append(_by_dlt(bench, files["clean"]))
    if not bench.peer:
        bench.left_out["dlt"] = NO_PEER
    yield from _figures(found, feed.rows)


def three_steps(database: Database, folder: Path, file: Path) -> dict[str, Any]:
    """Hand a file in and take it through the three steps, in a process of its own.

    Returns:
        ``{"seconds": by step, "said": by step, "peak_bytes": of the process}``.
    """
    systems = folder / "systems"
    systems.mkdir(parents=True, exist_ok=True)
    (systems / file.name).hardlink_to(file)
    database.settle()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.feed.three_steps", str(folder)],
        cwd=PROJECT,
        input=database.dsn("seamline_pipeline") + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WrongResult(done.stderr)
    return json.loads(done.stdout)


def _files(feed: Feed, folder: Path) -> dict[str, Path]:
    changed = replace(feed, changed_share=CHANGED_SHARE)
    made = {
        "clean": feed.clean,
        "1_first": feed,
        "2_changed": changed,
        "3_reordered": replace(changed, is_reversed=True),
    }
    return {name: each.write(folder / "files" / f"{name}.csv") for name, each in made.items()}


def _copied(bench: Bench, file: Path) -> float:
    with bench.server.database() as database:
        database.execute(TYPED)
        database.settle()
        began = time.perf_counter()
        database.psql(f"\\copy public.offers from '{file}' with (format csv, header)")
        return time.perf_counter() - began


def _measure_steps(bench: Bench, feed: Feed, files: dict[str, Path], found: Rounds) -> None:
    folder = bench.folder / "flow"
    good = feed.rows - feed.bad_rows
    with bench.server.database() as database:
        first = three_steps(database, folder, files["1_first"])
        _expect(first, accepted=good, new=good)
        found.first.append(_seconds(first))
        found.steps["first"].append(first["seconds"])
        found.peak_megabytes.append(first["peak_bytes"] / MEGABYTE)
        size, log = _size(database), _log_position(database)
        changed = three_steps(database, folder, files["2_changed"])
        _expect(changed, accepted=good, new=0)
        found.changed.append(_seconds(changed))
        found.steps["changed"].append(changed["seconds"])
        found.log_megabytes.append((_log_position(database) - log) / MEGABYTE)
        found.growth.append(_size(database) / size)
        found.repeated.append(_repeated(database, folder, files["2_changed"]))
        reordered = three_steps(database, folder, files["3_reordered"])
        _expect(reordered, accepted=good, new=0, changed=0)
        found.reordered.append(_seconds(reordered))
        found.steps["reordered"].append(reordered["seconds"])
    shutil.rmtree(folder)


def _repeated(database: Database, folder: Path, file: Path) -> float:
    again = file.with_stem(f"{file.stem}_again")
    again.hardlink_to(file)
    run = three_steps(database, folder, again)
    again.unlink()
    if run["said"]["land"]["repeated"] != 1:
        raise WrongResult(f"The same bytes again are not known: {run['said']['land']}.")
    return _seconds(run)


def _by_dlt(bench: Bench, file: Path) -> float:
    with bench.server.database() as database:
        database.execute("create schema offers_by_dlt")
        database.settle()
        done = subprocess.run(
            [
                str(bench.peer),
                str(Path(__file__).with_name("dlt_peer.py")),
                str(file),
                str(bench.folder / "dlt"),
            ],
            input=database.dsn() + "\n",
            capture_output=True,
            text=True,
            timeout=PEER_SECONDS,
            check=False,
        )
        shutil.rmtree(bench.folder / "dlt", ignore_errors=True)
        if done.returncode:
            raise WrongResult(done.stderr[-3000:])
        if database.value("select count(*) from offers_by_dlt.offers") != bench.scale.rows:
            raise WrongResult("dlt did not load every row.")
        return float(done.stdout.strip().splitlines()[-1])


def _expect(run: dict[str, Any], **wanted: int) -> None:
    said = run["said"]["check_contract"] | run["said"]["load_raw"]
    wrong = {name: said[name] for name, count in wanted.items() if said[name] != count}
    if wrong:
        raise WrongResult(f"The steps say {wrong} where {wanted} is right.")


def _seconds(run: dict[str, Any]) -> float:
    return sum(run["seconds"].values())


def _size(database: Database) -> int:
    return database.value("select pg_total_relation_size(%s::regclass)", RAW)


def _log_position(database: Database) -> int:
    return int(database.value("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))


def _figures(found: Rounds, row_count: int) -> Iterator[Figure]:
    # Megabytes were promised for a million rows; fewer keep them without merit.
    is_promised = row_count >= PROMISED_ROWS
    copy = f"`\\copy`: {median(found.copy):.2f} s"

    def figure(name: str, says: str, values: list[float], **more: Any) -> Figure:
        return Figure(benchmark="feed", name=name, says=says, values=values, **more)

    yield figure(
        "first",
        "land, check_contract and load_raw into an empty table, to plain `\\copy` of the same rows",
        ratios(found.first, found.copy),
        target=at_most(2.0),
        base=f"{copy}; {found.shares('first')}",
    )
    yield figure(
        "one_percent_changed",
        "the same feed with 1 % of its rows changed, to plain `\\copy` of the whole",
        ratios(found.changed, found.copy),
        target=at_most(1.2),
        base=f"{copy}; {found.shares('changed')}",
    )
    yield figure(
        "repeated",
        "the same file again under another name, to plain `\\copy` of the whole",
        ratios(found.repeated, found.copy),
        target=at_most(0.5),
        base=copy,
    )
    yield figure(
        "reordered",
        "the same rows again in another order, to plain `\\copy` of the whole",
        ratios(found.reordered, found.copy),
        base=f"{copy}; {found.shares('reordered')}",
    )
    yield figure(
        "peak",
        "peak memory of the first load",
        found.peak_megabytes,
        unit="MB",
        target=at_most(600) if is_promised else None,
    )
    yield figure(
        "log_written", "write-ahead log of the load with 1 % changed", found.log_megabytes, unit="MB",
        target=at_most(110) if is_promised else None,
    )  # fmt: skip
    yield figure(
        "table_growth",
        "size of the table after 1 % changed, to before",
        found.growth,
        target=at_most(1.05),
    )
    if found.dlt:
        yield figure(
            "dlt",
            "dlt at its fastest (Arrow, Parquet, ADBC; without contract, refusals and key), to our three steps",
            ratios(found.dlt, found.first),
            target=at_least(2.0),
            base=f"dlt: {median(found.dlt):.2f} s",
        )
