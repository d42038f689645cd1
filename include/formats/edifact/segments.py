"""Segments as text in which every separator has one fixed character and nothing is released any more.

A partner may separate with any bytes, and release those that are data. Before anything else looks at a message, the
separators are exchanged for the four characters that ISO 646 reserves for them (the same as for X12), so that one
grammar and one way of splitting serve every partner.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from include.formats.edifact.separators import Separators
from include.formats.x12.segments import (
    COMPONENT,
    ELEMENT,
    REPETITION,
    SEGMENT,
    UNDECODED,
    Element,
    Segment,
    segment,
    segment_of,
    segments_of,
)

__all__ = [
    "COMPONENT",
    "ELEMENT",
    "REPETITION",
    "SEGMENT",
    "UNDECODED",
    "Element",
    "Segment",
    "canonical_text",
    "segment",
    "segment_of",
    "segments_of",
    "shown",
]

_FIXED = (REPETITION + ELEMENT + SEGMENT + COMPONENT).encode()
# Of these, which no character set allows in data, some stand for a moment for released bytes.
_CONTROLS = bytes(byte for byte in range(1, 32) if byte not in _FIXED + b"\r\n\t")
_TERMINATOR = SEGMENT.encode()
_BLANKS = re.compile(rb"[\r\n\t ]*\x1e[\r\n\t ]*")
_SHOWN = {REPETITION: "*", ELEMENT: "+", SEGMENT: "\n", COMPONENT: ":"}


def canonical_text(raw: bytes, separators: Separators, encoding: str) -> str:
    """The text of ``raw`` with the fixed separators, without the white space around segments.

    Bytes that do not decode stay in it as lone surrogates; a reserved character that was data becomes NUL. Neither
    may stand in a data element, so both are found when elements are checked.
    """
    tables = _tables(separators)
    if separators.release and separators.release in raw:
        data = _without_releases(raw.translate(tables.cleaning), separators, tables.standing_in)
        data = data.translate(tables.with_releases)
    else:
        data = raw.translate(tables.plain)
    if separators.line_break:
        data = data.replace(_TERMINATOR + separators.line_break, _TERMINATOR)
    data = data.strip(b"\r\n\t ")
    if any(blank in data for blank in (b"\r", b"\n", b"\t", b" \x1e", b"\x1e ")):
        data = _BLANKS.sub(_TERMINATOR, data)
    return data.decode(encoding, "surrogateescape")


def _without_releases(data: bytes, separators: Separators, standing_in: bytes) -> bytes:
    """Every released byte without its release character; a separator that was released is stood in for."""
    release = separators.release
    data = data.replace(release + release, standing_in[:1])
    if release not in data:
        return data
    for number, byte in enumerate(_releasable(separators)[1:], 1):
        if byte:
            data = data.replace(release + byte, standing_in[number : number + 1])
    return data.replace(release, b"")


def _releasable(separators: Separators) -> tuple[bytes, ...]:
    marks = separators
    return (marks.release, marks.element, marks.component, marks.segment, marks.repetition)


class _Tables(NamedTuple):
    """How bytes are exchanged.

    Attributes:
        standing_in: five bytes that stand for the release character and the separators that it releases.
        cleaning: makes place for them, and for the fixed separators.
        with_releases: exchanges the separators, and what stood in, once nothing is released any more.
        plain: the same in one step where nothing was released.
    """

    standing_in: bytes
    cleaning: bytes
    with_releases: bytes
    plain: bytes


@lru_cache(maxsize=256)
def _tables(separators: Separators) -> _Tables:
    used = separators.all()
    standing_in = bytes(byte for byte in _CONTROLS if byte not in used)[:5]
    cleaning, translation = bytearray(range(256)), bytearray(range(256))
    for byte in _FIXED + standing_in:
        if byte not in used:
            cleaning[byte] = 0
    for fixed, byte in (
        (REPETITION, separators.repetition),
        (COMPONENT, separators.component),
        (ELEMENT, separators.element),
        (SEGMENT, separators.segment),
    ):
        if byte:
            translation[byte[0]] = ord(fixed)
    plain = bytes(cleaning).translate(bytes(translation))
    for stood_in, byte in zip(standing_in, _releasable(separators), strict=True):
        if byte:
            translation[stood_in] = 0 if byte in _FIXED else byte[0]
    return _Tables(standing_in, bytes(cleaning), bytes(translation), plain)


def shown(text: str) -> str:
    """A text with the fixed separators as a person reads it: a line for each segment, the usual separators."""
    return "".join(
        _SHOWN.get(each, each) if each.isprintable() or each in _SHOWN else "\ufffd" for each in text
    )
