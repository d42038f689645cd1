"""Ports of the local stack: the preferred one where it is free, else another, and a sentence that says so.

A port that was chosen is held with a lock file until the choosing process lets go, so that two
checkouts that start in the same second do not choose the same one.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sandbox.stack.failures import StackFailure

LOOPBACK = "127.0.0.1"
PREFERRED = {"ui": 8080, "postgres": 5433, "redis": 6380, "akeneo": 8091, "shopify": 8092, "sftp": 2222}


@dataclass(frozen=True)
class Ports:
    """One port number per name, and what a person should know about the choice."""

    numbers: Mapping[str, int]
    remarks: tuple[str, ...] = ()


def port_variable(name: str) -> str:
    """The environment variable that sets a port: ``SEAMLINE_PORT_UI``."""
    return f"SEAMLINE_PORT_{name.upper()}"


def preferred_port(name: str, environment: Mapping[str, str]) -> int:
    """The port that a person asked for, else the usual one; 0 asks for any.

    Raises:
        StackFailure: the variable holds no port number.
    """
    asked = environment.get(port_variable(name), str(PREFERRED[name]))
    if not asked.isdecimal() or int(asked) > 65535:
        raise StackFailure(
            f"{port_variable(name)}={asked} is no port: set a number from 0 to 65535, 0 for any."
        )
    return int(asked)


def is_free(number: int) -> bool:
    """Whether a server could listen on this port of the loopback interface now."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, number))
            listener.listen(1)
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port that the system itself calls free."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return listener.getsockname()[1]


def _reservation(number: int) -> TextIO | None:
    folder = Path(tempfile.gettempdir()) / f"seamline-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = (folder / str(number)).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def _taken(number: int, held: ExitStack) -> bool:
    if not is_free(number):
        return True
    lock = _reservation(number)
    if lock is None:
        return True
    held.enter_context(lock)
    return False


def _chosen(preferred: int, held: ExitStack, free_port: Callable[[], int]) -> int:
    number = preferred or free_port()
    while _taken(number, held):
        number = free_port()
    return number


def choose_ports(
    names: list[str],
    environment: Mapping[str, str],
    held: ExitStack,
    free_port: Callable[[], int] = any_free_port,
) -> Ports:
    """A free port for every name, reserved against other stacks of this user until ``held`` is closed.

    Args:
        names: keys of ``PREFERRED``.
        environment: where ``SEAMLINE_PORT_<NAME>`` may set another number; 0 means any.
        held: takes the reservations.
        free_port: where another port comes from.

    Raises:
        StackFailure: a variable holds no port number.
    """
    preferred = {name: preferred_port(name, environment) for name in names}
    numbers = {name: _chosen(number, held, free_port) for name, number in preferred.items()}
    remarks = tuple(
        f"Port {preferred[name]} is taken, so {name} listens on {number} ({port_variable(name)} sets it)."
        for name, number in numbers.items()
        if preferred[name] not in (0, number)
    )
    return Ports(numbers, remarks)
