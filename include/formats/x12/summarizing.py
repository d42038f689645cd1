"""A transaction set as a person reads it: what it is, who and when, references, lines, totals. Codes become words.

What is a line depends on the set: an article (PO1, LIN, W01), a level of a shipment (HL), a document that is paid
(RMR) or answered (AK2). Nothing is worked out, everything is as it came; what has no name is shown with its code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from include.formats.x12.envelopes import TransactionSet
from include.formats.x12.loops import LoopNode, loop_tree
from include.formats.x12.moments import moment
from include.formats.x12.segments import Segment

_STANDARD = Path(__file__).parent / "standard"
# Where a part of a line stands in the line as it is read.
_COLUMNS = {
    "LIN": "item",
    "PID": "description",
    "QTY": "quantities",
    "SN1": "quantities",
    "ZA": "quantities",
    "CTP": "prices",
    "ACK": "answers",
    "DTM": "dates",
    "G62": "dates",
    "REF": "references",
    "N9": "references",
    "PRF": "references",
    "MAN": "marks",
    "N1": "parties",
    "SAC": "allowances_and_charges",
    "TXI": "taxes",
    "MSG": "texts",
    "NTE": "texts",
    "TED": "errors",
    "AK3": "errors",
    "IK3": "errors",
    "AK4": "errors",
    "IK4": "errors",
    "AK5": "answer",
    "IK5": "answer",
}
_TOTALS = ("TDS", "AMT", "CTT", "W03", "W76", "W14", "BPR")
_TEXTS = ("MSG", "NTE")
_AS_THEY_ARE = ("line", "number", "amount", "within", "reason", "status")


@dataclass(slots=True)
class Summary:
    """What a document says.

    Attributes:
        document: what it is, with its number.
        function: original, change, cancellation and so on, and what answer it is or asks for.
        lines: each by the names of what was found in it.
        totals: amounts and counts behind the lines.
    """

    document: str = ""
    function: str = ""
    dates: list[str] = field(default_factory=list)
    parties: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    currencies: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    allowances_and_charges: list[str] = field(default_factory=list)
    lines: list[dict[str, str]] = field(default_factory=list)
    totals: list[str] = field(default_factory=list)


def summary(found: TransactionSet) -> Summary:
    """The set as a person reads it; of one that is not described, what its heading says."""
    made = Summary(document=found.definition.name.lower() if found.definition else "")
    begins = _headings()["sets"].get(found.set_id, ())
    for part in _walk(loop_tree(found), begins):
        if isinstance(part, LoopNode):
            made.lines.append(_line(part, len(made.lines) + 1))
        else:
            _add(made, part)
    return made


def meaning(element: str, code: str) -> str:
    """What a code of a data element is called; the code where it has no name here."""
    return _meanings().get(element, {}).get(code, code)


def words(*parts: str) -> str:
    """Those of the parts that say something, with a blank between them."""
    return " ".join(part.strip(" ") for part in parts if part.strip(" "))


def _walk(node: LoopNode, begins: tuple[str, ...]) -> Iterator[Segment | LoopNode]:
    """The segments of a tree, and whole the loops that are lines."""
    for part in node.parts:
        if isinstance(part, Segment) or next(_flat(part)).tag in begins:
            yield part
        else:
            yield from _walk(part, begins)


def _flat(node: LoopNode) -> Iterator[Segment]:
    for part in node.parts:
        if isinstance(part, Segment):
            yield part
        else:
            yield from _flat(part)


def _line(loop: LoopNode, number: int) -> dict[str, str]:
    begin, *others = _flat(loop)
    line = {"line": str(number), **_begun(begin)}
    for each in others:
        name = _COLUMNS.get(each.tag, "")
        said = _phrase(each) if name else ""
        if said:
            line[name] = f"{line[name]}; {said}" if name in line else said
    return line


def _begun(each: Segment) -> dict[str, str]:
    facts = _headings()["lines"][each.tag]
    said: dict[str, str] = {name: each.plain(facts[name]) for name in _AS_THEY_ARE if name in facts}
    for name in ("action", "level", "document", "answer"):
        if name in facts:
            element, codes = facts[name]
            said[name] = meaning(codes, each.plain(element))
    if "items" in facts:
        said["item"] = "; ".join(
            filter(None, (each.plain(facts.get("item", 99)), _items(each, facts["items"])))
        )
    if "quantity" in facts:
        amount, unit, what = facts["quantity"]
        said["quantities"] = words(each.plain(amount), each.plain(unit), what) if each.plain(amount) else ""
    if "price" in facts and each.plain(facts["price"][0]):
        price, basis = facts["price"]
        said["prices"] = words(each.plain(price), each.plain(basis))
    return {name: value for name, value in said.items() if value}


def _items(each: Segment, first: int) -> str:
    """Pairs of qualifier and number, as ``40001 UPC``; they end where what stands there is no qualifier."""
    pairs = ((each.plain(at), each.plain(at + 1)) for at in range(first, len(each.elements), 2))
    return "; ".join(
        words(number, meaning("235", code)) for code, number in pairs if len(code) == 2 and number
    )


def _add(made: Summary, each: Segment) -> None:
    if each.tag in _headings() and each.tag not in ("lines", "sets"):
        _begin(made, each, _headings()[each.tag])
    elif each.tag in _TOTALS:
        made.totals.append(_phrase(each))
    elif each.tag in _TEXTS:
        made.texts.append(_phrase(each))
    else:
        _add_part(made, each)


def _add_part(made: Summary, each: Segment) -> None:
    match each.tag:
        case "AK1":
            made.document = words("answer to group", each.plain(1), each.plain(2))
        case "AK9":
            made.function = meaning("715", each.plain(1))
            made.totals.append(f"{each.plain(4)} of {each.plain(2)} sets accepted")
        case "DTM" | "G62":
            made.dates.append(_phrase(each))
        case "N1":
            made.parties.append(_phrase(each))
        case "N3" | "N4" if made.parties:
            parts = (each.plain(number) for number in range(1, 5))
            made.parties[-1] += f", {words(*parts)}"
        case "REF" | "N9":
            made.references.append(_phrase(each))
        case "CUR":
            made.currencies.append(each.plain(2))
        case "SAC":
            made.allowances_and_charges.append(_phrase(each))


def _begin(made: Summary, each: Segment, facts: dict[str, Any]) -> None:
    coded = {
        name: meaning(facts[name][1], each.plain(facts[name][0]))
        for name in ("purpose", "kind")
        if name in facts
    }
    made.document = words(made.document, each.plain(facts.get("number", 99)))
    made.function = ", ".join(filter(None, (coded.get("purpose"), coded.get("kind"))))
    for number, what in facts.get("dates", {}).items():
        if each.plain(number):
            made.dates.append(words(what or "dated", _date(each.plain(number))))
    for number, what in facts.get("references", {}).items():
        if each.plain(number):
            made.references.append(words(what, each.plain(number)))


def _phrase(each: Segment) -> str:
    """A segment in a few words."""
    plain = each.plain
    match each.tag:
        case "DTM":
            return words(meaning("374", plain(1)), _date(plain(2), plain(3)) or plain(6))
        case "G62":
            return words(meaning("432", plain(1)), _date(plain(2), plain(4)))
        case "N1":
            return words(meaning("98", plain(1)), plain(2), plain(4))
        case "REF" | "N9":
            return words(meaning("128", plain(1)), plain(2), plain(3))
        case "PRF":
            return words("purchase order", plain(1))
        case "LIN":
            return _items(each, 2)
        case "QTY":
            return words(plain(2), plain(3), meaning("673", plain(1)))
        case "SN1":
            return words(plain(2), plain(3), "shipped")
        case "ZA":
            return words(plain(2), plain(3), meaning("673", plain(1)))
        case "CTP":
            return words(plain(3), meaning("236", plain(2)), f"for {plain(4)}" if plain(4) else "")
        case "ACK":
            promised = words(meaning("374", plain(4)), _date(plain(5))) if plain(5) else ""
            return words(plain(2), plain(3), meaning("668", plain(1)), promised)
        case "PID":
            return plain(5)
        case "MAN":
            return words(plain(2), plain(3))
        case "MSG":
            return plain(1)
        case "NTE":
            return plain(2)
        case "SAC":
            amount = _implied(plain(5))
            return words(
                meaning("248", plain(1)), plain(15) or plain(2), amount, f"{plain(7)} %" if plain(7) else ""
            )
        case "TXI":
            return words(plain(1), plain(2), f"{plain(3)} %" if plain(3) else "")
    return _total(each) or _error(each)


def _total(each: Segment) -> str:
    plain = each.plain
    match each.tag:
        case "TDS":
            return words("invoice total", _implied(plain(1)))
        case "AMT":
            return words(meaning("522", plain(1)), plain(2))
        case "CTT":
            return words("lines", plain(1), f"hash total {plain(2)}" if plain(2) else "")
        case "W03":
            return words("units shipped", plain(1))
        case "W76":
            return words("units ordered", plain(1))
        case "W14":
            return words("units received", plain(1))
        case "BPR":
            return words("paid", plain(2), plain(4))
    return ""


def _error(each: Segment) -> str:
    plain = each.plain
    match each.tag:
        case "TED":
            return words(plain(1), plain(2))
        case "AK3" | "IK3":
            return words(f"segment {plain(2)} ({plain(1)})", plain(4))
        case "AK4" | "IK4":
            return words(f"element {plain(1)}", plain(3), plain(4))
        case "AK5" | "IK5":
            return words(meaning("717", plain(1)), plain(2))
    return ""


def _implied(value: str) -> str:
    """An amount with two implied decimals (type N2) with its point; as it came where it is no whole number."""
    digits = value.removeprefix("-")
    if not digits.isdecimal():
        return value
    sign, padded = value[: len(value) - len(digits)], digits.rjust(3, "0")
    return f"{sign}{padded[:-2]}.{padded[-2:]}"


def _date(date: str, time: str = "") -> str:
    """The date as people write it; as it came where it is none."""
    found = moment(date, time, "", "UTC")
    if found is None:
        return words(date, time)
    at = datetime.fromtimestamp(found.microseconds / 1_000_000, UTC)
    return f"{at:%Y-%m-%d %H:%M}" if time else f"{at:%Y-%m-%d}"


@cache
def _meanings() -> dict[str, dict[str, str]]:
    return yaml.safe_load((_STANDARD / "meanings.yml").read_bytes())


@cache
def _headings() -> dict[str, Any]:
    return yaml.safe_load((_STANDARD / "headings.yml").read_bytes())
