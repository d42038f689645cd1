"""Retailers that take stock reports (X12 846, INVRPT) and catalogues (832, PRICAT) out of their mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.state import State
from sandbox.suppliers import edifact, x12
from sandbox.suppliers.desk import ANSWERS_OF_OURS, Desk
from sandbox.suppliers.orders import Unacceptable

HARBOR, WARENRING = ("08", "6112390050"), "4077777000008"
FIRST_NUMBER = 7000
GONE_IN_X12, GONE_IN_EDIFACT = "002", "2"

Known = tuple[str, str, Any]
"""What became known of an article: stock or price, its GTIN, and what it is now; no price if it was taken off."""


class RetailerDesk(Desk):
    """Where a retailer hears of its supplier.

    Args:
        name: ``harbor``, which reads X12, or ``warenring``, which reads EDIFACT.
    """

    def __init__(self, name: str, folder: Path, state: State, clock: Clock):
        super().__init__("retailer_edi", name, folder, state, clock, FIRST_NUMBER)

    def work(self) -> int:
        """Take and acknowledge every document that lies there; how many files. Acknowledgements stay."""
        return self.take(self._take_x12 if self.name == "harbor" else self._take_edifact)

    def reply(self) -> int:
        """Nothing: what it sells, it tells in its own time."""
        return 0

    def mail(self) -> list[str]:
        """Documents that it has not taken, answers that nobody has fetched."""
        return self.lying(*ANSWERS_OF_OURS)

    def _take_x12(self, content: bytes) -> None:
        envelope = x12.opened(content, HARBOR[1])
        if self.is_repeat(envelope.control_number, len(envelope.sets)):
            return
        said = [
            (*segments[0][1:3], self._problem(lambda one=segments: list(_of_set(one)), "5"))
            for segments in envelope.sets
        ]
        number = self.number()
        answer = x12.functional(envelope.group, said, number, self.clock(), HARBOR[1], qualifier=HARBOR[0])
        self.put("997", number, answer)

    def _take_edifact(self, content: bytes) -> None:
        control_number, messages = edifact.opened(content, WARENRING)
        if self.is_repeat(control_number, len(messages)):
            return
        said = []
        for message in messages:
            problem = self._problem(lambda one=message: list(_of_message(one)), "12")
            said.append((message[0][1][0], ":".join(message[0][2]), problem))
        number = self.number()
        self.put("CONTRL", number, edifact.control(control_number, said, number, self.clock(), WARENRING))

    def _problem(self, read: Callable[[], list[Known]], code: str) -> str | None:
        """Take in what a document says, all of it or nothing; the code of what is wrong with it."""
        try:
            known = read()
        except Unacceptable as problem:
            return problem.code
        except (IndexError, KeyError, ValueError, StopIteration, InvalidOperation):
            return code
        for what, gtin, now in known:
            key = f"{self.name}/{gtin}"
            before = self.state.fact(f"{what} {key}")
            self.note(f"retailer_{what}", key, before, now)
            self.state.remember(f"{what} {key}", now)
        return None


def _of_set(segments: list[x12.Segment]) -> Iterator[Known]:
    """What an 846 or 832 says; every line has a trade number, and a quantity or prices.

    Raises:
        Unacceptable: it is another document, or its count is wrong.
    """
    kind, reference, body = x12.body_of(segments)
    if body[0][0] != {"846": "BIA", "832": "BCT"}.get(kind):
        raise Unacceptable("1", f"{kind} {reference} is neither a stock report nor a catalogue")
    lines = list(_lines(body, "LIN", "CTT", lambda segment: segment[0]))
    counted = next(segment[1] for segment in body if segment[0] == "CTT")
    if counted != str(len(lines)):
        raise Unacceptable("5", f"CTT counts {counted} lines, there are {len(lines)}")
    currency = next((segment[2] for segment in body if segment[0] == "CUR"), "")
    for line in lines:
        numbers = dict(zip(line[0][2::2], line[0][3::2], strict=True))
        gtin = _gtin(next(numbers[kind] for kind in ("UP", "EN", "UK") if kind in numbers))
        if kind == "846":
            quantity = next(segment for segment in line if segment[:2] == ["QTY", "33"])
            yield "stock", gtin, int(quantity[2])
        elif any(segment == ["G53", GONE_IN_X12] for segment in line):
            yield "price", gtin, None
        else:
            own = next((segment[2] for segment in line if segment[0] == "CUR"), currency)
            prices = {segment[2]: segment[3] for segment in line if segment[0] == "CTP"}
            yield "price", gtin, _price(prices["UCP"], prices["MSR"], own)


def _of_message(segments: list[edifact.Segment]) -> Iterator[Known]:
    """What an INVRPT or PRICAT says; every line has a trade number, and a quantity or prices.

    Raises:
        Unacceptable: it is another document, or its count is wrong.
    """
    kind, body = segments[0][2][0], segments[1:-1]
    if kind not in ("INVRPT", "PRICAT") or body[0][0][0] != "BGM":
        raise Unacceptable("12", f"{kind} is neither a stock report nor a catalogue")
    lines = list(_lines(body, "LIN", "CNT", lambda segment: segment[0][0]))
    counted = next(segment[1][1] for segment in body if segment[0][0] == "CNT")
    if counted != str(len(lines)):
        raise Unacceptable("12", f"CNT counts {counted} lines, there are {len(lines)}")
    currency = next((segment[1][1] for segment in body if segment[0][0] == "CUX"), "")
    for line in lines:
        number, qualifier = line[0][3][:2]
        if qualifier != "EN":
            raise Unacceptable("12", f"LIN {line[0][1][0]} has no trade number")
        gtin = _gtin(number)
        if kind == "INVRPT":
            quantity = next(segment[1] for segment in line if segment[0][0] == "QTY")
            yield "stock", gtin, int(quantity[1])
        elif line[0][2][0] == GONE_IN_EDIFACT:
            yield "price", gtin, None
        else:
            prices = {segment[1][0]: segment[1][1] for segment in line if segment[0][0] == "PRI"}
            own = next((segment[1][1] for segment in line if segment[0][0] == "CUX"), currency)
            yield "price", gtin, _price(prices["AAA"], prices["AAE"], own)


def _lines(body: list[Any], first: str, after: str, tag_of: Callable[[Any], str]) -> Iterator[list[Any]]:
    """The segments of each line: from its first to the next line, or to what follows all of them."""
    line: list[Any] = []
    for segment in body:
        if tag_of(segment) in (first, after) and line:
            yield line
            line = []
        if tag_of(segment) == first or (line and tag_of(segment) != after):
            line.append(segment)


def _price(net: str, retail: str, currency: str) -> dict[str, str]:
    if not Decimal(0) < Decimal(net) <= Decimal(retail) or len(currency) != 3:
        raise Unacceptable("5", f"{net} and {retail} {currency} are no prices")
    return {"net": net, "retail": retail, "currency": currency}


def _gtin(number: str) -> str:
    """With 14 digits, and the right last one: GS1 General Specifications, section 7.9."""
    padded = number.zfill(14)
    weighed = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(padded[:-1]))
    )
    if len(padded) != 14 or int(padded[-1]) != -weighed % 10:
        raise ValueError(f"{number} is no GTIN")
    return padded
