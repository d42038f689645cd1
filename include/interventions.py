"""What people do about dead letters, held batches and open breakers: each time a name, a reason, a record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from include.errors import NotPossible
from include.flow import PublishFlow, PushFlow, flow, flows
from include.ownership import owners
from include.stores import dead_letters, gates, landing, publications
from include.stores.dead_letters import LetterStatus
from include.stores.landing import NewDelivery, StoredFile
from include.stores.landing_files import LandingFiles
from include.stores.outbox import Outbox, retry_message
from include.stores.seams import record_intervention
from include.systems.partners import partner
from include.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """Who intervenes, and why."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.reason.strip():
            raise NotPossible("An intervention needs a person and a reason: --by NAME --because REASON.")


@dataclass(slots=True)
class Done:
    """What an intervention did.

    Attributes:
        settled: ids of the dead letters it settled.
        left: id and reason of those it could not settle.
        deliveries: new deliveries to be checked, by flow.
        messages: new messages to be sent, by flow.
    """

    settled: list[int] = field(default_factory=list)
    left: dict[int, str] = field(default_factory=dict)
    deliveries: dict[str, list[int]] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)


def retry(workspace: Workspace, ids: Sequence[int], person: Person) -> Done:
    """Send dead letters through their steps again, as they are: their rule or the world has changed.

    Records of one delivery and entity come back as one new delivery that speaks of the old moment;
    whole deliveries are checked again from their bytes; messages are sent as new ones.
    """
    done = Done()
    with workspace.connect("retry dead letters") as connection, connection.transaction():
        for group in _grouped(_waiting(connection, ids, done)):
            match group[0]["level"]:
                case "record":
                    _retry_records(connection, workspace.landing, group, person, done)
                case "delivery":
                    _retry_deliveries(connection, group, person, done)
                case _:
                    _retry_messages(connection, group, person, done)
    return done


def repair(workspace: Workspace, dead_letter_id: int, record: dict[str, Any], person: Person) -> Done:
    """Bring a record back with edited values, as a new delivery that speaks of the old moment.

    Args:
        record: the record's columns, named as in the source.
    """
    done = Done()
    with workspace.connect("repair dead letter") as connection, connection.transaction():
        for letter in _waiting(connection, [dead_letter_id], done):
            if letter["level"] != "record":
                done.left[dead_letter_id] = f"It is a {letter['level']}, not a record; retry it instead."
                continue
            _deliver_again(connection, workspace.landing, [letter], [record], person, done)
            _settle(connection, [letter], LetterStatus.REPAIRED, "repair", person, done, record=record)
    return done


def suppress(workspace: Workspace, ids: Sequence[int], person: Person) -> Done:
    """Decide to do without records; the same ones are suppressed when they come again."""
    return _simply_settled(workspace, ids, LetterStatus.SUPPRESSED, "suppress", person)


def escalate(workspace: Workspace, ids: Sequence[int], person: Person, to: str) -> Done:
    """Hand dead letters to another owner; they go on waiting.

    Raises:
        NotPossible: ``ownership.yml`` knows no such owner.
    """
    if to not in owners():
        raise NotPossible(f"ownership.yml has no owner {to!r}. It has: {', '.join(owners())}.")
    return _simply_settled(workspace, ids, LetterStatus.ESCALATED, "escalate", person, owner=to)


def open_gate(workspace: Workspace, dag_id: str, batch_id: int, person: Person) -> bool:
    """Let a held batch, or a held publication, out once; False if it is not held."""
    with workspace.connect("open gate") as connection, connection.transaction():
        if isinstance(flow(dag_id), PublishFlow):
            is_opened = publications.open_shut(connection, batch_id)
        else:
            found = gates.batch(connection, batch_id)
            is_its_own = found is not None and found["flow"] == dag_id
            is_opened = is_its_own and gates.open_shut(connection, batch_id) is not None
        if is_opened:
            record_intervention(
                connection, "open_gate", f"{dag_id} batch {batch_id}", person.name, person.reason
            )
    return is_opened


def tell_again(workspace: Workspace, dag_id: str, account: str, person: Person) -> int:
    """Have a partner told everything again that a flow has to say to it.

    What is on its way to it already is not said twice.

    Returns:
        How many keys it was thought to know.

    Raises:
        NotPossible: the flow asks for something, as an order does, and must not ask twice.
        Misconfigured: it has no such partner.
    """
    found = flow(dag_id)
    if not isinstance(found, PushFlow) or not found.can_tell_again:
        able = ", ".join(
            one.dag_id for one in flows().values() if isinstance(one, PushFlow) and one.can_tell_again
        )
        raise NotPossible(f"{dag_id} cannot say anything twice. Those that can: {able}.")
    partner(found.system, account)
    with workspace.connect("tell again") as connection, connection.transaction():
        forgotten = gates.tell_again(connection, found, account)
        record_intervention(connection, "tell_again", f"{dag_id} {account}", person.name, person.reason)
    return forgotten


