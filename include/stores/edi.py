"""Schema edi: interchanges by number, control numbers of ours, acknowledgements."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.stores.sql import statement


def register(
    connection: psycopg.Connection, account: str, identity: dict[str, Any], delivery_id: int
) -> int | None:
    """Note an interchange; the delivery that used its number for something else, if one did."""
    facts = {"account": account, **identity, "delivery_id": delivery_id}
    connection.execute(statement("edi", "register"), facts)
    row = connection.execute(statement("edi", "other_content"), facts).fetchone()
    return row[0] if row else None


def next_number(connection: psycopg.Connection, account: str, kind: str) -> int:
    """The next control number for a partner: taken for good only when the transaction commits, so no gaps."""
    row = connection.execute(statement("edi", "next_number"), {"account": account, "kind": kind}).fetchone()
    assert row is not None
    return row[0]


def unanswered(connection: psycopg.Connection, flow: str) -> list[dict[str, Any]]:
    """Deliveries that wait for their acknowledgement: ``delivery_id, account``."""
    return _rows(connection, "unanswered", flow=flow)


def lock_unanswered(connection: psycopg.Connection, delivery_id: int) -> bool:
    """Take a delivery for answering, until the end of the transaction; False if it was answered meanwhile."""
    connection.execute(statement("edi", "lock_delivery"), {"delivery_id": delivery_id})
    row = connection.execute(statement("edi", "is_answered"), {"delivery_id": delivery_id}).fetchone()
    return not (row and row[0])


def write(
    connection: psycopg.Connection,
    delivery_id: int,
    account: str,
    file_name: str,
    content: bytes,
    *,
    is_due: bool,
    is_accepting: bool,
) -> None:
    """Keep an acknowledgement until it is sent; one that the partner does not want counts as sent."""
    connection.execute(
        statement("edi", "write"),
        {
            "delivery_id": delivery_id,
            "account": account,
            "file_name": file_name,
            "content": content,
            "status": "written" if is_due else "sent",
            "is_accepting": is_accepting,
        },
    )


def unsent(connection: psycopg.Connection, flow: str) -> list[dict[str, Any]]:
    """Acknowledgements to be put on servers: ``acknowledgement_id, account, file_name, content``."""
    return _rows(connection, "unsent", flow=flow)


def set_sent(connection: psycopg.Connection, acknowledgement_id: int) -> None:
    """It lies on the partner's server."""
    connection.execute(statement("edi", "set_sent"), {"acknowledgement_id": acknowledgement_id})


def _rows(connection: psycopg.Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("edi", name), parameters).fetchall()
