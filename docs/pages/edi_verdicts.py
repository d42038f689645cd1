"""``edi_verdicts.md``: what became of every real EDI file that the tests read.

The files may not be passed on, so the page names them, their documents and the rules that they break, and repeats
nothing of what stands in them. Where they do not lie beside the project, the page stays as it is.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.pages.markdown import code, joined, opening, table
from include.commands.parse import Reading, read_file

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docs" / "edi_verdicts.md"
CLEAN, REMARKS, PARTLY, REFUSED = "accepted", "accepted with remarks", "refused in part", "refused"
ENVELOPE, NO_READER = "envelope only", "no reader"
MEANINGS = {
    CLEAN: "everything in it is described, checked and right",
    REMARKS: "everything is accepted; something is told that refuses nothing",
    PARTLY: "some documents or records are refused, their neighbours go on",
    REFUSED: "nothing in it is accepted",
    ENVELOPE: "envelopes and counts are right; its documents are not described here, so nobody says that they are",
    NO_READER: "it is neither X12 nor EDIFACT, and is refused as such",
}


def page() -> str:
    """The verdicts, how many there are of each, and each file with what is wrong in it."""
    folder = Path(os.environ.get("SEAMLINE_SHARED", PROJECT.parent / "shared")) / "data" / "edi"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".csv")
    if not files:
        return FILE.read_text(encoding="utf-8")
    readings = [(path.relative_to(folder), read_file(path, path.name)) for path in files]
    counts = Counter((_standard(reading), verdict(reading)) for _, reading in readings)
    standards = sorted({standard for standard, _ in counts})
    return joined(
        [
            opening(
                "Verdicts on real EDI files", "the files that the tests read and `include/commands/parse.py`"
            ),
            f"{len(files)} files of other people's collections, some of them broken on purpose, as `./seamline parse` "
            "reads them without a partner's profile: nothing was agreed, so nothing is tolerated. Rules are explained "
            "in [include/systems/edi/README.md](../include/systems/edi/README.md#what-is-refused-and-how-far).",
            table(
                ("verdict", "what it means", *standards),
                [(name, MEANINGS[name], *(counts[one, name] for one in standards)) for name in MEANINGS],
            ),
            *(part for folder in _folders(readings) for part in _section(folder, readings)),
        ]
    )


def verdict(reading: Reading) -> str:
    """One of ``MEANINGS``."""
    if not reading.is_readable:
        return NO_READER
    documents = [one for one, is_closed in _documents(reading) if is_closed and one["is_accepted"]]
    is_refusing = any(each["is_fatal"] for each in reading.findings)
    if is_refusing or not reading.facts.get("interchanges"):
        return PARTLY if documents else REFUSED
    if any(one["is_accepted"] is None for one, _ in _documents(reading)):
        return ENVELOPE
    return REMARKS if reading.count else CLEAN


def _in(part: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of a group, or of an interchange outside of its groups."""
    return part.get("sets", part.get("messages", []))


def _documents(reading: Reading) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every document, and whether what is around it closed as it should."""
    for interchange in reading.facts.get("interchanges", ()):
        for part in (interchange, *interchange["groups"]):
            for one in _in(part):
                yield one, interchange["is_accepted"] and part["is_accepted"]


def _standard(reading: Reading) -> str:
    return reading.format if reading.is_readable else "other"


def _folders(readings: list[tuple[Path, Reading]]) -> list[str]:
    return sorted({str(path.parent) for path, _ in readings})


def _section(folder: str, readings: list[tuple[Path, Reading]]) -> Iterator[str]:
    yield f"## {folder}"
    yield table(
        ("file", "documents", "segments", "verdict", "what is wrong, and first where"),
        [
            (
                path.name,
                ", ".join(_kinds(reading)) or reading.format,
                sum(one["segments"] for one, _ in _documents(reading)) or "",
                verdict(reading),
                _reasons(reading),
            )
            for path, reading in readings
            if str(path.parent) == folder
        ],
    )


def _kinds(reading: Reading) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for interchange in reading.facts.get("interchanges", ()):
        for part in (interchange, *interchange["groups"]):
            for one in _in(part):
                kind = one.get("set_id", one.get("type")) or "without a name"
                counted[f"{kind} {one.get('version', part.get('version', ''))}".strip()] += 1
    for kind, count in counted.items():
        yield kind if count == 1 else f"{count} times {kind}"


def _reasons(reading: Reading) -> str:
    """The rules, each with the standard's code, how often it is broken, and where first; what refuses comes first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(reading.findings, key=lambda each: not each["is_fatal"]):
        found.setdefault(each["rule"], []).append(each)
    return "; ".join(
        f"{code(rule)}{_code(each[0])}{f', {len(each)} times' if len(each) > 1 else ''}{_place(each[0])}"
        for rule, each in found.items()
    )


def _code(finding: dict[str, Any]) -> str:
    return f" ({finding['code']})" if finding.get("code") else ""


def _place(finding: dict[str, Any]) -> str:
    return f", {finding['place']}" if finding.get("place") else ""