def reset_breaker(workspace: Workspace, channel: str, person: Person) -> None:
    """Let a channel be spoken to again at once."""
    with workspace.connect("reset breaker") as connection, connection.transaction():
        Outbox(connection, channel, "").reset_breaker()
        record_intervention(connection, "reset_breaker", f"channel {channel}", person.name, person.reason)


def _waiting(connection: psycopg.Connection, ids: Sequence[int], done: Done) -> list[dict[str, Any]]:
    """The letters that still wait; the others are noted with the reason."""
    found = []
    for dead_letter_id in ids:
        letter = dead_letters.shown(connection, dead_letter_id)
        if letter is None:
            done.left[dead_letter_id] = "There is no such dead letter."
        elif letter["status"] not in (LetterStatus.OPEN, LetterStatus.ESCALATED):
            done.left[dead_letter_id] = f"It is {letter['status']} already."
        else:
            found.append(letter)
    return found


def _grouped(letters: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for letter in letters:
        key = (letter["level"], letter["flow"], letter["account"], letter["delivery_id"], letter["entity"])
        groups.setdefault(key, []).append(letter)
    return list(groups.values())


def _retry_records(
    connection: psycopg.Connection,
    files: LandingFiles,
    letters: list[dict[str, Any]],
    person: Person,
    done: Done,
) -> None:
    readable = [letter for letter in letters if set(letter["record"]) != {"text"}]
    for letter in letters:
        if letter not in readable:
            done.left[letter["dead_letter_id"]] = (
                "It could not be read as a record. Repair it with its columns, or hand in a mended file."
            )
    if readable:
        _deliver_again(connection, files, readable, [letter["record"] for letter in readable], person, done)
        _settle(connection, readable, LetterStatus.RETRIED, "retry", person, done)


def _deliver_again(
    connection: psycopg.Connection,
    files: LandingFiles,
    letters: list[dict[str, Any]],
    records: list[dict[str, Any]],
    person: Person,
    done: Done,
) -> None:
    """The records as one delivery of kind ``repair``: a JSON object a line."""
    first = letters[0]
    lines = [json.dumps(record, ensure_ascii=False, default=str).encode() + b"\n" for record in records]
    sha256, size = files.put(lines)
    name = "repair of dead letter " + ", ".join(str(letter["dead_letter_id"]) for letter in letters[:10])
    delivery_id, _ = landing.record_delivery(
        connection,
        NewDelivery(
            flow=first["flow"],
            source_system=first["source_system"],
            account=first["account"],
            kind="repair",
            name=name,
            content_sha256=sha256,
            as_of=landing.as_of(connection, first["delivery_id"]),
            handed_in_by=person.name,
            handed_in_because=person.reason,
        ),
        [StoredFile(entity=first["entity"], name=name, size_bytes=size, modified_at=None, sha256=sha256)],
    )
    done.deliveries.setdefault(first["flow"], []).append(delivery_id)


def _retry_deliveries(
    connection: psycopg.Connection, letters: list[dict[str, Any]], person: Person, done: Done
) -> None:
    for letter in letters:
        if letter["delivery_id"] is None:
            done.left[letter["dead_letter_id"]] = (
                "Nothing of it has come yet; it is taken when it is complete."
            )
            continue
        made = landing.restate(connection, letter["delivery_id"], person.name, person.reason)
        done.deliveries.setdefault(letter["flow"], []).append(made)
        _settle(connection, [letter], LetterStatus.RETRIED, "retry", person, done)


def _retry_messages(
    connection: psycopg.Connection, letters: list[dict[str, Any]], person: Person, done: Done
) -> None:
    for letter in letters:
        made = retry_message(connection, letter["message_id"])
        if made is None:
            done.left[letter["dead_letter_id"]] = "A newer message of the same key took its place."
        else:
            done.messages.setdefault(letter["flow"], []).append(str(made))
            _settle(connection, [letter], LetterStatus.RETRIED, "retry", person, done)


def _simply_settled(
    workspace: Workspace,
    ids: Sequence[int],
    status: LetterStatus,
    kind: str,
    person: Person,
    owner: str | None = None,
) -> Done:
    done = Done()
    with workspace.connect(f"{kind} dead letters") as connection, connection.transaction():
        letters = _waiting(connection, ids, done)
        _settle(connection, letters, status, kind, person, done, owner=owner)
    return done


def _settle(
    connection: psycopg.Connection,
    letters: list[dict[str, Any]],
    status: LetterStatus,
    kind: str,
    person: Person,
    done: Done,
    *,
    owner: str | None = None,
    record: dict[str, Any] | None = None,
) -> None:
    ids = [letter["dead_letter_id"] for letter in letters]
    done.settled += dead_letters.settle(connection, ids, status, f"{person.name}: {person.reason}", owner)
    for dead_letter_id in ids:
        detail = {"owner": owner} if owner else {"record": record} if record else {}
        record_intervention(
            connection, kind, f"dead letter {dead_letter_id}", person.name, person.reason, **detail
        )
