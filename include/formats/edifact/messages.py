"""One message: from its bytes to what it is and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from include.formats.edifact import codes
from include.formats.edifact.characters import outside_repertoire
from include.formats.edifact.checking import structure_findings
from include.formats.edifact.codes import Place, SyntaxFinding, finding, tolerating
from include.formats.edifact.definitions import (
    MessageDefinition,
    described_messages,
    is_directory,
    message_definition,
)
from include.formats.edifact.envelope_checks import control_findings, declared_number
from include.formats.edifact.envelopes import Captured, Group, Interchange, Message, MessageType, Reading
from include.formats.edifact.segments import SEGMENT, UNDECODED, Segment, canonical_text, segment_of
from include.formats.edifact.separators import Separators, released_end
from include.formats.x12.envelope_checks import SeenNumbers

_EMPTY = SEGMENT * 2
_EMPTY_SEGMENTS = re.compile(f"{SEGMENT}{{2,}}")
_LOWER_CASE = re.compile(f"(?:\\A|{SEGMENT})(?=[A-Za-z0-9]{{0,2}}[a-z])[A-Za-z0-9]{{3}}(?![A-Za-z0-9])")
_BLANKS = b"\r\n\t "
_MESSAGE_ID = re.compile("[0-9A-Z]{1,6}")


def message(
    interchange: Interchange,
    group: Group | None,
    number: int,
    captured: Captured,
    place: Place,
    reading: Reading,
    known: SeenNumbers,
) -> Message:
    """The message in the ``captured`` bytes, checked against its envelope and, if described, its definition."""
    remarks: list[SyntaxFinding] = []
    text, tags = _text_and_tags(captured.raw, interchange, remarks)
    header, trailer = _header(text), None if captured.is_cut else _trailer(text)
    kind = _type(header)
    definition = _definition(kind, reading)
    findings = [
        *captured.findings,
        *remarks,
        *_header_findings(header, kind, group, reading, known),
        *_trailer_findings(header, trailer, text, is_cut=captured.is_cut),
        *_characters(text, interchange, definition),
    ]
    if _EMPTY in text:
        text = _EMPTY_SEGMENTS.sub(SEGMENT, text)
        tags = _tags(text)
    findings = list(tolerating(findings, reading.tolerated))
    if definition is not None and header is not None and trailer is not None:
        findings += structure_findings(text, tags, definition, interchange.decimal_marks, reading.tolerated)
    return Message(
        interchange=interchange,
        group=group,
        number=number,
        type=kind,
        reference=header.value(1) if header else "",
        place=place,
        raw=captured.raw,
        text=text,
        tags=tags,
        has_trailer=trailer is not None,
        definition=definition,
        findings=_located(findings, header, captured.raw, interchange.separators, place) if findings else (),
    )


def _text_and_tags(raw: bytes, interchange: Interchange, remarks: list[SyntaxFinding]) -> tuple[str, str]:
    text = canonical_text(raw, interchange.separators, interchange.encoding)
    if not text.endswith(SEGMENT):
        text += SEGMENT
    if "\n" in text or "\r" in text:
        position = text.count(SEGMENT, 0, text.find("\n" if "\n" in text else "\r")) + 1
        message = "line breaks stand inside segments; no character set has them, they were taken out"
        remarks.append(finding(codes.LINE_BREAK_INSIDE, message, segment_position=position))
        text = text.replace("\r", "").replace("\n", "")
    tags = _tags(text)
    if not tags.isupper() and (first := _LOWER_CASE.search(text)) is not None:
        position = text.count(SEGMENT, 0, first.start() + 1) + 1
        message = "segment tags are written in lower case; they are read as upper case"
        tag = first[0].lstrip(SEGMENT)
        remarks.append(finding(codes.LOWER_CASE_TAG, message, value=tag, segment_position=position))
        text = _LOWER_CASE.sub(lambda match: match[0].upper(), text)
        tags = _tags(text)
    return text, tags


def _tags(text: str) -> str:
    lines = text.split(SEGMENT)
    lines.pop()
    return " ".join([line[:3] for line in lines]) + " "


def _header(text: str) -> Segment | None:
    first = segment_of(text.lstrip(SEGMENT).partition(SEGMENT)[0], 1)
    return first if first.tag == "UNH" else None


def _trailer(text: str) -> Segment | None:
    last = segment_of(text.rstrip(SEGMENT).rpartition(SEGMENT)[2])
    return last if last.tag == "UNT" else None


def _type(header: Segment | None) -> MessageType:
    if header is None:
        return MessageType()
    return MessageType(*(header.value(2, component) for component in range(1, 6)))


def _definition(kind: MessageType, reading: Reading) -> MessageDefinition | None:
    if reading.messages is not None and kind.id not in reading.messages:
        return None
    return message_definition(kind.id)


def _header_findings(
    header: Segment | None, kind: MessageType, group: Group | None, reading: Reading, known: SeenNumbers
) -> Iterator[SyntaxFinding]:
    if header is None:
        message = "segments stand here that belong to no message: UNH is missing before them"
        yield finding(codes.MESSAGE_HEADER_MISSING, message, segment_id="UNH", segment_position=1)
        return
    if kind.id not in described_messages():
        # Where the message is described, its definition holds UNH too.
        for each in control_findings(codes.MESSAGE_HEADER_ELEMENT, header):
            yield replace(each, segment_position=1)
    yield from _kind(kind, group, reading)
    reference = header.value(1)
    if not reference.strip(" "):
        yield _on(codes.MESSAGE_REFERENCE_MISSING, "the message has no reference number", "UNH", 1, reference)
    elif known.add(reference):
        message = f"message reference {codes.readable(reference)} stood in this interchange already"
        yield _on(codes.DUPLICATE_MESSAGE, message, "UNH", 1, reference)


def _kind(kind: MessageType, group: Group | None, reading: Reading) -> Iterator[SyntaxFinding]:
    name = codes.readable(str(kind))
    if not _MESSAGE_ID.fullmatch(kind.id):
        yield _on(codes.MESSAGE_TYPE_INVALID, f"UNH02 names no message type: {name!r}", "UNH", 2, kind.id)
    elif reading.messages is not None and kind.id not in reading.messages:
        agreed = ", ".join(sorted(reading.messages))
        yield _on(
            codes.MESSAGE_NOT_AGREED, f"message {kind.id} was not agreed; {agreed} was", "UNH", 2, kind.id
        )
    elif kind.id not in described_messages():
        message = f"message {name} is not described; its envelope is read"
        yield _on(codes.MESSAGE_NOT_DESCRIBED, message, "UNH", 2, kind.id)
    elif kind.id != "CONTRL" and not is_directory(kind.version, kind.release):
        message = f"directory {codes.readable(f'{kind.version}.{kind.release}')} is not known; {kind.id} is read as any"
        yield _on(codes.DIRECTORY_UNKNOWN, message, "UNH", 2, str(kind))
    if group is not None and group.message_type and kind.id and group.message_type != kind.id:
        message = f"message {name} stands in a group of {codes.readable(group.message_type)}"
        yield _on(codes.MESSAGE_NOT_IN_GROUP, message, "UNH", 2, kind.id)


def _trailer_findings(
    header: Segment | None, trailer: Segment | None, text: str, is_cut: bool
) -> Iterator[SyntaxFinding]:
    if is_cut:
        return
    segments = sum(1 for line in text.split(SEGMENT) if line) if _EMPTY in text else text.count(SEGMENT)
    if trailer is None:
        if header is not None:
            message = "the message has no trailer: UNT is missing before this place"
            yield finding(codes.MESSAGE_TRAILER_MISSING, message, segment_id="UNT", segment_position=segments)
        return
    if declared_number(trailer, 1) != segments:
        message = f"UNT01 says {codes.readable(trailer.plain(1))!r} segments, {segments} were found"
        yield _on(codes.SEGMENT_COUNT, message, "UNT", 1, trailer.plain(1), segments)
    if header is not None and trailer.plain(2).rstrip(" ") != header.value(1).rstrip(" "):
        values = codes.readable(trailer.plain(2)), codes.readable(header.value(1))
        message = f"UNT02 is {values[0]!r}, UNH01 is {values[1]!r}; they must be the same"
        yield _on(codes.MESSAGE_REFERENCE, message, "UNT", 2, trailer.plain(2), segments)


def _characters(
    text: str, interchange: Interchange, definition: MessageDefinition | None
) -> Iterator[SyntaxFinding]:
    if _EMPTY in text:
        found = len(_EMPTY_SEGMENTS.findall(text))
        message = f"two segment terminators stand side by side in {found} places; empty segments do not count"
        yield finding(codes.EMPTY_SEGMENT, message)
    # In a message that is described, the element checks find bytes that do not decode, and say where.
    if definition is None and not text.isascii() and (match := UNDECODED.search(text)):
        yield _at_character(codes.UNDECODABLE, f"bytes do not decode as {interchange.encoding}", text, match)
    identifier = interchange.syntax_identifier
    if (match := outside_repertoire(text, identifier)) is not None and not UNDECODED.match(match[0]):
        message = f"{codes.readable(match[0])!r} is no character of {identifier}; it is read all the same"
        yield _at_character(codes.CHARACTER_NOT_IN_SET, message, text, match)


def _at_character(rule: codes.Rule, message: str, text: str, match: re.Match[str]) -> SyntaxFinding:
    value = text[max(match.start() - 20, 0) : match.end() + 20]
    return finding(rule, message, value=value, segment_position=text.count(SEGMENT, 0, match.start()) + 1)


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


def located_in_message(findings: Iterable[SyntaxFinding], found: Message) -> tuple[SyntaxFinding, ...]:
    """The findings, made later about segments of a message, with their place in words, line and file."""
    return _located(findings, found.header, found.raw, found.interchange.separators, found.place)


def _located(
    findings: Iterable[SyntaxFinding],
    header: Segment | None,
    raw: bytes,
    separators: Separators,
    place: Place,
) -> tuple[SyntaxFinding, ...]:
    lines = _lines(raw, separators, place.line)
    name = f"message {codes.readable(header.value(1))}" if header else "no message"
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


def _lines(raw: bytes, separators: Separators, line: int) -> list[int]:
    """The line on which each segment begins."""
    lines, begin, mark = [], 0, separators.segment
    while begin < len(raw):
        end = released_end(raw, mark, separators.release, begin)
        end = len(raw) if end < 0 else end
        piece = raw[begin:end]
        blanks = len(piece) - len(piece.lstrip(_BLANKS))
        if blanks < len(piece):
            lines.append(line + piece[:blanks].count(b"\n"))
        line += piece.count(b"\n") + mark.count(b"\n")
        begin = end + 1
    return lines
