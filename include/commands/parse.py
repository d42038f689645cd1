"""``parse``: what files are, and every error with its place."""

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from include.commands import parsed_documents, printing
from include.formats.findings import Finding, Unreadable
from include.formats.recognition import LOOKED_AT, Format, encoding_guess, recognize

BLOCK_BYTES = 1024 * 1024
MOST_FINDINGS = 200
MOST_NAMES = 50
COMMON_DELIMITERS = ",;\t|"
STANDARD_INPUT = Path("-")

Blocks = Callable[[], Iterator[bytes]]


@dataclass(slots=True)
class Reading:
    """What one file is.

    Attributes:
        facts: what is in it, as far as its format can tell.
        not_checked: what cannot be said of it here, one sentence each.
        findings: what is wrong with it; at most ``MOST_FINDINGS`` are kept.
        count: how many there are.
        error_count: how many of them are errors: they refuse something, or the format's standard has a code for them.
        is_readable: there is a reader for it, and it could begin.
        is_whole: everything of a document is kept, for programs; else what people are shown.
    """

    file: str
    size_bytes: int = 0
    format: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    not_checked: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    error_count: int = 0
    is_readable: bool = True
    is_whole: bool = False

    def note(self, *found: Finding) -> None:
        """Keep findings."""
        self.count += len(found)
        self.error_count += sum(one.is_fatal or one.code is not None for one in found)
        self.findings.extend(one.to_json() for one in found[: max(0, MOST_FINDINGS - len(self.findings))])

    def give_up(self, rule: str, message: str) -> None:
        """It cannot be read at all."""
        self.is_readable = False
        self.note(Finding(rule=rule, message=message))


def parse_files(files: Sequence[Path], *, as_json: bool, with_acknowledgements: bool = False) -> int:
    """Read files and tell what they are: 0 clean, 1 errors in them, 2 some cannot be read at all.

    Args:
        with_acknowledgements: for programs, say also what each file would be answered; for people, print nothing else.
    """
    readings = []
    for path in files:
        with _at_hand(path) as (name, place):
            readings.append(read_file(place, name, is_whole=as_json))
            if with_acknowledgements:
                readings[-1].facts["acknowledgements"] = _answers(place, readings[-1])
        if not as_json and with_acknowledgements:
            _print_answers(readings[-1])
        elif not as_json:
            _print(readings[-1])
    if as_json:
        printing.as_json({"files": [_document(reading) for reading in readings]})
    if not all(reading.is_readable for reading in readings):
        return 2
    return int(any(reading.error_count for reading in readings))


def read_file(path: Path, name: str | None = None, *, is_whole: bool = False) -> Reading:
    """What a file is; never raises for what is in it.

    Args:
        name: what to call it, if not by its path.
        is_whole: keep every document with all that is in it.
    """
    reading = Reading(name or str(path), is_whole=is_whole)
    try:
        facts = path.stat()
        reading.size_bytes = facts.st_size
        if not stat.S_ISREG(facts.st_mode):
            kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "a pipe or a device"
            reading.give_up("cannot_open", f"It is {kind}, not a file. Name files; `-` reads standard input.")
            return reading
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
        _read(path, lambda: blocks(path), head, reading)
    except OSError as error:
        reading.give_up("cannot_open", f"It cannot be opened: {error.strerror or error}.")
    return reading


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


