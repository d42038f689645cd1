"""EANCOM D.96A as another supplier reads and writes it: ORDERS and ORDCHG in, CONTRL, ORDRSP, DESADV and INVOIC out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sandbox.suppliers.orders import Line, Received, Reply, Request, Unacceptable

US, THEM = "4012345000009", "4398765000002"
ACTIONS = {"": "added", "1": "added", "2": "removed", "3": "changed"}
TYPES = {
    "CONTRL": "CONTRL:D:3:UN:EAN002",
    "ORDRSP": "ORDRSP:D:96A:UN:EAN009",
    "DESADV": "DESADV:D:96A:UN:EAN005",
    "INVOIC": "INVOIC:D:96A:UN:EAN008",
}

Element = list[str]
Segment = list[Element]


def read(content: bytes) -> Received:
    """An interchange with orders.

    Raises:
        Unacceptable: its envelope is broken, or it is for somebody else.
    """
    control_number, messages = opened(content, US)
    return Received(control_number=control_number, requests=tuple(_request(message) for message in messages))


def opened(content: bytes, us: str) -> tuple[str, list[list[Segment]]]:
    """Control number and messages of an interchange, UNH and UNT included.

    Raises:
        Unacceptable: its envelope is broken, or it is for somebody else.
    """
    segments = list(_segments(content.decode("latin-1")))
    if not segments or segments[0][0][0] != "UNB" or segments[-1][0][0] != "UNZ":
        raise Unacceptable("13", "its envelope does not close")
    unb, *inner, unz = segments
    if (unb[2][0], unb[3][0]) != (THEM, us):
        raise Unacceptable("23", f"it is from {unb[2][0]} to {unb[3][0]}")
    messages = list(_messages(inner))
    if unz[1][0] != str(len(messages)) or unz[2][0] != unb[5][0]:
        raise Unacceptable("29", "UNZ counts other messages, or names another interchange")
    return unb[5][0], messages


def _segments(text: str) -> Iterator[Segment]:
    """Segments of elements of components; what stands behind ``?`` is text."""
    if text.startswith("UNA"):
        text = text[9:]
    segment: Segment = [[""]]
    marks = iter(text)
    for mark in marks:
        match mark:
            case "?":
                segment[-1][-1] += next(marks, "")
            case ":":
                segment[-1].append("")
            case "+":
                segment.append([""])
            case "'":
                yield segment
                segment = [[""]]
            case "\r" | "\n":
                pass
            case _:
                segment[-1][-1] += mark


def _messages(segments: list[Segment]) -> Iterator[list[Segment]]:
    found: list[Segment] = []
    for segment in segments:
        found.append(segment)
        if segment[0][0] == "UNT":
            yield found
            found = []
    if found:
        raise Unacceptable("13", "a message does not end")


def _request(segments: list[Segment]) -> Request:
    reference, kind = segments[0][1][0], segments[0][2][0]
    try:
        if [part[0] for part in segments[-1]] != ["UNT", str(len(segments)), reference]:
            raise Unacceptable("29", "UNT counts other segments, or names another message")
        return _understood(kind, reference, segments[1:-1])
    except Unacceptable as problem:
        return Request(reference=reference, document=kind, problem=problem)
    except (IndexError, KeyError, StopIteration, InvalidOperation) as error:
        return Request(reference=reference, document=kind, problem=Unacceptable("12", str(error)))


def _understood(kind: str, reference: str, body: list[Segment]) -> Request:
    purposes = {("ORDERS", "9"): "order", ("ORDCHG", "4"): "change", ("ORDCHG", "1"): "cancellation"}
    bgm = body[0]
    lines = tuple(_lines(body))
    counted = next(segment[1][1] for segment in body if segment[0][0] == "CNT")
    if counted != str(len(lines)):
        raise Unacceptable("12", f"CNT counts {counted} lines, there are {len(lines)}")
    number = bgm[2][0]
    if kind == "ORDCHG":
        number = next(segment[1][1] for segment in body if segment[0][0] == "RFF" and segment[1][0] == "ON")
    return Request(
        reference=reference,
        document=kind,
        kind=purposes[kind, bgm[3][0]],
        number=number,
        ordered_on=next(s[1][1] for s in body if s[0][0] == "DTM" and s[1][0] == "137"),
        currency=next(segment[1][1] for segment in body if segment[0][0] == "CUX"),
        ship_to=next(s[2][0] for s in body if s[0][0] == "NAD" and s[1][0] == "DP"),
        lines=lines,
    )


def _lines(body: list[Segment]) -> Iterator[Line]:
    places = [place for place, segment in enumerate(body) if segment[0][0] == "LIN"]
    ends = (
        [*places[1:], next(place for place, segment in enumerate(body) if segment[0][0] == "UNS")]
        if places
        else []
    )
    for start, end in zip(places, ends, strict=True):
        yield _line(body[start:end])


def _line(segments: list[Segment]) -> Line:
    lin = segments[0]
    articles = {part[1]: part[0] for part in lin[3:4] if len(part) > 1}
    articles |= {s[2][1]: s[2][0] for s in segments if s[0][0] == "PIA"}
    if not articles:
        raise Unacceptable("12", f"LIN {lin[1][0]} names no article")
    quantity = next(segment[1] for segment in segments if segment[0][0] == "QTY")
    return Line(
        number=lin[1][0],
        quantity=Decimal(quantity[1]),
        unit=quantity[2],
        price=Decimal(next(segment[1][1] for segment in segments if segment[0][0] == "PRI")),
        articles=articles,
        action=ACTIONS[lin[2][0] if len(lin) > 2 else ""],
    )


def acknowledgement(received: Received, number: int, at: datetime) -> bytes:
    """The CONTRL to an interchange: each message accepted or refused."""
    said = [
        (request.reference, f"{request.document}:D:96A:UN:EAN008", request.problem and request.problem.code)
        for request in received.requests
    ]
    return control(received.control_number, said, number, at, US)


def control(
    control_number: str, said: Sequence[tuple[str, str, str | None]], number: int, at: datetime, us: str
) -> bytes:
    """A CONTRL: reference, type and error code of each message; without a code it is accepted (elements 0083, 0085)."""
    verdicts = [f"UCM+{reference}+{kind}+{f'4+{code}' if code else '7'}" for reference, kind, code in said]
    return _interchange("CONTRL", [f"UCI+{control_number}+{THEM}:14+{us}:14+7", *verdicts], number, at, us)


def confirmation(reply: Reply, number: int, at: datetime) -> bytes:
    """The ORDRSP: every line as ordered, or with another quantity now."""
    request = reply.request
    is_as_ordered = all(promise.later == 0 for promise in reply.promises)
    body = [
        f"BGM+231+R-{number}+{'29' if is_as_ordered else '4'}+AP",
        f"DTM+137:{reply.today}:102",
        f"RFF+ON:{request.number}",
        f"CUX+2:{request.currency}:9",
    ]
    for promise in reply.promises:
        line = promise.line
        body += [
            _lin(line, "5" if promise.later == 0 else "3"),
            *_pia(line),
            f"QTY+21:{_plain(line.quantity)}",
        ]
        if promise.later:
            body += [f"QTY+113:{_plain(promise.now)}:{line.unit}"]
        body += [f"DTM+2:{reply.soon}:102", f"PRI+AAA:{_plain(line.price)}"]
    return _interchange("ORDRSP", [*body, "UNS+S"], number, at)


def ship_notice(reply: Reply, number: int, at: datetime) -> bytes:
    """The DESADV: a package after another."""
    request = reply.request
    body = [
        f"BGM+351+S-{request.number}-{number}+9",
        f"DTM+137:{reply.today}:102",
        f"DTM+11:{reply.soon}:102",
        f"RFF+ON:{request.number}",
        f"NAD+DP+{request.ship_to}::92",
    ]
    for place, package in enumerate(reply.packages, 1):
        body += [f"CPS+{place}", "PAC+1++201", "PCI+33E", f"GIN+BJ+{package.code}"]
        for line, quantity in package.contents:
            body += [_lin(line, ""), *_pia(line), f"QTY+12:{_plain(quantity)}:{line.unit}"]
    return _interchange("DESADV", body, number, at)


def invoice(reply: Reply, number: int, at: datetime) -> bytes:
    """The INVOIC over what was shipped."""
    request = reply.request
    body = [
        f"BGM+380+F-{request.number}-{number}+9",
        f"DTM+137:{reply.soon}:102",
        f"RFF+ON:{request.number}",
        f"NAD+SU+{US}::9",
        f"NAD+BY+{THEM}::9",
        f"CUX+2:{request.currency}:4",
    ]
    total = Decimal(0)
    for line, quantity in reply.shipped:
        price = reply.price_of(line)
        amount = quantity * price
        total += amount
        body += [
            _lin(line, ""), *_pia(line), f"QTY+47:{_plain(quantity)}", f"MOA+203:{_plain(amount)}",
            f"PRI+AAA:{_plain(price)}",
        ]  # fmt: skip
    return _interchange(
        "INVOIC", [*body, "UNS+S", f"MOA+77:{_plain(total)}", f"MOA+79:{_plain(total)}"], number, at
    )


def _lin(line: Line, action: str) -> str:
    gtin = line.articles.get("EN")
    return (
        f"LIN+{line.number}+{action}+{_text(gtin)}:EN" if gtin else f"LIN+{line.number}+{action}".rstrip("+")
    )


def _pia(line: Line) -> list[str]:
    mark = "1" if "EN" in line.articles else "5"
    return [f"PIA+{mark}+{_text(name)}:{kind}" for kind, name in line.articles.items() if kind != "EN"]


def _text(value: str | None) -> str:
    return re.sub(r"([?+:'])", r"?\1", value or "")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _interchange(kind: str, body: list[str], number: int, at: datetime, us: str = US) -> bytes:
    segments = [
        f"UNB+UNOC:3+{us}:14+{THEM}:14+{at:%y%m%d:%H%M}+{number}",
        f"UNH+1+{TYPES[kind]}",
        *body,
        f"UNT+{len(body) + 2}+1",
        f"UNZ+1+{number}",
    ]
    return "".join(f"{segment}'\n" for segment in segments).encode("latin-1")
