"""What every start of dbt is given, seen by a program that stands in its place and does nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from include import dbt_runs
from include.delivery import Endpoint

WAREHOUSE = Endpoint(host="127.0.0.1", port=5432, login="seamline_builder", schema="warehouse")


@pytest.fixture
def targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "dbt"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program.parent / "python"))
    monkeypatch.setenv("SEAMLINE_DBT_TARGET", str(tmp_path / "target"))
    return tmp_path / "target"


def parsed(targets: Path, group: str, content: str, at: int) -> None:
    path = targets / group / dbt_runs.PARSED
    path.parent.mkdir(parents=True)
    path.write_text(content)
    os.utime(path, (at, at))


def test_a_group_that_never_ran_takes_over_what_was_parsed_last(targets: Path) -> None:
    parsed(targets, "staging", "newer", at=2_000)
    parsed(targets, "parse", "older", at=1_000)
    assert dbt_runs.build(WAREHOUSE, "outbound").failures == ()
    assert {path.name: path.read_text() for path in (targets / "outbound").iterdir()} == {
        dbt_runs.PARSED: "newer"
    }


def test_a_group_keeps_what_it_parsed_itself(targets: Path) -> None:
    parsed(targets, "outbound", "own", at=1_000)
    parsed(targets, "staging", "newer", at=2_000)
    dbt_runs.build(WAREHOUSE, "outbound")
    assert (targets / "outbound" / dbt_runs.PARSED).read_text() == "own"


def test_the_first_of_all_has_nothing_to_take_over(targets: Path) -> None:
    dbt_runs.build(WAREHOUSE, "staging")
    assert list((targets / "staging").iterdir()) == []
