"""The interchange header (ISA): the only segment of fixed length, from which every separator is learned.

ISA is 106 bytes: 16 elements of fixed width, the element separator in byte 4, the component separator in byte 105, the
segment terminator in byte 106 (X12.5, Interchange Control Structures). From control version 00402 on, ISA11 is the
repetition separator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from include.formats.x12 import codes
from include.formats.x12.codes import SyntaxFinding, finding

WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
LENGTH = 106
# A header that breaks its widths is looked for within so many bytes.
LONGEST = 256
FIRST_WITH_REPETITION = "00402"
# Element I18: the note codes that say which element of ISA is invalid.
NOTE_CODES = [
    "010",
    "011",
    "012",
    "013",
    "005",
    "006",
    "007",
    "008",
    "014",
    "015",
    "016",
    "017",
    "018",
    "019",
    "020",
    "027",
]

_POSITIONS = (3, *(3 + width for width in accumulate(width + 1 for width in WIDTHS[:-1])))
_SIGNATURE = re.compile(
    rb"ISA([^0-9A-Za-z ])..\1.{10}\1..\1.{10}\1..\1.{15}\1..\1.{15}\1.{6}\1.{4}\1.\1.{5}\1.{9}\1.\1.\1",
    re.DOTALL,
)
_SECOND_SEGMENT = re.compile(rb"[\r\n\t ]*(?:GS|TA1|TA3|ISB|ISE|IEA)")


@dataclass(frozen=True, slots=True)
class Separators:
    """The bytes that structure an interchange.

    Attributes:
        element, segment: one byte each.
        component: one byte; empty where ISA16 holds nothing that can separate.
        repetition: one byte; empty where the interchange knows no repetition (control versions before 00402).
        line_break: what stands after every segment terminator, for people to read.
    """

    element: bytes = b"*"
    component: bytes = b":"
    segment: bytes = b"~"
    repetition: bytes = b""
    line_break: bytes = b""

    def all(self) -> bytes:
        """Every separator, in one string."""
        return self.element + self.component + self.segment + self.repetition

    def blanks(self) -> bytes:
        """The white space that may stand around a segment: what of it is not itself a separator."""
        return bytes(byte for byte in b"\r\n\t " if byte not in self.all())


@dataclass(frozen=True, slots=True)
class Header:
    """An ISA that could be read.

    Attributes:
        elements: ISA01 to ISA16 as they came, padding included.
        length: bytes of the segment with its terminator; line breaks within a wrapped one are not counted.
        is_wrapped: line breaks were set at a fixed column wherever that fell; they are no data.
        findings: what is wrong with it.
    """

    elements: tuple[str, ...]
    separators: Separators
    length: int
    is_wrapped: bool = False
    findings: tuple[SyntaxFinding, ...] = ()


def header(data: bytes) -> Header | SyntaxFinding | None:
    """The header at the start of ``data`` (give at least ``LONGEST`` bytes, or all there are).

    Returns:
        the header; or why the separators cannot be derived from it without guessing; or nothing where it is no ISA.
    """
    if not is_start(data):
        return None
    return _regular(data) or _wrapped(data) or _derived(data) or _refusal(data)


def is_start(data: bytes | bytearray) -> bool:
    """Whether an ISA seems to begin here: its tag, then something that can separate."""
    return data[:3] == b"ISA" and _can_separate(bytes(data[3:4]))


def next_header(data: bytes | bytearray, start: int, end: int) -> int:
    """Where a regular ISA begins from ``start`` and before ``end``, even in the middle of a segment; -1 for nowhere."""
    while (start := data.find(b"ISA", start, end + 2)) >= 0:
        if _SIGNATURE.match(data, start):
            return start
        start += 3
    return -1


def repetition_separator(elements: tuple[str, ...]) -> str:
    """What ISA11 separates repetitions with, in the control versions that have it."""
    return elements[10] if elements[11] >= FIRST_WITH_REPETITION else ""


def _regular(data: bytes) -> Header | None:
    if not _has_fixed_positions(data):
        return None
    return _header(tuple(data[4 : LENGTH - 1].decode("latin-1").split(chr(data[3]))), data, LENGTH)


def _has_fixed_positions(data: bytes) -> bool:
    return (
        len(data) >= LENGTH
        and all(data[position] == data[3] for position in _POSITIONS)
        and data.count(data[3], 0, LENGTH - 1) == len(_POSITIONS)
    )


def _wrapped(data: bytes) -> Header | None:
    found = _regular(data.translate(None, b"\r\n"))
    if found is None:
        return None
    message = "line breaks stand inside segments, at a fixed column; they were taken out of this interchange"
    remark = finding(codes.WRAPPED_LINES, message, segment_id="ISA")
    return replace(found, is_wrapped=True, findings=(*found.findings, remark))


def _derived(data: bytes) -> Header | None:
    """A header of wrong widths: 16 elements, one byte for ISA16, one for the terminator, then a control segment."""
    parts = data[:LONGEST].split(data[3:4], 16)
    if len(parts) < 17 or len(parts[16]) < 2 or any(b"\r" in part or b"\n" in part for part in parts[1:16]):
        return None
    elements = tuple(part.decode("latin-1") for part in (*parts[1:16], parts[16][:1]))
    length = len(data[3:4].join(parts[:16])) + 3
    if not _SECOND_SEGMENT.match(data, length):
        return None
    found = _header(elements, data, length)
    return found and replace(found, findings=(*_wrong_widths(elements, length), *found.findings))


def _header(elements: tuple[str, ...], data: bytes, length: int) -> Header | None:
    element, component, segment = data[3:4], elements[15].encode("latin-1"), data[length - 1 : length]
    repetition = repetition_separator(elements).encode("latin-1")
    if not _can_separate(segment) or segment in (element, component):
        return None
    separators = Separators(
        element=element,
        segment=segment,
        component=component if _can_separate(component) else b"",
        repetition=repetition
        if _can_separate(repetition) and repetition not in element + component + segment
        else b"",
    )
    if separators.component and _is_terminator_doubtful(data[length:], component, segment):
        return None
    separators = replace(separators, line_break=_line_break(data[length:], separators))
    return Header(elements, separators, length, findings=tuple(_remarks(elements, separators)))


def _can_separate(byte: bytes) -> bool:
    return len(byte) == 1 and not byte.isalnum() and byte != b" "


def _is_terminator_doubtful(following: bytes, component: bytes, segment: bytes) -> bool:
    """Whether ISA16 seems to be missing, so that the terminator was taken for it, and a line break for that."""
    return segment in b"\r\n" and following.split(segment)[0].rstrip().endswith(component)


def _line_break(following: bytes, separators: Separators) -> bytes:
    breaks = bytes(byte for byte in b"\r\n" if byte in separators.blanks())
    return following[: len(following) - len(following.lstrip(breaks))] if breaks else b""


def _remarks(elements: tuple[str, ...], separators: Separators) -> Iterator[SyntaxFinding]:
    if not separators.component:
        message = f"ISA16 is {elements[15]!r}, which cannot separate; no composite elements are read"
        yield _on_element(codes.SEPARATOR_UNUSABLE, 16, message, elements[15])
    if repetition_separator(elements) and not separators.repetition:
        message = (
            f"ISA11 is {elements[10]!r}, which cannot separate, where control version {elements[11]} "
            "keeps the repetition separator; no repetitions are read"
        )
        yield _on_element(codes.REPETITION_UNUSABLE, 11, message, elements[10])


def _wrong_widths(elements: tuple[str, ...], length: int) -> Iterator[SyntaxFinding]:
    for position, (value, width) in enumerate(zip(elements, WIDTHS, strict=True), 1):
        if len(value) != width:
            message = (
                f"ISA{position:02} has {len(value)} characters where the standard fixes {width}, "
                f"so ISA has {length} bytes instead of {LENGTH}"
            )
            yield replace(
                _on_element(codes.ISA_LENGTH, position, message, value), code=NOTE_CODES[position - 1]
            )


def _on_element(rule: codes.Rule, position: int, message: str, value: str) -> SyntaxFinding:
    return finding(
        rule, message, value=value, segment_id="ISA", element_position=position, field=f"ISA{position:02}"
    )


def _refusal(data: bytes) -> SyntaxFinding:
    found = data[:LONGEST].count(data[3:4])
    message = (
        "the separators cannot be derived from ISA without guessing: the standard wants 16 elements of fixed width, "
        f"{LENGTH} bytes with the component separator and the terminator in the last two; "
        f"found {found} element separators in the first {min(len(data), LONGEST)} bytes"
    )
    return finding(codes.ISA_UNREADABLE, message, value=data[:LENGTH], segment_id="ISA")
