"""What must hold of the service segments: UNB and UNZ, UNG and UNE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from include.formats.edifact import codes
from include.formats.edifact.characters import encoding_of
from include.formats.edifact.codes import Rule, SyntaxFinding, finding, tolerating
from include.formats.edifact.definitions import segment_definition
from include.formats.edifact.elements import problems
from include.formats.edifact.envelopes import Group, Party, Reading
from include.formats.edifact.segments import COMPONENT, ELEMENT, REPETITION, Segment
from include.formats.x12.envelope_checks import SeenNumbers

VERSIONS = ("1", "2", "3", "4")
_LONGEST_NUMBER = 18


class SeenInterchanges:
    """Control references that stood in a file already, by sender and recipient."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], SeenNumbers] = {}

    def add(self, segment: Segment) -> bool:
        """Remember the interchange; true where it was seen before."""
        parties = segment.plain(2), segment.plain(3)
        return self._numbers.setdefault(parties, SeenNumbers()).add(segment.value(5))


def interchange_findings(
    segment: Segment, reading: Reading, known: SeenInterchanges
) -> tuple[SyntaxFinding, ...]:
    """What is wrong with UNB: its elements, its character set, who sent it to whom, its reference."""
    findings = (
        *control_findings(codes.HEADER_ELEMENT, segment),
        *_syntax(segment),
        *_parties(segment, reading),
        *_duplicate(segment, known),
    )
    return tolerating(findings, reading.tolerated)


def control_findings(rule: Rule, segment: Segment) -> Iterator[SyntaxFinding]:
    """What is wrong with the elements of a service segment: reported under ``rule``, with each error's own code."""
    definition = segment_definition(segment.tag)
    assert definition is not None
    for problem in problems(text_of(segment), definition, ".,"):
        component = f"-{problem.component:02}" if problem.component else ""
        found = finding(
            rule,
            problem.message,
            value=problem.value or None,
            segment_id=segment.tag,
            field=f"{segment.tag}{problem.position:02}{component}",
            element_position=problem.position,
            component_position=problem.component,
            element_reference=problem.reference,
        )
        yield replace(found, code=problem.rule.code)


def _syntax(segment: Segment) -> Iterator[SyntaxFinding]:
    identifier, version = segment.value(1), segment.value(1, 2)
    if identifier and encoding_of(identifier) is None:
        message = f"the character set {_shown(identifier)} is not known"
        yield _on(codes.CHARACTER_SET_NOT_SUPPORTED, message, "UNB", 1, identifier, component=1)
    if version and version not in VERSIONS:
        message = f"syntax version {_shown(version)} is not known; 1 to 4 are"
        yield _on(codes.SYNTAX_NOT_SUPPORTED, message, "UNB", 1, version, component=2)


def _parties(segment: Segment, reading: Reading) -> Iterator[SyntaxFinding]:
    for rule, position, expected in (
        (codes.UNKNOWN_SENDER, 2, reading.sender),
        (codes.UNKNOWN_RECIPIENT, 3, reading.recipient),
    ):
        found = Party(segment.value(position), segment.value(position, 2))
        if expected is not None and found != expected:
            message = (
                f"UNB{position:02} names {_shown(found.identifier)} with qualifier {_shown(found.qualifier)}; "
                f"{expected.identifier!r} with {expected.qualifier!r} was agreed"
            )
            yield _on(rule, message, "UNB", position, found.identifier, component=1)


def _duplicate(segment: Segment, known: SeenInterchanges) -> Iterator[SyntaxFinding]:
    if segment.value(5) and known.add(segment):
        message = f"interchange {codes.readable(segment.value(5))} of this sender stood in this file already"
        yield _on(codes.DUPLICATE_INTERCHANGE, message, "UNB", 5, segment.value(5))


