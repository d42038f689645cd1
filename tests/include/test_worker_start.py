"""A worker loads the libraries of its tasks, nothing of our own, and may be forked afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

LOOK = """
import json, sys, threading
import include.worker_start as start
print(json.dumps({
    "missing": [name for name in start.LIBRARIES if name not in sys.modules],
    "ours": sorted(name for name in sys.modules if name.partition(".")[0] == "include"),
    "threads": threading.active_count(),
    "polars": "polars" in sys.modules,
}))
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", LOOK], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_everything_is_loaded(seen: dict[str, Any]) -> None:
    assert seen["missing"] == []


def test_our_own_modules_are_left_to_the_tasks_so_that_a_changed_one_counts(seen: dict[str, Any]) -> None:
    assert seen["ours"] == ["include", "include.gates", "include.worker_start"]


def test_no_thread_runs_that_a_fork_would_lose(seen: dict[str, Any]) -> None:
    assert seen["threads"] == 1
    assert not seen["polars"]
