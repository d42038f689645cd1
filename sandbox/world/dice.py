"""Seeded draws that come out the same on every Python version and machine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws for one stream of the world.

    Each stream has its own sequence, so that a further draw in one place changes nothing in another.
    Only ``Random.random()`` is used: its sequence is guaranteed between Python versions, that of
    ``choice`` or ``shuffle`` is not.

    Args:
        seed: of the whole world.
        stream: what is drawn, as ``catalog`` or ``orders``.
    """

    def __init__(self, seed: int, stream: str):
        self._draw = Random(f"{seed}/{stream}").random

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._draw() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(self._draw() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely as the others."""
        return items[int(self._draw() * len(items))]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` different items (all of them where there are fewer), in drawn order."""
        rest = list(items)
        return [rest.pop(int(self._draw() * len(rest))) for _ in range(min(count, len(rest)))]
