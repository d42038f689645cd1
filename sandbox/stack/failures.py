"""What can go wrong with the local stack, as sentences for the person who started it."""

from __future__ import annotations

from pathlib import Path


class StackFailure(Exception):
    """The stack cannot do what was asked; the message says what, where, why and what to do."""


class ComponentDied(StackFailure):
    """A component ended by itself or never became healthy.

    Args:
        name: the component, as ``scheduler``.
        what: what was seen, as ``ended with exit code 1``.
        log: its log file.
        lines: the lines of the log that tell most.
    """

    def __init__(self, name: str, what: str, log: Path, lines: list[str]):
        excerpt = "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"
        super().__init__(f"{name} {what}. The lines of its log that matter:\n{excerpt}\nThe whole log: {log}")
        self.name = name
        self.log = log
        self.lines = lines


class AlreadyRunning(StackFailure):
    """Another process supervises, starts or stops the stack in this place."""
