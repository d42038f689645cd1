"""One start or stop at a time in one place, also across processes; a killed holder lets go by dying."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.stack.failures import AlreadyRunning


@contextmanager
def turnstile(path: Path) -> Iterator[None]:
    """Hold the lock of a stack while the block runs.

    Raises:
        AlreadyRunning: another process is starting or stopping this stack.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(
                f"Another command is starting or stopping the stack in {path.parent} right now. "
                f"Wait for it, or set SEAMLINE_LOCAL to another folder for a second stack."
            ) from None
        yield
