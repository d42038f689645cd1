"""A supplier at work in its mailbox: what lies under ``in`` is taken away, and answered under ``out``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from sandbox.clock import Clock
from sandbox.state import State
from sandbox.suppliers import edifact, x12
from sandbox.suppliers.business import changed, reply
from sandbox.suppliers.desk import ANSWERS_OF_OURS, Desk
from sandbox.suppliers.orders import Line, Received, Reply, Request, Unacceptable

STANDARDS: dict[str, ModuleType] = {"nordkap": x12, "fjell": edifact}
PREFIXES = {
    "nordkap": {"acknowledgement": "997", "confirmation": "855", "ship_notice": "856", "invoice": "810"},
    "fjell": {
        "acknowledgement": "CONTRL",
        "confirmation": "ORDRSP",
        "ship_notice": "DESADV",
        "invoice": "INVOIC",
    },
}
FIRST_NUMBER = 5000


class Supplier(Desk):
    """One supplier.

    Args:
        name: one of ``STANDARDS``.
    """

    def __init__(self, name: str, folder: Path, state: State, clock: Clock):
        super().__init__("supplier_edi", name, folder, state, clock, FIRST_NUMBER)
        self.speaks = STANDARDS[name]

    def work(self) -> int:
        """Take and acknowledge everything that lies there; how many files. The rest comes with ``reply``."""
        taken = 0
        for path in sorted((self.folder / "in").iterdir()):
            if path.name.startswith("."):  # not whole yet
                continue
            if not path.name.startswith(ANSWERS_OF_OURS):
                self._answer(path.read_bytes())
            path.unlink()
            taken += 1
        return taken

    def mail(self) -> list[str]:
        """What lies in the mailbox: orders that it has not taken, answers that nobody has fetched."""
        parts = [self.folder / part for part in ("in", "out")]
        return [
            f"supplier_edi/{self.name}/{path.parent.name}/{path.name}"
            for part in parts
            for path in sorted(part.iterdir())
        ]

    def _answer(self, content: bytes) -> None:
        try:
            received: Received = self.speaks.read(content)
        except Unacceptable as problem:
            self.refuse(problem)
            return
        if self.is_repeat(received.control_number, len(received.requests)):
            return
        number = self.number()
        self._put("acknowledgement", number, self.speaks.acknowledgement(received, number, self.clock()))
        for request in received.requests:
            if request.problem is None:
                self._serve(request)

    def _serve(self, request: Request) -> None:
        key = f"{self.name}/{request.number}"
        known = _lines(self.state.fact(f"order {key}"))
        lines = changed(known, request)
        self.note("purchase_order", key, _quantities(known), _quantities(lines))
        self.state.remember(f"order {key}", [_kept(line) for line in lines])
        heading = {"kind": request.kind, "ordered_on": request.ordered_on, "currency": request.currency}
        heading |= {"ship_to": request.ship_to}
        waiting = self._waiting()
        # Of an order that came and was changed before anybody looked at it, the answer is still that to an order.
        waiting[request.number] = heading | ({"kind": "order"} if request.number in waiting else {})
        self.state.remember(f"waiting {self.name}", waiting)

    def reply(self) -> int:
        """Look at what was ordered since the last time: confirm, ship, invoice; how many orders were answered."""
        waiting = self._waiting()
        for number, heading in waiting.items():
            lines = _lines(self.state.fact(f"order {self.name}/{number}"))
            if lines:
                self._reply(Request(reference="", document="", number=number, **heading), lines)
        self.state.remember(f"waiting {self.name}", {})
        return len(waiting)

    def _waiting(self) -> dict[str, Any]:
        kept = self.state.fact(f"waiting {self.name}")
        assert kept is None or isinstance(kept, dict)
        return kept or {}

    def _reply(self, request: Request, lines: tuple[Line, ...]) -> None:
        said = reply(request, lines, self.clock(), self.number(), is_dear=self._is_dear(request))
        for kind, write in self._answers(request):
            number = self.number()
            self._put(kind, number, write(said, number, self.clock()))

    def _answers(self, request: Request) -> Iterator[tuple[str, Callable[[Reply, int, datetime], bytes]]]:
        """A change is confirmed; what was shipped and invoiced before is not done again."""
        yield "confirmation", self.speaks.confirmation
        if request.kind == "order":
            yield "ship_notice", self.speaks.ship_notice
            yield "invoice", self.speaks.invoice

    def _is_dear(self, request: Request) -> bool:
        """The invoice of the first order that ever came asks too much."""
        first = self.state.fact(f"first order {self.name}")
        if first is None:
            self.state.remember(f"first order {self.name}", request.number)
        return first in (None, request.number)

    def _put(self, kind: str, number: int, content: bytes) -> None:
        self.put(PREFIXES[self.name][kind], number, content)


def _quantities(lines: tuple[Line, ...]) -> dict[str, str]:
    return {line.number: str(line.quantity) for line in lines}


def _kept(line: Line) -> dict[str, object]:
    return json.loads(json.dumps(asdict(line), default=str))


def _lines(kept: object) -> tuple[Line, ...]:
    assert kept is None or isinstance(kept, list)
    return tuple(
        Line(**{**facts, "quantity": Decimal(facts["quantity"]), "price": Decimal(facts["price"])})
        for facts in kept or ()
    )
