"""Schema edi: interchanges by number, control numbers of ours, acknowledgements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.errors import NotOurTurn
from include.interchange import KeptInterchange, SentDocument, SentInterchange, Standing
from include.stores.connection import only_one
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
        delivery_id, flow: the delivery with which the number came first.
        is_new: it came for the first time.
        is_same: what came first with it says the same.
    """

    delivery_id: int
    is_new: bool
    is_same: bool
    flow: str | None = None


def register(
    connection: psycopg.Connection, system: str, account: str, identity: dict[str, Any], delivery_id: int
) -> Registration:
    """Note an interchange by its number, and learn who has it."""
    facts = {"source_system": system, "account": account, **identity, "delivery_id": delivery_id}
    if connection.execute(statement("edi", "register"), facts).rowcount:
        return Registration(delivery_id, is_new=True, is_same=True)
    row = connection.execute(statement("edi", "registered"), facts).fetchone()
    assert row is not None
    return Registration(row[0], is_new=False, is_same=row[1], flow=row[2])


def hand_over(connection: psycopg.Connection, delivery_id: int, flow: str, account: str, kind: str) -> None:
    """The same bytes as a delivery of another flow, unless it has them already."""
    parameters = {"delivery_id": delivery_id, "flow": flow, "account": account, "kind": kind}
    connection.execute(statement("edi", "hand_over"), parameters)


def waiting_for(connection: psycopg.Connection, takers: list[str], kind: str) -> list[str]:
    """Those of these flows that have not yet read a delivery of a kind."""
    parameters = {"flows": takers, "kind": kind}
    return [row[0] for row in connection.execute(statement("edi", "waiting_for"), parameters)]


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


class TransportStatus(StrEnum):
    """Where an interchange that we send stands on its way."""

    WRITTEN = "written"
    """It is kept under its number and waits to be sent. Next: sent."""

    SENT = "sent"
    """It lies on the partner's server. Next: received, rejected."""

    RECEIVED = "received"
    """The partner says that it has it (TA1, CONTRL), or said something of its documents. The end."""

    REJECTED = "rejected"
    """The partner could not read its envelope (TA1, CONTRL); a dead letter says why. The end."""


class AnswerStatus(StrEnum):
    """What a partner said of a document of ours; of its syntax and of its business apart."""

    AWAITED = "awaited"
    """It said nothing. Next: any of the others."""

    ACCEPTED = "accepted"
    """It keeps the standard; it is done as asked. The end."""

    WITH_ERRORS = "accepted_with_errors"
    """It was taken though it breaks the standard; it is done otherwise, or in part. The end."""

    REJECTED = "rejected"
    """It was not taken; it is not done. A dead letter says why. The end."""


class ExchangeState(StrEnum):
    """Where an interchange that we sent stands with its partner, in ``edi.sent_states``."""

    WRITTEN = "written"
    """It is kept under its number and waits to be sent. Next: sent."""

    SENT = "sent"
    """It lies on the partner's server. Next: received, accepted, accepted_with_errors, rejected, overdue."""

    RECEIVED = "received"
    """The partner has it. Next: accepted, accepted_with_errors, rejected, overdue."""

    ACCEPTED = "accepted"
    """Every document of it keeps the standard. The end."""

    WITH_ERRORS = "accepted_with_errors"
    """Every document of it was taken, some with errors. The end."""

    REJECTED = "rejected"
    """It, or a document of it, was not taken; a dead letter says why. The end."""

    OVERDUE = "overdue"
    """The partner's time to answer is over; its owner was told. Next: accepted, accepted_with_errors, rejected."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An interchange or document of ours of which a partner said something.

    Attributes:
        named: what it is, for people.
        before: what was known of it until then.
        is_message: it was made of messages of the outbox, of whose fate their own flow tells.
    """

    interchange_id: int
    document_id: int | None
    named: str
    before: str | None
    is_message: bool
    flow: str


def write_interchange(connection: psycopg.Connection, sent: SentInterchange) -> int:
    """Keep an interchange until it is sent; its id. Take its numbers in the same transaction."""
    facts = {name: getattr(sent, name) for name in SentInterchange.__slots__ if name != "documents"}
    row = connection.execute(statement("edi", "write_interchange"), facts).fetchone()
    assert row is not None
    for document in sent.documents:
        facts = {name: getattr(document, name) for name in SentDocument.__slots__}
        facts |= {"interchange_id": row[0], "message_ids": list(document.message_ids)}
        connection.execute(statement("edi", "write_document"), facts)
    return row[0]


