"""One transaction set: from its bytes to what it is and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from include.formats.x12 import codes
from include.formats.x12.capturing import Captured
from include.formats.x12.checking import structure_findings
from include.formats.x12.codes import Place, SyntaxFinding, finding, tolerating
from include.formats.x12.definitions import SetDefinition, functional_groups, known_sets, set_definition
from include.formats.x12.envelope_checks import SeenNumbers, declared_number
from include.formats.x12.envelopes import Group, Reading, TransactionSet
from include.formats.x12.segments import SEGMENT, UNDECODED, Segment, canonical_text, segment_of

_EMPTY = SEGMENT * 2
_EMPTY_SEGMENTS = re.compile(f"{SEGMENT}{{2,}}")
_BLANKS = b"\r\n\t "
_SET_ID = re.compile("[0-9A-Z]{3}")


def transaction_set(
    group: Group, number: int, captured: Captured, place: Place, reading: Reading, known: SeenNumbers
) -> TransactionSet:
    """The set in the ``captured`` bytes, checked against its envelope and, where it is described, its definition."""
    text = _text(captured.raw, group, reading.encoding)
    header, trailer = _header(text), None if captured.is_cut else _trailer(text)
    definition = _definition(header, group, reading)
    findings = [
        *captured.findings,
        *_empty_segments(text),
        *_header_findings(header, group, reading, known),
        *_trailer_findings(header, trailer, text, is_cut=captured.is_cut),
        *_undecoded(text, definition, reading.encoding),
    ]
    if _EMPTY in text:
        text = _EMPTY_SEGMENTS.sub(SEGMENT, text)
    findings = list(tolerating(findings, reading.tolerated))
    if definition is not None and header is not None and trailer is not None:
        findings += structure_findings(text, definition, reading.tolerated)
    return TransactionSet(
        group=group,
        number=number,
        set_id=header.plain(1) if header else "",
        control_number=header.plain(2).rstrip(" ") if header else "",
        implementation=header.plain(3) if header else "",
        place=place,
        raw=captured.raw,
        text=text,
        has_trailer=trailer is not None,
        definition=definition,
        findings=_located(findings, header, captured.raw, group, place) if findings else (),
    )


def _text(raw: bytes, group: Group, encoding: str) -> str:
    text = canonical_text(raw, group.interchange.separators, encoding)
    return text if text.endswith(SEGMENT) else text + SEGMENT


def _header(text: str) -> Segment | None:
    first = segment_of(text.lstrip(SEGMENT).partition(SEGMENT)[0], 1)
    return first if first.tag == "ST" else None


def _trailer(text: str) -> Segment | None:
    last = segment_of(text.rstrip(SEGMENT).rpartition(SEGMENT)[2])
    return last if last.tag == "SE" else None


def _definition(header: Segment | None, group: Group, reading: Reading) -> SetDefinition | None:
    if header is None or (reading.sets is not None and header.plain(1) not in reading.sets):
        return None
    return set_definition(header.plain(1), group.release)


def _header_findings(
    header: Segment | None, group: Group, reading: Reading, known: SeenNumbers
) -> Iterator[SyntaxFinding]:
    if header is None:
        message = "segments stand here that belong to no transaction set: ST is missing before them"
        yield finding(codes.SET_HEADER_MISSING, message, segment_id="ST", segment_position=1)
        return
    set_id, control_number = header.plain(1), header.plain(2).rstrip(" ")
    yield from _kind(set_id, group, reading)
    if not (4 <= len(control_number) <= 9 and control_number.isascii() and control_number.isprintable()):
        message = f"ST02 must hold 4 to 9 characters, it is {codes.readable(control_number)!r}"
        yield _on(codes.SET_CONTROL_NUMBER_INVALID, message, "ST", 2, control_number)
    elif known.add(control_number):
        message = f"transaction set control number {control_number} stood in this group already"
        yield _on(codes.DUPLICATE_SET, message, "ST", 2, control_number)


def _kind(set_id: str, group: Group, reading: Reading) -> Iterator[SyntaxFinding]:
    allowed = functional_groups().get(group.functional_id)
    if not _SET_ID.fullmatch(set_id):
        message = f"ST01 must name a transaction set with three characters, it is {codes.readable(set_id)!r}"
        yield _on(codes.SET_IDENTIFIER_INVALID, message, "ST", 1, set_id)
    elif reading.sets is not None and set_id not in reading.sets:
        message = f"transaction set {set_id} was not agreed; {', '.join(sorted(reading.sets))} was"
        yield _on(codes.SET_NOT_SUPPORTED, message, "ST", 1, set_id)
    elif set_id not in known_sets():
        yield _on(codes.SET_NOT_SUPPORTED, f"no transaction set is called {set_id}", "ST", 1, set_id)
    elif set_definition(set_id, group.release) is None:
        version = codes.readable(group.version)
        message = f"transaction set {set_id} of version {version} is not described; its envelope is read"
        yield _on(codes.SET_NOT_DESCRIBED, message, "ST", 1, set_id)
    if allowed is not None and set_id in known_sets() and set_id not in allowed:
        kind = codes.readable(group.functional_id)
        message = f"transaction set {set_id} stands in a functional group {kind}"
        yield _on(codes.SET_NOT_IN_GROUP, message, "ST", 1, set_id)


def _trailer_findings(
    header: Segment | None, trailer: Segment | None, text: str, is_cut: bool
) -> Iterator[SyntaxFinding]:
    if is_cut:
        return
    segments = sum(1 for line in text.split(SEGMENT) if line) if _EMPTY in text else text.count(SEGMENT)
    if trailer is None:
        if header is not None:
            message = "the transaction set has no trailer: SE is missing before this place"
            yield finding(codes.SET_TRAILER_MISSING, message, segment_id="SE", segment_position=segments)
        return
    if declared_number(trailer, 1) != segments:
        message = f"SE01 says {codes.readable(trailer.plain(1))!r} segments, {segments} were found"
        yield _on(codes.SEGMENT_COUNT, message, "SE", 1, trailer.plain(1), segments)
    if header is not None and trailer.plain(2).rstrip(" ") != header.plain(2).rstrip(" "):
        values = codes.readable(trailer.plain(2)), codes.readable(header.plain(2))
        message = f"SE02 is {values[0]!r}, ST02 is {values[1]!r}; they must be the same"
        yield _on(codes.SET_CONTROL_NUMBER, message, "SE", 2, trailer.plain(2), segments)


def _empty_segments(text: str) -> Iterator[SyntaxFinding]:
    if _EMPTY in text:
        found = len(_EMPTY_SEGMENTS.findall(text))
        message = f"two segment terminators stand side by side in {found} places; empty segments do not count"
        yield finding(codes.EMPTY_SEGMENT, message)


def _undecoded(text: str, definition: SetDefinition | None, encoding: str) -> Iterator[SyntaxFinding]:
    """In a set that is described, the element checks find such bytes, and say where."""
    if definition is None and not text.isascii() and (found := UNDECODED.search(text)):
        message = f"bytes do not decode as {encoding}"
        position = text.count(SEGMENT, 0, found.start()) + 1
        value = text[max(found.start() - 20, 0) : found.end() + 20]
        yield finding(codes.UNDECODABLE, message, value=value, segment_position=position)


def _on(
    rule: codes.Rule, message: str, tag: str, element: int, value: str, position: int = 1
) -> SyntaxFinding:
    return finding(
        rule,
        message,
        value=value,
        segment_id=tag,
        segment_position=position,
        element_position=element,
        field=f"{tag}{element:02}",
    )


def located_in_set(findings: Iterable[SyntaxFinding], found: TransactionSet) -> tuple[SyntaxFinding, ...]:
    """The findings, made later about segments of a set, with their place in words, line and position in the file."""
    header = found.segments[0] if found.has_header else None
    return _located(findings, header, found.raw, found.group, found.place)


def _located(
    findings: Iterable[SyntaxFinding], header: Segment | None, raw: bytes, group: Group, place: Place
) -> tuple[SyntaxFinding, ...]:
    lines = _lines(raw, group.interchange.separators.segment, place.line)
    name = f"transaction set {codes.readable(header.plain(2))}" if header else "no transaction set"
    return tuple(_at_segment(each, lines, name, place) for each in findings)


def _at_segment(each: SyntaxFinding, lines: list[int], name: str, place: Place) -> SyntaxFinding:
    position = each.segment_position
    line = lines[min(position, len(lines)) - 1] if position and lines else place.line
    words = f"line {line}, {name}"
    if position:
        words += f", segment {position}" + (f" ({each.segment_id})" if each.segment_id else "")
    if each.element_position:
        words += f", element {each.element_position:02}"
    if each.component_position:
        words += f", component {each.component_position}"
    in_file = place.segment + position - 1 if position else place.segment
    return replace(each, place=words, line=line, segment_in_file=in_file)


def _lines(raw: bytes, terminator: bytes, line: int) -> list[int]:
    """The line on which each segment begins."""
    lines = []
    for piece in raw.split(terminator):
        begin = line + piece[: len(piece) - len(piece.lstrip(_BLANKS))].count(b"\n")
        if piece.strip(_BLANKS):
            lines.append(begin)
        line += piece.count(b"\n") + terminator.count(b"\n")
    return lines
