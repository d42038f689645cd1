"""A message against its definition: which segments may stand where, how often, and what is in them.

A message that matches its grammar needs no more. Of any other, every segment is placed in the groups of the
definition, and what does not fit is reported with the code of the standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from include.formats.edifact import codes
from include.formats.edifact.codes import Rule, SyntaxFinding, finding, tolerating
from include.formats.edifact.definitions import Loop, MessageDefinition, SegmentUse, segment_definition
from include.formats.edifact.elements import Problem, is_clean, problems
from include.formats.edifact.grammar import order_pattern, segments_pattern
from include.formats.edifact.moments import is_dated, period
from include.formats.edifact.segments import COMPONENT, ELEMENT, REPETITION, SEGMENT
from include.formats.x12.placing import Missing, Placing

# A message with more of them is refused without looking further.
MOST_FINDINGS = 20_000

_VALUE = re.compile(f"[^{ELEMENT}{SEGMENT}{COMPONENT}{REPETITION}]*")
_TAG = re.compile("[A-Z][A-Z0-9]{2}")
_DATE = re.compile(
    f"{SEGMENT}DTM{ELEMENT}[^{SEGMENT}{COMPONENT}]*{COMPONENT}([^{SEGMENT}{COMPONENT}]*){COMPONENT}([^{SEGMENT}{ELEMENT}]*)"
)
_TRAILING_PAIRS = (COMPONENT + ELEMENT, COMPONENT + SEGMENT, COMPONENT + REPETITION, ELEMENT + SEGMENT)
_TRAILING = re.compile(f"{COMPONENT}(?=[{ELEMENT}{SEGMENT}{REPETITION}])|{ELEMENT}(?={SEGMENT})")


def structure_findings(
    text: str, tags: str, definition: MessageDefinition, marks: str, tolerated: frozenset[str] = frozenset()
) -> tuple[SyntaxFinding, ...]:
    """Everything in the text of a message that its definition does not allow.

    Args:
        text: the message from UNH to the terminator of UNT, with the fixed separators.
        tags: the first three letters of each segment, a blank behind each.
        marks: the decimal marks that may stand in numbers.
        tolerated: names of the rules whose findings refuse nothing.
    """
    remarks = [*_dates(text), *_trailing(text), *_totals(text, tags, definition)]
    is_in_order = order_pattern(definition).fullmatch(tags) is not None
    if is_in_order and segments_pattern(marks, text.isascii()).fullmatch(text):
        return tolerating(remarks, tolerated)
    walk = _Walk(definition, marks)
    for position, line in enumerate(text.split(SEGMENT)[:-1], 1):
        walk.take(line, position)
        if len(walk.findings) > MOST_FINDINGS:
            message = f"there are more than {MOST_FINDINGS} errors in it; the rest of it was not looked at"
            return (*tolerating(walk.findings, tolerated), finding(codes.TOO_MANY_ERRORS, message))
    walk.finish()
    return tolerating((*walk.findings, *remarks), tolerated)


class _Walk:
    """The segments of one message, placed and checked; the findings gather."""

    def __init__(self, definition: MessageDefinition, marks: str):
        self.findings: list[SyntaxFinding] = []
        self._definition = definition
        self._marks = marks
        self._placing = Placing(definition.body)
        self._position = 0

    def take(self, line: str, position: int) -> None:
        """Place the segment and check what it holds."""
        self._position = position
        tag, mark, indication = line.partition(ELEMENT)[0].partition(COMPONENT)
        placed = self._placing.place(tag)
        self._report_missing(placed.missing)
        if mark:
            message = f"the tag {tag} is followed by an explicit nesting indication, which is not read"
            self._note(codes.NESTING_INDICATED, message, tag)
            line = tag + line[len(tag + mark + indication) :]
        if placed.segment is None:
            self._note(*_misplacement(tag, self._definition), tag)
        if placed.exceeded is not None:
            self._note(*_excess(placed.exceeded), tag)
        segment = placed.segment or segment_definition(tag)
        if segment is not None and not is_clean(line, segment, self._marks):
            for problem in problems(line, segment, self._marks):
                self._note_element(problem, tag)

    def finish(self) -> None:
        """Report what is missing at the end."""
        self._report_missing(self._placing.finish())

    def _report_missing(self, missing: list[Missing]) -> None:
        for each in missing:
            message = f"the mandatory segment {each.part.tag} is missing before this place"
            found = self._finding(codes.SEGMENT_MISSING, message, each.part.tag)
            self.findings.append(replace(found, group_id=each.path[-1] if each.path else None))

    def _note(self, rule: Rule, message: str, tag: str) -> None:
        self.findings.append(self._finding(rule, message, tag))

    def _note_element(self, problem: Problem, tag: str) -> None:
        component = f"-{problem.component:02}" if problem.component else ""
        self.findings.append(
            replace(
                self._finding(problem.rule, problem.message, tag),
                value=codes.readable(problem.value) if problem.value else None,
                field=f"{tag}{problem.position:02}{component}",
                element_position=problem.position,
                component_position=problem.component,
                repetition=problem.repetition,
                element_reference=problem.reference,
            )
        )

    def _finding(self, rule: Rule, message: str, tag: str) -> SyntaxFinding:
        tag, path = codes.readable(tag), self._placing.path
        return finding(
            rule,
            message,
            field=tag,
            segment_id=tag,
            segment_position=self._position,
            group_id=path[-1] if path else None,
        )


def _misplacement(tag: str, definition: MessageDefinition) -> tuple[Rule, str]:
    if tag in definition.tags:
        return codes.SEGMENT_OUT_OF_ORDER, f"segment {tag} may not stand at this place of {definition.id}"
    if _TAG.fullmatch(tag):
        return codes.SEGMENT_NOT_IN_MESSAGE, f"segment {tag} does not belong to {definition.id}"
    return codes.SEGMENT_UNRECOGNIZED, f"{codes.readable(tag)!r} is no segment tag"


def _excess(part: SegmentUse | Loop) -> tuple[Rule, str]:
    if isinstance(part, Loop):
        return codes.GROUP_REPEATED, f"group {part.id} stands more than {part.maximum} times"
    return codes.SEGMENT_REPEATED, f"segment {part.tag} stands more than {part.maximum} times"


def _dates(text: str) -> Iterator[SyntaxFinding]:
    """Dates that are none of the calendar in the format that they name."""
    wrong = {each for each in set(_DATE.findall(text)) if is_dated(each[1]) and period(*each, "UTC") is None}
    if not wrong:
        return
    for match in _DATE.finditer(text):
        if match.groups() in wrong:
            yield finding(
                codes.INVALID_DATE,
                f"{codes.readable(match[1])!r} is no date in format {match[2]}",
                value=match[1],
                field="DTM01-02",
                segment_id="DTM",
                segment_position=text.count(SEGMENT, 0, match.start() + 1) + 1,
                element_position=1,
                component_position=2,
                element_reference="2380",
            )


def _trailing(text: str) -> Iterator[SyntaxFinding]:
    first = _TRAILING.search(text) if any(pair in text for pair in _TRAILING_PAIRS) else None
    if first is not None:
        found = len(_TRAILING.findall(text))
        message = (
            f"separators stand at the end of elements or segments where nothing follows, in {found} places"
        )
        position = text.count(SEGMENT, 0, first.start()) + 1
        tag = codes.readable(text[: first.start()].rpartition(SEGMENT)[2][:3])
        yield finding(codes.TRAILING_SEPARATOR, message, segment_id=tag, segment_position=position)


def _totals(text: str, tags: str, definition: MessageDefinition) -> Iterator[SyntaxFinding]:
    for total in definition.totals:
        begin = f"{SEGMENT}CNT{ELEMENT}{total.qualifier}{COMPONENT}"
        start = text.rfind(begin) + 1
        if not start:
            continue
        stated = _VALUE.match(text, start + len(begin) - 1)[0]  # type: ignore[index]
        found = tags.count(f"{total.counts} ")
        if stated.isascii() and stated.isdecimal() and (stated.lstrip("0") or "0") != str(found):
            yield finding(
                codes.CONTROL_TOTAL,
                f"CNT says {codes.readable(stated)} {total.counts} segments, {found} were found",
                value=stated,
                field="CNT01-02",
                segment_id="CNT",
                segment_position=text.count(SEGMENT, 0, start) + 1,
                element_position=1,
                component_position=2,
            )
