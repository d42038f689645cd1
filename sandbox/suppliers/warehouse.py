"""A warehouse that takes shipping orders (X12 940) out of its mailbox, and tells what it sent (945)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox.clock import Clock
from sandbox.state import State
from sandbox.suppliers import x12
from sandbox.suppliers.business import with_check_digit
from sandbox.suppliers.desk import Desk
from sandbox.suppliers.orders import Unacceptable

NAMES = {"central": "CENTRALWMS", "north": "NORTHWMS"}
ORIGINAL, REPLACEMENT, CANCELLATION = "N", "R", "F"
PREFIX = "0034012345"


class WarehouseDesk(Desk):
    """Where a warehouse takes its orders.

    Args:
        name: one of ``NAMES``.
        last_number: control number of the last interchange before the desk's own.
    """

    def __init__(self, name: str, folder: Path, state: State, clock: Clock, last_number: int):
        super().__init__("warehouse_edi", name, folder, state, clock, last_number)

    def work(self) -> int:
        """Take and acknowledge every shipping order that lies there; how many files. Acknowledgements stay."""
        return self.take(self._take)

    def reply(self) -> int:
        """Send what was ordered since the last time, and tell it; how many orders."""
        waiting = self._waiting()
        for order, lines in waiting.items():
            number = self.number()
            self.put("945", number, self._shipment(order, lines, number))
        self.state.remember(f"waiting {self.name}", {})
        return len(waiting)

    def mail(self) -> list[str]:
        """Orders that it has not taken, shipments and answers that nobody has fetched."""
        return self.lying("945_", "997_")

    def _take(self, content: bytes) -> None:
        envelope = x12.opened(content, NAMES[self.name])
        if self.is_repeat(envelope.control_number, len(envelope.sets)):
            return
        said = [self._judged(segments) for segments in envelope.sets]
        number = self.number()
        self.put("997", number, x12.functional(envelope.group, said, number, self.clock(), NAMES[self.name]))

    def _judged(self, segments: list[x12.Segment]) -> tuple[str, str, str | None]:
        kind, reference = segments[0][1:3]
        try:
            self._serve(*x12.body_of(segments))
        except Unacceptable as problem:
            return kind, reference, problem.code
        except (IndexError, ValueError, StopIteration):
            return kind, reference, "5"
        return kind, reference, None

    def _serve(self, kind: str, reference: str, body: list[x12.Segment]) -> None:
        heading = body[0]
        if kind != "940" or heading[0] != "W05" or heading[1] not in (ORIGINAL, REPLACEMENT, CANCELLATION):
            raise Unacceptable("5", f"{kind} {reference} is no shipping order")
        items = [segment for segment in body if segment[0] == "W01"]
        lines = {item[item.index("SK") + 1]: int(item[1]) for item in items}
        total = next(segment for segment in body if segment[0] == "W76")
        if int(total[1]) != sum(int(item[1]) for item in items) or not items:
            raise Unacceptable("5", "W76 says another quantity than the lines")
        if not any(segment[:2] == ["N1", "ST"] for segment in body):
            raise Unacceptable("5", "nobody gets the goods")
        self._remember(heading[1], heading[2], lines)

    def _remember(self, status: str, number: str, lines: dict[str, int]) -> None:
        key, wanted = f"{self.name}/{number}", {} if status == CANCELLATION else lines
        before = self.state.fact(f"shipping order {key}")
        if (before is None) is not (status == ORIGINAL):
            raise Unacceptable("5", f"order {number} is {'not known' if before is None else 'known already'}")
        self.note("shipping_order", key, before, wanted)
        self.state.remember(f"shipping order {key}", wanted or None)
        waiting = {**self._waiting(), number: wanted}
        self.state.remember(f"waiting {self.name}", {one: what for one, what in waiting.items() if what})

    def _shipment(self, order: str, lines: dict[str, int], number: int) -> bytes:
        at = self.clock()
        body: list[x12.Segment] = [
            ["W06", "F", order, f"{at:%Y%m%d}", f"SH-{number}", f"W-{number}"],
            ["N1", "WH", "", "92", NAMES[self.name]],
            ["G62", "11", f"{at + timedelta(hours=2):%Y%m%d}"],
            ["W27", "M", "DHLD"],
            ["LX", "1"],
            ["MAN", "GM", with_check_digit(f"{PREFIX}{number:07}")],
            *(["W12", "CC", str(count), str(count), "", "EA", "", "SK", sku] for sku, count in lines.items()),
            ["W03", str(sum(lines.values()))],
        ]
        return x12.interchange("945", body, number, at, NAMES[self.name])

    def _waiting(self) -> dict[str, dict[str, int]]:
        kept = self.state.fact(f"waiting {self.name}")
        assert kept is None or isinstance(kept, dict)
        return kept or {}
