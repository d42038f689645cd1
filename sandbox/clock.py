"""What time it is in the sandbox; tests stop it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, with its zone."""


def wall_clock() -> datetime:
    """The machine's time, in whole seconds as the vendors write it."""
    return datetime.now(UTC).replace(microsecond=0)


def iso_z(moment: datetime) -> str:
    """A moment as ``2026-11-02T04:30:00Z``; sorts as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime:
    """The moment that ``iso_z`` wrote."""
    return datetime.fromisoformat(text)
