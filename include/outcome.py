"""What moves between ``push`` and a channel's sender: messages out, outcomes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A wish of ours: what the channel should show for one key.

    Attributes:
        message_id: the idempotency key; made once, in the outbox.
        payload: the outbound row as it was checked.
        made_at: when it was put into the outbox.
        shown: what the channel showed last for the key, None if nothing is known.
        as_of_at: the moment of which the wish speaks, where it has one.
        accepted_at: when the channel took it, for messages that wait to be seen there.
    """

    message_id: UUID
    key: str
    payload: dict[str, Any]
    content_hash: str
    attempts: int
    made_at: datetime
    shown: dict[str, Any] | None = None
    as_of_at: datetime | None = None
    accepted_at: datetime | None = None


class Result(StrEnum):
    """What the channel did with a message."""

    ACCEPTED = "accepted"
    """It took the message. Whether it shows it is seen later."""

    APPLIED = "applied"
    """It shows what was wished."""

    REJECTED = "rejected"
    """It read the message and refuses it; sending it again will not help."""

    RETRY = "retry"
    """It did nothing with the message; it may later."""

    PARKED = "parked"
    """Something else must be there first, as its product; nothing was sent."""

    UNKNOWN = "unknown"
    """The message left and no answer came."""

    STALE = "stale"
    """The channel changed after what our wish knows of; the wish is out of date and not forced on it."""

    AWAITED = "awaited"
    """It has the message, and has time to say what it makes of it."""

    NOT_SHOWN = "not_shown"
    """The channel took the message and does not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message.

    Attributes:
        detail: evidence, as the channel's own error code and text; no secrets.
        retry_after: seconds to wait; None: as long as the message's attempts say.
        is_channels_fault: the channel itself failed or asked to slow down; that is no attempt of the message.
        ids: identifiers that the channel gave: (kind, our key, its id).
        shown: what the channel shows now, where that is known to differ from the payload.
    """

    message_id: UUID
    result: Result
    detail: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None
    is_channels_fault: bool = False
    ids: tuple[tuple[str, str, str], ...] = ()
    shown: dict[str, Any] = field(default_factory=dict)


Leaving = Callable[[Sequence[Message]], list[Message]]
"""Called right before messages leave: marks them as sent and gives those that may be sent. A message that took so
long to prepare that another worker has it now is not among them."""


class Sender(Protocol):
    """Speaks to one channel about one entity. Every method answers for every message it is given. No request
    takes longer than a message is leased (``stores.outbox.LEASE_SECONDS``).

    Attributes:
        shop: the account at the channel.
        batch_size: how many messages go into one request.
    """

    shop: str
    batch_size: int

    def send(self, messages: Sequence[Message], leaving: Leaving) -> list[Outcome]:
        """Send messages in one request, after ``leaving`` let them go; without an outcome for those it kept.

        Raises:
            OutcomeUnknown: a request was sent and not properly answered.
            RetryLater: nothing was sent.
        """

    def look_up(self, messages: Sequence[Message]) -> list[Outcome]:
        """What became of messages whose answer was lost: ``APPLIED``, or ``RETRY`` if they had no effect."""

    def confirm(self, messages: Sequence[Message]) -> list[Outcome]:
        """Whether the channel shows accepted messages: ``APPLIED``, ``NOT_SHOWN``, ``AWAITED``, ``STALE`` or
        ``REJECTED``."""

    def close(self) -> None:
        """Give connections back."""
