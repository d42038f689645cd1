"""What the standard says about elements, segments and transaction sets, read from the YAML files in ``standard/``.

``elements.yml`` and ``segments.yml`` are shared; every transaction set is one file in ``sets/``. They hold release
004010 and, where it matters, what other releases say. To add a transaction set, add its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_STANDARD = Path(__file__).parent / "standard"
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Releases of the standard that the definitions are meant for.
FIRST_RELEASE, LAST_RELEASE = "003030", "008060"
# Version, release and subrelease: a version has eight releases at most, a release two subreleases.
_RELEASE = re.compile("00[3-8]0[0-7][0-2]")


@dataclass(frozen=True, slots=True)
class ElementDefinition:
    """A simple data element: its number, type (X12.6: AN, ID, R, N0 to N9, DT, TM), length and, where listed, codes."""

    reference: str
    name: str
    type: str
    minimum: int
    maximum: int
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompositeDefinition:
    """A composite data element."""

    reference: str
    name: str
    components: tuple[ElementUse, ...]


@dataclass(frozen=True, slots=True)
class ElementUse:
    """An element or composite at a place in a segment, or an element at a place in a composite."""

    definition: ElementDefinition | CompositeDefinition
    is_mandatory: bool
    repetitions: int = 1


@dataclass(frozen=True, slots=True)
class SyntaxNote:
    """A condition among the elements of a segment: P, R, E, C or L, and the positions that it names."""

    kind: str
    positions: tuple[int, ...]

    def __str__(self) -> str:
        return self.kind + "".join(f"{position:02}" for position in self.positions)


# Compared by identity: there is one object of each, and it is a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class SegmentDefinition:
    """A segment; ``elements`` is nothing where the definitions do not go further than its name."""

    tag: str
    name: str
    elements: tuple[ElementUse, ...] | None
    notes: tuple[SyntaxNote, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentUse:
    """A segment at a place in a transaction set; ``maximum`` is nothing where it may repeat without limit."""

    segment: SegmentDefinition
    is_mandatory: bool
    maximum: int | None

    @property
    def tag(self) -> str:
        """The segment that stands here."""
        return self.segment.tag


# Compared by identity: there is one object of each, and it is a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """Parts that repeat together; the first is the segment that begins each repetition."""

    id: str
    is_mandatory: bool
    maximum: int | None
    parts: tuple[SegmentUse | Loop, ...]

    @property
    def tag(self) -> str:
        """The segment that begins the loop."""
        return self.parts[0].tag


@dataclass(frozen=True, slots=True)
class Total:
    """An element in which the sender states how many segments of a kind the document holds, or of one of several."""

    segment: str
    element: int
    counts: tuple[str, ...]


# Compared by identity: there is one object of each, and it is a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class SetDefinition:
    """A transaction set of one release.

    Attributes:
        body: everything between and with ST and SE.
        record_loop: the loop of which each repetition is a record by itself, where the set has one.
        after_records: the segments that may come right behind the last record.
        tags: every segment that may stand somewhere in it.
    """

    id: str
    name: str
    functional_group: str
    release: str
    body: Loop
    record_loop: Loop | None
    after_records: frozenset[str]
    totals: tuple[Total, ...]
    tags: frozenset[str]


def is_release(release: str) -> bool:
    """Whether ``release`` (as ``004010``) is one that the definitions are meant for."""
    return _RELEASE.fullmatch(release) is not None and FIRST_RELEASE <= release <= LAST_RELEASE


@cache
def set_definition(set_id: str, release: str) -> SetDefinition | None:
    """The transaction set ``set_id`` in ``release``; nothing where it is not described."""
    path = _STANDARD / "sets" / f"{set_id}.yml"
    if set_id not in described_sets() or not is_release(release):
        return None
    facts = _yaml(path)
    body = Loop(set_id, True, 1, tuple(_parts(facts["structure"], release)))
    ids = [part.id if isinstance(part, Loop) else "" for part in body.parts]
    index = ids.index(facts["record_loop"]) if "record_loop" in facts else None
    return SetDefinition(
        id=facts["set"],
        name=facts["name"],
        functional_group=facts["functional_group"],
        release=release,
        body=body,
        record_loop=None if index is None else body.parts[index],  # type: ignore[arg-type]
        after_records=frozenset(() if index is None else (part.tag for part in body.parts[index + 1 :])),
        totals=tuple(
            Total(total["segment"], total["element"], tuple(total["counts"]))
            for total in facts.get("totals", ())
        ),
        tags=frozenset(_tags(body)),
    )


@cache
def segment_definition(tag: str, release: str) -> SegmentDefinition | None:
    """The segment ``tag`` in ``release``; nothing where it is not described."""
    facts = _segments().get(tag)
    if facts is None:
        return None
    elements = facts.get("elements")
    return SegmentDefinition(
        tag=tag,
        name=facts["name"],
        elements=None if elements is None else tuple(_uses(elements, release)),
        notes=tuple(note for text in facts.get("notes", ()) for note in _notes(text)),
    )


@cache
def described_sets() -> frozenset[str]:
    """The transaction sets that have a file."""
    return frozenset(path.stem for path in (_STANDARD / "sets").glob("*.yml"))


@cache
def functional_groups() -> Mapping[str, frozenset[str]]:
    """Functional identifier codes (element 479) and the transaction sets that each may hold."""
    return {code: frozenset(sets) for code, sets in _yaml(_STANDARD / "groups.yml").items()}


@cache
def known_sets() -> frozenset[str]:
    """Every transaction set that belongs to a functional group, described here or not."""
    return described_sets().union(*functional_groups().values())


def _parts(lines: list[Any], release: str) -> Iterator[SegmentUse | Loop]:
    for line in lines:
        if isinstance(line, dict) and "loop" in line:
            if _applies(line, release):
                yield _loop(line, release)
        elif (use := _in_release(line, release)) is not None:
            tag, is_mandatory, maximum = _requirement(use)
            definition = segment_definition(tag, release)
            assert definition is not None, f"segment {tag} is used in a set but not described in segments.yml"
            yield SegmentUse(definition, is_mandatory, maximum)


def _loop(line: dict[str, Any], release: str) -> Loop:
    use = line["loop"]
    for change in line.get("releases", ()):
        use = _in_release(change, release) or use
    loop_id, is_mandatory, maximum = _requirement(use)
    return Loop(loop_id, is_mandatory, maximum, tuple(_parts(line["structure"], release)))


def _requirement(use: str) -> tuple[str, bool, int | None]:
    """Of ``LIN M 10000``: what, whether it is mandatory, how often it may stand."""
    what, requirement, maximum = use.split()
    return what, requirement == "M", None if maximum == ">1" else int(maximum)


def _in_release(line: str | dict[str, Any], release: str) -> str | None:
    if isinstance(line, str):
        return line
    return line["use"] if _applies(line, release) else None


def _applies(condition: dict[str, Any], release: str) -> bool:
    return condition.get("since", "") <= release < condition.get("before", "999999")


def _uses(lines: list[Any], release: str) -> Iterator[ElementUse]:
    for line in lines:
        if isinstance(line, dict) and "times" in line:
            yield from line["times"] * tuple(_uses(line["uses"], release))
            continue
        use = _in_release(line, release)
        if use is not None:
            requirement, reference = use.split()
            repetitions = line.get("repetitions", 1) if isinstance(line, dict) else 1
            yield ElementUse(_element(reference, release), requirement == "M", repetitions)


@cache
def _element(reference: str, release: str) -> ElementDefinition | CompositeDefinition:
    if reference.startswith("C"):
        facts = _elements()["composites"][reference]
        return CompositeDefinition(reference, facts["name"], tuple(_uses(facts["components"], release)))
    facts = _elements()["elements"][reference]
    minimum, maximum = facts["length"]
    for change in facts.get("releases", ()):
        if _applies(change, release):
            minimum, maximum = change["length"]
    return ElementDefinition(
        reference, facts["name"], facts["type"], minimum, maximum, frozenset(facts.get("codes", ()))
    )


def _notes(text: str) -> Iterator[SyntaxNote]:
    """Of ``C0706``: one condition; of ``P0607..2425``: one for each pair of neighbours from 06 to 25."""
    first, _, last = text[1:].partition("..")
    if last:
        pairs = range(int(first[:2]), int(last[:2]) + 1, 2)
        yield from (SyntaxNote(text[0], (position, position + 1)) for position in pairs)
    else:
        positions = (int(first[start : start + 2]) for start in range(0, len(first), 2))
        yield SyntaxNote(text[0], tuple(positions))


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
