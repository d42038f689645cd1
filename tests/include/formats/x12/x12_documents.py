"""Interchanges to test with: made of parts, or drawn by hypothesis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from hypothesis import strategies as st

from include.formats import x12
from include.formats.x12.segments import segments_of

PROJECT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("SEAMLINE_SHARED", PROJECT.parent / "shared"))
REAL_FILES = SHARED / "data" / "edi"

SENDER, RECEIVER = x12.Party("ZZ", "CENTRALWMS"), x12.Party("ZZ", "LINDQVIST")
PREPARED_AT = datetime(2026, 11, 2, 4, 30)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def stock_body(*lines: list[x12.Segment]) -> list[x12.Segment]:
    """What stands between ST and SE of a stock report with these lines."""
    return [
        x12.segment("BIA", "00", "SI", "101-1", "20261102", "0430"),
        x12.segment("DTM", "007", "20261102", "0430", "UT"),
        *(each for line in lines for each in line),
        x12.segment("CTT", len(lines)),
    ]


def stock_line(number: int = 1, sku: str = "LQ-1", available: str = "40") -> list[x12.Segment]:
    """One LIN loop."""
    return [
        x12.segment("LIN", number, "SK", sku, "UP", "4006381333931"),
        x12.segment("QTY", "33", available, ("EA",)),
    ]


def stock_set(*lines: list[x12.Segment], number: str = "0001") -> list[x12.Segment]:
    """A transaction set 846."""
    return x12.transaction_set("846", number, stock_body(*(lines or (stock_line(),))))


def group(*sets: list[x12.Segment], number: int = 101, **facts: str) -> list[x12.Segment]:
    """A functional group of stock reports."""
    named = {"functional_id": "IB", "sender": "CENTRALWMS", "receiver": "LINDQVIST", **facts}
    return x12.functional_group(
        x12.GroupHeader(control_number=number, prepared_at=PREPARED_AT, **named), sets or (stock_set(),)
    )


def interchange(*groups: list[x12.Segment], number: int = 101, version: str = "00401") -> list[x12.Segment]:
    """An interchange from the warehouse."""
    header = x12.InterchangeHeader(
        sender=SENDER, receiver=RECEIVER, control_number=number, prepared_at=PREPARED_AT, version=version
    )
    return x12.interchange(header, groups or (group(),))


def as_bytes(segments: list[x12.Segment], separators: x12.Separators | None = None) -> bytes:
    """The segments as a partner sends them."""
    return x12.write(segments, separators or x12.Separators(line_break=b"\n"), "latin-1")


def stock_bytes(*lines: str) -> bytes:
    """An interchange with one stock report whose segments between DTM and CTT are given as text, ``*`` and ``:``."""
    text = "\x1e".join(lines).replace("*", "\x1d").replace(":", "\x1f")
    body = [
        *stock_body()[:2],
        *(x12.Segment(each.tag, each.elements) for each in segments_of(text)),
        x12.segment("CTT", sum(line.startswith("LIN") for line in lines)),
    ]
    return as_bytes(interchange(group(x12.transaction_set("846", "0001", body))))


def first_set(data: bytes, reading: x12.Reading | None = None) -> x12.TransactionSet:
    """The first transaction set in the bytes."""
    return next(event for event in x12.read([data], reading) if isinstance(event, x12.TransactionSet))


def findings(data: bytes, reading: x12.Reading | None = None) -> list[x12.SyntaxFinding]:
    """Everything that is said about the bytes, the findings of a header once."""
    return [
        each
        for event in x12.read([data], reading)
        if not isinstance(event, x12.Interchange | x12.Group | x12.InterchangeNote)
        for each in event.findings
    ]


def is_all_accepted(data: bytes, reading: x12.Reading | None = None) -> bool:
    """Whether nothing at all in the bytes is refused, not even one record."""
    return not any(each.is_fatal for each in findings(data, reading))


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The bytes in blocks of these sizes, over and over."""
    start = number = 0
    while start < len(data):
        size = sizes[number % len(sizes)]
        yield data[start : start + size]
        start, number = start + size, number + 1


# Neither letters nor what numbers are written with.
_SEPARATING = [bytes([byte]) for byte in range(1, 256) if not bytes([byte]).isalnum() and byte not in b" .-"]


@st.composite
def separators(draw: st.DrawFn) -> x12.Separators:
    """Any separators that an interchange can have, printable or not."""
    element, component, segment, repetition = draw(
        st.lists(st.sampled_from(_SEPARATING), min_size=4, max_size=4, unique=True)
    )
    used = element + component + segment + repetition
    breaks = [each for each in (b"", b"\n", b"\r\n") if not any(byte in used for byte in each)]
    return x12.Separators(
        element=element,
        component=component,
        segment=segment,
        repetition=repetition,
        line_break=draw(st.sampled_from(breaks)),
    )


def values(shortest: int, longest: int) -> st.SearchStrategy[str]:
    """Values that no separator can stand in."""
    return st.text(LETTERS, min_size=shortest, max_size=longest)


quantities = st.one_of(
    st.integers(-999, 99_999).map(str),
    st.decimals(-10, 9_999, places=3).map(str),
    st.sampled_from(["0", ".5", "7.", "-.25", "007"]),
)


@st.composite
def stock_lines(draw: st.DrawFn) -> list[x12.Segment]:
    """A LIN loop with anything that it may hold, in the order of the standard."""
    numbers = draw(
        st.lists(st.tuples(st.sampled_from(["SK", "UP", "VN", "LT", "BP"]), values(1, 12)), max_size=4)
    )
    pairs = [each for pair in (numbers or [("SK", "X1")]) for each in pair]
    line = [x12.segment("LIN", draw(values(0, 4)), *pairs)]
    if draw(st.booleans()):
        line.append(x12.segment("PID", "F", None, None, None, draw(values(1, 20))))
    if draw(st.booleans()):
        line.append(x12.segment("DTM", "007", "20261101", draw(st.sampled_from(["0915", None])), None))
    for qualifier in draw(st.lists(st.sampled_from(["33", "17", "29", "87"]), max_size=4)):
        unit = draw(st.sampled_from(["EA", "CA", ("EA", "2"), None]))
        line.append(x12.segment("QTY", qualifier, draw(quantities), unit))
        if draw(st.integers(0, 4)) == 0:
            line.append(x12.segment("UIT", "EA"))
    if draw(st.integers(0, 3)) == 0:
        line.append(x12.segment("N1", "WH", draw(values(1, 8)), "92", draw(values(2, 6))))
    return line


@st.composite
def stock_interchanges(draw: st.DrawFn) -> list[x12.Segment]:
    """An interchange of stock reports, sound in every way."""
    number, groups = 0, []
    for place in range(1, draw(st.integers(1, 2)) + 1):
        sets = []
        for _ in range(draw(st.integers(1, 3))):
            number += 1
            lines = draw(st.lists(stock_lines(), min_size=1, max_size=4))
            sets.append(stock_set(*lines, number=f"{number:04}"))
        groups.append(group(*sets, number=place))
    return interchange(*groups, version="00403")