@contextmanager
def _at_hand(path: Path) -> Iterator[tuple[str, Path]]:
    """What to call a file, and where it lies; standard input is set down first, for it is read more than once."""
    if path != STANDARD_INPUT:
        yield str(path), path
        return
    with tempfile.NamedTemporaryFile(prefix="seamline-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield "standard input", Path(file.name)


def _read(path: Path, content: Blocks, head: bytes, reading: Reading) -> None:
    found = recognize(head)
    reading.format = str(found)
    try:
        if found in _BY_BYTES:
            _BY_BYTES[found](content, head, reading)
        else:
            reading.give_up("no_reader", _NO_READER[found])
    except Unreadable as error:
        reading.note(error.finding)


def _answers(path: Path, reading: Reading) -> list[str]:
    """The acknowledgements that a file would get; none where its format knows none or nothing in it can be answered."""
    answering = _ANSWERS.get(Format(reading.format)) if reading.format else None
    if answering is None:
        return []
    try:
        return [each.decode("utf-8", "backslashreplace") for each in answering(blocks(path))]
    except (Unreadable, OSError):
        return []


def _x12_answers(content: Iterator[bytes]) -> Iterator[bytes]:
    from include.commands.parse_x12 import acknowledgements

    yield from acknowledgements(content)


def _edifact_answers(content: Iterator[bytes]) -> Iterator[bytes]:
    from include.commands.parse_edifact import acknowledgements

    yield from acknowledgements(content)


_ANSWERS: dict[Format, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    Format.X12: _x12_answers,
    Format.EDIFACT: _edifact_answers,
}


def _delimited(content: Blocks, head: bytes, reading: Reading) -> None:
    from include.formats import delimited

    encoding = _encoding(content, head)
    first_line = head.decode(encoding, "replace").partition("\n")[0]
    delimiter = max(COMMON_DELIMITERS, key=first_line.count)
    is_padded = " " + delimiter in first_line or delimiter + " " in first_line
    dialect = delimited.Dialect(delimiter=delimiter, encodings=(encoding,), is_padded=is_padded)
    reading.facts |= {"delimiter": delimiter, "encoding": encoding, "is_padded": is_padded, "records": 0}
    for batch in delimited.read(content(), dialect, encoding.removesuffix("-sig")):
        _take(batch, reading)


def _encoding(content: Blocks, head: bytes) -> str:
    """The likely encoding; where the begin is plain ASCII, the first other character in the file decides."""
    from include.formats.delimited import encoding_of

    guess = encoding_guess(head)
    if guess != "utf-8" or not head.isascii():
        return guess
    try:
        return encoding_of(head, content(), ("utf-8", "cp1252"))
    except Unreadable:
        return guess


def _ndjson(content: Blocks, head: bytes, reading: Reading) -> None:
    from include.formats.json_records import flat_records

    reading.facts |= {"records": 0}
    for batch in flat_records(content()):
        _take(batch, reading)


def _take(batch: Any, reading: Reading) -> None:
    """Count the records of a batch, and keep what was found in them."""
    reading.facts["records"] += batch.record_count
    reading.facts["columns"] = [name for name in batch.frame.columns if not name.startswith("_")]
    reading.note(*(finding for refused in batch.refused for finding in refused.findings), *batch.notes)


def _json(content: Blocks, head: bytes, reading: Reading) -> None:
    from include.formats.json_documents import document, flaw

    value = document("the document", content()).value
    if isinstance(value, dict):
        reading.facts |= {"keys": list(islice(value, MOST_NAMES))}
    elif isinstance(value, list):
        reading.facts |= {"records": len(value)}
    wrong = flaw(value)
    if wrong is not None:
        reading.note(wrong)


def _x12(content: Blocks, head: bytes, reading: Reading) -> None:
    from include.commands import parse_x12

    _edi(parse_x12, content, reading)


def _edifact(content: Blocks, head: bytes, reading: Reading) -> None:
    from include.commands import parse_edifact

    _edi(parse_edifact, content, reading)


def _edi(standard: Any, content: Blocks, reading: Reading) -> None:
    found = standard.structure(content(), is_whole=reading.is_whole)
    reading.facts |= {"interchanges": found.interchanges}
    reading.note(*found.findings)
    reading.not_checked += standard.not_checked(found.not_checked)


class _Elements:
    """Counts the elements of an XML document, and keeps none of them."""

    def __init__(self) -> None:
        self.root = ""
        self.count = 0
        self.below_root: Counter[str] = Counter()
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.root = self.root or tag
        self.count += 1
        if self._depth == 1 and (tag in self.below_root or len(self.below_root) < MOST_NAMES):
            self.below_root[tag] += 1
        self._depth += 1

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1

    def close(self) -> None:
        """The document ends."""


def _xml(content: Blocks, head: bytes, reading: Reading) -> None:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    elements = _Elements()
    # A document type that only names its definition harms nobody: it is never fetched, and entities are refused.
    parser = DefusedXMLParser(target=elements, forbid_entities=True, forbid_external=True)
    try:
        for block in content():
            parser.feed(block)
        parser.close()
    except DefusedXmlException as error:
        name = getattr(error, "name", None) or getattr(error, "sysid", None) or ""
        reading.note(
            Finding(
                rule="forbidden_xml",
                message="It declares entities or points to other files; both are refused, for a few lines of them can "
                "fill a memory or read what is none of their business. Ask the sender for plain XML.",
                value=str(name),
            )
        )
    except (ParseError, LookupError, ValueError) as error:
        reading.note(_not_well_formed(error))
    else:
        reading.not_checked.append(
            "it is well-formed XML; whether it holds the records that a flow needs is for that flow: ./seamline try"
        )
    reading.facts |= {"root": elements.root, "elements": elements.count, "below_root": elements.below_root}


def _not_well_formed(error: Exception) -> Finding:
    text = str(error).partition(": line ")[0]
    if not hasattr(error, "position"):  # an encoding that nobody knows, or that the text does not keep to
        return Finding(rule="xml_syntax", message=f"It is not well-formed XML: {text}.")
    line, column = error.position
    return Finding(
        rule="xml_syntax",
        message=f"It is not well-formed XML: {text}.",
        place=f"line {line}, column {column + 1}",
        line=line,
    )


def _compressed(content: Blocks, head: bytes, reading: Reading) -> None:
    """What is inside, read as if it lay there by itself."""
    from include.formats.compressed import Compression, decompressed

    compression = Compression(reading.format)

    def inside() -> Iterator[bytes]:
        yield from decompressed(content(), compression)

    size, first = 0, b""
    for block in inside():
        size += len(block)
        first = (first + block)[:LOOKED_AT] if len(first) < LOOKED_AT else first
    held = recognize(first)
    reading.facts |= {"holds": str(held), "unpacked_bytes": size}
    if held in _BY_BYTES and _BY_BYTES[held] is not _compressed:
        _BY_BYTES[held](inside, first, reading)
    else:
        reading.give_up("no_reader", f"What is inside is {held}. Unpack it and hand it in by itself.")


def _parquet(content: Blocks, head: bytes, reading: Reading) -> None:
    from include.formats import parquet
    from include.formats.batches import LINE

    records, columns = 0, []
    for batch in parquet.read(content()):  # every value is decoded once, and none is kept
        records += batch.record_count
        columns = [name for name in batch.frame.columns if name != LINE]
    reading.facts |= {"records": records, "columns": columns}
    reading.not_checked.append("every value can be read; no contract was asked about them")


def _empty(content: Blocks, head: bytes, reading: Reading) -> None:
    reading.note(Finding(rule="empty_file", message="The file is empty. Ask the sender for it again."))


_BY_BYTES: dict[Format, Callable[[Blocks, bytes, Reading], None]] = {
    Format.DELIMITED: _delimited,
    Format.JSON: _json,
    Format.NDJSON: _ndjson,
    Format.X12: _x12,
    Format.EDIFACT: _edifact,
    Format.XML: _xml,
    Format.PARQUET: _parquet,
    Format.ZIP: _compressed,
    Format.GZIP: _compressed,
    Format.EMPTY: _empty,
}

_NO_READER = {
    Format.TRADACOMS: "It begins as a TRADACOMS transmission. There is no reader for that, so nothing in it was "
    "checked. Ask the partner for X12 or EDIFACT.",
    Format.XLSX: "It is an Excel workbook. There is no reader for that, so nothing in it was checked. Save the sheet "
    "as CSV in UTF-8 and hand that in.",
    Format.TEXT: "It is text of no known structure: no markup, no EDI, and no delimiter (, ; tab |) that cuts most of "
    "its first lines into the same number of fields.",
    Format.BINARY: "It is neither text nor a format that is known here: its first bytes hold control characters and "
    "no known signature. Ask the sender what it is.",
}


def _document(reading: Reading) -> dict[str, Any]:
    return {
        "file": reading.file,
        "size_bytes": reading.size_bytes,
        "format": reading.format,
        "is_readable": reading.is_readable,
        **reading.facts,
        "not_checked": reading.not_checked,
        "findings": reading.findings,
        "finding_count": reading.count,
        "error_count": reading.error_count,
    }


def _print(reading: Reading) -> None:
    printing.line(f"{reading.file}: {reading.format or 'cannot be opened'}, {reading.size_bytes:,} bytes")
    printing.facts({name: value for name, value in reading.facts.items() if name != "interchanges"})
    _print_interchanges(reading)
    printing.table(reading.findings, _columns(reading.findings))
    if reading.count > len(reading.findings):
        printing.line(f"… and {reading.count - len(reading.findings):,} findings more.")
    for sentence in reading.not_checked:
        printing.line(f"not checked: {sentence}.")
    if not reading.count:
        printing.line("no findings")
    printing.line()


def _print_answers(reading: Reading) -> None:
    """On standard output the acknowledgements alone, as they would be sent; what gets none is said beside it."""
    for each in reading.facts["acknowledgements"]:
        sys.stdout.writelines(printing.visible(line) + "\n" for line in each.splitlines())
    if not reading.facts["acknowledgements"]:
        sys.stderr.write(printing.visible(f"{reading.file} would get no acknowledgement.") + "\n")


def _print_interchanges(reading: Reading) -> None:
    formats = (reading.format, reading.facts.get("holds"))
    if Format.EDIFACT in formats:
        from include.commands import parse_edifact

        parsed_documents.show(parse_edifact.titled(reading.facts.get("interchanges", [])), "messages")
    elif Format.X12 in formats:
        from include.commands import parse_x12

        parsed_documents.show(parse_x12.titled(reading.facts.get("interchanges", [])), "transaction sets")


def _columns(findings: Sequence[dict[str, Any]]) -> list[str]:
    """Those columns of findings in which anything stands."""
    names = ("place", "rule", "code", "field", "value", "message")
    return [name for name in names if any(found.get(name) for found in findings)]