def set_interchange_sent(connection: psycopg.Connection, interchange_id: int) -> None:
    """It lies on the partner's server; from now on its answer is awaited."""
    connection.execute(statement("edi", "set_interchange_sent"), {"interchange_id": interchange_id})


class OwnInterchanges:
    """What a flow writes to its partners. See ``interchange.Interchanges``."""

    def __init__(self, connection: psycopg.Connection, system: str, flow: str):
        self.connection = connection
        self.system = system
        self.flow = flow

    def keep(self, account: str, written: Callable[[int, int], SentInterchange]) -> None:
        """Take the next control numbers, and keep what bears them, in one transaction."""
        with self.connection.transaction():
            numbers = [
                next_number(self.connection, self.system, account, kind)
                for kind in (NumberKind.INTERCHANGE, NumberKind.GROUP)
            ]
            write_interchange(self.connection, written(*numbers))

    @contextmanager
    def placing(self) -> Iterator[list[KeptInterchange]]:
        """What lies on no server yet, in the order of its numbers.

        Raises:
            NotOurTurn: another worker is putting it there.
        """
        with only_one(self.connection, f"place {self.flow}") as is_our_turn:
            if not is_our_turn:
                raise NotOurTurn(f"Another worker is sending what {self.flow} has written.")
            rows = _rows(self.connection, "unsent_interchanges", flow=self.flow)
            yield [KeptInterchange(**row | {"content": bytes(row["content"])}) for row in rows]

    def set_staged(self, interchange_id: int) -> None:
        """Its file is complete under its temporary name."""
        self.connection.execute(statement("edi", "set_staged"), {"interchange_id": interchange_id})

    def set_sent(self, interchange_id: int) -> None:
        """It lies on the partner's server."""
        set_interchange_sent(self.connection, interchange_id)

    def standings(self, message_ids: Sequence[UUID]) -> dict[UUID, Standing]:
        """Where the newest documents of messages stand."""
        rows = _rows(self.connection, "standings", message_ids=list(message_ids))
        return {row.pop("message_id"): Standing(**row | {"errors": tuple(row["errors"])}) for row in rows}


def settle_answer(
    connection: psycopg.Connection, system: str, account: str, delivery_id: int, answer: dict[str, Any]
) -> list[Answered]:
    """Note what a partner said, and of what; of nothing if we sent no such thing.

    Args:
        answer: kind, level, verdict, interchange, functional_id, group, document, document_number, errors.
    """
    facts = {
        **answer,
        "interchange": _digits(answer["interchange"]),
        "group_number": _digits(answer["group"]),
        "errors": Jsonb(list(answer["errors"])),
        "source_system": system,
        "account": account,
        "delivery_id": delivery_id,
    }
    name = "answer_transport" if answer["level"] == "transport" else "answer_documents"
    found = [Answered(*row) for row in connection.execute(statement("edi", name), facts)]
    if name == "answer_documents":
        ids = [each.interchange_id for each in found]
        connection.execute(statement("edi", "note_received"), {"interchange_ids": ids})
    connection.execute(statement("edi", "keep_answer"), {**facts, "answered_rows": len(found)})
    return found


def look_now(connection: psycopg.Connection, interchange_id: int) -> None:
    """Let the messages that an interchange was made of be looked at now."""
    connection.execute(statement("edi", "look_now"), {"interchange_id": interchange_id})


def overdue(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Interchanges of ours that are not answered in time, with owner and runbook."""
    return _rows(connection, "overdue")


def incident_of(interchange_id: int) -> str:
    """What the alert about an interchange that is overdue is called."""
    return f"interchange {interchange_id} is not acknowledged"


def clear_answered(connection: psycopg.Connection) -> int:
    """End the alerts about interchanges that are answered by now; how many."""
    return connection.execute(statement("edi", "clear_answered"), {}).rowcount


def settle_filled_gaps(connection: psycopg.Connection, system: str, account: str) -> int:
    """Close the letters about missing numbers that came after all; how many."""
    parameters = {"source_system": system, "account": account}
    return connection.execute(statement("edi", "settle_filled_gaps"), parameters).rowcount


def _digits(text: str | None) -> int | None:
    """A control number as a number; -1, which we never give, where it is none."""
    return None if text is None else int(text) if text.isascii() and text.isdigit() else -1


def _rows(connection: psycopg.Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("edi", name), parameters).fetchall()
