"""What a file is, told from its first bytes: nobody's word for it, neither a name nor a content type."""

from __future__ import annotations

import csv
import json
import re
from enum import StrEnum

# As much of a file as is looked at.
LOOKED_AT = 64 * 1024

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_X12 = re.compile(rb"ISA[^0-9A-Za-z ]")
_EDIFACT = re.compile(rb"UNA[^0-9A-Za-z]{3}.[^0-9A-Za-z]{2}|UN[BHOG][^0-9A-Za-z \r\n]", re.DOTALL)
_TRADACOMS = re.compile(rb"STX=|SCH=|MHD=")
_XML = re.compile(r"<(?:\?xml|!--|!DOCTYPE|[A-Za-z_][\w.:-]*(?:\s[^<>]*)?/?>)", re.IGNORECASE)
_JSON_VALUE = re.compile(r'[\[{]\s*(?:[\]}"\[{\d-]|true|false|null|$)')
# What text holds and other files do not: control characters but for those of line and page.
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1f]")
_DELIMITERS = ",;\t|"
_ZIP_NAME_OF_XLSX = b"xl/"


class Format(StrEnum):
    """The formats that are told apart. ``TEXT`` is text of no known structure, ``BINARY`` anything else."""

    EMPTY = "empty"
    X12 = "x12"
    EDIFACT = "edifact"
    TRADACOMS = "tradacoms"
    DELIMITED = "delimited"
    JSON = "json"
    NDJSON = "ndjson"
    XML = "xml"
    ZIP = "zip"
    XLSX = "xlsx"
    GZIP = "gzip"
    PARQUET = "parquet"
    TEXT = "text"
    BINARY = "binary"


def recognize(first_bytes: bytes) -> Format:
    """What the file that begins with ``first_bytes`` is; more than ``LOOKED_AT`` of them are not looked at.

    EDI is told by its first segment, binary formats by their signature, other text by its structure. A byte-order mark
    and white space before the first segment do not hide it.
    """
    data = first_bytes[:LOOKED_AT]
    begin = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t ")
    if not begin:
        return Format.EMPTY
    return _edi(begin) or _signature(data) or _text(data)


def encoding_by_mark(first_bytes: bytes) -> str | None:
    """The encoding that a byte-order mark states, as Python names it; nothing where there is no mark."""
    return next((encoding for mark, encoding in _MARKS if first_bytes.startswith(mark)), None)


def encoding_guess(first_bytes: bytes) -> str:
    """The likely encoding of a text: what its mark states, UTF-8 where it decodes as that, else Windows-1252.

    Windows-1252 is what spreadsheets of Western Europe and America write; no bytes tell it from Latin-1 for certain.
    """
    stated = encoding_by_mark(first_bytes)
    if stated is not None:
        return stated
    data = first_bytes[:LOOKED_AT]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the end of what is looked at cuts in two is none that does not decode.
        is_cut = error.end == len(data) and error.reason == "unexpected end of data"
        return "utf-8" if is_cut else "cp1252"
    return "utf-8"


def _edi(begin: bytes) -> Format | None:
    if _X12.match(begin):
        return Format.X12
    if _EDIFACT.match(begin):
        return Format.EDIFACT
    return Format.TRADACOMS if _TRADACOMS.match(begin) else None


def _signature(data: bytes) -> Format | None:
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Format.XLSX if _ZIP_NAME_OF_XLSX in data and b"[Content_Types].xml" in data else Format.ZIP
    if data.startswith(b"\x1f\x8b"):
        return Format.GZIP
    return Format.PARQUET if data.startswith(b"PAR1") else None


def _text(data: bytes) -> Format:
    encoding = encoding_guess(data)
    if encoding.startswith(("utf-16", "utf-32")):
        data = data.decode(encoding, "ignore").encode()
    if _BINARY.search(data):
        return Format.BINARY
    text = data.decode(encoding if encoding in ("utf-8-sig", "cp1252") else "utf-8", "replace")
    text = text.lstrip("\ufeff \r\n\t")
    if _XML.match(text):
        return Format.XML
    return _json(text) or _delimited(text)


def _json(text: str) -> Format | None:
    if not _JSON_VALUE.match(text):
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(_is_json(line) for line in lines[:2]):
        return Format.NDJSON
    return Format.JSON


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _delimited(text: str) -> Format:
    """Delimited where the first lines hold the same number, more than one, of fields."""
    whole_lines = text[: text.rfind("\n") + 1] or text
    for delimiter in _DELIMITERS:
        widths = _widths(whole_lines, delimiter)
        if widths and widths[0] > 1 and sum(width == widths[0] for width in widths) * 2 > len(widths):
            return Format.DELIMITED
    return Format.TEXT


def _widths(text: str, delimiter: str) -> list[int]:
    try:
        rows = [row for row in csv.reader(text.splitlines()[:50], delimiter=delimiter) if row]
    except csv.Error:
        return []
    return [len(row) for row in rows]