def group_findings(group: Group, reading: Reading, known: SeenNumbers) -> tuple[SyntaxFinding, ...]:
    """What is wrong with UNG."""
    findings = [*control_findings(codes.GROUP_ELEMENT, group.segment)]
    if group.reference and known.add(group.reference):
        message = f"group reference {codes.readable(group.reference)} stood in this interchange already"
        findings.append(_on(codes.DUPLICATE_GROUP, message, "UNG", 5, group.reference))
    return tolerating(findings, reading.tolerated)


def group_end_findings(group: Group, segment: Segment | None, received: int) -> Iterator[SyntaxFinding]:
    """What is wrong with UNE, or that it is missing."""
    if segment is None:
        message = f"group {codes.readable(group.reference)} has no trailer: UNE is missing before this place"
        yield finding(codes.GROUP_TRAILER_MISSING, message, segment_id="UNE")
        return
    yield from _closing(
        segment, received, "messages", group.reference, "UNG05", codes.GROUP_COUNT, codes.GROUP_REFERENCE
    )
    yield from _too_many(codes.GROUP_ELEMENT, segment)


def interchange_end_findings(
    header: Segment, segment: Segment | None, received: int, what: str
) -> Iterator[SyntaxFinding]:
    """What is wrong with UNZ, or that it is missing; ``what`` it counts: messages, or groups."""
    reference = header.value(5)
    if segment is None:
        message = (
            f"interchange {codes.readable(reference)} has no trailer: the file ends or goes on before UNZ"
        )
        yield finding(codes.INTERCHANGE_TRAILER_MISSING, message, segment_id="UNZ")
        return
    rules = (codes.INTERCHANGE_COUNT, codes.INTERCHANGE_REFERENCE)
    yield from _closing(segment, received, what, reference, "UNB05", *rules)
    yield from _too_many(codes.HEADER_ELEMENT, segment)


def _closing(
    segment: Segment,
    received: int,
    what: str,
    reference: str,
    source: str,
    count_rule: Rule,
    reference_rule: Rule,
) -> Iterator[SyntaxFinding]:
    tag = segment.tag
    if declared_number(segment, 1) != received:
        message = f"{tag}01 says {_shown(segment.plain(1))} {what}, {received} came"
        yield _on(count_rule, message, tag, 1, segment.plain(1))
    if segment.plain(2).rstrip(" ") != reference.rstrip(" "):
        message = (
            f"{tag}02 is {_shown(segment.plain(2))}, {source} is {_shown(reference)}; they must be the same"
        )
        yield _on(reference_rule, message, tag, 2, segment.plain(2))


def _too_many(rule: Rule, segment: Segment) -> Iterator[SyntaxFinding]:
    if any(segment.elements[2:]):
        message = f"{segment.tag} has 2 elements; another follows"
        yield replace(_on(rule, message, segment.tag, 3, segment.plain(3)), code=codes.TOO_MANY_ELEMENTS.code)


def declared_number(segment: Segment | None, position: int) -> int | None:
    """The count that a trailer states in an element; nothing where it states none."""
    value = "" if segment is None else segment.plain(position).strip(" ")
    is_count = value.isascii() and value.isdecimal() and len(value) <= _LONGEST_NUMBER
    return int(value) if is_count else None


def text_of(segment: Segment) -> str:
    """The segment with the fixed separators, without terminator."""
    return ELEMENT.join((segment.tag, *(_text(element) for element in segment.elements)))


def _text(element: object) -> str:
    if isinstance(element, list):
        return REPETITION.join(map(_text, element))
    return COMPONENT.join(element) if isinstance(element, tuple) else str(element)


def _shown(value: str) -> str:
    return repr(codes.readable(value))


def _on(
    rule: Rule, message: str, tag: str, element: int, value: str, component: int | None = None
) -> SyntaxFinding:
    return finding(
        rule,
        message,
        value=value,
        segment_id=tag,
        element_position=element,
        component_position=component,
        field=f"{tag}{element:02}" + (f"-{component:02}" if component else ""),
    )
