"""Up and down: the stack from nothing to healthy in one call, with independent things at the same time.

choose_ports ─┬─► sandbox ──────────────────────────────────┬─► Airflow's components ─► healthy ─► pools
              └─► PostgreSQL ─┬─► Airflow's tables ─────────┤
                              └─► migrations of the warehouse (needed by the first task only)
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, astuple, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.stack import airflow, broker, outside_systems, postgres
from sandbox.stack.api import AirflowApi
from sandbox.stack.components import Component, Stage
from sandbox.stack.credentials import UI_PASSWORDS, Credentials, credentials
from sandbox.stack.environment import (
    Addresses,
    connection_variables,
    process_environment,
    stack_environment,
    write_environment,
)
from sandbox.stack.failures import AlreadyRunning
from sandbox.stack.places import Places, make_folders, places
from sandbox.stack.ports import choose_ports
from sandbox.stack.processes import Processes, stop_recorded
from sandbox.stack.progress import Silence, Steps
from sandbox.stack.records import Owner, is_present, read_record, this_process
from sandbox.stack.settings import MIGRATE_AIRFLOW, MIGRATE_WAREHOUSE, Executor
from sandbox.stack.turnstile import turnstile

HEALTHY_WITHIN = 180.0
MIGRATED_WITHIN = 180.0


@dataclass
class Stack:
    """A running stack.

    Attributes:
        where: its folders and files.
        addresses: its ports and executor.
        secrets: its passwords and keys.
        processes: its components.
        api: Airflow's REST API as the admin sees it.
        settings: what the stack adds to the environment of its processes, connections included.
        systems: what the stand-ins of the outside systems say about themselves: addresses, credentials.
        components: what was started, by name.
    """

    where: Places
    addresses: Addresses
    secrets: Credentials
    processes: Processes
    api: AirflowApi
    settings: dict[str, str] = field(repr=False)
    systems: dict[str, Any] = field(default_factory=dict, repr=False)
    components: dict[str, Component] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of its processes, for a program that shall see the same connections."""
        return process_environment(self.settings)

    @property
    def superuser_dsn(self) -> str:
        """The database server as its superuser sees it."""
        return postgres.dsn(
            postgres.SUPERUSER, self.secrets.postgres, self.addresses.ports["postgres"], "postgres"
        )

    def check(self) -> None:
        """See that every component still runs.

        Raises:
            ComponentDied: one of them ended by itself.
        """
        self.processes.check()

    def kill(self, name: str) -> None:
        """Kill a component (``scheduler``, ``worker-1``, ``postgres`` …) with its tasks, as a lost machine would."""
        self.processes.kill(name)

    def restart(self, name: str) -> None:
        """Start a component again, whether it was killed or still runs, and wait until it is healthy.

        Components that died without it are for `revive`.
        """
        if name in self.processes:
            self.processes.stop(name)
        if name == "postgres":
            self.prepare_postgres()
        self.start(self.components[name])
        self.wait_for(name, watched=[name])

    def prepare_postgres(self) -> list[str]:
        """See that the database server can start; returns what a person should know."""
        remarks = postgres.prepare_cluster(self.where.postgres, self.secrets.postgres)
        postgres.clear_leftovers(self.where.postgres)
        return remarks

    def revive(self) -> list[str]:
        """See that Airflow goes on after it lost its database: a component that ends of it is started again; which."""
        now = time.time()
        names = [running.name for running in self.processes if running.stage == Stage.AIRFLOW]
        for name in names:
            self.processes.wait_until(partial(self._is_settled, name, now), name, HEALTHY_WITHIN, watched=())
        ended = list(self.processes.ended())
        for name in ended:
            self.restart(name)
        return ended

    def _is_settled(self, name: str, since: float) -> bool:
        return name in self.processes.ended() or self.is_ready(name, since)

    def start(self, component: Component) -> None:
        """Start a component without waiting for it."""
        if component.name == "sandbox":
            # A killed one leaves the file that says it is ready.
            self.where.systems.unlink(missing_ok=True)
        self.components[component.name] = component
        self.processes.start(component, self.environment)

    def is_ready(self, name: str, since: float | None = None) -> bool:
        """Whether a component does its work now, by a sign that it gave after ``since``, its start by default."""
        if name == "postgres":
            return postgres.answers(self.superuser_dsn)
        if name == "redis":
            return broker.answers(self.addresses.ports["redis"], self.secrets.redis)
        if name == "sandbox":
            return outside_systems.ready(self.where.systems) is not None
        if name.startswith("worker"):
            return name in airflow.answering_workers(self.settings["AIRFLOW__CELERY__BROKER_URL"])
        return airflow.is_up(self.api, name, since or self.processes[name].started_at)

    def wait_for(self, name: str, watched: Collection[str] | None = None) -> None:
        """Wait until a component is ready.

        Raises:
            ComponentDied: one of those ``watched`` ended, any by default, or this one was not ready in time.
        """
        self.processes.wait_until(partial(self.is_ready, name), name, HEALTHY_WITHIN, watched=watched)


