"""Schema edi: interchanges by number, control numbers of ours, acknowledgements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.stores.sql import statement


class NumberKind(StrEnum):
    """What a control number of ours names."""

    INTERCHANGE = "interchange"
    """ISA13, or element 0020 of UNB."""

    GROUP = "group"
    """GS06, or element 0048 of UNG."""

    DOCUMENT = "document"
    """ST02, or element 0062 of UNH."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Who has the control number of an interchange.

    Attributes:
        delivery_id: the delivery with which the number came first.
        is_new: it came for the first time.
        is_same: what came first with it says the same.
    """

    delivery_id: int
    is_new: bool
    is_same: bool


def register(
    connection: psycopg.Connection, system: str, account: str, identity: dict[str, Any], delivery_id: int
) -> Registration:
    """Note an interchange by its number, and learn who has it."""
    facts = {"source_system": system, "account": account, **identity, "delivery_id": delivery_id}
    if connection.execute(statement("edi", "register"), facts).rowcount:
        return Registration(delivery_id, is_new=True, is_same=True)
    row = connection.execute(statement("edi", "registered"), facts).fetchone()
    assert row is not None
    return Registration(row[0], is_new=False, is_same=row[1])


def note_repeat(
    connection: psycopg.Connection,
    delivery_id: int,
    file_name: str,
    position: int,
    identity: dict[str, Any],
    first_delivery_id: int,
) -> None:
    """Put on record that an interchange came again and is passed over."""
    facts = {"delivery_id": delivery_id, "file_name": file_name, "position": position, **identity}
    connection.execute(statement("edi", "note_repeat"), {**facts, "first_delivery_id": first_delivery_id})


def next_number(connection: psycopg.Connection, system: str, account: str, kind: NumberKind) -> int:
    """The next control number for a partner: taken for good only when the transaction commits, so no gaps.

    Keep what bears the number in the same transaction, and send it from what was kept.
    """
    parameters = {"source_system": system, "account": account, "kind": kind}
    row = connection.execute(statement("edi", "next_number"), parameters).fetchone()
    assert row is not None
    return row[0]


def missing_numbers(
    connection: psycopg.Connection, system: str, account: str, patience: timedelta
) -> list[dict[str, Any]]:
    """Ranges of a partner's numbers that did not come though a later one did, longer than ``patience`` ago:
    ``sender, receiver, first_number, last_number, noticed_at``."""
    return _rows(connection, "missing_numbers", source_system=system, account=account, patience=patience)


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
