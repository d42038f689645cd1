"""What moves between the systems and the steps: arrivals on their way in, landed deliveries, readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from include.formats.batches import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a system is and how to get in; an Airflow connection without Airflow.

    Attributes:
        extra: what else the connection holds, as API version or known host key.
    """

    host: str
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingFile:
    """A file or page that is there to be taken.

    Attributes:
        entity: which entity of the flow its records are of.
        blocks: opens it and yields its bytes.
    """

    entity: str
    name: str
    size_bytes: int | None
    modified_at: datetime | None
    blocks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One delivery on its way in.

    Attributes:
        account: the shop, partner or warehouse it comes from.
        kind: ``file``, ``file_set``, ``pages`` or ``interchange``.
        as_of: the moment of which it speaks.
        full_entities: entities of which it lists everything the source has.
        files: what it consists of; pages may be fetched while they are gone through.
        next_watermark: how far the flow has read once it is closed.
        after_landing: what to do at the system when it is safe with us, as moving it to an archive.
        system: whose it is, where a flow looks at several systems.
    """

    account: str
    kind: str
    name: str
    as_of: datetime
    files: Iterable[ArrivingFile]
    full_entities: tuple[str, ...] = ()
    next_watermark: dict[str, Any] | None = None
    after_landing: Callable[[], None] = lambda: None
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedFile:
    """A file or page of a delivery, safe in the landing store.

    Attributes:
        blocks: yields its bytes; may be called again.
        repeated: which of its interchanges, from 1, came before with the same content and are passed over.
    """

    entity: str
    name: str
    sha256: str
    blocks: Callable[[], Iterator[bytes]]
    repeated: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedDelivery:
    """A delivery as the steps behind ``land`` see it."""

    delivery_id: int
    flow: str
    source_system: str
    account: str
    kind: str
    name: str
    as_of: datetime
    full_entities: tuple[str, ...]
    files: tuple[LandedFile, ...]


class Memory(Protocol):
    """What a flow remembers between its looks at the source."""

    def watermark(self, account: str) -> dict[str, Any] | None:
        """How far it has read."""

    def is_landed(self, account: str, name: str, size_bytes: int, modified_at: datetime) -> bool:
        """Exactly this file was taken before, so only its archiving is missing."""

    def is_stable(
        self, account: str, path: str, size_bytes: int, modified_at: datetime, seconds: float
    ) -> bool:
        """An earlier look, at least ``seconds`` ago, saw the same size and time."""


Source = Callable[[Endpoint, Memory, datetime], Iterator[Arrival]]
"""Looks for arrivals at a system, at a moment. Raises the errors of ``include.errors``."""

MailboxSource = Callable[[str, Endpoint, Memory, datetime], Iterator[Arrival]]
"""The same for a flow that looks at several systems: which of them comes first."""

Reader = Callable[[LandedDelivery], Iterator[Batch]]
"""Turns a landed delivery into batches whose ``entity`` is set.

Raises ``formats.findings.Unreadable`` when the delivery cannot be used as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a channel shows for one key.

    Attributes:
        key: as the push flow names it.
        changed_at: when the channel changed it last, where it tells.
    """

    key: str
    value: str | None
    changed_at: datetime | None
