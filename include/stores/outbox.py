"""Schema outbox: what is to be sent, what was sent, what the channel said and what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.stores.sql import statement

LEASE_SECONDS = 90
BREAKER_THRESHOLD = 5
BREAKER_SECONDS = 15
BREAKER_LONGEST_SECONDS = 900
RETRY_BUDGET = 20
RETRY_EARNED_PER_SUCCESS = 0.2


class MessageStatus(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    """May be claimed when it is due and nothing of its key is in flight. Next: claimed, superseded."""

    CLAIMED = "claimed"
    """A worker holds it and has not sent it. Next: submitted; applied if the channel shows it already, rejected
    or superseded without being sent; pending, or superseded by a newer one, when it must wait or the lease runs
    out; dead after too many attempts."""

    SUBMITTED = "submitted"
    """It left; the answer is not read yet. Next: accepted, applied, rejected, superseded, pending, dead; looked
    up when the lease runs out."""

    ACCEPTED = "accepted"
    """The channel took it. Next: applied, rejected, dead."""

    APPLIED = "applied"
    """The channel shows it. The end."""

    REJECTED = "rejected"
    """The channel refused it; a dead letter says why. The end."""

    SUPERSEDED = "superseded"
    """A newer message of its key took its place. The end."""

    DEAD = "dead"
    """Given up after many attempts; a dead letter says why. The end."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a channel may be spoken to."""

    state: str
    failures_in_a_row: int
    open_for_seconds: float | None
    retry_budget: float

    @property
    def is_open(self) -> bool:
        """Nothing may be sent now."""
        return self.state == "open" and (self.open_for_seconds or 0) > 0


