"""How long people and Airflow wait before anything begins: the command line, and the parsing of the DAG files.

Every measurement starts a process. Beside it stands the least that such a process can take: Python that does nothing,
and the import of Airflow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, at_most, ratios
from benchmarks.scale import Bench, WrongResult
from sandbox.stack.environment import process_environment
from sandbox.stack.settings import Executor, airflow_settings

PROJECT = Path(__file__).parents[1]
NOTHING = (sys.executable, "-c", "pass")
COMMAND_LINE = (str(PROJECT / "seamline"), "--help")
# Only the measured process imports Airflow.
PARSE = """
import json, time
began = time.perf_counter()
from airflow.dag_processing.dagbag import DagBag
imported = time.perf_counter()
bag = DagBag()
parsed = time.perf_counter()
files = {one.file: one.duration.total_seconds() for one in bag.dagbag_stats}
said = {"files": files, "errors": bag.import_errors, "dags": len(bag.dags)}
print(json.dumps(said | {"importing": imported - began, "parsing": parsed - imported}))
"""


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of the start."""
    environment = _environment(bench.folder / "airflow")
    nothing: list[float] = []
    helped: list[float] = []
    parsed: list[dict[str, Any]] = []
    for number in range(1, bench.scale.rounds + 1):
        bench.tell(f"round {number} of {bench.scale.rounds}: command line and DAG files")
        nothing.append(_run(NOTHING, environment)[0])
        helped.append(_helped(environment))
        parsed.append(_parsed(environment))
    yield from _figures(nothing, helped, parsed)


def _environment(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    own = {
        **airflow_settings(Executor.LOCAL),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": str(PROJECT),
    }
    return process_environment(own, os.environ)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(environment), capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise WrongResult(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return seconds, done.stdout


def _helped(environment: Mapping[str, str]) -> float:
    seconds, said = _run(COMMAND_LINE, environment)
    if "dead-letters" not in said:
        raise WrongResult(f"`./seamline --help` names no commands: {said[:500]}")
    return seconds


def _parsed(environment: Mapping[str, str]) -> dict[str, Any]:
    said = json.loads(_run((sys.executable, "-c", PARSE), environment)[1].splitlines()[-1])
    if said["errors"] or not said["dags"]:
        raise WrongResult(f"{said['dags']} DAGs were found, with errors: {said['errors']}")
    return said


def _figures(
    nothing: Sequence[float], helped: Sequence[float], parsed: Sequence[dict[str, Any]]
) -> Iterator[Figure]:
    importing, parsing = ([one[name] for one in parsed] for name in ("importing", "parsing"))

    def figure(name: str, says: str, values: Sequence[float], **more: Any) -> Figure:
        return Figure(benchmark="start", name=name, says=says, values=values, **more)

    yield figure("help", "`./seamline --help`", helped, unit="s", target=at_most(0.5))
    yield figure(
        "help_ratio",
        "the same, to a Python that does nothing",
        ratios(helped, nothing),
        base=f"`python -c pass`: {median(nothing):.3f} s",
    )
    yield figure(
        "parse", f"parsing all {len(parsed[0]['files'])} DAG files", parsing, unit="s", target=at_most(10.0)
    )
    yield figure(
        "slowest_file",
        "parsing the slowest DAG file",
        [max(one["files"].values()) for one in parsed],
        unit="s",
        target=at_most(1.0),
    )
    yield figure(
        "parse_ratio",
        "parsing all DAG files, to the import of Airflow before it",
        ratios(parsing, importing),
        base=f"import: {median(importing):.2f} s",
    )
