"""JSON documents (RFC 8259) as Python values in which nothing was rounded or silently dropped.

Numbers stay text as they were written. What the standard leaves open or forbids is kept as a flaw at
its place, so that one broken record does not cost the others: a key that comes twice, NaN and
Infinity, numbers beyond all sense, lone surrogates and U+0000, which no database keeps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from json.encoder import encode_basestring

from include.formats.findings import Finding, Unreadable, excerpt

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100
MAX_NUMBER_LENGTH = 1_000
MAX_EXPONENT = 1_000

_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNUSABLE_CHARACTER = re.compile("[\x00\ud800-\udfff]")


class Number(str):
    """A number as it stands in the document."""

    __slots__ = ()


class UnusableNumber(Number):
    """NaN, Infinity, or a number that no decimal column can hold."""

    __slots__ = ()


class RepeatedKeys(dict):
    """An object in which a key comes more than once, so it is unclear what it says."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document.

    Attributes:
        value: objects as dict, arrays as list, numbers as ``Number``.
        is_suspicious: it may hold something that ``flaw`` finds.
    """

    value: object
    is_suspicious: bool


def document(name: str, blocks: Iterable[bytes], max_bytes: int = MAX_DOCUMENT_BYTES) -> Document:
    """Parse one document.

    Args:
        name: what to call it in findings.
        blocks: its bytes in UTF-8, cut anywhere.

    Raises:
        Unreadable: too large, not UTF-8, not JSON, cut off or nested too deep.
    """
    return parsed(name, _text(name, whole(name, blocks, max_bytes)))


def parsed(name: str, text: str) -> Document:
    """Parse the text of one document; see ``document``."""
    marks: list[str] = []
    decoder = json.JSONDecoder(
        object_pairs_hook=lambda pairs: _object(pairs, marks),
        parse_int=lambda number: _number(number, marks),
        parse_float=lambda number: _number(number, marks),
        parse_constant=lambda constant: _constant(constant, marks),
    )
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(_not_json(name, text, error)) from None
    except RecursionError:
        message = "The document is nested so deep that it cannot be meant. Ask the sender for a proper one."
        raise Unreadable(Finding(rule="too_deep", message=message, place=name)) from None
    return Document(value, bool(marks) or _SUSPICIOUS_ESCAPE.search(text) is not None)


def json_text(value: object, depth: int = MAX_DEPTH) -> str:
    """A parsed value as JSON text: order of keys, numbers and characters as they came, no layout.

    Raises:
        ValueError: it is nested deeper than ``depth``.
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if depth == 0:
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        members = (f"{encode_basestring(key)}:{json_text(item, depth - 1)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    assert isinstance(value, list)
    return "[" + ",".join(json_text(item, depth - 1) for item in value) + "]"


def flaw(value: object, path: str = "", depth: int = MAX_DEPTH) -> Finding | None:
    """The first thing in a parsed value that no table can keep, with its path as the field."""
    if isinstance(value, UnusableNumber):
        return _flaw("number", path, f"{path} is {excerpt(value)}, which is no number that can be kept.")
    if isinstance(value, str):
        return _flawed_text(value, path)
    if isinstance(value, RepeatedKeys):
        return _flaw("repeated_key", path, f"{path or 'The record'} has a key more than once.")
    if not isinstance(value, dict | list):
        return None
    if depth == 0:
        return _flaw("too_deep", path, f"{path} is nested more than {MAX_DEPTH} levels deep.")
    return next(
        (found for step, item in _members(value) if (found := flaw(item, path + step, depth - 1))), None
    )


def _members(value: dict[str, object] | list[object]) -> Iterable[tuple[str, object]]:
    """The parts of an object or array, each with its step in a path; keys are looked at like texts."""
    if isinstance(value, list):
        return ((f"[{position}]", item) for position, item in enumerate(value))
    keys = ((".<key>", key) for key in value)
    return (*keys, *((f".{key}", item) for key, item in value.items()))


def _flawed_text(text: str, path: str) -> Finding | None:
    found = _UNUSABLE_CHARACTER.search(text)
    if found is None:
        return None
    if found[0] == "\x00":
        return _flaw("nul_character", path, f"{path} contains the character U+0000, which no database keeps.")
    return _flaw("lone_surrogate", path, f"{path} contains half of a character (U+{ord(found[0]):04X}).")


def _flaw(rule: str, path: str, message: str) -> Finding:
    return Finding(rule=rule, message=message.lstrip("."), field=path.lstrip(".") or None)


def whole(name: str, blocks: Iterable[bytes], max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """All bytes of something that is held in memory.

    Raises:
        Unreadable: there are more than ``max_bytes``.
    """
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        size += len(block)
        if size > max_bytes:
            message = f"The document is larger than {max_bytes:,} bytes. It must come in smaller parts."
            raise Unreadable(Finding(rule="document_too_large", message=message, place=name))
        parts.append(block)
    return b"".join(parts)


def _text(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"Byte 0x{error.object[error.start]:02X} at offset {error.start:,} is not UTF-8, which JSON must be."
        raise Unreadable(Finding(rule="encoding", message=message, place=name)) from None
    if not text.strip():
        raise Unreadable(Finding(rule="empty_file", message="The document is empty.", place=name))
    return text


def _object(pairs: list[tuple[str, object]], marks: list[str]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    marks.append("repeated_key")
    return RepeatedKeys(made)


def _number(text: str, marks: list[str]) -> Number:
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    is_sane = (
        len(mantissa) <= MAX_NUMBER_LENGTH and len(exponent) <= 5 and abs(int(exponent or 0)) <= MAX_EXPONENT
    )
    if is_sane:
        return Number(text)
    marks.append("number")
    return UnusableNumber(text)


def _constant(text: str, marks: list[str]) -> UnusableNumber:
    marks.append("number")
    return UnusableNumber(text)


def _not_json(name: str, text: str, error: json.JSONDecodeError) -> Finding:
    is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    message = (
        "The document ends in the middle: it was cut off. Ask for it again."
        if is_cut
        else f"The document is not JSON: {error.msg}."
    )
    return Finding(
        rule="cut_off" if is_cut else "not_json",
        message=message,
        place=f"{name}, line {error.lineno}, column {error.colno}, offset {error.pos:,}",
        line=error.lineno,
        value=excerpt(text[max(0, error.pos - 40) : error.pos + 40]),
    )