def _needed_ports(executor: Executor) -> list[str]:
    broker_port = ["redis"] if executor is Executor.CELERY else []
    return ["ui", "postgres", *broker_port, *outside_systems.SYSTEMS]


def _stack(where: Places, addresses: Addresses, overrides: Mapping[str, str], owner: Owner | None) -> Stack:
    secrets = credentials(where.secrets)
    return Stack(
        where=where,
        addresses=addresses,
        secrets=secrets,
        processes=Processes(where.processes, where.logs, where.project, masked=astuple(secrets), owner=owner),
        api=AirflowApi(addresses.ui, "admin", UI_PASSWORDS["admin"]),
        settings=stack_environment(where, secrets, addresses, overrides),
    )


def _start_and_wait(stack: Stack, component: Component) -> None:
    stack.start(component)
    stack.wait_for(component.name)


def _start_postgres(stack: Stack, steps: Steps) -> None:
    with steps.step("PostgreSQL 18"):
        for remark in stack.prepare_postgres():
            steps.remark(remark)
        server = postgres.server_component(stack.where.postgres, stack.addresses.ports["postgres"])
        _start_and_wait(stack, server)
        postgres.ensure_databases(stack.superuser_dsn, asdict(stack.secrets))


def _start_redis(stack: Stack, steps: Steps) -> None:
    server = broker.server_component(stack.where.redis, stack.addresses.ports["redis"], stack.secrets.redis)
    with steps.step("Redis"):
        _start_and_wait(stack, server)


def _start_systems(stack: Stack, steps: Steps) -> None:
    with steps.step("Sandbox systems"):
        _start_and_wait(stack, outside_systems.sandbox_component(stack.where, stack.addresses.ports))
        stack.systems = outside_systems.ready(stack.where.systems) or {}


def _migrate(stack: Stack, steps: Steps, shown: str, name: str, command: tuple[str, ...]) -> None:
    errand = Component(name=name, command=airflow.on_this_machine(command), stage=Stage.AIRFLOW)
    with steps.step(shown):
        stack.processes.complete(errand, stack.environment, MIGRATED_WITHIN)


def _connect(stack: Stack) -> None:
    stack.settings.update(connection_variables(outside_systems.connections(stack.systems)))
    write_environment(stack.where.environment, stack.settings)


def _start_airflow(stack: Stack, steps: Steps, workers: int) -> None:
    components = airflow.airflow_components(stack.addresses.executor, workers)
    for component in components:
        stack.start(component)
    for component in components:
        with steps.step(f"Airflow {component.name}"):
            stack.wait_for(component.name)
    stack.api.set_pools(airflow.pools(stack.where.project / "include" / "pools.yml"))


def _all_done(*futures: Future) -> None:
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in done:
        future.result()


def _start_everything(stack: Stack, steps: Steps, workers: int, threads: ThreadPoolExecutor) -> None:
    systems = threads.submit(_start_systems, stack, steps)
    if stack.addresses.executor is Executor.CELERY:
        _start_redis(stack, steps)
    _start_postgres(stack, steps)
    tables = threads.submit(_migrate, stack, steps, "Airflow's tables", "airflow-tables", MIGRATE_AIRFLOW)
    warehouse = threads.submit(
        _migrate, stack, steps, "Warehouse's tables", "warehouse-tables", MIGRATE_WAREHOUSE
    )
    _all_done(systems, tables, warehouse)
    _connect(stack)
    airflow.write_users(stack.where.users)
    _start_airflow(stack, steps, workers)


