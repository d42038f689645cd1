"""What a component of the stack is: a program, what it rests on, and how it wants to be stopped."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import IntEnum


class Stage(IntEnum):
    """What rests on what: a later stage is stopped before an earlier one."""

    STORE = 1
    SYSTEMS = 2
    AIRFLOW = 3


@dataclass(frozen=True)
class Component:
    """A program of the stack and how it wants to be stopped.

    Attributes:
        name: unique in the stack, as ``scheduler``; its log is ``<name>.log``.
        command: the program and its arguments.
        stage: see ``Stage``.
        stop_signal: asks it to end in good order.
        signals_group: the request goes to all its processes, not to the first alone.
        grace: seconds it may take before it is killed.
        folder: the working folder by which its processes are known where they hide their environment.
        user: the system user it runs as, where that is another one.
    """

    name: str
    command: tuple[str, ...]
    stage: Stage
    stop_signal: int = signal.SIGTERM
    signals_group: bool = False
    grace: float = 10.0
    folder: str | None = None
    user: str | None = None
