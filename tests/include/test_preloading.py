"""Libraries are loaded before processes are forked, nothing of our own is, and a fork afterwards loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DAGS = Path(__file__).parents[2] / "dags"

LOOK = """
import json, sys, threading
{load}
from include import preloading
print(json.dumps({{
    "missing": [name for name in preloading.{wanted} if name not in sys.modules],
    "ours": sorted(name for name in sys.modules if name.partition(".")[0] == "include"),
    "threads": threading.active_count(),
    "polars": "polars" in sys.modules,
}}))
"""
LOADED_BY_DAG_FILES = """
import json, os, sys
from airflow.dag_processing import processor
from airflow.dag_processing.dagbag import DagBag
from include import preloading
preloading.load(preloading.OF_DAG_FILES)
before = set(sys.modules)
ours = ("include", "polars", "_polars", "unusual_prefix")
reading, writing = os.pipe()
loaded = {}
for path in sys.argv[1:]:
    if os.fork() == 0:
        bag = DagBag(dag_folder=path, bundle_name="dags", load_op_links=False)
        assert bag.dags and not bag.import_errors, bag.import_errors
        new = sorted(n for n in set(sys.modules) - before if not n.startswith(ours))
        os.write(writing, json.dumps(new).encode())
        os._exit(0)
    assert os.wait()[1] == 0
    loaded[path] = json.loads(os.read(reading, 1_000_000))
print(json.dumps(loaded))
"""


def said(code: str, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env=os.environ | {"AIRFLOW__CORE__PLUGINS_FOLDER": str(DAGS.parent / "plugins")},
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=["tasks", "dag_files"])
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "tasks":
        return said(LOOK.format(load="import include.worker_start", wanted="OF_TASKS"))
    load = "from include import preloading; preloading.load(preloading.OF_DAG_FILES)"
    return said(LOOK.format(load=load, wanted="OF_DAG_FILES"))


def test_everything_is_loaded(seen: dict[str, Any]) -> None:
    assert seen["missing"] == []


def test_our_own_modules_are_left_to_the_forks_so_that_a_changed_one_counts(seen: dict[str, Any]) -> None:
    assert set(seen["ours"]) <= {"include", "include.gates", "include.preloading", "include.worker_start"}


def test_no_thread_runs_that_a_fork_would_lose(seen: dict[str, Any]) -> None:
    assert seen["threads"] == 1
    assert not seen["polars"]


LOADED_AT_START = """
import json, os, sys
sys.argv = json.loads(sys.argv[1])
os.environ["AIRFLOW__CORE__EXECUTOR"] = sys.argv[-1]
sys.path.insert(0, os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"])
import library_start
before = set(sys.modules)
library_start.on_starting(None)
print(json.dumps([name in set(sys.modules) - before for name in ("paramiko", "great_expectations")]))
"""


@pytest.mark.parametrize(
    ("command", "loaded"),
    [
        (["scheduler", "LocalExecutor"], [True, True]),
        (["scheduler", "CeleryExecutor"], [False, False]),
        (["dag-processor", "LocalExecutor"], [True, False]),
        (["api-server", "LocalExecutor"], [False, False]),
    ],
)
def test_whoever_forks_loads_first_and_nobody_else_does(command: list[str], loaded: list[bool]) -> None:
    assert said(LOADED_AT_START, json.dumps(["airflow", *command])) == loaded


def test_dag_files_load_little_more_than_our_own_modules() -> None:
    # What else is new here is loaded again for every file and every task: name it in include/preloading.py.
    loaded = said(LOADED_BY_DAG_FILES, *sorted(map(str, DAGS.glob("*/*.py"))))
    assert {path: names for path, names in loaded.items() if len(names) > 8} == {}