def _start(stack: Stack, steps: Steps, workers: int) -> None:
    with ThreadPoolExecutor() as threads:
        try:
            _start_everything(stack, steps, workers, threads)
        except BaseException:
            stack.processes.cancelled.set()
            raise


def _interrupted(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that what it started is stopped."""
    before = signal.signal(signal.SIGTERM, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not leave half of the stack behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refuse_if_supervised(where: Places) -> None:
    owner = read_record(where.processes).owner
    if owner and is_present(owner):
        raise AlreadyRunning(
            f"Process {owner.pid} runs a stack in {where.state} (a demo or a test). Wait for it, stop it, or set "
            f"SEAMLINE_LOCAL to another folder for a second stack."
        )


def start_stack(
    where: Places,
    executor: Executor,
    *,
    workers: int = 2,
    steps: Steps | None = None,
    overrides: Mapping[str, str] | None = None,
    owner: Owner | None = None,
    shell: Mapping[str, str] = os.environ,
) -> Stack:
    """Start everything and wait until it is healthy; where that fails, stop what was started.

    Args:
        where: the places of the stack; what a killed predecessor left there is stopped first.
        executor: who runs the tasks.
        workers: the number of Celery workers.
        steps: where progress is shown.
        overrides: settings that win over all others, as ``AIRFLOW__CORE__PARALLELISM``.
        owner: the process that will stop it again; none where `take_down` will.
        shell: where ``SEAMLINE_PORT_<NAME>`` is looked up.

    Raises:
        AlreadyRunning: another process starts, stops or supervises a stack here.
        ComponentDied: a component ended or was not healthy in time.
        StackFailure: anything else that a person must know.
    """
    steps = steps or Silence()
    make_folders(where)
    with turnstile(where.turnstile), ExitStack() as held:
        _refuse_if_supervised(where)
        left = stop_recorded(where.processes)
        if left:
            steps.remark(f"Stopped what still ran here: {', '.join(left)}.")
        ports = choose_ports(_needed_ports(executor), shell, held)
        for remark in ports.remarks:
            steps.remark(remark)
        stack = _stack(where, Addresses(ports.numbers, executor), overrides or {}, owner)
        try:
            with steps.shown():
                _start(stack, steps, workers)
        except BaseException:
            with _undisturbed():
                stack.processes.stop_all()
            raise
    return stack


def take_down(where: Places) -> list[str]:
    """Stop everything that runs in this place, also what a killed command left behind; the names of what ran.

    Raises:
        AlreadyRunning: another process is starting or stopping a stack here.
    """
    make_folders(where)
    with turnstile(where.turnstile), _undisturbed():
        stopped = stop_recorded(where.processes)
        postgres.clear_leftovers(where.postgres)
    return stopped


def wipe(where: Places) -> None:
    """Forget every state of a stopped stack except the logs of its last run and its secrets."""
    for folder in (where.postgres, where.redis, where.airflow_home, where.sandbox, where.landing):
        if folder.exists():
            shutil.rmtree(folder)


@contextmanager
def running_stack(
    executor: Executor | str = Executor.LOCAL,
    state_dir: Path | None = None,
    project: Path | None = None,
    *,
    workers: int = 2,
    steps: Steps | None = None,
    overrides: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> Iterator[Stack]:
    """A stack that runs while the block runs and leaves no process behind.

    Args:
        executor: ``local`` or ``celery``.
        state_dir: where it keeps its state; .local/ of the project by default.
        project: the checkout whose DAGs run; this one by default.
        workers: the number of Celery workers.
        steps: where progress is shown; nowhere by default.
        overrides: settings that win over all others, as ``AIRFLOW__CORE__PARALLELISM``.
        fresh: begin with an empty state.

    Raises:
        StackFailure: as `start_stack`.
    """
    where = places(state_dir, project)
    if fresh:
        _refuse_if_supervised(where)
        take_down(where)
        wipe(where)
    stack = start_stack(
        where, Executor(executor), workers=workers, steps=steps, overrides=overrides, owner=this_process()
    )
    try:
        yield stack
    finally:
        with _undisturbed():
            stack.processes.stop_all()
