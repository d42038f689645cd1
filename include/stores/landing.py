"""Schema landing: deliveries, their files and counts, and how far each flow has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.stores.sql import statement


class DeliveryStatus(StrEnum):
    """Where a delivery stands; it only moves forward."""

    LANDED = "landed"
    """Its bytes are stored. Next: checked, or refused."""

    CHECKED = "checked"
    """Accepted records and dead letters exist. Next: loaded."""

    LOADED = "loaded"
    """Raw holds the accepted records. Next: closed."""

    CLOSED = "closed"
    """The counts close and the watermark moved. The end."""

    REFUSED = "refused"
    """Unusable as a whole; a dead letter says why. The end; a retry is a new delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery about to be recorded; see the table's comments."""

    flow: str
    source_system: str
    account: str
    kind: str
    name: str
    content_sha256: str
    as_of: datetime
    full_entities: tuple[str, ...] = ()
    next_watermark: dict[str, Any] | None = None
    handed_in_by: str | None = None
    handed_in_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file or page whose bytes are in the landing store."""

    entity: str
    name: str
    size_bytes: int
    modified_at: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCounts:
    """What became of the accepted records of one entity; see the comments of ``landing.delivery_counts``."""

    copied: int
    new: int
    changed: int
    unchanged: int
    older: int
    deleted: int
    in_raw: int


@dataclass(frozen=True, slots=True)
class LastLoaded:
    """A loaded delivery: of which moment it speaks, and how many of its records raw had in a newer version."""

    delivery_id: int
    as_of: datetime
    older: int


def record_delivery(
    connection: psycopg.Connection, delivery: NewDelivery, files: list[StoredFile]
) -> tuple[int, bool]:
    """Record an arrival: as a new delivery, or as a repeat of one that is known.

    A new delivery that comes late may speak of a moment between what was said first and its repeat: then the
    repeat becomes a delivery too, of its own moment, so that the late one does not have the last word.

    Returns:
        the delivery and whether it is new.
    """
    facts = asdict(delivery) | {
        "full_entities": list(delivery.full_entities),
        "next_watermark": _json(delivery.next_watermark),
    }
    repeated = connection.execute(statement("landing", "repeated_delivery"), facts).fetchone()
    delivery_id = repeated[0] if repeated else _insert(connection, facts, files)
    _record_arrival(connection, facts, files, delivery_id, is_repeat=repeated is not None)
    if repeated is None:
        _restate_outdated_repeats(connection, facts)
    return delivery_id, repeated is None


def claim(connection: psycopg.Connection, delivery_id: int, status: DeliveryStatus) -> dict[str, Any] | None:
    """Lock one delivery for this transaction; None if another has it or it is not in ``status`` any more."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(statement("landing", "claim_delivery"), {"delivery_id": delivery_id, "status": status})
        return cursor.fetchone()


def deliveries_in(connection: psycopg.Connection, flow: str, status: DeliveryStatus) -> list[int]:
    """The deliveries of a flow in a status, the oldest statement first."""
    rows = connection.execute(statement("landing", "deliveries_in"), {"flow": flow, "status": status})
    return [delivery_id for (delivery_id,) in rows]


def has_open(connection: psycopg.Connection, flow: str) -> bool:
    """Some delivery of the flow is half-way."""
    row = connection.execute(statement("landing", "has_open"), {"flow": flow}).fetchone()
    return bool(row and row[0])


def files_of(connection: psycopg.Connection, delivery_id: int) -> list[tuple[str, str, str]]:
    """(entity, name, sha256) of the files of a delivery, in order."""
    return connection.execute(statement("landing", "files"), {"delivery_id": delivery_id}).fetchall()


def set_status(
    connection: psycopg.Connection,
    delivery_id: int,
    status: DeliveryStatus,
    contract_versions: dict[str, str] | None = None,
) -> None:
    """Move a delivery forward."""
    parameters = {"delivery_id": delivery_id, "contract_versions": Jsonb(contract_versions or {})}
    connection.execute(statement("landing", f"set_{status}"), parameters)


