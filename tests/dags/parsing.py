"""Parses folders of DAG files with Airflow, in a process of its own, and tells what it found as JSON.

    python tests/dags/parsing.py OUT FOLDER…

Of each folder: import errors, the facts of every DAG, and what its files did that no DAG file may do while it is
parsed: read a Variable or a connection, a file that is not code, a folder, or the network, or start a program.
"""

from __future__ import annotations

import json
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import Asset, AssetAlias, BaseHook, Connection, Variable

PROJECT = Path(__file__).resolve().parents[2]
INSTALLED = tuple(
    str(Path(place).resolve()) for place in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())
)
CODE = (".py", ".pyc", ".so")
FILES = ("open", "os.listdir", "os.scandir", "glob.glob")
BEYOND = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "sqlite3.connect")


class Watch:
    """What happens while it is on."""

    def __init__(self) -> None:
        self.seen: list[str] | None = None
        self.folder = Path()
        sys.addaudithook(self._note)
        for owner, name in ((Variable, "get"), (Connection, "get"), (BaseHook, "get_connection")):
            setattr(owner, name, self._refusing(f"{owner.__name__}.{name}"))

    @contextmanager
    def on(self, folder: Path) -> Iterator[list[str]]:
        self.folder, self.seen = folder, []
        try:
            yield self.seen
        finally:
            self.seen = None

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is None:
            return
        if event in BEYOND:
            self.seen.append(event)
        elif event in FILES and isinstance(arguments[0], str) and not self._is_code(event, arguments[0]):
            self.seen.append(f"{event} {arguments[0]}")

    def _is_code(self, event: str, place: str) -> bool:
        """Importing opens modules and lists the folders that hold them; the bag looks for the DAG files."""
        path = str(Path(place).resolve())
        if path.startswith(INSTALLED):
            return True
        if event == "open":
            # Compiled code is written beside its final name and renamed.
            return path.endswith(CODE) or Path(path).parent.name == "__pycache__"
        return path.startswith((str(self.folder), str(PROJECT / "include"))) or Path(path) == PROJECT

    def _refusing(self, name: str) -> Any:
        def refuse(*arguments: Any, **_: Any) -> None:
            if self.seen is not None:
                self.seen.append(f"{name}")
            raise LookupError(name)

        return staticmethod(refuse)


def parsed(folder: Path, watch: Watch) -> dict[str, Any]:
    with watch.on(folder) as seen:
        bag = DagBag(dag_folder=str(folder))
        seen = list(seen)
    return {
        "errors": {str(Path(path).name): error for path, error in bag.import_errors.items()},
        "dags": {dag_id: _facts(dag, folder) for dag_id, dag in bag.dags.items()},
        "forbidden": sorted(set(seen)),
    }


def _facts(dag: Any, folder: Path) -> dict[str, Any]:
    timetable = dag.timetable
    return {
        "file": str(Path(dag.fileloc).relative_to(folder)),
        "owner": dag.owner,
        "tags": sorted(dag.tags),
        "description": dag.description,
        "doc": dag.doc_md or "",
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "cron": _cron(timetable),
        "wakes_on": _assets(timetable.asset_condition),
        "params": sorted(dag.params),
        "tasks": {task.task_id: _task_facts(task) for task in dag.tasks},
    }


def _task_facts(task: Any) -> dict[str, Any]:
    return {
        "pool": task.pool,
        "owner": task.owner,
        "retries": task.retries,
        "retry_seconds": task.retry_delay.total_seconds(),
        "most_retry_seconds": task.max_retry_delay.total_seconds() if task.max_retry_delay else None,
        "timeout_seconds": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "on_failure": [call.__name__ for call in task.on_failure_callback or ()],
        "on_success": [call.__name__ for call in task.on_success_callback or ()],
        "doc": task.doc_md or "",
        "outlets": [outlet.name for outlet in task.outlets if isinstance(outlet, Asset | AssetAlias)],
        "upstream": sorted(task.upstream_task_ids),
        "trigger_rule": task.trigger_rule.value,
        "arguments": [list(map(str, task.op_args)), sorted(task.op_kwargs)],
    }


def _cron(timetable: Any) -> str | None:
    inner = getattr(timetable, "timetable", timetable)
    return getattr(inner, "_expression", None)


def _assets(condition: Any) -> list[str]:
    if condition is None:
        return []
    return sorted(key.name for key, _ in condition.iter_assets())


if __name__ == "__main__":
    out, *folders = map(Path, sys.argv[1:])
    watching = Watch()
    out.write_text(json.dumps([parsed(folder.resolve(), watching) for folder in folders]))
