"""A message as a person reads it: what it is, who and when, references, its lines, its totals. Codes become words.

What is a line depends on the message: an article (LIN), a document that is paid (DOC), an answer of CONTRL (UCM, UCF)
or an error of APERAK (ERC). Nothing is worked out, everything is as it came; what has no name is shown with its code.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import yaml

from include.formats.edifact.codes import SYNTAX_ERRORS
from include.formats.edifact.envelopes import Message
from include.formats.edifact.moments import has_clock, period
from include.formats.edifact.segments import Segment
from include.formats.x12.summarizing import Summary, words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINES = {"REMADV": ("DOC",), "CONTRL": ("UCF", "UCM"), "APERAK": ("ERC",)}
_LINE_TAGS = ("LIN",)
# Amounts (element 5025) of the allowance or charge that stands before them.
_OF_ALLOWANCE = ("8", "23", "204")
# Where a part of a line stands in the line as it is read.
_COLUMNS = {
    "PIA": "other_numbers",
    "IMD": "description",
    "QTY": "quantities",
    "PRI": "prices",
    "MOA": "amounts",
    "DTM": "dates",
    "RFF": "references",
    "LOC": "places",
    "ALC": "allowances_and_charges",
    "FTX": "texts",
    "UCS": "errors",
    "UCD": "errors",
}


def summary(found: Message) -> Summary:
    """The message as a person reads it, whether it is described or not."""
    made = Summary(document=found.definition.name.lower() if found.definition else "")
    beginnings = _LINES.get(found.type.id, _LINE_TAGS)
    line: dict[str, str] | None = None
    has_ended = False
    place = ""
    for each in found.segments:
        if each.tag == "UNS":
            # What follows the lines belongs to the whole message; before the lines it ends the heading.
            line, has_ended = None, bool(made.lines)
        elif each.tag in beginnings and not has_ended:
            line = _begun(each, len(made.lines) + 1)
            if place:
                line["places"] = place
            made.lines.append(line)
        elif line is not None and each.tag == "LOC" and found.type.id == "SLSRPT":
            # A report of sales tells the place first, and what was sold there behind it.
            line, place = None, _phrase(each)
        elif line is not None and each.tag not in ("CNT", "UNT"):
            _add_to_line(line, each)
        elif each.tag == "LOC" and found.type.id == "SLSRPT":
            place = _phrase(each)
        else:
            _add(made, each)
    return made


def meaning(element: str, code: str) -> str:
    """What a code of a data element is called; the code where it has no name here."""
    return _meanings().get(element, {}).get(code, code)


def _begun(each: Segment, number: int) -> dict[str, str]:
    match each.tag:
        case "DOC":
            parts = {"line": str(number), "document": words(meaning("1001", each.value(1)), each.value(2))}
        case "UCM" | "UCF":
            what = "message" if each.tag == "UCM" else "group"
            action = 3 if each.tag == "UCM" else 4
            kind = (
                ":".join(each.value(2, part) for part in range(1, 6)).strip(":") if what == "message" else ""
            )
            answer = meaning("0083", each.value(action))
            parts = {
                what: words(kind, each.value(1)),
                "answer": answer,
                "errors": _error(each.value(action + 1)),
            }
        case "ERC":
            parts = {"line": str(number), "error": each.value(1)}
        case _:
            parts = {
                "line": each.value(1) or str(number),
                "action": meaning("1229", each.value(2)),
                "item": each.value(3),
            }
    return {name: value for name, value in parts.items() if value}


def _add_to_line(line: dict[str, str], each: Segment) -> None:
    name = _COLUMNS.get(each.tag)
    words = _phrase(each) if name else ""
    if each.tag == "MOA" and each.value(1) in _OF_ALLOWANCE and "allowances_and_charges" in line:
        line["allowances_and_charges"] += f" {_amount(each)}"
    elif name and words:
        line[name] = f"{line[name]}; {words}" if name in line else words


def _add(made: Summary, each: Segment) -> None:
    match each.tag:
        case "BGM":
            kind = each.value(1, 4) or meaning("1001", each.value(1)) or made.document
            made.document = words(kind, each.value(2))
            function = (meaning("1225", each.value(3)), meaning("4343", each.value(4)))
            made.function = ", ".join(filter(None, function))
        case "UCI":
            made.document = words("answer to interchange", each.value(1))
            made.function = words(meaning("0083", each.value(4)), _error(each.value(5)))
        case "DTM":
            made.dates.append(_phrase(each))
        case "NAD":
            made.parties.append(_phrase(each))
        case "RFF" if made.parties:
            made.parties[-1] += f" ({_phrase(each)})"
        case "RFF":
            made.references.append(_phrase(each))
        case "CUX":
            made.currencies += filter(None, (each.value(1, 2), each.value(2, 2)))
        case "LOC":
            made.places.append(_phrase(each))
        case "FTX":
            made.texts.append(_phrase(each))
        case "ALC":
            made.allowances_and_charges.append(_phrase(each))
        case "MOA" if each.value(1) in _OF_ALLOWANCE and made.allowances_and_charges:
            made.allowances_and_charges[-1] += f" {_amount(each)}"
        case "MOA" | "CNT":
            made.totals.append(_phrase(each))


def _phrase(each: Segment) -> str:
    """A segment in a few words."""
    match each.tag:
        case "DTM":
            return words(meaning("2005", each.value(1)), _date(each.value(1, 2), each.value(1, 3)))
        case "NAD":
            name = words(*(each.value(4, part) for part in (1, 2))) or each.value(3)
            return words(meaning("3035", each.value(1)), each.value(2), name, each.value(6), each.value(9))
        case "RFF":
            return words(meaning("1153", each.value(1)), each.value(1, 2), each.value(1, 3))
        case "LOC":
            return words(each.value(1), each.value(2), each.value(2, 4))
        case "PIA":
            return ", ".join(
                words(each.value(part), each.value(part, 2)) for part in range(2, 7) if each.value(part)
            )
        case "IMD":
            return words(each.value(3, 4), each.value(3, 5)) or each.value(3)
        case "QTY":
            return words(each.value(1, 2), each.value(1, 3), meaning("6063", each.value(1)))
        case "PRI":
            basis = words(each.value(1, 5), each.value(1, 6))
            return words(each.value(1, 2), f"per {basis}" if basis else "", meaning("5125", each.value(1)))
        case "MOA":
            return words(meaning("5025", each.value(1)), _amount(each))
        case "CNT":
            return words(meaning("6069", each.value(1)), each.value(1, 2), each.value(1, 3))
        case "ALC":
            return words(meaning("5463", each.value(1)), each.value(5, 4) or each.value(5))
        case "FTX":
            return words(*(each.value(4, part) for part in range(1, 6))) or each.value(3)
        case "UCS":
            return words(f"segment {each.value(1)}", _error(each.value(2)))
        case "UCD":
            place = "-".join(filter(None, (each.value(2), each.value(2, 2))))
            return words(f"element {place}", _error(each.value(1)))
    return ""


def _amount(each: Segment) -> str:
    return words(each.value(1, 2), each.value(1, 3))


def _error(code: str) -> str:
    return f"{SYNTAX_ERRORS[code]} ({code})" if code in SYNTAX_ERRORS else code


def _date(value: str, format_code: str) -> str:
    """The date as people write it; as it came where it is none or of a format without a calendar."""
    found = period(value, format_code, "UTC")
    if found is None:
        return value
    moments = (found.begins_at, found.ends_at)
    pattern = "%Y-%m-%d %H:%M" if has_clock(format_code) else "%Y-%m-%d"
    return " to ".join(_shown(each, pattern) for each in moments if each is not None)


def _shown(microseconds: int, pattern: str) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime(pattern)


@cache
def _meanings() -> dict[str, dict[str, str]]:
    return yaml.safe_load((Path(__file__).parent / "standard" / "meanings.yml").read_bytes())
