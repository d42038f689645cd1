from __future__ import annotations

from datetime import UTC, datetime

import pytest

from include.formats.edifact.moments import Period, period


def at(*parts: int) -> int:
    return int((datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "code", "begins", "ends"),
    [
        ("20261102", "102", at(2026, 11, 2), None),
        ("20261102", "", at(2026, 11, 2), None),
        ("261102", "101", at(2026, 11, 2), None),
        ("991231", "101", at(1999, 12, 31), None),
        ("02112026", "4", at(2026, 11, 2), None),
        ("021126", "2", at(2026, 11, 2), None),
        ("202611020430", "203", at(2026, 11, 2, 4, 30), None),
        ("20261102043015", "204", at(2026, 11, 2, 4, 30, 15), None),
        ("202611022400", "203", at(2026, 11, 3), None),
        ("202611020430+01", "303", at(2026, 11, 2, 3, 30), None),
        ("202611020430-0530", "303", at(2026, 11, 2, 10, 0), None),
        ("202611020430UTC", "303", at(2026, 11, 2, 4, 30), None),
        ("202645", "616", at(2026, 11, 2), None),
        ("202611", "610", at(2026, 11, 1), None),
        ("2026", "602", at(2026, 1, 1), None),
        ("26306", "105", at(2026, 11, 2), None),
        ("2026110120261130", "718", at(2026, 11, 1), at(2026, 11, 30)),
        ("20261101-20261130", "718", at(2026, 11, 1), at(2026, 11, 30)),
        ("202611010600202611301800", "719", at(2026, 11, 1, 6), at(2026, 11, 30, 18)),
        ("202644202648", "716", at(2026, 10, 26), at(2026, 11, 23)),
    ],
)
def test_a_date_is_read_in_the_format_that_it_names(
    text: str, code: str, begins: int, ends: int | None
) -> None:
    assert period(text, code, "UTC") == Period(begins, ends)


def test_a_date_without_an_offset_is_the_partners_own() -> None:
    assert period("202611020430", "203", "Europe/Brussels") == Period(at(2026, 11, 2, 3, 30))
    assert period("202607020430", "203", "Europe/Brussels") == Period(at(2026, 7, 2, 2, 30))
    assert period("202611020430+00", "303", "Europe/Brussels") == Period(at(2026, 11, 2, 4, 30))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("20261301", "102"),
        ("20260230", "102"),
        ("2026-11-02", "102"),
        ("202611022500", "203"),
        ("202611022401", "203"),
        ("202611020460", "203"),
        ("202654", "616"),
        ("26366", "105"),
        ("30", "804"),
        ("٢٠٢٦١١٠٢", "102"),
        ("", "102"),
        ("", ""),
    ],
)
def test_what_is_no_date_is_none(text: str, code: str) -> None:
    assert period(text, code, "UTC") is None
