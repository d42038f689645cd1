"""What runs, in a file, so that another command can stop it: also what a killed one left behind.

A process is ours while it was started when the record says, or carries the component's mark in its
environment. A recycled process id fits neither and is never touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sandbox.stack.failures import StackFailure
from sandbox.stack.private_files import write_private

MARK = "SEAMLINE_COMPONENT"
# The system derives start times from its clock in whole seconds.
START_TIME_TOLERANCE = 2.0


@dataclass(frozen=True)
class Owner:
    """The process that supervises a stack and ends it when it ends itself."""

    pid: int
    started_at: float


@dataclass(frozen=True)
class Running:
    """A started component.

    Attributes:
        name: the component.
        pid: its first process, which leads a process group of the same number.
        started_at: when that process was started, in seconds of the epoch.
        mark: what all its processes carry in their environment under ``MARK``.
        program: the name of the program.
        stage: see `sandbox.stack.components.Component`, as the following.
    """

    name: str
    pid: int
    started_at: float
    mark: str
    program: str
    stage: int
    stop_signal: int
    signals_group: bool
    grace: float
    folder: str | None
    log: str


@dataclass(frozen=True)
class Record:
    """Everything that runs in one place, and who supervises it, if anybody does."""

    running: tuple[Running, ...] = ()
    owner: Owner | None = None


def this_process() -> Owner:
    """The calling process as a supervisor."""
    return Owner(os.getpid(), psutil.Process().create_time())


def read_record(path: Path) -> Record:
    """What was started and not stopped yet; an empty record where there is no file.

    Raises:
        StackFailure: the file cannot be read.
    """
    if not path.exists():
        return Record()
    try:
        content = json.loads(path.read_text())
        owner = Owner(**content["owner"]) if content["owner"] else None
        return Record(tuple(Running(**entry) for entry in content["running"]), owner)
    except (ValueError, TypeError, KeyError) as error:
        raise StackFailure(
            f"{path} cannot be read ({error!r}), so what it records cannot be stopped. End the processes "
            f"that have {path.parent} in their environment, then remove the file."
        ) from error


def write_record(path: Path, running: Iterable[Running], owner: Owner | None) -> None:
    """Replace the record in one step."""
    content = {"owner": asdict(owner) if owner else None, "running": [asdict(one) for one in running]}
    write_private(path, json.dumps(content, indent=1) + "\n")


def _is_zombie(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_ZOMBIE


def belongs(process: psutil.Process, running: Running) -> bool:
    """Whether a process is part of a component: by its mark, or by folder and program where the mark is hidden."""
    try:
        if _is_zombie(process):
            return False
        if running.folder and process.cwd() == running.folder and process.name() == running.program:
            return True
        return process.environ().get(MARK) == running.mark
    except (psutil.Error, OSError):
        return False


def _is_on_time(process: psutil.Process, running: Running) -> bool:
    return abs(process.create_time() - running.started_at) < START_TIME_TOLERANCE


def first_process(running: Running) -> psutil.Process | None:
    """The first process of a component, unless it has ended."""
    with suppress(psutil.Error):
        found = psutil.Process(running.pid)
        if not _is_zombie(found) and (_is_on_time(found, running) or belongs(found, running)):
            return found
    return None


def is_recycled(running: Running) -> bool:
    """Whether another process has the number of the component's first one by now."""
    with suppress(psutil.Error):
        found = psutil.Process(running.pid)
        return not (_is_on_time(found, running) or belongs(found, running))
    return False


def is_alive(running: Running) -> bool:
    """Whether the very process that was recorded still runs; a recycled process id or a zombie does not count."""
    return first_process(running) is not None


def is_present(owner: Owner | None) -> bool:
    """Whether the supervisor of a stack still runs."""
    with suppress(psutil.Error):
        if owner:
            found = psutil.Process(owner.pid)
            return abs(found.create_time() - owner.started_at) < START_TIME_TOLERANCE and not _is_zombie(
                found
            )
    return False
