"""What every partner over EDI does at its mailbox: take what is whole, put what is whole, count interchanges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.clock import Clock, iso_z
from sandbox.state import State
from sandbox.suppliers.orders import Unacceptable

ANSWERS_OF_OURS = ("997_", "999_", "CONTRL_")


class Desk:
    """A partner's mailbox and its memory, which outlasts the process.

    Args:
        system: of ours, to which the partner belongs.
        name: the partner, as its profile is called.
        folder: its mailbox, with ``in`` and ``out``.
        last_number: control number of the last interchange before the desk's own.
    """

    def __init__(self, system: str, name: str, folder: Path, state: State, clock: Clock, last_number: int):
        self.system = system
        self.name = name
        self.folder = folder
        self.state = state
        self.clock = clock
        self.last_number = last_number

    def documents(self) -> list[Path]:
        """What lies there and is whole, our acknowledgements apart."""
        return [
            path
            for path in sorted((self.folder / "in").iterdir())
            if not path.name.startswith((".", *ANSWERS_OF_OURS))
        ]

    def take(self, read: Callable[[bytes], None]) -> int:
        """Read and remove each of those; how many. What is unacceptable is noted."""
        paths = self.documents()
        for path in paths:
            try:
                read(path.read_bytes())
            except Unacceptable as problem:
                self.refuse(problem)
            path.unlink()
        return len(paths)

    def lying(self, *told: str) -> list[str]:
        """Documents that were not taken, and answers that nobody has fetched: files that begin with ``told``."""
        answers = [path for path in sorted((self.folder / "out").iterdir()) if path.name.startswith(told)]
        return [
            f"{self.system}/{self.name}/{path.parent.name}/{path.name}"
            for path in (*self.documents(), *answers)
        ]

    def is_repeat(self, control_number: str, count: int) -> bool:
        """Note an interchange with so many documents; whether the same came before, so that nothing is done twice."""
        key = f"{self.name}/{control_number}"
        self.note("edi_interchange", key, None, count)
        return len(self.state.effects("edi_interchange", key)) > 1

    def refuse(self, problem: Unacceptable) -> None:
        """Note an interchange that cannot be read."""
        self.note("refused_interchange", f"{self.name}/{problem.code}", None, str(problem))

    def note(self, operation: str, key: str, before: Any, after: Any) -> None:
        """Keep an effect of what came."""
        facts = {"at": iso_z(self.clock()), "system": self.system, "before": before, "after": after}
        self.state.record_effect(operation=operation, key=key, **facts)

    def number(self) -> int:
        """The next control number of the partner's own."""
        number = int(str(self.state.fact(f"edi number {self.name}") or self.last_number)) + 1
        self.state.remember(f"edi number {self.name}", number)
        return number

    def put(self, kind: str, number: int, content: bytes) -> None:
        """Under its own name from the first moment that it can be seen."""
        temporary = self.folder / f".{kind}_{number}"
        temporary.write_bytes(content)
        temporary.replace(self.folder / "out" / f"{kind}_{number:09}.edi")
