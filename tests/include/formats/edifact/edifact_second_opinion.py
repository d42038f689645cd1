"""The envelope of an EDIFACT file checked once more, by code that shares nothing with the reader."""

from __future__ import annotations

import re

from include.formats import edifact

_SEGMENT = re.compile(r"((?:\?.|[^?'])*)'\s*", re.DOTALL)
_SHAPE = re.compile(r"UNB(?:( UNH(?: \.)* UNT)+|( UNG( UNH(?: \.)* UNT)+ UNE)+) UNZ")
_ENVELOPE = ("UNB", "UNG", "UNH", "UNT", "UNE", "UNZ")


def is_sound(data: bytes) -> bool:
    """Whether one interchange with the usual separators fills the bytes, its counts and references right."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1").strip()
    text = re.sub(r"\AUNA:\+.\?.'\s*", "", text, flags=re.DOTALL)
    segments, end = [], 0
    while (match := _SEGMENT.match(text, end)) is not None:
        segments.append([each.replace("\r", "").replace("\n", "") for each in _elements(match[1])])
        end = match.end()
    shape = " ".join(each[0] if each[0] in _ENVELOPE else "." for each in segments)
    return end == len(text) and _SHAPE.fullmatch(shape) is not None and counts_close(segments)


def _elements(segment: str) -> list[str]:
    """Its elements; what was released and could separate is written in another way."""
    kept = re.sub(r"\?([+:'?])", lambda match: f"\\{ord(match[1])}", segment)
    return kept.replace("?", "").split("+")


def counts_close(segments: list[list[str]]) -> bool:
    references: dict[str, str] = {}
    messages = groups = in_group = count = 0
    closings = []
    for each in segments:
        values = [*each[1:], *[""] * 6]
        count += 1
        match each[0]:
            case "UNB":
                references["UNZ"] = values[4]
            case "UNG":
                groups, in_group, references["UNE"] = groups + 1, 0, values[4]
            case "UNH":
                messages, in_group, count, references["UNT"] = messages + 1, in_group + 1, 1, values[0]
            case "UNT":
                closings.append((values, count))
            case "UNE":
                closings.append((values, in_group))
            case "UNZ":
                closings.append((values, groups or messages))
        if each[0] in references and values[1].strip(" ") != references[each[0]].strip(" "):
            return False
    return all(re.fullmatch("0*[0-9]{1,9} *", said[0]) and int(said[0]) == found for said, found in closings)


def can_judge(separators: edifact.Separators) -> bool:
    """Whether these are the separators that the second opinion knows."""
    return separators.all() in (edifact.LEVEL_A.all(), edifact.Separators(repetition=b"*").all())


# What may stand around or in an interchange that is sound otherwise, and is always reported.
REMARKED = {
    "edifact.byte_order_mark",
    "edifact.bytes_outside",
    "edifact.empty_segment",
    "edifact.last_terminator_missing",
    "edifact.line_break_inside",
    "edifact.lower_case_tag",
    "edifact.trailing_separator",
}
