"""Processes of the stack: started in their own sessions, recorded, watched, and ended without a rest.

Airflow's task processes leave the group of the component that started them, and what they start may lose the
component's mark: a component is everything that carries its mark or belongs to its session.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from sandbox.stack.components import Component
from sandbox.stack.failures import ComponentDied, StackFailure
from sandbox.stack.records import (
    MARK,
    Owner,
    Running,
    belongs,
    first_process,
    is_alive,
    is_recycled,
    read_record,
    write_record,
)

LOOK_EVERY = 0.05
TELLING = re.compile(
    r"error|critical|fatal|exception|refused|denied|in use|cannot|could not|no such|not found|failed",
    re.IGNORECASE,
)
NOISE = re.compile(r"^\s*$|[_/|]{4}|DeprecationWarning|^\s*(warnings\.warn|File )|^Traceback")


def telling_lines(log: Path, count: int = 8) -> list[str]:
    """The last lines of a log that say something: errors first, else simply the last ones."""
    with suppress(OSError):
        lines = [
            line.rstrip() for line in log.read_text(errors="replace").splitlines() if not NOISE.search(line)
        ]
        return [line for line in lines if TELLING.search(line)][-count:] or lines[-count:]
    return []


def _in_session(process: psutil.Process, running: Running) -> bool:
    with suppress(OSError, psutil.Error):
        return os.getsid(process.pid) == running.pid and process.status() != psutil.STATUS_ZOMBIE
    return False


def all_processes(running: Running) -> list[psutil.Process]:
    """Every living process of a component, also those that left its group or outlived their parent."""
    # While a session exists the system gives its number to no new process.
    session_is_ours = not is_recycled(running)
    return [
        process
        for process in psutil.process_iter()
        if belongs(process, running) or (session_is_ours and _in_session(process, running))
    ]


def _ask(running: Running) -> None:
    leader = first_process(running)
    with suppress(psutil.Error, ProcessLookupError, PermissionError):
        if leader and running.signals_group:
            os.killpg(running.pid, running.stop_signal)
        elif leader:
            leader.send_signal(running.stop_signal)


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def kill_all(running: Running, patience: float = 5.0) -> None:
    """Kill every process of a component at once and see that they are gone (a task may fork meanwhile)."""
    deadline = time.monotonic() + patience
    while (rest := all_processes(running)) and time.monotonic() < deadline:
        _kill(rest)
        psutil.wait_procs(rest, timeout=0.2)


def stop_together(components: Iterable[Running]) -> None:
    """Ask all of them to end, wait for each no longer than its grace, kill what is left of it."""
    waiting = list(components)
    asked_at = time.monotonic()
    for running in waiting:
        _ask(running)
    while waiting:
        waited = time.monotonic() - asked_at
        done = [running for running in waiting if not is_alive(running) or waited > running.grace]
        for running in done:
            kill_all(running)
        waiting = [running for running in waiting if running not in done]
        time.sleep(LOOK_EVERY if waiting else 0)


def stop_in_order(components: Iterable[Running]) -> None:
    """Stop what rests on others first, everything of one stage at the same time."""
    components = list(components)
    for stage in sorted({running.stage for running in components}, reverse=True):
        stop_together(running for running in components if running.stage == stage)


def _is_of(process: psutil.Process, record: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK, "").startswith(f"{record}:")
    return False


def stop_recorded(record: Path) -> list[str]:
    """Stop everything that a record names, and what its stack started but had no time to record; their names."""
    running = read_record(record).running
    alive = [one.name for one in running if all_processes(one)]
    stop_in_order(running)
    rest = [process for process in psutil.process_iter() if _is_of(process, record)]
    _kill(rest)
    psutil.wait_procs(rest, timeout=5)
    write_record(record, (), owner=None)
    return alive


class Processes:
    """The running components of one stack.

    Args:
        record: the file in which they are recorded for a later ``down``.
        logs: the folder of their logs.
        folder: the working folder of all components.
        masked: texts that never appear in a message.
        owner: the process that supervises them; none where they outlive the command that starts them.
    """

    def __init__(
        self, record: Path, logs: Path, folder: Path, masked: Iterable[str] = (), owner: Owner | None = None
    ):
        self.record = record
        self.logs = logs
        self.folder = folder
        self.masked = tuple(masked)
        self.owner = owner
        self.cancelled = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}
        self._children: dict[str, subprocess.Popen] = {}
        self._errands: set[str] = set()

    def __iter__(self) -> Iterator[Running]:
        with self._lock:
            return iter(list(self._running.values()))

    def __getitem__(self, name: str) -> Running:
        return self._running[name]

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def log(self, name: str) -> Path:
        """The log file of a component."""
        return self.logs / f"{name}.log"

    def start(self, component: Component, environment: Mapping[str, str]) -> Running:
        """Start a component in its own session; its log begins anew, the one before is kept beside it.

        Raises:
            StackFailure: the program is not there, or the stack is being stopped.
        """
        self._go_on(component.name)
        log = self.log(component.name)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        mark = f"{self.record}:{component.name}"
        # Without SPT_NOENV a process that sets its title (setproctitle) would overwrite its mark.
        child = _child(component, {**environment, "SPT_NOENV": "1", MARK: mark}, self.folder, log)
        running = _running(component, child.pid, mark, log)
        with self._lock:
            self._children[component.name] = child
            self._running[component.name] = running
            self._write()
        return running

    def _write(self) -> None:
        write_record(self.record, self._running.values(), self.owner)

    def _go_on(self, name: str) -> None:
        if self.cancelled.is_set():
            raise StackFailure(f"{name}: given up, for the stack is being stopped.")

    def exit_code(self, name: str) -> int | None:
        """The exit code of a component that ended."""
        return self._children[name].poll()

    def died(self, name: str, what: str) -> ComponentDied:
        """The failure that tells a person what happened to a component."""
        lines = [self._without_secrets(line) for line in telling_lines(self.log(name))]
        return ComponentDied(name, what, self.log(name), lines)

    def _without_secrets(self, line: str) -> str:
        for secret in self.masked:
            line = line.replace(secret, "***")
        return line

    def ended(self) -> dict[str, int]:
        """The components that were not stopped and yet run no more, with their exit codes."""
        codes = {running.name: self.exit_code(running.name) for running in self}
        return {name: code for name, code in codes.items() if code is not None and name not in self._errands}

    def check(self, names: Collection[str] | None = None) -> None:
        """See that components run: those named, all by default.

        Raises:
            ComponentDied: one of them ended by itself.
        """
        for name, code in self.ended().items():
            if names is None or name in names:
                raise self.died(name, f"ended {_ending(code)}")

    def wait_until(
        self, ready: Callable[[], bool], name: str, seconds: float, *, watched: Collection[str] | None = None
    ) -> None:
        """Look again and again, without a fixed sleep, until a component is ready.

        Args:
            ready: says whether it is.
            name: the component.
            seconds: how long it may take.
            watched: the components whose death ends the waiting; all by default.

        Raises:
            ComponentDied: a component ended, or ``name`` was not ready in time.
            StackFailure: the stack is being stopped.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.check(watched)
            self._pause(name)
            if time.monotonic() > deadline:
                raise self.died(name, f"was not ready after {seconds:.0f} seconds")

    def _pause(self, name: str) -> None:
        self.cancelled.wait(LOOK_EVERY)
        self._go_on(name)

    def complete(self, component: Component, environment: Mapping[str, str], seconds: float) -> None:
        """Run a program that ends by itself.

        Raises:
            ComponentDied: it ended with another exit code than 0, or not in time.
            StackFailure: the stack is being stopped.
        """
        self._errands.add(component.name)
        self.start(component, environment)
        deadline = time.monotonic() + seconds
        while (code := self.exit_code(component.name)) is None:
            self._pause(component.name)
            if time.monotonic() > deadline:
                raise self.died(component.name, f"did not end within {seconds:.0f} seconds")
        if code:
            raise self.died(component.name, f"ended {_ending(code)}")
        self._forget(component.name)

    def _forget(self, *names: str) -> None:
        with self._lock:
            for name in names:
                self._running.pop(name, None)
                child = self._children.pop(name, None)
                if child:
                    child.poll()
            self._write()

    def kill(self, name: str) -> None:
        """Kill a component with everything it started, as a lost machine would."""
        kill_all(self._running[name])
        self._forget(name)

    def stop(self, *names: str) -> None:
        """Stop the named components in good order, and what they left behind."""
        chosen = [running for running in self if running.name in names]
        stop_in_order(chosen)
        self._forget(*names)

    def stop_all(self) -> None:
        """Stop everything in good order; nothing is started or waited for any more."""
        self.cancelled.set()
        self.stop(*(running.name for running in self))


def _child(component: Component, environment: Mapping[str, str], folder: Path, log: Path) -> subprocess.Popen:
    user = {"user": component.user, "group": component.user, "extra_groups": []} if component.user else {}
    with log.open("wb") as output:
        try:
            return subprocess.Popen(
                component.command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **user,
            )
        except OSError as error:
            raise StackFailure(
                f"{component.name} cannot be started: {component.command[0]}: {error}"
            ) from error


def _running(component: Component, pid: int, mark: str, log: Path) -> Running:
    return Running(
        name=component.name,
        pid=pid,
        started_at=_start_time(pid),
        mark=mark,
        program=Path(component.command[0]).name,
        stage=component.stage,
        stop_signal=component.stop_signal,
        signals_group=component.signals_group,
        grace=component.grace,
        folder=component.folder,
        log=str(log),
    )


def _start_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return time.time()


def _ending(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
