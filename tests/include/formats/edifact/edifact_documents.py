"""Interchanges to test with: made of parts, or drawn by hypothesis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from hypothesis import strategies as st

from include.formats import edifact
from include.formats.edifact.segments import segments_of

PROJECT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("SEAMLINE_SHARED") or PROJECT.parent / "shared")
REAL_FILES = SHARED / "data" / "edi"

SENDER, RECIPIENT = edifact.Party("4012345500004", "14"), edifact.Party("5412345000013", "14")
PREPARED_AT = datetime(2026, 11, 2, 4, 30)
ORDERS = edifact.MessageType("ORDERS", "D", "96A", "UN", "EAN008")
SEPARATING = "+:?'*"


def of_text(*lines: str) -> list[edifact.Segment]:
    """Segments written as a person writes them, with ``+`` and ``:`` and nothing released."""
    text = (
        "".join(f"{line}\x1e" for line in lines)
        .replace("+", "\x1d")
        .replace(":", "\x1f")
        .replace("*", "\x1c")
    )
    return [edifact.Segment(each.tag, each.elements) for each in segments_of(text)]


ORDER = (
    "BGM+220+PO-1+9",
    "DTM+137:20261102:102",
    "RFF+CT:652744",
    "DTM+171:20261001:102",
    "NAD+BY+5412345000013::9",
    "NAD+SU+4012345500004::9",
    "CUX+2:EUR:9",
    "LIN+1++4000862141404:EN",
    "PIA+1+ABC1234:SA",
    "QTY+21:48:PCE",
    "PRI+AAA:14.58::NTP:1:PCE",
    "LIN+2++4000862141411:EN",
    "QTY+21:2.5:KGM",
    "UNS+S",
    "CNT+2:2",
)


def order(*lines: str, reference: str = "1", kind: edifact.MessageType = ORDERS) -> list[edifact.Segment]:
    """A message ORDERS, or another one, of these lines between UNH and UNT."""
    return edifact.message(kind, reference, of_text(*(lines or ORDER)))


def interchange(*messages: list[edifact.Segment], **facts: object) -> list[edifact.Segment]:
    """An interchange from the supplier."""
    header = edifact.InterchangeHeader(
        sender=SENDER, recipient=RECIPIENT, prepared_at=PREPARED_AT, **{"control_reference": "77", **facts}
    )
    return edifact.interchange(header, messages or (order(),))


def as_bytes(segments: list[edifact.Segment], separators: edifact.Separators = edifact.LEVEL_A) -> bytes:
    """The segments as a partner sends them."""
    return edifact.write(segments, separators)


def order_bytes(*lines: str, **facts: object) -> bytes:
    """An interchange with one order of these lines."""
    separators = edifact.Separators(repetition=b"*") if facts.get("syntax_version") == 4 else edifact.LEVEL_A
    return as_bytes(interchange(order(*lines), **facts), separators)


def first_message(data: bytes, reading: edifact.Reading | None = None) -> edifact.Message:
    """The first message in the bytes."""
    return next(event for event in edifact.read([data], reading) if isinstance(event, edifact.Message))


def findings(data: bytes, reading: edifact.Reading | None = None) -> list[edifact.SyntaxFinding]:
    """Everything that is said about the bytes, the findings of a header once."""
    return [
        each
        for event in edifact.read([data], reading)
        if not isinstance(event, edifact.Interchange | edifact.Group)
        for each in event.findings
    ]


def rules(data: bytes, reading: edifact.Reading | None = None) -> list[str]:
    """The rules that are broken, without their common beginning."""
    return [each.rule.removeprefix("edifact.") for each in findings(data, reading)]


def end_of(data: bytes, reading: edifact.Reading | None = None) -> edifact.InterchangeEnd:
    """The end of the first interchange in the bytes."""
    return next(event for event in edifact.read([data], reading) if isinstance(event, edifact.InterchangeEnd))


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The bytes in blocks of these sizes, over and over."""
    start = number = 0
    while start < len(data):
        size = sizes[number % len(sizes)]
        yield data[start : start + size]
        start, number = start + size, number + 1


