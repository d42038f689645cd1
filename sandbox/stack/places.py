"""Where the local stack keeps what it needs: one folder that can be thrown away."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).absolute().parents[2]


@dataclass(frozen=True)
class Places:
    """The folders and files of one stack.

    Attributes:
        project: the root of the checkout whose dags/, plugins/ and include/ run.
        state: everything that the stack writes; removed by ``make clean``.
        logs: one file per component, and the logs of tasks and DAG files.
        postgres: the data folder of the database server.
        redis: the broker's folder.
        airflow_home: Airflow's own folder.
        users: the passwords of Airflow's users.
        sandbox: what the stand-ins of the outside systems keep.
        systems: the file in which they say where they listen and whom they let in.
        landing: where deliveries are landed.
        runtime: sockets and locks (XDG_RUNTIME_DIR).
        secrets: generated passwords and keys.
        processes: what runs, for whoever must stop it.
        environment: what the stack adds to the environment of its processes.
        turnstile: the lock that only one start or stop at a time may hold.
    """

    project: Path
    state: Path
    logs: Path
    postgres: Path
    redis: Path
    airflow_home: Path
    users: Path
    sandbox: Path
    systems: Path
    landing: Path
    runtime: Path
    secrets: Path
    processes: Path
    environment: Path
    turnstile: Path

    @property
    def dags(self) -> Path:
        """The DAG files."""
        return self.project / "dags"

    @property
    def plugins(self) -> Path:
        """Airflow's plugins."""
        return self.project / "plugins"


def places(state: Path | None = None, project: Path | None = None) -> Places:
    """The places of a stack: ``state``, else the folder that SEAMLINE_LOCAL names, else .local/ of the project."""
    project = (project or PROJECT).resolve()
    state = (state or Path(os.environ.get("SEAMLINE_LOCAL") or project / ".local")).resolve()
    return Places(
        project=project,
        state=state,
        logs=state / "logs",
        postgres=state / "postgres",
        redis=state / "redis",
        airflow_home=state / "airflow",
        users=state / "airflow" / "users.json",
        sandbox=state / "sandbox",
        systems=state / "sandbox" / "ready.json",
        landing=state / "landing",
        runtime=state / "run",
        secrets=state / "secrets.json",
        processes=state / "processes.json",
        environment=state / "env.sh",
        turnstile=state / "turnstile",
    )


def make_folders(where: Places) -> None:
    """The folders that must be there before a process starts; ``run`` is private as XDG demands (0700)."""
    for folder in (where.logs, where.airflow_home, where.sandbox, where.landing, where.runtime):
        folder.mkdir(parents=True, exist_ok=True)
    where.runtime.chmod(0o700)
