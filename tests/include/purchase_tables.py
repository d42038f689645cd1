"""Tables of the model about purchases, with the columns that steps and the command line read."""

from __future__ import annotations

from typing import Any

from databases import Database

TABLES = """
create table conformed.invoice_differences (
    source_system text, source_account text, order_number text, item_key text, kind text, expected numeric,
    found numeric, invoice_numbers text, at_stake_amount numeric, _build_id bigint
);
create table conformed.supplier_invoice_lines (source_system text, source_account text, order_number text);
create table conformed.purchase_document_links (
    source_system text, source_account text, order_number text, document_id text, document_role text,
    document_kind text, document_number text, stated_at timestamptz, line_count bigint, is_test boolean,
    _build_id bigint
);
grant select on all tables in schema conformed to seamline_pipeline, seamline_reader
"""


def make(database: Database) -> None:
    """The tables, empty."""
    for statement in TABLES.split(";\n"):
        database.execute(statement)


def invoiced(database: Database, *orders: str) -> None:
    """Orders that were invoiced."""
    for order in orders:
        database.execute(
            "insert into conformed.supplier_invoice_lines values ('supplier_edi', 'nordkap', %s)", order
        )


def differs(database: Database, order: str, kind: str, expected: Any, found: Any) -> None:
    """A difference of article NK-1."""
    database.execute(
        "insert into conformed.invoice_differences values "
        "('supplier_edi', 'nordkap', %s, 'NK-1', %s, %s, %s, 'R-1', 310, 1)",
        order, kind, expected, found,
    )  # fmt: skip
