"""What moves between a sender of EDI documents and the store that keeps them: interchanges out, their standing back.

What bears a control number is kept before it leaves, and leaves from what was kept: a number is never skipped or used
twice, and nothing is sent that nobody knows of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDocument:
    """A document in an interchange of ours.

    Attributes:
        kind: as ``850`` or ``ORDERS``.
        control_number: as it was written, of its transaction set or message.
        document_number: the number that it has in business.
        message_ids: the messages of the outbox that it tells of.
    """

    kind: str
    control_number: str
    document_number: str | None = None
    functional_id: str | None = None
    group_number: int | None = None
    message_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInterchange:
    """An interchange of ours, complete, and who answers for it.

    Attributes:
        awaited_for: how long the partner has to answer; None if nobody waits for that.
    """

    source_system: str
    account: str
    flow: str
    standard: str
    control_number: int
    folder: str
    file_name: str
    content: bytes
    owner: str
    runbook: str
    awaited_for: timedelta | None
    documents: tuple[SentDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptInterchange:
    """An interchange that lies on no server yet, as far as we know.

    Attributes:
        is_staged: its file was complete under its temporary name. Where neither that name nor its own is on the server
            any more, the partner has taken it.
    """

    interchange_id: int
    account: str
    folder: str
    file_name: str
    content: bytes
    is_staged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a document of ours stands with its partner.

    Attributes:
        transport, syntax: statuses of its interchange and of the document itself (``stores.edi``).
        errors: what the partner found wrong.
        is_answered_for: the partner was to acknowledge it.
        due_at: until when; None if it was not sent yet, or nobody waits.
    """

    transport: str
    syntax: str
    errors: tuple[str, ...]
    is_answered_for: bool
    due_at: datetime | None


class Interchanges(Protocol):
    """Keeps what a flow writes to its partners."""

    def keep(self, account: str, written: Callable[[int, int], SentInterchange]) -> None:
        """Take the next control numbers of interchange and group, and keep what ``written`` makes with them, at once
        or not at all."""

    def placing(self) -> AbstractContextManager[Sequence[KeptInterchange]]:
        """What lies on no server yet, in the order of its numbers, for whoever alone may put it there meanwhile.

        Raises:
            NotOurTurn: somebody else is doing that.
        """

    def set_staged(self, interchange_id: int) -> None:
        """Its file is complete under its temporary name, and gets its own now."""

    def set_sent(self, interchange_id: int) -> None:
        """It lies on the partner's server; from now on its answer is awaited."""

    def standings(self, message_ids: Sequence[UUID]) -> dict[UUID, Standing]:
        """Where the newest documents of messages stand; none of those that nothing was written of."""
