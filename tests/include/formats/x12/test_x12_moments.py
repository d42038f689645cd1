from __future__ import annotations

from datetime import UTC, datetime

import pytest

from include.formats.x12.moments import moment


@pytest.mark.parametrize(
    ("date", "time", "code", "expected", "zone"),
    [
        ("20261102", "0430", "UT", datetime(2026, 11, 2, 4, 30), "UTC"),
        ("20261102", "0430", "GM", datetime(2026, 11, 2, 4, 30), "UTC"),
        ("20261102", "0430", "", datetime(2026, 11, 2, 3, 30), "Europe/Berlin"),
        ("20260702", "0430", "LT", datetime(2026, 7, 2, 2, 30), "Europe/Berlin"),
        ("20261102", "0430", "01", datetime(2026, 11, 2, 3, 30), "+01:00"),
        ("20261102", "0430", "12", datetime(2026, 11, 1, 16, 30), "+12:00"),
        ("20261102", "0430", "13", datetime(2026, 11, 2, 16, 30), "-12:00"),
        ("20261102", "0430", "24", datetime(2026, 11, 2, 5, 30), "-01:00"),
        ("20260702", "0430", "ET", datetime(2026, 7, 2, 8, 30), "America/New_York"),
        ("20260702", "0430", "ES", datetime(2026, 7, 2, 9, 30), "-05:00"),
        ("20260702", "0430", "ED", datetime(2026, 7, 2, 8, 30), "-04:00"),
        ("20260702", "0430", "CT", datetime(2026, 7, 2, 9, 30), "America/Chicago"),
        ("20260702", "0430", "NS", datetime(2026, 7, 2, 8, 0), "-03:30"),
        ("20260702", "0430", "TS", datetime(2026, 7, 2, 8, 30), "-04:00"),
        ("20260702", "0430", "AS", datetime(2026, 7, 2, 13, 30), "-09:00"),
        ("261102", "043059", "UT", datetime(2026, 11, 2, 4, 30, 59), "UTC"),
        ("20261102", "04305912", "UT", datetime(2026, 11, 2, 4, 30, 59, 120_000), "UTC"),
        ("20261102", "0430597", "UT", datetime(2026, 11, 2, 4, 30, 59, 700_000), "UTC"),
        ("20261102", "", "UT", datetime(2026, 11, 2), "UTC"),
        # The hour that the clock repeats in the night of 25 October: the first.
        ("20261025", "0230", "", datetime(2026, 10, 25, 0, 30), "Europe/Berlin"),
    ],
)
def test_dates_times_and_time_codes(date: str, time: str, code: str, expected: datetime, zone: str) -> None:
    found = moment(date, time, code, "Europe/Berlin")
    assert found is not None
    assert datetime.fromtimestamp(found.microseconds / 1e6, UTC) == expected.replace(tzinfo=UTC)
    assert found.zone == zone


@pytest.mark.parametrize(("date", "time"), [("", ""), ("20261399", ""), ("2026", "0430"), ("20261102", "xx")])
def test_what_states_no_moment(date: str, time: str) -> None:
    assert moment(date, time, "UT", "UTC") is None