class Outbox:
    """The messages of one entity for one channel.

    Args:
        worker: who claims; shown with the lease. Only it may move what it holds; without a name, only what
            nobody holds.
    """

    def __init__(self, connection: psycopg.Connection, channel: str, entity: str, worker: str = ""):
        self.connection = connection
        self.channel = channel
        self.entity = entity
        self._facts = {"channel": channel, "entity": entity, "worker": worker}
        self._run("channel")

    def fill(self, batch_id: int, batch_table: str) -> int | None:
        """One message for every row of a batch that may go out; None if it may not (any more)."""
        with self._queueing():
            if not self._run("set_filled", batch_id=batch_id).rowcount:
                return None
            self._run("supersede_waiting", {"batch": ("gate", batch_table)})
            return self._run("fill", {"batch": ("gate", batch_table)}, batch_id=batch_id).rowcount

    def release_expired(self) -> int:
        """Let messages go whose worker vanished before it sent them; how many."""
        with self._queueing():
            released = self._run("release_unsent").rowcount
            return released + self._run("supersede_unsent").rowcount

    def claim(self, limit: int) -> list[dict[str, Any]]:
        """Lease the oldest due messages whose key has nothing in flight."""
        return self._rows("claim", limit=limit, lease_seconds=LEASE_SECONDS)

    def claim_unknown(self, limit: int) -> list[dict[str, Any]]:
        """Lease messages that were sent by a worker that vanished."""
        return self._rows("claim_unknown", limit=limit, lease_seconds=LEASE_SECONDS)

    def accepted(self, limit: int) -> list[dict[str, Any]]:
        """Messages that wait to be seen at the channel."""
        return self._rows("accepted", limit=limit)

    def set_submitted(self, ids: Sequence[UUID]) -> set[UUID]:
        """They leave now, with a new lease that outlasts the request. Those whose lease was lost are not among
        the answer and must not be sent."""
        rows = self._run("set_submitted", ids=list(ids), lease_seconds=LEASE_SECONDS)
        return {message_id for (message_id,) in rows}

    def settle(self, ids: Sequence[UUID], status: MessageStatus) -> list[UUID]:
        """Move messages to accepted, applied, rejected, superseded or dead; those of them that are ours to move."""
        return [message_id for (message_id,) in self._run(f"set_{status}", ids=list(ids))]

    def wait_again(self, message_id: UUID, seconds: float) -> None:
        """Send it later; a newer message of the key, if there is one, goes instead."""
        self._put_back("wait_again", message_id, seconds)

    def park(self, message_id: UUID, seconds: float) -> None:
        """Send it later, without counting this as an attempt; a newer message of the key goes instead."""
        self._put_back("park", message_id, seconds)

    def wake_articles(self, skus: Sequence[str]) -> int:
        """Let go what waited for articles that the channel has now; how many messages."""
        return self._run("wake_articles", skus=list(skus)).rowcount

    def look_later(self, seconds: Mapping[UUID, float]) -> None:
        """Look for accepted messages again, each after a while."""
        self._run("look_later", ids=list(seconds), seconds=list(seconds.values()))

    def record_receipts(self, said: Sequence[tuple[UUID, str, dict[str, Any]]]) -> None:
        """Keep what the channel said: message, outcome and detail."""
        if said:
            ids, outcomes, details = zip(*said, strict=True)
            details = [Jsonb(detail) for detail in details]
            self._run("insert_receipts", ids=list(ids), outcomes=list(outcomes), details=details)

    def remember_states(self, shown: Mapping[UUID, dict[str, Any]]) -> None:
        """The channel shows the payloads of messages, with what is given where it differs."""
        self._run("remember_states", ids=list(shown), shown=[Jsonb(each) for each in shown.values()])

    def states(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the channel showed last, by key."""
        return {row["key"]: row["payload"] for row in self._rows("states", keys=list(keys))}

    def remember_ids(self, shop: str, ids: Sequence[tuple[str, str, str]]) -> int:
        """Keep identifiers that the channel gave: (kind, our key, its id). How many are new."""
        added = 0
        if ids:
            kinds, our_keys, channel_ids = (list(column) for column in zip(*ids, strict=True))
            parameters = {"shop": shop, "kinds": kinds, "our_keys": our_keys, "channel_ids": channel_ids}
            with self.connection.transaction():
                self._run("close_ids", **parameters)
                added = self._run("add_ids", **parameters).rowcount
            self.wake_articles([our_key for kind, our_key, _ in ids if kind == "inventory_item"])
        return added

    def ids(self, shop: str, kind: str, our_keys: Sequence[str]) -> dict[str, str]:
        """The channel's identifiers of a kind by our key."""
        return dict(self._run("ids", shop=shop, kind=kind, our_keys=list(our_keys)).fetchall())

    def breaker(self) -> Breaker:
        """Whether the channel may be spoken to; an open breaker whose time is over lets one try."""
        self._run("half_open")
        row = self._run("breaker").fetchone()
        assert row is not None
        return Breaker(row[0], row[1], row[2], float(row[3]))

    def note_success(self) -> None:
        """The channel answered."""
        self._run("note_success", budget_maximum=RETRY_BUDGET, budget_per_success=RETRY_EARNED_PER_SUCCESS)

    def note_failure(self) -> None:
        """The channel did not answer properly."""
        self._run(
            "note_failure",
            threshold=BREAKER_THRESHOLD,
            seconds=BREAKER_SECONDS,
            longest_seconds=BREAKER_LONGEST_SECONDS,
        )

    def spend_retry(self) -> bool:
        """Take one retry from the channel's budget; False if it is used up."""
        return self._run("spend_retry").fetchone() is not None

    def reset_breaker(self) -> None:
        """Let the channel be spoken to again, because a person says so."""
        self._run("reset_breaker")

    def queue_again(
        self, kind: str, key: str, payload: dict[str, Any], content_hash: str, as_of_at: Any
    ) -> UUID | None:
        """Wish the same once more, as a new message; None if one waits already."""
        with self._queueing():
            row = self._run(
                "queue_repair",
                kind=kind,
                key=key,
                payload=Jsonb(payload),
                content_hash=content_hash,
                as_of_at=as_of_at,
            ).fetchone()
        return row[0] if row else None

    def unsettled_keys(self) -> set[str]:
        """Keys that have a message on its way."""
        return {key for (key,) in self._run("unsettled_keys")}

    def count_receipts(self, message_id: UUID, outcome: str) -> int:
        """How often the channel said this of a message."""
        row = self._run("count_receipts", message_id=message_id, outcome=outcome).fetchone()
        return row[0] if row else 0

    def seconds_to_next(self) -> float | None:
        """Until the next message may be sent; None if none waits."""
        row = self._run("seconds_to_next").fetchone()
        return row[0] if row else None

    def seconds_to_next_look(self) -> float | None:
        """Until the next accepted message should be looked for; None if none waits for that."""
        row = self._run("seconds_to_next_look").fetchone()
        return row[0] if row else None

    def has_work(self, seconds: float) -> bool:
        """Something is in flight, or due within so many seconds."""
        row = self._run("has_work", seconds=seconds).fetchone()
        return bool(row and row[0])

    def queue(self) -> dict[str, int]:
        """How many messages stand where; settled ones of the last day only."""
        return dict(self._run("queue").fetchall())

    @contextmanager
    def _queueing(self) -> Iterator[None]:
        """A transaction that alone may put messages into the queue."""
        with self.connection.transaction():
            self._run("lock_queue")
            yield

    def _put_back(self, how: str, message_id: UUID, seconds: float) -> None:
        with self._queueing():
            row = self._run("has_newer", message_id=message_id).fetchone()
            if row and row[0]:
                self.settle([message_id], MessageStatus.SUPERSEDED)
            else:
                self._run(how, message_id=message_id, seconds=seconds)

    def _run(
        self, name: str, identifiers: dict[str, tuple[str, ...]] | None = None, **parameters: Any
    ) -> psycopg.Cursor:
        return self.connection.execute(
            statement("outbox", name, **(identifiers or {})), self._facts | parameters
        )

    def _rows(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement("outbox", name), self._facts | parameters).fetchall()


def retry_message(connection: psycopg.Connection, message_id: UUID) -> UUID | None:
    """Send a message that was set aside again, as a new one; None if a newer wish took its place."""
    parameters = {"message_id": message_id}
    with connection.transaction():
        connection.execute(statement("outbox", "lock_queue_of"), parameters)
        row = connection.execute(statement("outbox", "retry_message"), parameters).fetchone()
    return row[0] if row else None
