"""Processes of Airflow's for tests: the environment of the stack, a home of their own, no server and no database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox.stack.environment import process_environment
from sandbox.stack.settings import Executor, airflow_settings

PROJECT = Path(__file__).resolve().parents[1]


def airflow_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process of Airflow's, with a home of its own and no database."""
    own = {
        **airflow_settings(Executor.LOCAL),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": str(PROJECT),
        **more,
    }
    return process_environment(own, os.environ)


def run_python(program: Path, *arguments: object, home: Path, **more: str) -> str:
    """What a program prints that runs as Airflow's processes do.

    Args:
        home: an empty folder.
        more: what the environment has beside Airflow's settings.
    """
    done = subprocess.run(
        [sys.executable, str(program), *map(str, arguments)],
        cwd=PROJECT,
        env=airflow_environment(home, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
