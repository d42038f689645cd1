"""A transaction set as the tree of its loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from include.formats.x12.envelopes import TransactionSet
from include.formats.x12.placing import Placing
from include.formats.x12.segments import Segment


@dataclass(frozen=True, slots=True)
class LoopNode:
    """One repetition of a loop: its segments and the loops in it, in the order of the document."""

    id: str
    parts: list[Segment | LoopNode] = field(default_factory=list)

    def segments(self, tag: str) -> Iterator[Segment]:
        """The segments ``tag`` that stand in this loop itself."""
        return (part for part in self.parts if isinstance(part, Segment) and part.tag == tag)

    def loops(self, loop_id: str) -> Iterator[LoopNode]:
        """The repetitions of loop ``loop_id`` that stand in this one itself."""
        return (part for part in self.parts if isinstance(part, LoopNode) and part.id == loop_id)


def loop_tree(found: TransactionSet) -> LoopNode:
    """The segments of a set in the loops of its definition; a segment without a place stays where it stood.

    A set that is not described has no loops: all its segments stand in the root.
    """
    root = LoopNode(found.set_id)
    if found.definition is None:
        root.parts.extend(found.segments)
        return root
    placing, nodes = Placing(found.definition.body), [root]
    for segment in found.segments:
        placed = placing.place(segment.tag)
        del nodes[placed.depth - len(placed.opened) + 1 :]
        for loop in placed.opened:
            node = LoopNode(loop.id)
            nodes[-1].parts.append(node)
            nodes.append(node)
        nodes[-1].parts.append(segment)
    return root
