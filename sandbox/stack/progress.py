"""What a person sees while the stack starts: a live list in a terminal, a line per finished step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """The steps of a start, some of them at the same time.

    Args:
        console: where they are shown.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bars = Progress(*columns, console=self.console)

    @contextmanager
    def shown(self) -> Iterator[Steps]:
        """Show the list while the block runs."""
        if not self.console.is_terminal:
            yield self
            return
        with self._bars:
            yield self

    def remark(self, sentence: str) -> None:
        """Say something that is no step."""
        self.console.print(sentence, markup=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step: it counts as done when the block ends without an error."""
        started = time.monotonic()
        bar = self._bars.add_task(name, total=1)
        yield
        self._bars.update(bar, completed=1)
        if not self.console.is_terminal:
            self.remark(f"{name}: ready after {time.monotonic() - started:.1f} s")


class Silence(Steps):
    """Steps that nobody watches."""

    def __init__(self):
        super().__init__(Console(quiet=True))
