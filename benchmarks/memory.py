"""Memory does not follow the size of a file: the peak of the three steps for the feed and for one ten times as long.

Each goes once into an empty warehouse, in a process of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from benchmarks.feed import MEGABYTE, PROMISED_ROWS, three_steps
from benchmarks.feed.rows import Feed
from benchmarks.figures import Figure, at_most
from benchmarks.scale import Bench, WrongResult

LONG_TO_SHORT = 10
MOST_GROWTH = 1.2
MOST_MEGABYTES = 600


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of the memory."""
    short = Feed(rows=bench.scale.rows)
    long = Feed(rows=bench.scale.rows * LONG_TO_SHORT)
    (short_size, short_peak), (long_size, long_peak) = (_peak(bench, feed) for feed in (short, long))
    # What the buffers hold comes to its full size only with a long file.
    is_promised = short.rows >= PROMISED_ROWS
    yield Figure(
        benchmark="memory",
        name="peak",
        says=f"peak memory of land, check_contract and load_raw for {long.rows:,} rows, {long_size:,.1f} MB",
        unit="MB",
        values=[long_peak],
        target=at_most(MOST_MEGABYTES) if is_promised else None,
    )
    yield Figure(
        benchmark="memory",
        name="growth",
        says=f"the same, to the peak for {short.rows:,} rows, {short_size:,.1f} MB",
        values=[long_peak / short_peak],
        target=at_most(MOST_GROWTH) if is_promised else None,
        base=f"peak of the shorter: {short_peak:.0f} MB",
    )


def _peak(bench: Bench, feed: Feed) -> tuple[float, float]:
    """Size of the file and peak of the process, in MB."""
    bench.tell(f"memory for {feed.rows:,} rows")
    folder = bench.folder / "memory"
    file = feed.write(folder / "files" / "feed.csv")
    size = file.stat().st_size / MEGABYTE
    with bench.server.database() as database:
        run = three_steps(database, folder, file)
    shutil.rmtree(folder)
    if run["said"]["load_raw"]["new"] != feed.rows - feed.bad_rows:
        raise WrongResult(f"Of {feed.rows:,} rows load_raw says {run['said']['load_raw']}.")
    return size, run["peak_bytes"] / MEGABYTE
