"""A transaction set against its definition: which segments may stand where, how often, and what is in them.

A set that matches its grammar needs no more. Of any other, every segment is placed in the loops of the definition, and
what does not fit is reported with the code of the standard. An error inside a record loop belongs to that record;
only where none of the records is right, the set is refused for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from include.formats.x12 import codes
from include.formats.x12.codes import Rule, SyntaxFinding, finding, tolerating
from include.formats.x12.definitions import (
    Loop,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    Total,
    segment_definition,
)
from include.formats.x12.elements import Problem, is_clean, problems
from include.formats.x12.grammar import order_pattern, records_pattern, segments_pattern, set_pattern
from include.formats.x12.placing import Missing, Placing
from include.formats.x12.segments import ELEMENT, SEGMENT

# A set with more of them is refused as a whole.
MOST_FINDINGS = 20_000

# What of a segment is not its tag.
_BEHIND_TAG = re.compile(f"(?:{ELEMENT}[^{SEGMENT}]*+)?+{SEGMENT}")


def structure_findings(
    text: str, definition: SetDefinition, tolerated: frozenset[str] = frozenset()
) -> tuple[SyntaxFinding, ...]:
    """Everything in the text of a transaction set that its definition does not allow.

    Args:
        text: the set from ST to the terminator of SE, with the fixed separators.
        tolerated: names of the rules whose findings refuse nothing.
    """
    totals = [each for total in definition.totals for each in _total(text, total)]
    if _is_faultless(text, definition):
        return tolerating(totals, tolerated)
    walk = _Walk(definition)
    begin, position = 0, 1
    while begin < len(text) and len(walk.findings) <= MOST_FINDINGS:
        end = walk.pass_over_records(text, begin, position) or walk.take(text, begin, position)
        position += text.count(SEGMENT, begin, end)
        begin = end
    if begin < len(text):
        message = f"there are more than {MOST_FINDINGS} errors in it; the rest of it was not looked at"
        return (*tolerating(walk.findings, tolerated), finding(codes.TOO_MANY_ERRORS, message))
    walk.finish()
    findings = tolerating((*walk.findings, *totals), tolerated)
    return (*findings, *_all_records_wrong(findings, walk.records))


def _is_faultless(text: str, definition: SetDefinition) -> bool:
    if definition.record_loop is not None:
        return set_pattern(definition, text.isascii()).fullmatch(text) is not None
    is_in_order = order_pattern(definition).fullmatch(_BEHIND_TAG.sub(" ", text)) is not None
    return is_in_order and segments_pattern(definition, text.isascii()).fullmatch(text) is not None


class _Walk:
    """The segments of one set, placed and checked; the findings gather."""

    def __init__(self, definition: SetDefinition):
        self.findings: list[SyntaxFinding] = []
        self.records = 0
        self._definition = definition
        self._placing = Placing(definition.body)
        self._record: int | None = None
        self._position = 0
        self._may_pass_over = True

    def pass_over_records(self, text: str, begin: int, position: int) -> int:
        """Move behind the complete and faultless records that begin here; 0 where there are none."""
        loop = self._definition.record_loop
        if loop is None or not self._may_pass_over or not text.startswith(loop.tag, begin):
            return 0
        match = records_pattern(self._definition, text.isascii()).match(text, begin)
        if match is None:
            return 0
        times = text.count(f"{SEGMENT}{loop.tag}{ELEMENT}", begin, match.end()) + 1
        missing = self._placing.pass_over(loop, times)
        if missing is None:
            # There are more than may be: from here on, one by one.
            self._may_pass_over = False
            return 0
        self._position = position
        self._report_missing(missing)
        self._record = None
        self.records += times
        return match.end()

    def take(self, text: str, begin: int, position: int) -> int:
        """Place the segment that begins here and check what it holds; where it ends."""
        end = text.index(SEGMENT, begin)
        self._take(text[begin:end], position)
        return end + 1

    def _take(self, line: str, position: int) -> None:
        self._position = position
        tag = line.partition(ELEMENT)[0]
        placed = self._placing.place(tag)
        self._report_missing(placed.missing)
        self._enter_record(placed.opened)
        if placed.segment is None:
            self._note(*_misplacement(tag, self._definition), tag)
        if placed.exceeded is not None:
            self._note(*_excess(placed.exceeded), tag)
        segment = placed.segment or self._misplaced(tag)
        if segment is not None and not is_clean(line, segment):
            for problem in problems(line, segment):
                self._note_element(problem, tag)

    def _misplaced(self, tag: str) -> SegmentDefinition | None:
        """What a segment holds that has its place elsewhere in the set; of one that has none, nothing is asked."""
        return segment_definition(tag, self._definition.release) if tag in self._definition.tags else None

    def finish(self) -> None:
        """Report what is missing at the end."""
        self._report_missing(self._placing.finish())

    def _enter_record(self, opened: list[Loop]) -> None:
        if any(loop is self._definition.record_loop for loop in opened):
            self._record = self._position
            self.records += 1
        elif not self._is_in_record(self._placing.path):
            self._record = None

    def _is_in_record(self, path: tuple[str, ...]) -> bool:
        loop = self._definition.record_loop
        return loop is not None and path[:1] == (loop.id,)

    def _report_missing(self, missing: list[Missing]) -> None:
        for each in missing:
            message = f"the mandatory segment {each.part.tag} is missing before this place"
            found = self._finding(codes.SEGMENT_MISSING, message, each.part.tag)
            is_in_record = self._is_in_record(each.path)
            self.findings.append(
                replace(
                    found,
                    loop_id=each.path[-1] if each.path else None,
                    record=self._record if is_in_record else None,
                )
            )

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
            release=self._definition.release,
            field=tag,
            segment_id=tag,
            segment_position=self._position,
            loop_id=path[-1] if path else None,
            record=self._record,
        )


def _misplacement(tag: str, definition: SetDefinition) -> tuple[Rule, str]:
    if tag in definition.tags:
        return codes.SEGMENT_OUT_OF_ORDER, f"segment {tag} may not stand at this place of a {definition.id}"
    if 2 <= len(tag) <= 3 and tag.isascii() and tag.isalnum() and tag[0].isalpha() and tag.isupper():
        return codes.SEGMENT_NOT_IN_SET, f"segment {tag} does not belong to a {definition.id}"
    return codes.SEGMENT_UNRECOGNIZED, f"{codes.readable(tag)!r} is no segment identifier"


def _excess(part: SegmentUse | Loop) -> tuple[Rule, str]:
    if isinstance(part, Loop):
        return codes.LOOP_REPEATED, f"loop {part.id} stands more than {part.maximum} times"
    return codes.SEGMENT_REPEATED, f"segment {part.tag} stands more than {part.maximum} times"


def _total(text: str, total: Total) -> Iterator[SyntaxFinding]:
    start = text.rfind(SEGMENT + total.segment + ELEMENT) + 1
    values = text[start : text.index(SEGMENT, start)].split(ELEMENT) if start else []
    stated = values[total.element] if total.element < len(values) else ""
    found = [text.count(SEGMENT + tag + ELEMENT) for tag in total.counts]
    if stated.isascii() and stated.isdecimal() and (stated.lstrip("0") or "0") not in map(str, found):
        name = f"{total.segment}{total.element:02}"
        counted = " and ".join(f"{count} {tag}" for count, tag in zip(found, total.counts, strict=True))
        yield finding(
            codes.TOTAL,
            f"{name} says {stated} {' or '.join(total.counts)} segments, {counted} were found",
            value=stated,
            field=name,
            segment_id=total.segment,
            segment_position=text.count(SEGMENT, 0, start) + 1,
            element_position=total.element,
        )


def _all_records_wrong(findings: tuple[SyntaxFinding, ...], records: int) -> Iterator[SyntaxFinding]:
    wrong = {each.record for each in findings if each.record is not None and each.is_fatal}
    if wrong and len(wrong) == records:
        message = f"none of its {records} records is right" if records > 1 else "its only record is wrong"
        yield finding(codes.ALL_RECORDS_WRONG, message)
