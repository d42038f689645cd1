"""The service string advice (UNA) and the begin of an interchange, from which every separator is learned.

UNA is ``UNA`` and six bytes: component separator, element separator, decimal mark, release character, repetition
separator (a blank before syntax version 4), segment terminator. Without UNA the separators are those of ISO 9735: of
level A for any character set, or of level B (the information separators of ISO 646) where they follow UNB.

ISO 9735 lets UNA name any character of the character set but the space. What would leave open where something ends is
refused here too: letters and digits, which tags and numbers are made of; the three controls by which ISO 2022 changes
between sets; and line breaks, which many set for people to read, as anything but the segment terminator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from include.formats.edifact import codes
from include.formats.edifact.codes import SyntaxFinding, finding

UNA_LENGTH = 9
# What is looked at to recognise a header, its line breaks and how lines are wrapped.
LONGEST = 4096

_BLANKS = b"\r\n\t "
_LINE_BREAKS = (b"\r", b"\n")
_NO_SEPARATORS = (b" ", b"\x0e", b"\x0f", b"\x1b", *_LINE_BREAKS)
_BEGIN = re.compile(rb"(?i:UNA)[^0-9A-Za-z]{3}.[^0-9A-Za-z]{2}|(?i:UN[BGH]|UIB)[^0-9A-Za-z \r\n]", re.DOTALL)
_ADVISED = re.compile(rb"(?i:UNA).{6}[\r\n\t ]*(?i:U(?=N[BGH]|IB))", re.DOTALL)
_HEADER = re.compile(rb"(?i:UN[BGH]|UIB)([^0-9A-Za-z \r\n])")
# An interchange header that may stand in the middle of something that was cut off.
_SIGNATURE = re.compile(
    rb"(?:UNA[^0-9A-Za-z]{3}.[^0-9A-Za-z]{2}[\r\n\t ]*)?UNB([^0-9A-Za-z ])UNO[A-Y][^0-9A-Za-z ][1-4]\1",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Separators:
    """The bytes that structure an interchange.

    Attributes:
        component, element, segment: one byte each.
        decimal: the decimal mark, a comma or a point.
        release: one byte, or empty where nothing can be released.
        repetition: one byte; empty where the interchange knows no repetition (syntax versions before 4).
        has_advice: UNA stands before UNB.
        line_break: what stands after every segment terminator, for people to read.
    """

    component: bytes = b":"
    element: bytes = b"+"
    decimal: bytes = b"."
    release: bytes = b"?"
    repetition: bytes = b""
    segment: bytes = b"'"
    has_advice: bool = False
    line_break: bytes = b""

    def all(self) -> bytes:
        """Every byte that must be released to stand in data."""
        return self.component + self.element + self.segment + self.repetition + self.release

    def blanks(self) -> bytes:
        """The white space that may stand around a segment: what of it is not itself a separator."""
        return bytes(byte for byte in _BLANKS if byte not in self.all())

    def advice(self) -> bytes:
        """UNA as it states these separators."""
        optional = [each or b" " for each in (self.release, self.repetition)]
        return b"".join((b"UNA", self.component, self.element, self.decimal, *optional, self.segment))


DEFAULT_REPETITION = b"*"
"""What separates repetitions in syntax version 4 where UNA says nothing else."""

LEVEL_A = Separators()
LEVEL_B = Separators(component=b"\x1f", element=b"\x1d", segment=b"\x1c", release=b"")


@dataclass(frozen=True, slots=True)
class Header:
    """The begin of an interchange.

    Attributes:
        length: bytes of UNA and what stands between it and UNB; 0 without UNA.
        has_interchange: UNB follows; otherwise a group or message begins that belongs to no interchange.
        is_wrapped: line breaks were set at a fixed column wherever that fell; they are no data.
    """

    separators: Separators
    length: int
    has_interchange: bool
    is_wrapped: bool = False


def header(data: bytes) -> Header | SyntaxFinding | None:
    """The header at the start of ``data`` (give at least ``LONGEST`` bytes, or all there are).

    Returns:
        the header; or why the separators cannot be known without guessing; or nothing where none begins here.
    """
    if not is_start(data):
        return None
    is_wrapped = _is_wrapped(data)
    whole = data.translate(None, b"\r\n") if is_wrapped else data
    advised = whole[:3].upper() == b"UNA"
    separators = _advised(whole[:UNA_LENGTH]) if advised else _default(whole)
    if isinstance(separators, SyntaxFinding):
        return separators
    begin = whole[UNA_LENGTH:].lstrip(separators.blanks()) if advised else whole
    match = _HEADER.match(begin)
    if match is None or match[1] != separators.element:
        message = "no UNB with the separators of UNA follows UNA"
        return finding(codes.SEPARATORS_UNKNOWN, message, value=whole[:40], segment_id="UNA")
    if begin[:3].upper() == b"UIB":
        message = "UIB begins an interactive interchange; batch interchanges (UNB) are read"
        return finding(codes.INTERACTIVE, message, value=whole[:40], segment_id="UIB")
    separators = _of_version(begin, separators)
    separators = replace(separators, line_break=_line_break(begin, separators))
    is_interchange = begin[:3].upper() == b"UNB"
    return Header(separators, len(whole) - len(begin), is_interchange, is_wrapped)


def is_start(data: bytes | bytearray) -> bool:
    """Whether an interchange, or a part of one that lost its header, seems to begin here."""
    return _BEGIN.match(data) is not None


def advised_length(data: bytes) -> int:
    """How long the UNA at the start of ``data`` is with the first letter of the header that follows; 0 without one."""
    match = _ADVISED.match(data) if is_start(data) else None
    return match.end() if match else 0


def next_header(data: bytes | bytearray, start: int, end: int) -> int:
    """Where an undoubted UNA or UNB begins from ``start`` and before ``end``, even inside a segment; -1 for nowhere."""
    position = data.find(b"UNB", start, min(end + UNA_LENGTH + 8, len(data)))
    if position < 0:
        return -1
    match = _SIGNATURE.search(data, start, min(end + 32, len(data)))
    return match.start() if match is not None and match.start() < end else -1


def released_end(data: bytes | bytearray, mark: bytes, release: bytes, start: int) -> int:
    """Where the first ``mark`` from ``start`` on stands that is not released; -1 for nowhere in view."""
    while (end := data.find(mark, start)) >= 0:
        if not release or not is_released(data, release, end):
            return end
        start = end + 1
    return -1


def is_released(data: bytes | bytearray, release: bytes, position: int) -> bool:
    """Whether an odd number of release characters stands right before ``position``."""
    begin = position
    while begin and data[begin - 1] == release[0]:
        begin -= 1
    return (position - begin) % 2 == 1


def _advised(advice: bytes) -> Separators | SyntaxFinding:
    component, element, decimal, release, repetition, segment = (advice[at : at + 1] for at in range(3, 9))
    separators = Separators(
        component=component,
        element=element,
        decimal=decimal if decimal in (b".", b",") else b".",
        release=release.strip(b" "),
        repetition=repetition if _is_separator(repetition) else b"",
        segment=segment,
        has_advice=True,
    )
    used = separators.all()
    # Before syntax version 4 the fifth byte is reserved; some senders repeat another separator there.
    if separators.repetition and used.count(separators.repetition) > 1:
        separators = replace(separators, repetition=b"")
        used = separators.all()
    named = (component, element, separators.release or component, separators.repetition or component)
    is_usable = all(map(_is_separator, named)) and (segment in _LINE_BREAKS or _is_separator(segment))
    if len(set(used)) < len(used) or not is_usable:
        message = (
            "UNA names a separator twice, or one that leaves open where something ends: a letter, a digit, a blank, "
            "a line break inside segments or a shift of ISO 2022"
        )
        return finding(codes.SEPARATORS_UNUSABLE, message, value=advice, segment_id="UNA")
    return separators


def _default(data: bytes) -> Separators | SyntaxFinding:
    for separators in (LEVEL_A, LEVEL_B):
        if data[3:4] == separators.element:
            return separators
    message = f"there is no UNA, and {data[3:4]!r} follows {data[:3].decode('ascii')}, which no default separates with"
    return finding(codes.SEPARATORS_UNKNOWN, message, value=data[:40], segment_id=data[:3].decode("ascii"))


def _of_version(begin: bytes, separators: Separators) -> Separators:
    """The separators with that of repetitions only where UNB says syntax version 4, which brought it."""
    identifier = begin[4:20].split(separators.element)[0].split(separators.component)
    if identifier[1:2] != [b"4"]:
        return replace(separators, repetition=b"")
    if separators.has_advice or DEFAULT_REPETITION in separators.all():
        return separators
    return replace(separators, repetition=DEFAULT_REPETITION)


def _is_separator(byte: bytes) -> bool:
    return len(byte) == 1 and not byte.isalnum() and byte not in _NO_SEPARATORS


def _line_break(begin: bytes, separators: Separators) -> bytes:
    end = released_end(begin, separators.segment, separators.release, 0)
    breaks = bytes(byte for byte in b"\r\n" if byte in separators.blanks())
    following = begin[end + 1 :] if end >= 0 else b""
    return following[: len(following) - len(following.lstrip(breaks))] if breaks else b""


def _is_wrapped(data: bytes) -> bool:
    """Whether lines end at a fixed column wherever that falls: all but the last are equally long."""
    lines = data[:LONGEST].replace(b"\r\n", b"\n").split(b"\n")[:-1]
    if len(lines) < 2 or len(lines[0]) < 32 or any(len(line) != len(lines[0]) for line in lines):
        return False
    advised = data[:3].upper() == b"UNA"
    mark, release = (data[8:9], data[6:7].strip(b" ")) if advised else (b"'", b"?")
    if mark in _LINE_BREAKS:
        return False
    return any(
        not line.endswith(mark) or bool(release and is_released(line, release, len(line) - 1))
        for line in lines
    )
