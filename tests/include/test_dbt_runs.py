"""dbt as the steps run it: what it says, what it leaves, and what it takes over. A small project stands in for ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from databases import Database

from include import dbt_runs
from include.delivery import Endpoint

FILES = {
    "dbt_project.yml": "name: small\nversion: '1.0'\nprofile: small\nmodel-paths: [models]\n",
    "profiles.yml": """
small:
  target: warehouse
  outputs:
    warehouse:
      type: postgres
      threads: 1
      host: "{{ env_var('SEAMLINE_DBT_HOST') }}"
      port: "{{ env_var('SEAMLINE_DBT_PORT') | int }}"
      user: "{{ env_var('SEAMLINE_DBT_USER') }}"
      password: "{{ env_var('SEAMLINE_DBT_PASSWORD') }}"
      dbname: "{{ env_var('SEAMLINE_DBT_DBNAME') }}"
      schema: staging
""",
    "selectors.yml": """
selectors:
  - {name: staging, definition: {method: fqn, value: whole}}
  - {name: outbound, definition: {method: fqn, value: broken}}
  - {name: metrics, definition: {method: fqn, value: slow}}
""",
    "models/whole.sql": "select 1 as one",
    "models/broken.sql": "{{ config(materialized='table') }} select 1 / 0 as never",
    "models/slow.sql": "{{ config(materialized='table') }} select pg_sleep(60)::text as late",
}
LATER = """
import pathlib, sys
from include import dbt_runs
from include.delivery import Endpoint
dbt_runs.PROJECT = pathlib.Path(sys.argv[1])
run = dbt_runs.build(Endpoint(host="127.0.0.1", port=int(sys.argv[2]), login="seamline_builder", password=sys.argv[3],
    schema=sys.argv[4]), "metrics")
sys.exit(3 if [failure.node for failure in run.failures] == ["dbt"] else 4)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "models").mkdir()
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(dbt_runs, "PROJECT", tmp_path)
    monkeypatch.setenv("SEAMLINE_DBT_TARGET", str(tmp_path / "target"))
    return tmp_path


@pytest.fixture
def warehouse(database: Database) -> Endpoint:
    return Endpoint(
        host="127.0.0.1",
        port=database.server.port,
        login="seamline_builder",
        password=database.server.passwords["seamline_builder"],
        schema=database.name,
    )


def test_a_failure_is_named_and_nothing_of_dbt_stays_in_the_task(
    project: Path, warehouse: Endpoint, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    before = dict(os.environ), Path.cwd(), [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    good = dbt_runs.build(warehouse, "staging")
    assert (good.nodes, good.failures) == (1, ()), good.output
    assert "PASS=1" in good.output
    assert database.value("select one from staging.whole") == 1

    bad = dbt_runs.build(warehouse, "outbound")
    (failure,) = bad.failures
    assert (bad.nodes, failure.node, failure.status) == (1, "broken", "error")
    assert "division by zero" in failure.message

    assert before == (
        dict(os.environ),
        Path.cwd(),
        [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)],
    )
    assert capfd.readouterr() == ("", "")


def test_a_project_that_cannot_be_read_says_why(project: Path, warehouse: Endpoint) -> None:
    (project / "models" / "whole.sql").write_text("select {{ ref('nothing') }}")
    run = dbt_runs.build(warehouse, "staging")
    (failure,) = run.failures
    assert (run.nodes, failure.node) == (0, "dbt")
    assert "depends on a node named 'nothing' which was not found" in failure.message


def test_a_dbt_that_is_killed_is_a_failure(project: Path, warehouse: Endpoint, database: Database) -> None:
    arguments = [str(project), str(warehouse.port), str(warehouse.password), str(warehouse.schema)]
    task = subprocess.Popen([sys.executable, "-c", LATER, *arguments])
    query = (
        "select from pg_stat_activity where datname = %s and usename = %s and query like '%%pg_sleep(60)%%'"
    )
    deadline = time.monotonic() + 60
    while not database.rows(query, database.name, warehouse.login):
        assert time.monotonic() < deadline, "dbt never began"
        time.sleep(0.1)
    (dbt,) = (
        child
        for child in psutil.Process(task.pid).children()
        if "resource_tracker" not in " ".join(child.cmdline())
    )
    dbt.kill()
    assert task.wait(timeout=30) == 3


def parsed(project: Path, group: str, content: str, at: int) -> None:
    path = project / "target" / group / dbt_runs.PARSED
    path.parent.mkdir(parents=True)
    path.write_text(content)
    os.utime(path, (at, at))


def borrowed(project: Path, group: str) -> str | None:
    target = dbt_runs.target_folder(group)
    target.mkdir(parents=True, exist_ok=True)
    dbt_runs.borrow_parsed_project(target)
    assert {path.name for path in target.iterdir()} <= {dbt_runs.PARSED}
    found = target / dbt_runs.PARSED
    return found.read_text() if found.exists() else None


def test_a_group_that_never_ran_takes_over_what_was_parsed_last(project: Path) -> None:
    parsed(project, "staging", "newer", at=2_000)
    parsed(project, "parse", "older", at=1_000)
    assert borrowed(project, "outbound") == "newer"


def test_a_group_keeps_what_it_parsed_itself(project: Path) -> None:
    parsed(project, "outbound", "own", at=1_000)
    parsed(project, "staging", "newer", at=2_000)
    assert borrowed(project, "outbound") == "own"


def test_the_first_of_all_has_nothing_to_take_over(project: Path) -> None:
    assert borrowed(project, "staging") is None
