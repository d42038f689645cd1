"""What a supplier understands of an order, and what it says of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


class Unacceptable(Exception):
    """A document breaks the standard; nothing of it is taken.

    Args:
        code: of X12 element 718, or of EDIFACT element 0085.
    """

    def __init__(self, code: str, reason: str):
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an order."""

    number: str
    quantity: Decimal
    unit: str
    price: Decimal
    articles: Mapping[str, str]
    action: str = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A document that orders, changes or takes back.

    Attributes:
        kind: ``order``, ``change`` or ``cancellation``.
        reference: control number of the document, to be named in the acknowledgement.
        problem: why it is not taken; the rest is then empty.
    """

    reference: str
    document: str
    kind: str = "order"
    number: str = ""
    ordered_on: str = ""
    currency: str = ""
    ship_to: str = ""
    lines: tuple[Line, ...] = ()
    problem: Unacceptable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An interchange with requests.

    Attributes:
        group: its functional id and control number, in X12.
    """

    control_number: str
    group: tuple[str, str] = ("", "")
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a supplier says of a line: so many now, so many later; none of either is a refusal."""

    line: Line
    now: Decimal
    later: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package with its code and what is in it."""

    code: str
    contents: tuple[tuple[Line, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """All that a supplier says of an order, apart from the acknowledgement.

    Attributes:
        prices: of the invoice, by line, where another one than was ordered.
        later: day on which the rest is promised, as CCYYMMDD.
    """

    request: Request
    promises: tuple[Promise, ...]
    packages: tuple[Package, ...]
    today: str
    soon: str
    later: str
    prices: Mapping[str, Decimal] = field(default_factory=dict)

    def price_of(self, line: Line) -> Decimal:
        """What the invoice asks for a unit."""
        return self.prices.get(line.number, line.price)

    @property
    def shipped(self) -> list[tuple[Line, Decimal]]:
        """What is in all packages, line by line."""
        sums: dict[str, Decimal] = {}
        lines: dict[str, Line] = {}
        for package in self.packages:
            for line, quantity in package.contents:
                sums[line.number] = sums.get(line.number, Decimal(0)) + quantity
                lines[line.number] = line
        return [(lines[number], quantity) for number, quantity in sums.items()]
