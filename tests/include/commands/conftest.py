"""The command line in tests: in this process, with the environment of one warehouse.

``seamline("status", "--json")`` answers with exit code, standard output and standard error; no database is there.
``connected_seamline`` is the same with ``database`` behind it, as the roles of production.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from databases import Database
from psycopg.conninfo import conninfo_to_dict

from include.commands.__main__ import main

PROJECT = Path(__file__).resolve().parents[3]
CONNECTIONS = {"": "pipeline", "_READER": "reader", "_ANALYST": "analyst", "_OWNER": "owner"}


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.out)


Seamline = Callable[..., Answer]


def connection_of(dsn: str, **other: str) -> str:
    """A connection string, with other values for some of its parts, as Airflow keeps it in the environment."""
    facts = conninfo_to_dict(dsn, **other)
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": facts["host"],
            "port": int(facts["port"]),
            "login": facts["user"],
            "password": facts["password"],
            "schema": facts["dbname"],
        }
    )


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No local stack, no connection, no landing store."""
    for name in list(os.environ):
        if name.startswith(("AIRFLOW_CONN_", "SEAMLINE_")) and name != "SEAMLINE_SHARED":
            monkeypatch.delenv(name)
    monkeypatch.setenv("SEAMLINE_LOCAL", str(tmp_path / "no-stack"))


@pytest.fixture
def seamline(bare_environment: None, capsys: pytest.CaptureFixture[str]) -> Seamline:
    """Gives a command and takes its answer."""

    def give(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(one) for one in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return Answer(code, said.out, said.err)

    return give


@pytest.fixture
def environment_of_warehouse(
    bare_environment: None, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The environment that leads to ``database`` and to an empty landing store."""
    for suffix, role in CONNECTIONS.items():
        monkeypatch.setenv(
            f"AIRFLOW_CONN_WAREHOUSE_DB{suffix}", connection_of(database.dsn(f"seamline_{role}"))
        )
    monkeypatch.setenv("SEAMLINE_LANDING", (tmp_path / "landing").as_uri())


@pytest.fixture
def connected_seamline(environment_of_warehouse: None, seamline: Seamline) -> Seamline:
    """Gives a command to the warehouse of the test."""
    return seamline


@pytest.fixture
def script(bare_environment: None) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Runs the real ``./seamline``."""

    def run(*arguments: object, **how: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [
                str(PROJECT / "seamline"),
                *(os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments),
            ],
            **{"capture_output": True, "timeout": 60, "check": False, **how},
        )

    return run
