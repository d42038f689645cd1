"""Dates and times of X12 as moments: elements 373 (date), 337 (time) and 623 (time code) to UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Element 623, first letter: the zone; and its standard time in hours from UTC.
_ZONES = {
    "A": ("America/Anchorage", -9),
    "C": ("America/Chicago", -6),
    "E": ("America/New_York", -5),
    "H": ("Pacific/Honolulu", -10),
    "M": ("America/Denver", -7),
    "N": ("America/St_Johns", -3.5),
    "P": ("America/Los_Angeles", -8),
    "T": ("America/Halifax", -4),
}
_UNIVERSAL = frozenset({"UT", "GM"})
_LOCAL = "LT"
# 01 to 12: hours east of UTC; 13 to 24: 12 to 1 hours west of it.
_OFFSET = re.compile("0[1-9]|1[0-9]|2[0-4]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """A moment, and the zone in which it was stated: an IANA name, or an offset as ``-04:00``.

    Attributes:
        microseconds: since 1970-01-01 00:00 UTC.
    """

    microseconds: int
    zone: str


@lru_cache(maxsize=4096)
def moment(date: str, time: str, time_code: str, default_zone: str) -> Moment | None:
    """The moment that the elements state; nothing where they state none.

    Args:
        date: ``YYYYMMDD``, or ``YYMMDD`` (years 00 to 68 are of this century).
        time: ``HHMM``, ``HHMMSS`` or with tenths or hundredths of a second; midnight where empty.
        time_code: element 623; empty or ``LT`` for the partner's own time.
        default_zone: IANA name of the partner's own zone.

    Of an hour that the clock repeats, the first is meant.
    """
    naive = _naive(date, time)
    zone = _zone(time_code, default_zone)
    if naive is None:
        return None
    return Moment((naive.replace(tzinfo=zone) - _EPOCH) // timedelta(microseconds=1), _zone_name(zone))


def _naive(date: str, time: str) -> datetime | None:
    if len(date) not in (6, 8) or not (date + time).isdecimal():
        return None
    try:
        day = datetime.strptime(date, "%Y%m%d" if len(date) == 8 else "%y%m%d")
        clock = (time or "0000").ljust(8, "0")
        return day + timedelta(
            hours=int(clock[:2]),
            minutes=int(clock[2:4]),
            seconds=int(clock[4:6]),
            milliseconds=10 * int(clock[6:8]),
        )
    except ValueError:
        return None


def _zone(time_code: str, default_zone: str) -> tzinfo:
    if time_code in _UNIVERSAL:
        return UTC
    if _OFFSET.fullmatch(time_code):
        hours = int(time_code)
        return timezone(timedelta(hours=hours if hours <= 12 else hours - 25))
    if not time_code or time_code == _LOCAL or time_code[0] not in _ZONES:
        return ZoneInfo(default_zone)
    name, standard = _ZONES[time_code[0]]
    offsets = {"S": standard, "D": standard + 1}
    return timezone(timedelta(hours=offsets[time_code[1]])) if time_code[1] in offsets else ZoneInfo(name)


def _zone_name(zone: tzinfo) -> str:
    return zone.key if isinstance(zone, ZoneInfo) else str(zone).removeprefix("UTC") or "UTC"
