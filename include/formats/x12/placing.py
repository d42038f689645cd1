"""Where the segments of a transaction set stand in the loops of its definition, one after the other.

A segment takes the first place that the definition has for it, looked for from the present place on: in the innermost
open loop first, then in those around it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from include.formats.x12.definitions import Loop, SegmentDefinition, SegmentUse


@dataclass(frozen=True, slots=True)
class Missing:
    """A mandatory part that was passed over, and the loops that it should have stood in, the outermost first."""

    part: SegmentUse | Loop
    path: tuple[str, ...]


@dataclass(slots=True)
class Placed:
    """What came of placing one segment.

    Attributes:
        segment: its definition; nothing where there is no place for it.
        depth: how many loops are open around it, those in ``opened`` included.
        opened: the loops that begin with it, the outer before the inner.
        missing: mandatory parts that were passed over on the way.
        exceeded: the part that stood as often as it may before this one.
    """

    segment: SegmentDefinition | None = None
    depth: int = 0
    opened: list[Loop] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    exceeded: SegmentUse | Loop | None = None


class Placing:
    """A way through the definition of a transaction set."""

    def __init__(self, body: Loop):
        self._frames = [_Frame(body)]

    @property
    def path(self) -> tuple[str, ...]:
        """The open loops, the outermost first."""
        return tuple(frame.loop.id for frame in self._frames[1:])

    def place(self, tag: str) -> Placed:
        """Move on to the place of the next segment."""
        for find in (_Frame.next_part, _Frame.full_part):
            for depth in range(len(self._frames) - 1, -1, -1):
                index = find(self._frames[depth], tag)
                if index is not None:
                    return self._enter(depth, index, is_exceeding=find is _Frame.full_part)
        return Placed(depth=len(self._frames) - 1)

    def pass_over(self, loop: Loop, times: int) -> list[Missing] | None:
        """Move behind complete repetitions of a loop of the body.

        Returns:
            what is missing before them; nothing where they have no place, and then nothing has moved.
        """
        body = self._frames[0]
        index = body.next_part(loop.tag)
        if index is None or body.loop.parts[index] is not loop:
            return None
        if any(frame.next_part(loop.tag) is not None for frame in self._frames[1:]):
            return None
        if loop.maximum is not None and body.counts[index] + times > loop.maximum:
            return None
        missing = [*self._close(0), *self._passed_over(body, index)]
        body.index = index
        body.counts[index] += times
        return missing

    def finish(self) -> list[Missing]:
        """What is missing at the end."""
        return [*self._close(0), *self._passed_over(self._frames[0], len(self._frames[0].loop.parts))]

    def _enter(self, depth: int, index: int, is_exceeding: bool) -> Placed:
        placed = Placed(missing=self._close(depth))
        frame = self._frames[depth]
        placed.missing += self._passed_over(frame, index)
        frame.index = index
        frame.counts[index] += 1
        part = frame.loop.parts[index]
        placed.exceeded = part if is_exceeding else None
        while isinstance(part, Loop):
            self._frames.append(_Frame(part))
            self._frames[-1].counts[0] = 1
            placed.opened.append(part)
            part = part.parts[0]
        placed.segment, placed.depth = part.segment, len(self._frames) - 1
        return placed

    def _close(self, depth: int) -> list[Missing]:
        missing = []
        while len(self._frames) > depth + 1:
            missing += self._passed_over(self._frames[-1], len(self._frames[-1].loop.parts))
            self._frames.pop()
        return missing

    def _passed_over(self, frame: _Frame, before: int) -> list[Missing]:
        missing = frame.missing(before)
        path = self.path[: self._frames.index(frame)] if missing else ()
        return [Missing(part, path) for part in missing]


@dataclass(frozen=True, slots=True)
class _Index:
    """Of a loop: where each tag begins a part, and which parts are mandatory."""

    places: dict[str, tuple[int, ...]]
    mandatory: tuple[int, ...]


@cache
def _index(loop: Loop) -> _Index:
    tags = [part.tag for part in loop.parts]
    return _Index(
        places={tag: tuple(index for index, each in enumerate(tags) if each == tag) for tag in tags},
        mandatory=tuple(index for index, part in enumerate(loop.parts) if part.is_mandatory),
    )


class _Frame:
    """One repetition of a loop that is open: where in it we are, and how often each part stood."""

    __slots__ = ("counts", "index", "loop", "mandatory", "places")

    def __init__(self, loop: Loop):
        self.loop = loop
        self.index = 0
        self.counts = [0] * len(loop.parts)
        self.places, self.mandatory = _index(loop).places, _index(loop).mandatory

    def next_part(self, tag: str) -> int | None:
        """The first part from here on that begins with ``tag`` and may stand once more."""
        for index in self.places.get(tag, ()):
            if index >= self.index:
                maximum = self.loop.parts[index].maximum
                if maximum is None or self.counts[index] < maximum:
                    return index
        return None

    def full_part(self, tag: str) -> int | None:
        """The first part from here on that begins with ``tag``, but for the segment that begins the loop."""
        return next((index for index in self.places.get(tag, ()) if index >= max(self.index, 1)), None)

    def missing(self, before: int) -> list[SegmentUse | Loop]:
        """The mandatory parts between here and part ``before`` that did not stand."""
        return [
            self.loop.parts[index]
            for index in self.mandatory
            if self.index <= index < before and not self.counts[index]
        ]
