"""Where each segment of many messages stands: its group, and the segment that begins the group.

Messages repeat themselves: the segments of a line follow one another in few orders. A message is cut before each line
(LIN) and each level of packages (CPS), and where the segments of such a stretch stand is worked out once for each order
of tags in it, then only counted on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import polars as pl

from include.formats.edifact.definitions import Loop, MessageDefinition, SegmentUse

_STRETCH = re.compile(" (?=LIN|CPS)")

# An open group and the part of it that we stand at.
Frame = tuple[Loop, int]


# Compared by identity: each is worked out once.
@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """What came of placing the segments of one stretch.

    Attributes:
        frames: the groups that are open behind it.
        begins: for each of these, the offset of its first segment, or nothing where it was open before.
        places: for each segment its tag, its path of groups, and where the innermost of these begins: by its offset,
            or, where it was open before, by its number among the frames that were.
        is_steady: it leads back to where it began, so that the next one with the same tags is placed alike.
    """

    length: int
    frames: tuple[Frame, ...]
    begins: tuple[int | None, ...]
    places: tuple[tuple[str, str, int | None, int], ...]
    is_steady: bool


class Contexts:
    """The places of the segments of messages that are added one after the other.

    Attributes:
        length: how many segments there are.
        begins: index of the first segment of each message.
    """

    def __init__(self) -> None:
        self.length = 0
        self.begins: list[int] = []
        # By stretch: the index of the first segment of each one, and of the groups that were open before it.
        self._found: dict[_Stretch, tuple[list[int], list[tuple[int, ...]]]] = {}

    def add(self, tags: str, definition: MessageDefinition) -> None:
        """Place the segments of a message, by their tags with a blank behind each."""
        self.begins.append(self.length)
        frames: tuple[Frame, ...] = ((definition.body, 0),)
        begins: tuple[int, ...] = (-1,)
        stretch, found = None, ([], [])  # type: _Stretch | None, tuple[list[int], list[tuple[int, ...]]]
        previous, first = "", self.length
        for text in _STRETCH.split(tags[:-1]):
            if text != previous or stretch is None or not stretch.is_steady:
                stretch = _stretch(frames, text)
                found = self._found.setdefault(stretch, ([], []))
                previous, frames = text, stretch.frames
            found[0].append(first)
            found[1].append(begins)
            begins = tuple(
                [
                    begins[depth] if offset is None else first + offset
                    for depth, offset in enumerate(stretch.begins)
                ]
            )
            first += stretch.length
        self.length = first

    def frame(self) -> pl.DataFrame:
        """For each segment, in order: ``index``, ``tag``, ``group_path``, and ``within``.

        ``within`` is the index at which the innermost of the groups begins; -1 in none.
        """
        frames = [self._frame(stretch, *found) for stretch, found in self._found.items()]
        return pl.concat(frames).sort("index")

    def _frame(self, stretch: _Stretch, firsts: list[int], begins: list[tuple[int, ...]]) -> pl.DataFrame:
        tags, paths, within, depths = zip(*stretch.places, strict=True)
        each = pl.DataFrame(
            {
                "offset": range(stretch.length),
                "tag": tags,
                "group_path": paths,
                "begin": within,
                "depth": depths,
            },
            schema_overrides={"offset": pl.Int64, "begin": pl.Int64, "depth": pl.Int64},
        )
        outer = sorted({depth for begin, depth in zip(within, depths, strict=True) if begin is None})
        opened = {f"outer_{depth}": [begin[depth] for begin in begins] for depth in outer}
        schema = dict.fromkeys(("first", *opened), pl.Int64)
        crossed = pl.DataFrame({"first": firsts, **opened}, schema=schema).join(each, how="cross")
        inside = pl.when(pl.col("begin").is_not_null()).then(pl.col("first") + pl.col("begin"))
        for depth in outer:
            inside = inside.when(pl.col("depth") == depth).then(pl.col(f"outer_{depth}"))
        return crossed.select(
            index=pl.col("first") + pl.col("offset"), tag="tag", group_path="group_path", within=inside
        )


@lru_cache(maxsize=16_384)
def _stretch(frames: tuple[Frame, ...], text: str) -> _Stretch:
    open_frames, begins = list(frames), [None] * len(frames)  # type: list[Frame], list[int | None]
    places: list[tuple[str, str, int | None, int]] = []
    tags = text.split(" ")
    for offset, tag in enumerate(tags):
        _place(open_frames, begins, tag, offset)
        depth = len(open_frames) - 1
        places.append((tag, "/".join(loop.id for loop, _ in open_frames[1:]), begins[depth], depth))
    kept = sum(1 for offset in begins if offset is None)
    uses_closed = any(within is None and depth >= kept for _, _, within, depth in places)
    is_steady = tuple(open_frames) == frames and not uses_closed
    return _Stretch(len(tags), tuple(open_frames), tuple(begins), tuple(places), is_steady)


def _place(frames: list[Frame], begins: list[int | None], tag: str, offset: int) -> None:
    """Move on to the place of the next segment; one without a place stands where we are."""
    for depth in range(len(frames) - 1, -1, -1):
        loop, present = frames[depth]
        index = next((each for each in _parts(loop).get(tag, ()) if _may_follow(loop, present, each)), None)
        if index is None:
            continue
        del frames[depth + 1 :], begins[depth + 1 :]
        frames[depth] = (loop, index)
        part = loop.parts[index]
        while isinstance(part, Loop):
            frames.append((part, 0))
            begins.append(offset)
            part = part.parts[0]
        return


def _may_follow(loop: Loop, present: int, index: int) -> bool:
    """Whether part ``index`` may stand when we are at part ``present``: the same again only if it may repeat."""
    return index > present or (index == present and loop.parts[index].maximum != 1)


@cache
def _parts(loop: Loop) -> dict[str, tuple[int, ...]]:
    parts: dict[str, list[int]] = {}
    for index, part in enumerate(loop.parts):
        assert isinstance(part, SegmentUse | Loop)
        parts.setdefault(part.tag, []).append(index)
    return {tag: tuple(indexes) for tag, indexes in parts.items()}
