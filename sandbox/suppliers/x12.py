"""X12 004010 as one supplier reads and writes it: 850 and 860 in, 997, 855, 856 and 810 out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sandbox.suppliers.orders import Line, Received, Reply, Request, Unacceptable

US, THEM = "NORDKAP", "LINDQVIST"
ISA_LENGTH = 106
VERSION = "004010"
GROUPS = {"997": "FA", "855": "PR", "856": "SH", "810": "IN", "945": "SW"}
ACTIONS = {"AI": "added", "DI": "removed", "QI": "changed", "QD": "changed", "PC": "changed", "CA": "changed"}
ARTICLES = ("VN", "BP", "EN", "UK", "UP")

Segment = list[str]


def read(content: bytes) -> Received:
    """An interchange with orders.

    Raises:
        Unacceptable: its envelope is broken, or it is for somebody else.
    """
    envelope = opened(content, US)
    requests = tuple(_request(segments) for segments in envelope.sets)
    return Received(control_number=envelope.control_number, group=envelope.group, requests=requests)


@dataclass(frozen=True, slots=True)
class Opened:
    """The transaction sets of an interchange, ST and SE included, and the numbers of its envelope."""

    control_number: str
    group: tuple[str, str]
    sets: list[list[Segment]]


def opened(content: bytes, us: str) -> Opened:
    """What is in an interchange with one group.

    Raises:
        Unacceptable: its envelope is broken, or it is for somebody else.
    """
    text = content.decode("latin-1")
    if not text.startswith("ISA") or len(text) < ISA_LENGTH:
        raise Unacceptable("022", "there is no ISA")
    element, terminator = text[3], text[ISA_LENGTH - 1]
    segments = [part.strip("\r\n").split(element) for part in text.split(terminator)]
    segments = [segment for segment in segments if segment[0]]
    isa, gs, *inner, ge, iea = segments
    if (isa[6].strip(), isa[8].strip()) != (THEM, us):
        raise Unacceptable("006", f"it is from {isa[6].strip()} to {isa[8].strip()}")
    if iea[:2] != ["IEA", "1"] or iea[2] != isa[13] or gs[0] != "GS" or ge[0] != "GE" or ge[2] != gs[6]:
        raise Unacceptable("022", "its envelope does not close")
    sets = list(_sets(inner))
    if ge[1] != str(len(sets)):
        raise Unacceptable("021", f"GE counts {ge[1]} sets, there are {len(sets)}")
    return Opened(isa[13], (gs[1], gs[6]), sets)


def _sets(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    found: list[Segment] = []
    for segment in segments:
        found.append(segment)
        if segment[0] == "SE":
            yield found
            found = []
    if found:
        raise Unacceptable("022", "a set does not end")


def body_of(segments: list[Segment]) -> tuple[str, str, list[Segment]]:
    """Kind, control number and segments of a set between ST and SE.

    Raises:
        Unacceptable: SE counts other segments, or names another set.
    """
    (_, kind, reference), *body, ending = segments
    if ending != ["SE", str(len(segments)), reference]:
        raise Unacceptable("4", "SE counts other segments, or names another set")
    return kind, reference, body


def _request(segments: list[Segment]) -> Request:
    kind, reference = segments[0][1:3]
    try:
        kind, reference, body = body_of(segments)
        return _understood(kind, reference, body)
    except Unacceptable as problem:
        return Request(reference=reference, document=kind, problem=problem)
    except (IndexError, KeyError, ValueError, InvalidOperation) as error:
        return Request(reference=reference, document=kind, problem=Unacceptable("5", str(error)))


def _understood(kind: str, reference: str, body: list[Segment]) -> Request:
    heading = body[0]
    expected = {"850": "BEG", "860": "BCH"}.get(kind)
    if heading[0] != expected:
        raise Unacceptable("1", f"no {kind} is expected, or it begins with {heading[0]}")
    lines = tuple(_line(segment) for segment in body if segment[0] in ("PO1", "POC"))
    counted = next((segment[1] for segment in body if segment[0] == "CTT"), None)
    if counted != str(len(lines)):
        raise Unacceptable("5", f"CTT counts {counted} lines, there are {len(lines)}")
    purpose = {("850", "00"): "order", ("860", "04"): "change", ("860", "01"): "cancellation"}
    return Request(
        reference=reference,
        document=kind,
        kind=purpose[kind, heading[1]],
        number=heading[3],
        ordered_on=heading[5] if kind == "850" else heading[6],
        currency=next(segment[2] for segment in body if segment[0] == "CUR"),
        ship_to=next(segment[4] for segment in body if segment[:2] == ["N1", "ST"]),
        lines=lines,
    )


def _line(segment: Segment) -> Line:
    """PO1 has the quantity, unit and price at 2, 3 and 4; POC the action at 2 and those at 3, 5 and 6."""
    is_change = segment[0] == "POC"
    quantity, unit, price, names = (3, 5, 6, 8) if is_change else (2, 3, 4, 6)
    articles = dict(zip(segment[names::2], segment[names + 1 :: 2], strict=True))
    if not articles or not set(articles) <= set(ARTICLES):
        raise Unacceptable("5", f"{segment[0]} {segment[1]} names no article that is understood")
    return Line(
        number=segment[1],
        quantity=Decimal(segment[quantity]),
        unit=segment[unit],
        price=Decimal(segment[price]),
        articles=articles,
        action=ACTIONS[segment[2]] if is_change else "added",
    )


def acknowledgement(received: Received, number: int, at: datetime) -> bytes:
    """The 997 to an interchange: each set accepted or refused."""
    said = [(one.document, one.reference, one.problem and one.problem.code) for one in received.requests]
    return functional(received.group, said, number, at)


def functional(
    group_of: tuple[str, str],
    said: Sequence[tuple[str, str, str | None]],
    number: int,
    at: datetime,
    us: str = US,
    qualifier: str = "ZZ",
) -> bytes:
    """A 997 for a group: kind, control number and error code of each set; without a code it is accepted."""
    functional_id, group = group_of
    body: list[Segment] = [["AK1", functional_id, group]]
    for kind, reference, code in said:
        body.append(["AK2", kind, reference])
        body.append(["AK5", "R", code] if code else ["AK5", "A"])
    count = len(said)
    taken = sum(code is None for *_, code in said)
    verdict = "A" if taken == count else "P" if taken else "R"
    body.append(["AK9", verdict, str(count), str(count), str(taken)])
    return interchange("997", body, number, at, us, qualifier)


def confirmation(reply: Reply, number: int, at: datetime) -> bytes:
    """The 855: every line as ordered, or part of it later."""
    request = reply.request
    is_as_ordered = all(promise.later == 0 for promise in reply.promises)
    body: list[Segment] = [
        [
            "BAK",
            "00",
            "AD" if is_as_ordered else "AC",
            request.number,
            request.ordered_on,
            "",
            "",
            "",
            f"R-{number}",
        ],
        ["CUR", "SE", request.currency],
        ["DTM", "137", reply.today],
    ]
    for promise in reply.promises:
        line = promise.line
        body.append(_item("PO1", line, line.quantity, line.price))
        if promise.later == 0:
            body.append(["ACK", "IA", _plain(promise.now), line.unit, "068", reply.soon])
            continue
        body.append(["ACK", "IQ", _plain(promise.now), line.unit, "068", reply.soon])
        body.append(["ACK", "IB", _plain(promise.later), line.unit, "068", reply.later])
    body.append(["CTT", str(len(reply.promises))])
    return interchange("855", body, number, at)


def ship_notice(reply: Reply, number: int, at: datetime) -> bytes:
    """The 856: shipment, order, packages, items."""
    request = reply.request
    body: list[Segment] = [
        ["BSN", "00", f"S-{request.number}-{number}", reply.soon, "1400"],
        ["HL", "1", "", "S"],
        ["DTM", "011", reply.soon],
        ["N1", "ST", "", "92", request.ship_to],
        ["HL", "2", "1", "O"],
        ["PRF", request.number, "", "", request.ordered_on],
    ]
    level = 2
    for package in reply.packages:
        level += 1
        parent = str(level)
        body += [["HL", parent, "2", "P"], ["MAN", "GM", package.code]]
        for line, quantity in package.contents:
            level += 1
            names = [part for pair in line.articles.items() for part in pair]
            body += [
                ["HL", str(level), parent, "I"],
                ["LIN", line.number, *names],
                ["SN1", "", _plain(quantity), line.unit],
            ]
    body.append(["CTT", str(level)])
    return interchange("856", body, number, at)


def invoice(reply: Reply, number: int, at: datetime) -> bytes:
    """The 810 over what was shipped."""
    request = reply.request
    body: list[Segment] = [
        ["BIG", reply.soon, f"F-{request.number}-{number}", request.ordered_on, request.number, "", "", "DI"],
        ["CUR", "SE", request.currency],
    ]
    total = Decimal(0)
    for line, quantity in reply.shipped:
        price = reply.price_of(line)
        total += quantity * price
        body.append(_item("IT1", line, quantity, price))
    body += [["TDS", str(int((total * 100).to_integral_value()))], ["CTT", str(len(reply.shipped))]]
    return interchange("810", body, number, at)


def _item(tag: str, line: Line, quantity: Decimal, price: Decimal) -> Segment:
    names = [part for pair in line.articles.items() for part in pair]
    return [tag, line.number, _plain(quantity), line.unit, _plain(price), "", *names]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def interchange(
    kind: str, body: list[Segment], number: int, at: datetime, us: str = US, qualifier: str = "ZZ"
) -> bytes:
    """An interchange with one transaction set."""
    day, clock = f"{at:%Y%m%d}", f"{at:%H%M}"
    parties = [qualifier, us.ljust(15), "ZZ", THEM.ljust(15)]
    isa = ["ISA", "00", " " * 10, "00", " " * 10, *parties, day[2:], clock, "U", "00401"]
    segments = [
        [*isa, f"{number:09}", "0", "P", ":"],
        ["GS", GROUPS[kind], us, THEM, day, clock, str(number), "X", VERSION],
        ["ST", kind, "0001"],
        *body,
        ["SE", str(len(body) + 2), "0001"],
        ["GE", "1", str(number)],
        ["IEA", "1", f"{number:09}"],
    ]
    return "".join("*".join(segment) + "~\n" for segment in segments).encode("ascii")
