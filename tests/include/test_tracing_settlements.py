"""What a payment provider settled of an order, on its timeline."""

from __future__ import annotations

from typing import Any

import pytest
from databases import Database

from include.stores.connection import connected
from include.tracing import traced

TABLES = """
create table conformed.settlement_lines (
    source_system text, source_account text, batch_number bigint, kind text, booked_at timestamptz,
    payment_reference text, gross_amount numeric(18, 4), gross_currency_code text, net_amount numeric,
    fee_amount numeric, currency_code text
);
create table metrics.payment_settlements (
    provider_system text, provider_account text, payment_reference text, direction text, order_id text, finding text,
    settled_at timestamptz, awaited_until timestamptz, currency_code text, paid_amount numeric(18, 4),
    settled_amount numeric(18, 4), difference_amount numeric
);
grant select on all tables in schema conformed, metrics to seamline_reader;
insert into conformed.settlement_lines values
    ('adyen_sftp', 'ecom', 41, 'captured', '2026-11-02T02:00Z', 'r1', 40, 'EUR', 39, 1, 'EUR'),
    ('adyen_sftp', 'ecom', 41, 'captured', '2026-11-02T02:00Z', 'r9', 10, 'EUR', 9, 1, 'EUR');
insert into metrics.payment_settlements values
    ('adyen_sftp', 'ecom', 'r1', 'charge', 'O-1', 'other_amount', '2026-11-02T02:00Z', null, 'EUR', 49.9, 40, -9.9),
    ('adyen_sftp', 'ecom', 'r2', 'refund', 'O-1', 'awaited', null, '2026-11-20T02:00Z', 'EUR', -5, null, null),
    ('adyen_sftp', 'ecom', 'r9', 'charge', 'O-9', 'agrees', '2026-11-02T02:00Z', null, 'EUR', 10, 10, 0)
"""


@pytest.fixture
def settled(database: Database) -> Database:
    database.execute(TABLES)
    return database


def told(database: Database, key: str) -> list[str]:
    with connected(database.dsn("seamline_reader"), "tests") as connection:
        found: list[dict[str, Any]] = traced(connection, key)
    return [event["what"] for event in found if event["step"] == "settlement"]


def test_an_order_says_what_was_settled_and_what_is_missing(settled: Database) -> None:
    assert told(settled, "O-1") == [
        "batch 41: captured 40.00 EUR of payment r1",
        "payment r1, other amount: paid 49.90 EUR, settled 40.00 EUR",
        "payment r2, awaited: paid -5.00 EUR, settled nothing",
    ]


def test_what_agrees_is_its_line_alone(settled: Database) -> None:
    assert told(settled, "r9") == ["batch 41: captured 10.00 EUR of payment r9"]
    assert told(settled, "r8") == []


def test_before_the_first_build_nothing_is_asked_of_the_model(database: Database) -> None:
    assert told(database, "r9") == []