def record_counts(
    connection: psycopg.Connection,
    delivery_id: int,
    entity: str,
    *,
    delivered: int,
    accepted: int,
    refused: int,
    skipped: int,
    has_repeats: bool,
) -> None:
    """Record what came of one entity and what of it was accepted."""
    connection.execute(
        statement("landing", "insert_counts"),
        {
            "delivery_id": delivery_id,
            "entity": entity,
            "delivered": delivered,
            "accepted": accepted,
            "refused": refused,
            "skipped": skipped,
            "has_repeats": has_repeats,
        },
    )


def record_loaded(
    connection: psycopg.Connection, delivery_id: int, entity: str, counts: LoadedCounts
) -> None:
    """Record what became of the accepted records of one entity."""
    connection.execute(
        statement("landing", "set_loaded_counts"),
        {"delivery_id": delivery_id, "entity": entity, **asdict(counts)},
    )


def counts_of(connection: psycopg.Connection, delivery_id: int) -> list[dict[str, Any]]:
    """The balance of a delivery, one row per entity."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("landing", "counts"), {"delivery_id": delivery_id}).fetchall()


def gaps(connection: psycopg.Connection, delivery_id: int) -> list[tuple[str, str]]:
    """(entity, sentence) for every equation of the balance that does not hold."""
    return connection.execute(statement("landing", "gaps"), {"delivery_id": delivery_id}).fetchall()


def record_finding(
    connection: psycopg.Connection, delivery_id: int, entity: str | None, finding: dict[str, Any]
) -> None:
    """Record something noticed about a delivery that is taken all the same."""
    connection.execute(
        statement("landing", "insert_finding"),
        {
            "delivery_id": delivery_id,
            "entity": entity,
            "rule": finding["rule"],
            "message": finding["message"],
            "finding": Jsonb(finding),
        },
    )


def move_watermark(
    connection: psycopg.Connection, flow: str, account: str, watermark: dict[str, Any], delivery_id: int
) -> None:
    """Say that a flow has read this far; a watermark behind the present one changes nothing."""
    connection.execute(
        statement("landing", "move_watermark"),
        {"flow": flow, "account": account, "watermark": Jsonb(watermark), "delivery_id": delivery_id},
    )


def newer_lists(
    connection: psycopg.Connection, delivery: dict[str, Any], entity: str
) -> list[tuple[int, bool]]:
    """Complete lists of the entity that were loaded and speak of a later moment than this delivery.

    Returns:
        (delivery, whether every record of it was readable).
    """
    parameters = {name: delivery[name] for name in ("flow", "account", "delivery_id", "as_of")}
    return connection.execute(
        statement("landing", "newer_lists"), {**parameters, "entity": entity}
    ).fetchall()


def refused_in_all(connection: psycopg.Connection, delivery_ids: Sequence[int], entity: str) -> set[str]:
    """Keys of records that each of some deliveries named and that were refused each time."""
    parameters = {"delivery_ids": list(delivery_ids), "entity": entity}
    return {key for (key,) in connection.execute(statement("landing", "refused_in_all"), parameters)}


def count_unreadable(connection: psycopg.Connection, delivery_id: int, entity: str) -> int:
    """Records of a delivery that could not be read, so that nobody knows which they are."""
    parameters = {"delivery_id": delivery_id, "entity": entity}
    row = connection.execute(statement("landing", "count_unreadable"), parameters).fetchone()
    return row[0] if row else 0


def last_loaded(connection: psycopg.Connection, delivery: dict[str, Any], entity: str) -> LastLoaded | None:
    """The delivery of the entity that was loaded last, repairs aside."""
    parameters = {"flow": delivery["flow"], "account": delivery["account"], "entity": entity}
    row = connection.execute(statement("landing", "last_loaded"), parameters).fetchone()
    return LastLoaded(*row) if row else None


def as_of(connection: psycopg.Connection, delivery_id: int) -> datetime:
    """The moment of which a delivery speaks."""
    row = connection.execute(
        "select as_of from landing.deliveries where delivery_id = %s", [delivery_id]
    ).fetchone()
    assert row is not None
    return row[0]


def status_of(connection: psycopg.Connection, delivery_id: int) -> DeliveryStatus:
    """Where a delivery stands."""
    row = connection.execute(
        "select status from landing.deliveries where delivery_id = %s", [delivery_id]
    ).fetchone()
    assert row is not None
    return DeliveryStatus(row[0])


def restate(connection: psycopg.Connection, delivery_id: int, person: str, reason: str) -> int:
    """The same bytes as a new delivery, because a person asked for it; its id."""
    parameters = {"delivery_id": delivery_id, "as_of": None, "person": person, "reason": reason}
    row = connection.execute(statement("landing", "restate"), parameters).fetchone()
    assert row is not None
    return row[0]


class FlowMemory:
    """What one flow remembers between its looks; see ``delivery.Memory``. Every look is kept at once."""

    def __init__(self, connection: psycopg.Connection, flow: str):
        self._connection = connection
        self._flow = flow
        self.seconds_to_stability: float | None = None
        """Until something that was seen and not taken may be taken, if it stays as it is."""

    def watermark(self, account: str) -> dict[str, Any] | None:
        """How far the flow has read at an account."""
        return self._ask("watermark", account=account)

    def is_landed(self, account: str, name: str, size_bytes: int, modified_at: datetime) -> bool:
        """Exactly this file was taken before."""
        return self._ask(
            "is_landed", account=account, name=name, size_bytes=size_bytes, modified_at=modified_at
        )

    def is_stable(
        self, account: str, path: str, size_bytes: int, modified_at: datetime, seconds: float
    ) -> bool:
        """An earlier look, at least ``seconds`` ago, saw the same size and time."""
        age = self._ask("look", account=account, path=path, size_bytes=size_bytes, modified_at=modified_at)
        if age >= seconds and (seconds == 0 or age > 0):
            return True
        self.seconds_to_stability = min(seconds - age, self.seconds_to_stability or seconds)
        return False

    def _ask(self, name: str, /, **parameters: Any) -> Any:
        with self._connection.transaction():
            row = self._connection.execute(
                statement("landing", name), {"flow": self._flow, **parameters}
            ).fetchone()
        return row[0] if row else None


def _insert(connection: psycopg.Connection, facts: dict[str, Any], files: list[StoredFile]) -> int:
    row = connection.execute(statement("landing", "insert_delivery"), facts).fetchone()
    assert row is not None
    with connection.cursor() as cursor:
        cursor.executemany(
            statement("landing", "insert_file"),
            [
                {"delivery_id": row[0], "position": number, **asdict(file)}
                for number, file in enumerate(files, 1)
            ],
        )
    return row[0]


def _restate_outdated_repeats(connection: psycopg.Connection, facts: dict[str, Any]) -> None:
    for delivery_id, as_of in connection.execute(statement("landing", "outdated_repeats"), facts).fetchall():
        parameters = {"delivery_id": delivery_id, "as_of": as_of, "person": None, "reason": None}
        connection.execute(statement("landing", "restate"), parameters)


def _record_arrival(
    connection: psycopg.Connection,
    facts: dict[str, Any],
    files: list[StoredFile],
    delivery_id: int,
    *,
    is_repeat: bool,
) -> None:
    for file in files if facts["kind"] != "pages" else files[:1]:
        connection.execute(
            statement("landing", "insert_arrival"),
            {
                "flow": facts["flow"],
                "account": facts["account"],
                "name": file.name if facts["kind"] != "pages" else facts["name"],
                "size_bytes": file.size_bytes,
                "modified_at": file.modified_at,
                "as_of": facts["as_of"],
                "content_sha256": file.sha256,
                "delivery_id": delivery_id,
                "is_repeat": is_repeat,
            },
        )
        connection.execute(
            statement("landing", "forget_look"),
            {"flow": facts["flow"], "account": facts["account"], "name": file.name},
        )


def _json(value: dict[str, Any] | None) -> Jsonb | None:
    return None if value is None else Jsonb(value)
