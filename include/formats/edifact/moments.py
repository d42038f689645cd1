"""Dates, times and periods of EDIFACT as moments: element 2380 in the format that element 2379 names."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from include.formats.x12 import moments

# Element 2379: how many characters each part has, in their order. C century and year, Y year, M, D, W week, H hours
# and minutes, S seconds, O offset from UTC; one half where it is a period of two such moments.
_FORMATS = {
    "2": "DMY",
    "3": "MDY",
    "4": "DMC",
    "101": "YMD",
    "102": "CMD",
    "103": "YWw",
    "105": "YJ",
    "201": "YMDH",
    "202": "YMDHS",
    "203": "CMDH",
    "204": "CMDHS",
    "205": "CMDHO",
    "301": "YMDHO",
    "302": "YMDHSO",
    "303": "CMDHO",
    "304": "CMDHSO",
    "602": "C",
    "609": "YM",
    "610": "CM",
    "615": "YW",
    "616": "CW",
    "711": "CMD-CMD",
    "713": "YMDH-YMDH",
    "716": "CW-CW",
    "717": "YMD-YMD",
    "718": "CMD-CMD",
    "719": "CMDH-CMDH",
}
_PARTS = {
    "C": "(?P<year>[0-9]{4})",
    "Y": "(?P<year>[0-9]{2})",
    "M": "(?P<month>[0-9]{2})",
    "D": "(?P<day>[0-9]{2})",
    "W": "(?P<week>[0-9]{2})",
    "w": "(?P<weekday>[1-7])",
    "J": "(?P<ordinal>[0-9]{3})",
    "H": "(?P<time>[0-9]{4})",
    "S": "(?P<seconds>[0-9]{2})",
    "O": "(?P<offset>[A-Z]{3}|[+-]?[0-9]{2}(?:[0-9]{2})?)",
}
_OFFSET = re.compile(r"([+-]?)([0-9]{2})([0-9]{2})?")
_MICROSECONDS_OF_DAY = 86_400_000_000


class Period(NamedTuple):
    """The moments, in microseconds since 1970-01-01 00:00 UTC, at which something begins and, of a period, ends.

    Attributes:
        ends_at: of a format with two dates; of one that names a day, week, month or year, nothing.
    """

    begins_at: int
    ends_at: int | None = None


@lru_cache(maxsize=8192)
def period(text: str, format_code: str, zone: str) -> Period | None:
    """What element 2380 states in the format 2379; nothing where it states no date or is none.

    Args:
        text: as it came. Where no format is given, the eight digits of a date are one.
        zone: IANA name of the partner's own zone, for formats without an offset.

    Durations (formats 800 to 810), times of day and numbers of weeks without a year are none.
    """
    codes = _FORMATS.get(format_code or ("102" if len(text) == 8 else ""))
    if codes is None:
        return None
    first, _, second = codes.partition("-")
    if not second:
        begins = _moment(text, first, zone)
        return None if begins is None else Period(begins)
    half = len(text.replace("-", "")) // 2
    bare = text.replace("-", "")
    begins, ends = _moment(bare[:half], first, zone), _moment(bare[half:], second, zone)
    return None if begins is None or ends is None else Period(begins, ends)


def is_dated(format_code: str) -> bool:
    """Whether a value in this format must state a date of the calendar."""
    return format_code in _FORMATS


def has_clock(format_code: str) -> bool:
    """Whether a value in this format states a time of day."""
    return "H" in _FORMATS.get(format_code, "")


def _moment(text: str, codes: str, zone: str) -> int | None:
    match = _pattern(codes).fullmatch(text)
    if match is None or not text.isascii():
        return None
    parts = match.groupdict()
    try:
        day = _day(parts)
    except ValueError:
        return None
    clock = (parts.get("time") or "0000") + (parts.get("seconds") or "00")
    # 24:00 is the midnight at the end of the day.
    is_end = clock == "240000"
    found = moments.moment(
        f"{day:%Y%m%d}", "000000" if is_end else clock, "", _zone(parts.get("offset"), zone)
    )
    if found is None or clock[:2] > "24" or clock[2:4] > "59" or clock[4:] > "59" or (clock > "240000"):
        return None
    microseconds = found.microseconds + (_MICROSECONDS_OF_DAY if is_end else 0)
    return microseconds - _offset(parts.get("offset"))


@lru_cache(maxsize=64)
def _pattern(codes: str) -> re.Pattern[str]:
    return re.compile("".join(_PARTS[code] for code in codes))


def _day(parts: dict[str, str]) -> date:
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 69 else 1900
    if "week" in parts:
        return date.fromisocalendar(year, int(parts["week"]), int(parts.get("weekday", "1")))
    if "ordinal" in parts:
        day = date(year, 1, 1) + timedelta(days=int(parts["ordinal"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    return date(year, int(parts.get("month", "1")), int(parts.get("day", "1")))


def _zone(offset: str | None, zone: str) -> str:
    """The zone to read the clock in: with an offset UTC, from which the offset is then taken."""
    return "UTC" if offset else zone


def _offset(text: str | None) -> int:
    match = _OFFSET.fullmatch(text or "")
    if match is None:
        # A zone by its letters, as UTC or GMT; others are not told apart and are read as UTC.
        return 0
    minutes = int(match[2]) * 60 + int(match[3] or "0")
    return (-minutes if match[1] == "-" else minutes) * 60_000_000
