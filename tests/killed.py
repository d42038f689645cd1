"""Steps in a process of their own that is killed at a chosen moment, as a machine that loses its power.

A boundary lies before every exchange with the database (each statement, begin, commit and block of a COPY is one),
before every request to a system over HTTP or SFTP, and before every file that is opened, moved or removed.
``run_until`` and ``push_until`` end the process with SIGKILL at one of them; whoever goes through all of them has been
between any two things that the steps do.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Database
from depot import Depot, flow, run
from paramiko import SFTPClient
from storefront import Outbound

from include import flow as flows
from include.delivery import Endpoint
from include.stores.landing_files import LandingFiles
from include.systems.web import Site
from include.workspace import Workspace

STEPS_OF_A_PULL = ("land", "check_contract", "load_raw")
STEPS_OF_A_PUSH = ("fill_outbox", "push", "collect_acknowledgements")
LOADED_BEFORE = [
    __name__,
    *(f"include.steps.{step}" for step in (*STEPS_OF_A_PULL, *STEPS_OF_A_PUSH)),
    "include.systems.shopify.products_sender",
    "include.systems.shopify.stock_sender",
    "include.systems.supplier_edi.purchase_orders",
]


def run_until(
    boundary: int, depot: Depot, database: Database, files: LandingFiles, entity: str, steps: Iterable[str]
) -> bool:
    """Run steps of a flow of the depot; whether they came to their end before the boundary."""
    work = (boundary, depot.folder, database.dsn("seamline_pipeline"), files.root, entity, tuple(steps))
    return _is_finished(database, _killed_at, work)


def push_until(
    boundary: int, outbound: Outbound, flow: flows.PushFlow, steps: Iterable[str] = STEPS_OF_A_PUSH
) -> bool:
    """Run the steps of a push after its gate; whether they came to their end before the boundary."""
    dsn, root = outbound.database.dsn("seamline_pipeline"), outbound.landing.root
    channel = outbound.workspace.endpoint(flow.system)
    return _is_finished(
        outbound.database, _push_killed_at, (boundary, dsn, root, channel, flow.dag_id, tuple(steps))
    )


def _is_finished(database: Database, target: Callable[..., None], work: tuple[Any, ...]) -> bool:
    others = _connections(database)
    process = _processes().Process(target=target, args=work)
    process.start()
    process.join(timeout=60)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    _await_rollback(database, others)
    return process.exitcode == 0


def _processes() -> Any:
    """Processes that are forked from one that has loaded our modules and done nothing yet."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED_BEFORE)
    with pytest.MonkeyPatch.context() as patch:
        # Before Python 3.13 that one process does not have our path, and passes over what it cannot load.
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    return context


def _killed_at(
    boundary: int, folder: Path, dsn: str, root: Path, entity: str, steps: tuple[str, ...]
) -> None:
    depot = Depot(folder)
    depot.install()
    workspace = Workspace(warehouse=dsn, landing=LandingFiles(root), endpoint=depot.endpoint)
    _watch(boundary, [(psycopg.Connection, "wait"), *((Path, name) for name in ("open", "rename", "unlink"))])
    run(flow(entity), workspace, steps)
    sys.stdout.flush()
    os._exit(0)


def _push_killed_at(
    boundary: int, dsn: str, root: Path, channel: Endpoint, dag_id: str, steps: tuple[str, ...]
) -> None:
    workspace = Workspace(warehouse=dsn, landing=LandingFiles(root), endpoint=lambda _: channel)
    _watch(boundary, [(psycopg.Connection, "wait"), (Site, "send"), (SFTPClient, "_request")])
    for step in steps:
        getattr(importlib.import_module(f"include.steps.{step}"), step)(flows.flow(dag_id), workspace)
    os._exit(0)


def _watch(boundary: int, calls: list[tuple[type, str]]) -> None:
    passed = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **options: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == boundary:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return counting

    for owner, name in calls:
        setattr(owner, name, counted(getattr(owner, name)))


def _connections(database: Database) -> set[int]:
    rows = database.rows(
        "select pid from pg_stat_activity where datname = %s and pid <> pg_backend_pid()", database.name
    )
    return {row["pid"] for row in rows}


def _await_rollback(database: Database, others: set[int]) -> None:
    """Until the server has noticed that nobody is there any more."""
    for _ in range(500):
        if _connections(database) <= others:
            return
        time.sleep(0.01)
    raise TimeoutError("the server keeps connections of a process that is gone")
