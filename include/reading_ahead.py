"""Work on one part of a stream while the next one is made: two cores where one would wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def read_ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts in their order, none of which is None; what making one raises is raised in its place.

    One part more than without it is in memory.
    """
    remaining = iter(parts)
    with ThreadPoolExecutor(1, "read-ahead") as maker:
        coming = maker.submit(next, remaining, None)
        while (part := coming.result()) is not None:
            coming = maker.submit(next, remaining, None)
            yield part
