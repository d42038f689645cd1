"""A flow of the depot, landed in a store that is given by its URL; what came of it, as JSON.

python tests/include/stores/object_storage.py DSN FOLDER URL…
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import fsspec
import psycopg
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from depot import Depot, flow, row, run

from include.stores.landing_files import LandingFiles
from include.workspace import Workspace

ROWS = 1_200


def came_of(dsn: str, depot: Depot, url: str, number: int) -> dict[str, Any]:
    """Two complete lists, the second with one row changed and one gone, and a broken file between them."""
    files = LandingFiles(ObjectStoragePath(url))
    workspace = Workspace(warehouse=dsn, landing=files, endpoint=depot.endpoint)
    lists, account = flow("lists", dag_id=f"pull_lists_{number}_from_depot"), f"store {number}"
    first = [row(f"A{one:05}") for one in range(ROWS)]
    second = [row("A00000", note="changed"), *first[1:-1]]
    deliveries = (
        (first, "2026-11-02T06:00+00:00"),
        (b"", "2026-11-02T12:00+00:00"),
        (second, "2026-11-03T06:00+00:00"),
    )
    done = []
    for content, as_of in deliveries:
        depot.deliver(content, account=account, as_of=as_of, full=("lists",))
        done.append(run(lists, workspace))
    with psycopg.connect(dsn) as connection:
        stored = connection.execute(
            "select f.sha256, f.size_bytes from landing.delivery_files as f join landing.deliveries as d "
            "using (delivery_id) where d.account = %s order by f.delivery_id",
            [account],
        ).fetchall()
        skipped = connection.execute(
            "select sum(c.skipped)::int from landing.delivery_counts as c join landing.deliveries as d "
            "using (delivery_id) where d.account = %s",
            [account],
        ).fetchone()
        live = connection.execute(
            "select count(*), count(*) filter (where note = 'changed') from raw.depot__lists "
            "where _account = %s and _deleted_at is null",
            [account],
        ).fetchone()
    return {
        "steps": done,
        "sizes_agree": [sum(map(len, files.blocks(sha256))) == size for sha256, size in stored],
        "again": files.put(files.blocks(stored[0][0]))[0] == stored[0][0],
        "skipped": skipped,
        "live": live,
        "left": sorted(below(files.root)),
    }


def below(root: Any) -> list[str]:
    """Which kinds of things lie in the store, and how many."""
    kinds = ("sha256", "incoming", "accepted", "line_hashes")
    return [f"{kind} {len([p for p in (root / kind).rglob('*') if p.is_file()])}" for kind in kinds]


if __name__ == "__main__":
    connection_string, folder, *urls = sys.argv[1:]
    made = Depot(Path(folder))
    made.install()
    attach("memory", fs=fsspec.filesystem("memory"))
    print(json.dumps([came_of(connection_string, made, url, number) for number, url in enumerate(urls, 1)]))
