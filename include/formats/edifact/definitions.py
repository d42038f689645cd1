"""What the directories say about elements, segments and messages, read from the YAML files in ``standard/``.

``elements.yml`` and ``segments.yml`` are shared; every message is one file in ``messages/``. One definition serves the
directories D.93A to D.10A: it allows what any of them allows, so that a partner who mixes them is understood. To add
a message, add its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from include.formats.x12.definitions import (
    CompositeDefinition,
    ElementUse,
    Loop,
    SegmentDefinition,
    SegmentUse,
)

__all__ = [
    "CompositeDefinition",
    "ElementDefinition",
    "ElementUse",
    "Loop",
    "MessageDefinition",
    "SegmentDefinition",
    "SegmentUse",
    "Total",
    "described_messages",
    "is_directory",
    "message_definition",
    "segment_definition",
]

_STANDARD = Path(__file__).parent / "standard"
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DIRECTORY = re.compile("9[3-9][AB]|[0-2][0-9][AB]")
_REPRESENTATION = re.compile(r"(an|a|n)(\.\.)?([0-9]+)")


@dataclass(frozen=True, slots=True)
class ElementDefinition:
    """A simple data element: its number, name, type (a, n, an), length and, where listed, a pattern of its codes."""

    reference: str
    name: str
    type: str
    minimum: int
    maximum: int
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """A control total (CNT) in which the sender states how many segments of a kind the document holds."""

    qualifier: str
    counts: str


# Compared by identity: there is one object of each, and it is a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class MessageDefinition:
    """A message.

    Attributes:
        body: everything between and with UNH and UNT; its groups are named by the segment that begins them.
        tags: every segment that may stand somewhere in it.
    """

    id: str
    name: str
    body: Loop
    totals: tuple[Total, ...]
    tags: frozenset[str]


def is_directory(version: str, release: str) -> bool:
    """Whether UNH names a directory of the standard, as D and 96A."""
    return version in ("D", "S") and _DIRECTORY.fullmatch(release) is not None


@cache
def message_definition(message_id: str) -> MessageDefinition | None:
    """The message ``message_id``; nothing where it is not described."""
    if message_id not in described_messages():
        return None
    facts = _yaml(_STANDARD / "messages" / f"{message_id}.yml")
    body = Loop(message_id, True, 1, tuple(_parts(facts["structure"])))
    return MessageDefinition(
        id=facts["message"],
        name=facts["name"],
        body=body,
        totals=tuple(Total(**total) for total in facts.get("totals", ())),
        tags=frozenset(_tags(body)),
    )


@cache
def segment_definition(tag: str) -> SegmentDefinition | None:
    """The segment ``tag``; nothing where it is not described."""
    facts = _segments().get(tag)
    if facts is None:
        return None
    elements = facts.get("elements")
    return SegmentDefinition(tag, facts["name"], None if elements is None else tuple(_uses(elements)))


@cache
def described_segments() -> frozenset[str]:
    """The segments that are described."""
    return frozenset(_segments())


@cache
def described_messages() -> frozenset[str]:
    """The messages that have a file."""
    return frozenset(path.stem for path in (_STANDARD / "messages").glob("*.yml"))


def _parts(lines: list[Any]) -> Iterator[SegmentUse | Loop]:
    """The parts of a group; of two groups in it that begin with the same segment, the second is named ``TAX_2``."""
    names: set[str] = set()
    for line in lines:
        if isinstance(line, dict):
            tag, is_mandatory, maximum = _requirement(line["group"])
            name = f"{tag}_2" if tag in names else tag
            names.add(name)
            yield Loop(name, is_mandatory, maximum, tuple(_parts(line["structure"])))
        else:
            tag, is_mandatory, maximum = _requirement(line)
            definition = segment_definition(tag)
            assert definition is not None, (
                f"segment {tag} is used in a message but not described in segments.yml"
            )
            yield SegmentUse(definition, is_mandatory, maximum)


def _requirement(use: str) -> tuple[str, bool, int | None]:
    """Of ``LIN C 200``: what, whether it is mandatory, how often it may stand."""
    what, requirement, maximum = use.split()
    return what, requirement == "M", None if maximum == ">1" else int(maximum)


def _uses(lines: list[str]) -> Iterator[ElementUse]:
    """Of ``C C212 x5``: five uses, the first of which may hold all as repetitions, the second all but one …"""
    for line in lines:
        requirement, reference, *times = line.split()
        count = int(times[0][1:]) if times else 1
        for number in range(count):
            definition = _element(reference)
            yield ElementUse(definition, requirement == "M" and not number, count - number)  # type: ignore[arg-type]


@cache
def _element(reference: str) -> ElementDefinition | CompositeDefinition:
    if reference[0] in "CS":
        facts = _elements()["composites"][reference]
        return CompositeDefinition(reference, facts["name"], tuple(_uses(facts["components"])))
    facts = _elements()["elements"][reference]
    text = facts["is"] if isinstance(facts, dict) else facts
    name, representation = text.split()
    match = _REPRESENTATION.fullmatch(representation)
    assert match is not None, f"element {reference}: {representation} is no representation"
    minimum = 1 if match[2] else int(match[3])
    pattern = facts.get("pattern") if isinstance(facts, dict) else None
    return ElementDefinition(reference, name, match[1], minimum, int(match[3]), pattern)


def _tags(loop: Loop) -> Iterator[str]:
    for part in loop.parts:
        if isinstance(part, Loop):
            yield from _tags(part)
        else:
            yield part.tag


@cache
def _segments() -> dict[str, Any]:
    return _yaml(_STANDARD / "segments.yml")


@cache
def _elements() -> dict[str, Any]:
    return _yaml(_STANDARD / "elements.yml")


def _yaml(path: Path) -> Any:
    # The loader is one of PyYAML's two safe ones.
    return yaml.load(path.read_bytes(), Loader=_YAML_LOADER)  # noqa: S506 - a safe loader, in C where there is one
