"""``parse``: what files are, and every error with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from include.commands import printing
from include.formats.findings import Finding, Unreadable
from include.formats.recognition import LOOKED_AT, Format, encoding_guess, recognize

BLOCK_BYTES = 1024 * 1024
MOST_FINDINGS = 200
COMMON_DELIMITERS = ",;\t|"


@dataclass(slots=True)
class Reading:
    """What one file is.

    Attributes:
        facts: what is in it, as far as its format can tell.
        findings: what is wrong with it; at most ``MOST_FINDINGS`` are kept.
        count: how many there are.
        is_readable: there is a reader for it, and it could begin.
    """

    file: str
    size_bytes: int = 0
    format: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    is_readable: bool = True

    def note(self, *found: Finding) -> None:
        """Keep findings."""
        self.count += len(found)
        self.findings.extend(one.to_json() for one in found[: max(0, MOST_FINDINGS - len(self.findings))])


def parse_files(files: Sequence[Path], *, as_json: bool) -> int:
    """Read files and tell what they are: 0 clean, 1 errors in them, 2 some cannot be read at all."""
    readings = [read_file(path) for path in files]
    if as_json:
        printing.as_json({"files": [_document(reading) for reading in readings]})
    else:
        for reading in readings:
            _print(reading)
    if not all(reading.is_readable for reading in readings):
        return 2
    return int(any(reading.count for reading in readings))


def read_file(path: Path) -> Reading:
    """What a file is; never raises for what is in it."""
    reading = Reading(str(path))
    try:
        reading.size_bytes = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
    except OSError as error:
        reading.is_readable = False
        reading.note(
            Finding(rule="cannot_open", message=f"It cannot be opened: {error.strerror}.", place=str(path))
        )
        return reading
    found = recognize(head)
    reading.format = str(found)
    try:
        _READERS.get(found, _unread)(path, head, reading)
    except Unreadable as error:
        reading.note(error.finding)
    return reading


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _delimited(path: Path, head: bytes, reading: Reading) -> None:
    from include.formats import delimited

    encoding = encoding_guess(head)
    first_line = head.decode(encoding, "replace").partition("\n")[0]
    dialect = delimited.Dialect(delimiter=max(COMMON_DELIMITERS, key=first_line.count), encodings=(encoding,))
    is_padded = " " + dialect.delimiter in first_line or dialect.delimiter + " " in first_line
    if is_padded:
        dialect = delimited.Dialect(delimiter=dialect.delimiter, encodings=(encoding,), is_padded=True)
    reading.facts = {
        "delimiter": dialect.delimiter,
        "encoding": encoding,
        "is_padded": is_padded,
        "records": 0,
    }
    for batch in delimited.read(blocks(path), dialect, encoding.removesuffix("-sig")):
        reading.facts["records"] += batch.record_count
        reading.facts["columns"] = [name for name in batch.frame.columns if not name.startswith("_")]
        reading.note(*(finding for refused in batch.refused for finding in refused.findings))


def _json(path: Path, head: bytes, reading: Reading) -> None:
    from include.formats.json_documents import document, flaw

    value = document(path.name, blocks(path)).value
    if isinstance(value, dict):
        reading.facts = {"keys": list(islice(value, 50))}
    elif isinstance(value, list):
        reading.facts = {"records": len(value)}
    wrong = flaw(value)
    if wrong is not None:
        reading.note(wrong)


def _ndjson(path: Path, head: bytes, reading: Reading) -> None:
    from include.formats.json_records import flat_records

    reading.facts = {"records": 0}
    for batch in flat_records(blocks(path)):
        reading.facts["records"] += batch.record_count
        reading.facts["columns"] = [name for name in batch.frame.columns if not name.startswith("_")]
        reading.note(*(finding for refused in batch.refused for finding in refused.findings))


def _x12(path: Path, head: bytes, reading: Reading) -> None:
    from include.formats import x12

    interchanges: list[dict[str, Any]] = []
    for event in x12.read(blocks(path)):
        match event:
            case x12.Interchange():
                interchanges.append(_interchange(event))
            case x12.Group():
                interchanges[-1]["groups"].append(_group(event))
            case x12.TransactionSet():
                interchanges[-1]["groups"][-1]["sets"].append(_set(event))
                reading.note(*event.findings)
            case x12.GroupEnd() | x12.InterchangeEnd() | x12.Stray():
                reading.note(*event.findings)
            case _:
                pass
    reading.facts = {"interchanges": interchanges}


def _interchange(event: Any) -> dict[str, Any]:
    return {
        "control_number": event.control_number,
        "sender": ":".join(event.sender),
        "receiver": ":".join(event.receiver),
        "version": event.version,
        "prepared_at": event.prepared_at,
        "is_test": event.is_test,
        "groups": [],
    }


def _group(event: Any) -> dict[str, Any]:
    return {
        "control_number": event.control_number,
        "functional_id": event.functional_id,
        "version": event.version,
        "sets": [],
    }


def _set(event: Any) -> dict[str, Any]:
    return {
        "set_id": event.set_id,
        "control_number": event.control_number,
        "segments": len(event.segments),
        "is_checked": event.definition is not None,
        "is_accepted": event.is_accepted,
    }


def _xml(path: Path, head: bytes, reading: Reading) -> None:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    elements = 0
    try:
        with path.open("rb") as file:
            for _, element in iterparse(file, events=("end",), forbid_dtd=True):
                elements += 1
                reading.facts = {"root": element.tag, "elements": elements}
                element.clear()
    except DefusedXmlException as error:
        reading.note(
            _finding("forbidden_xml", f"It declares a document type or entities, which is refused: {error}.")
        )
    except ParseError as error:
        line, column = error.position
        reading.note(
            Finding(rule="xml_syntax", message=f"{error}.", place=f"line {line}, column {column}", line=line)
        )


def _compressed(path: Path, head: bytes, reading: Reading) -> None:
    from include.formats.compressed import Compression, decompressed

    size, first = 0, b""
    for block in decompressed(blocks(path), Compression(reading.format)):
        size += len(block)
        first = (first + block)[:LOOKED_AT] if len(first) < LOOKED_AT else first
    reading.facts = {"holds": str(recognize(first)), "unpacked_bytes": size}


def _parquet(path: Path, head: bytes, reading: Reading) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            reading.facts = {"records": file.metadata.num_rows, "columns": file.schema_arrow.names}
    except (pa.ArrowException, OSError) as error:
        reading.note(_finding("parquet", f"It cannot be read as Parquet: {error}."))


def _empty(path: Path, head: bytes, reading: Reading) -> None:
    reading.note(_finding("empty_file", "The file is empty."))


def _unread(path: Path, head: bytes, reading: Reading) -> None:
    reading.is_readable = False
    reading.note(_finding("no_reader", f"There is no reader for {reading.format} files."))


def _finding(rule: str, message: str) -> Finding:
    return Finding(rule=rule, message=message)


_READERS: dict[Format, Callable[[Path, bytes, Reading], None]] = {
    Format.DELIMITED: _delimited,
    Format.JSON: _json,
    Format.NDJSON: _ndjson,
    Format.X12: _x12,
    Format.XML: _xml,
    Format.ZIP: _compressed,
    Format.GZIP: _compressed,
    Format.PARQUET: _parquet,
    Format.EMPTY: _empty,
}


def _document(reading: Reading) -> dict[str, Any]:
    return {
        "file": reading.file,
        "size_bytes": reading.size_bytes,
        "format": reading.format,
        **reading.facts,
        "findings": reading.findings,
        "finding_count": reading.count,
    }


def _print(reading: Reading) -> None:
    printing.line(f"{reading.file}: {reading.format or 'not found'}, {reading.size_bytes:,} bytes")
    interchanges = reading.facts.pop("interchanges", ())
    printing.facts(reading.facts)
    for interchange in interchanges:
        groups = interchange.pop("groups")
        printing.facts(interchange)
        printing.table([{"group": g["control_number"], **s} for g in groups for s in g["sets"]])
    printing.table(reading.findings, ("place", "rule", "code", "field", "value", "message"))
    if reading.count > len(reading.findings):
        printing.line(f"… and {reading.count - len(reading.findings):,} findings more; --json has as many.")
