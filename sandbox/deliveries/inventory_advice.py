"""Inventory advices of warehouses: X12 004010, transaction set 846, as their systems write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox.world.stock import Warehouse

VERSION = "004010"
RECEIVER = "LINDQVIST"
LINES_PER_SET = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """Separators of a partner, and how it states the zone of its times (element 623)."""

    element: str
    component: str
    terminator: str
    line_break: str
    zone_code: str
    utc_offset_hours: int


SYNTAX = {
    "central": Syntax(
        element="*", component=":", terminator="~", line_break="\n", zone_code="UT", utc_offset_hours=0
    ),
    "north": Syntax(
        element="|", component=">", terminator="\r", line_break="", zone_code="01", utc_offset_hours=1
    ),
}


@dataclass(slots=True, kw_only=True)
class AdviceLine:
    """One article: quantities as text, so that a mistake of a partner can be written down, too."""

    sku: str
    ean: str
    available: str
    on_hand: str
    committed: str


def file_name(partner: str, at: datetime) -> str:
    """As ``846_central_20261102T0430Z.edi``."""
    return f"846_{partner}_{at:%Y%m%dT%H%MZ}.edi"


def advice_file(warehouse: Warehouse, lines: list[AdviceLine], at: datetime, control_number: int) -> bytes:
    """An interchange with one group and as many transaction sets as the lines need.

    Args:
        at: of which moment the quantities speak, in UTC.
        control_number: of the interchange and the group.
    """
    syntax = SYNTAX[warehouse.partner]
    segments = [
        segment
        for number, start in enumerate(range(0, len(lines), LINES_PER_SET), start=1)
        for segment in _set(
            warehouse, lines[start : start + LINES_PER_SET], start, at, control_number, number
        )
    ]
    sets = -(-len(lines) // LINES_PER_SET)
    envelope = [*_opening(warehouse, syntax, at, control_number), *segments, *_closing(sets, control_number)]
    end = syntax.terminator + syntax.line_break
    return "".join(syntax.element.join(segment) + end for segment in envelope).encode("ascii")


def _local(syntax: Syntax, at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() + syntax.utc_offset_hours * 3600, at.tzinfo)


def _opening(warehouse: Warehouse, syntax: Syntax, at: datetime, control_number: int) -> Iterator[list[str]]:
    local = _local(syntax, at)
    sender, receiver = warehouse.interchange_id.ljust(15), RECEIVER.ljust(15)
    yield [
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        "ZZ",
        sender,
        "ZZ",
        receiver,
        f"{local:%y%m%d}",
        f"{local:%H%M}",
        "U",
        "00401",
        f"{control_number:09d}",
        "0",
        "P",
        syntax.component,
    ]
    date, time = f"{local:%Y%m%d}", f"{local:%H%M}"
    yield ["GS", "IB", warehouse.interchange_id, RECEIVER, date, time, str(control_number), "X", VERSION]


def _closing(sets: int, control_number: int) -> Iterator[list[str]]:
    yield ["GE", str(sets), str(control_number)]
    yield ["IEA", "1", f"{control_number:09d}"]


def _set(
    warehouse: Warehouse, lines: list[AdviceLine], start: int, at: datetime, control_number: int, number: int
) -> list[list[str]]:
    syntax = SYNTAX[warehouse.partner]
    body = [
        ["ST", "846", f"{number:04d}"],
        *_heading(warehouse, syntax, at, f"{control_number}-{number}"),
        *(segment for place, line in enumerate(lines, start=start + 1) for segment in _line(line, place)),
        ["CTT", str(len(lines))],
    ]
    return [*body, ["SE", str(len(body) + 1), f"{number:04d}"]]


def _heading(warehouse: Warehouse, syntax: Syntax, at: datetime, document: str) -> Iterator[list[str]]:
    local = _local(syntax, at)
    date, time = f"{local:%Y%m%d}", f"{local:%H%M}"
    yield ["BIA", "00", "SI", document, date, time]
    yield ["REF", "WS", warehouse.location_code]
    yield ["DTM", "007", date, time, syntax.zone_code]
    name = warehouse.name.upper().replace("Ö", "O")
    yield ["N1", "WH", name, "92", warehouse.location_code]


def _line(line: AdviceLine, place: int) -> Iterator[list[str]]:
    numbers = ["SK", line.sku] if line.sku else []
    yield ["LIN", str(place), *numbers, "UP", line.ean]
    yield ["QTY", "33", line.available, "EA"]
    yield ["QTY", "17", line.on_hand, "EA"]
    yield ["QTY", "29", line.committed, "EA"]