# Neither letters nor what numbers are written with, nor line breaks, nor what shifts between sets of characters.
_SEPARATING = [
    bytes([byte])
    for byte in range(1, 127)
    if not bytes([byte]).isalnum() and byte not in b" .,-\r\n\x0e\x0f\x1b"
]
CHARACTER_SETS = {
    "UNOA": "ABC XYZ0189",
    "UNOB": "abc ABC019",
    "UNOC": "aé ßÿÀZ0",
    "UNOD": "ąłŁ żź9",
    "UNOE": "ЖдЯ юц1",
    "UNOF": "αβΩ ά2",
    "UNOG": "Ħħĝ a3",
    "UNOH": "Āāķ b4",
    "UNOI": "ابت c5",
    "UNOJ": "אבג d6",
    "UNOK": "İşğ e7",
    "UNOL": "€Šž f8",
    "UNOW": "日本 €é g9",
    "UNOX": "日本語 h0",
    "UNOY": "漢字 Ωж i1",
}


@st.composite
def separators(draw: st.DrawFn, syntax_version: int = 3) -> edifact.Separators:
    """Any separators that an interchange can have, printable or not, stated in UNA."""
    component, element, segment, release, repetition = draw(
        st.lists(st.sampled_from(_SEPARATING), min_size=5, max_size=5, unique=True)
    )
    # A line break may end segments, and nothing else.
    segment = draw(st.sampled_from([segment, segment, segment, b"\n", b"\r"]))
    used = component + element + segment + release + (repetition if syntax_version == 4 else b"")
    breaks = [each for each in (b"", b"\n", b"\r\n") if not any(byte in used for byte in each)]
    return edifact.Separators(
        component=component,
        element=element,
        segment=segment,
        release=release,
        repetition=repetition if syntax_version == 4 else b"",
        decimal=draw(st.sampled_from([b".", b","])),
        has_advice=True,
        line_break=draw(st.sampled_from(breaks)),
    )


def texts(alphabet: str, longest: int) -> st.SearchStrategy[str]:
    """Texts that separators stand in, and that do not end with a blank."""
    return st.text(alphabet + SEPARATING, min_size=1, max_size=longest).filter(
        lambda text: text == text.strip(" ")
    )


@st.composite
def orders(draw: st.DrawFn, alphabet: str, mark: str, reference: str, repeats: bool) -> list[edifact.Segment]:
    """A message ORDERS with anything that it may hold, in order."""
    seg, text = edifact.segment, lambda longest: draw(texts(alphabet, longest))
    body = [seg("BGM", "220", text(35), "9"), seg("DTM", ("137", "20261102", "102"))]
    if draw(st.booleans()):
        body.append(seg("FTX", "ZZZ", None, None, tuple(text(70) for _ in range(draw(st.integers(2, 5))))))
    for qualifier in draw(st.lists(st.sampled_from(["BY", "SU", "DP"]), max_size=3)):
        body.append(seg("NAD", qualifier, (text(35), "", "9"), None, text(35)))
        if draw(st.booleans()):
            body.append(seg("RFF", ("VA", text(35))))
        if repeats and draw(st.booleans()):
            body += [seg("CTA", "OC", ("", text(35))), seg("COM", [(text(20), "TE"), (text(20), "EM")])]
    count = draw(st.integers(1, 4))
    for number in range(1, count + 1):
        body.append(seg("LIN", number, None, ("4000862141404", "EN")))
        if draw(st.booleans()):
            body.append(seg("IMD", "F", None, ("", "", "", text(35))))
        quantity = draw(st.sampled_from(["0", "12", "-3", f"2{mark}5", f"1000{mark}125"]))
        body.append(seg("QTY", ("21", quantity, draw(st.sampled_from(["PCE", "KGM"])))))
        if draw(st.booleans()):
            body.append(seg("PRI", ("AAA", f"14{mark}58", "", "NTP", "1", "PCE")))
        if draw(st.booleans()):
            body += [seg("ALC", "A", None, None, None, "DI"), seg("MOA", ("8", f"1{mark}20"))]
    body += [seg("UNS", "S"), seg("CNT", ("2", str(count)))]
    return edifact.message(ORDERS, reference, body)


@st.composite
def sound_interchanges(draw: st.DrawFn) -> tuple[list[edifact.Segment], edifact.Separators]:
    """An interchange of orders that is sound in every way, and the separators to write it with."""
    version = draw(st.sampled_from([1, 2, 3, 3, 4]))
    marks = draw(separators(version))
    name = draw(st.sampled_from(sorted(CHARACTER_SETS)))
    mark = marks.decimal.decode()
    drawn = [
        draw(orders(CHARACTER_SETS[name], mark, str(number), version == 4))
        for number in range(1, draw(st.integers(1, 3)) + 1)
    ]
    return interchange(*drawn, syntax_identifier=name, syntax_version=version), marks
