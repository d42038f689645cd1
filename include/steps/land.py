"""``land``: what a system has for us, byte for byte, into the landing store, with a row in the ledger."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

from include.delivery import Arrival, ArrivingFile
from include.errors import DeliveryRefused, NotOurTurn, RetryLater, SeamlineError, Stop
from include.flow import CollectFlow, PullFlow, resolved
from include.formats.findings import Finding
from include.stores import dead_letters
from include.stores.connection import only_one
from include.stores.landing import FlowMemory, NewDelivery, StoredFile, record_delivery
from include.stores.landing_files import LandingFiles
from include.stores.seams import recorded
from include.workspace import Workspace

SECOND_LOOK_SECONDS = 10


def land(flow: PullFlow | CollectFlow, workspace: Workspace) -> dict[str, Any]:
    """Take every delivery that is there and complete.

    The bytes are stored before the ledger knows of them, and the ledger knows before anything is
    moved at the source: wherever this stops, the next run takes up the rest and nothing comes twice. Files
    that may be complete in a moment are looked at once more.

    Returns:
        ``{"landed": deliveries, "repeated": deliveries that were known, "refused": sets that are incomplete}``.

    Raises:
        RetryLater, Stop: the system does not answer, or not as agreed.
    """
    with (
        workspace.connect(f"land {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "land") as summary,
        only_one(connection, f"land {flow.dag_id}") as is_our_turn,
    ):
        if not is_our_turn:
            raise NotOurTurn(f"Another run of {flow.dag_id} is landing.")
        summary.update(landed=0, repeated=0, refused=0)
        memory = _look(connection, workspace, flow, summary)
        if memory.seconds_to_stability is not None and memory.seconds_to_stability <= SECOND_LOOK_SECONDS:
            time.sleep(memory.seconds_to_stability)
            _look(connection, workspace, flow, summary)
    return summary


def _look(
    connection: psycopg.Connection,
    workspace: Workspace,
    flow: PullFlow | CollectFlow,
    summary: dict[str, Any],
) -> FlowMemory:
    """Take what is there and complete; what the memory then says may be complete soon."""
    memory = FlowMemory(connection, flow.dag_id)
    for arrival in _arrivals(flow, workspace, memory):
        summary[_taken(connection, workspace.landing, flow, arrival)] += 1
    return memory


def _arrivals(flow: PullFlow | CollectFlow, workspace: Workspace, memory: FlowMemory) -> Iterator[Arrival]:
    """What lies ready; one mailbox that does not answer does not keep the others waiting.

    Raises:
        RetryLater, Stop: a system does not answer, or not as agreed; of several mailboxes after the others.
    """
    source, now = resolved(flow.source), datetime.now(UTC)
    if isinstance(flow, PullFlow):
        yield from source(workspace.endpoint(flow.connection or flow.system), memory, now)
        return
    trouble: list[SeamlineError] = []
    for system in flow.mailboxes:
        try:
            yield from source(system, workspace.endpoint(system), memory, now)
        except (RetryLater, Stop) as error:
            trouble.append(error)
    if trouble:
        raise trouble[0]


def _taken(
    connection: psycopg.Connection, landing: LandingFiles, flow: PullFlow | CollectFlow, arrival: Arrival
) -> str:
    try:
        files = [stored(landing, file) for file in arrival.files]
    except DeliveryRefused as refusal:
        _set_aside(connection, flow, arrival, refusal)
        return "refused"
    delivery = NewDelivery(
        flow=flow.dag_id,
        source_system=arrival.system or flow.system,
        account=arrival.account,
        kind=arrival.kind,
        name=arrival.name,
        content_sha256=content_sha256(files),
        as_of=arrival.as_of,
        full_entities=arrival.full_entities,
        next_watermark=arrival.next_watermark,
    )
    with connection.transaction():
        delivery_id, is_new = record_delivery(connection, delivery, files)
        dead_letters.resolve_arrival(connection, flow.dag_id, arrival.account, arrival.name, delivery_id)
    arrival.after_landing()
    return "landed" if is_new else "repeated"


def content_sha256(files: list[StoredFile]) -> str:
    """What identifies the content of a delivery: the file's own hash, or one over all its files."""
    if len(files) == 1:
        return files[0].sha256
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.entity}\0{file.sha256}\0".encode())
    return digest.hexdigest()


def stored(landing: LandingFiles, file: ArrivingFile) -> StoredFile:
    """The bytes of a file, in the landing store."""
    sha256, size = landing.put(file.blocks())
    return StoredFile(
        entity=file.entity, name=file.name, size_bytes=size, modified_at=file.modified_at, sha256=sha256
    )


def _set_aside(
    connection: psycopg.Connection, flow: PullFlow | CollectFlow, arrival: Arrival, refusal: DeliveryRefused
) -> None:
    """An incomplete set is set aside once, however often it is seen."""
    origin = dead_letters.Origin(
        step="land",
        flow=flow.dag_id,
        source_system=arrival.system or flow.system,
        account=arrival.account,
        entity=None,
        delivery_id=None,
        contract_version=None,
        owner=flow.owner,
        runbook=flow.runbook,
    )
    finding = Finding(rule=refusal.rule, message=refusal.message, place=arrival.name).to_json()
    with connection.transaction():
        dead_letters.set_aside_once(
            connection, origin, finding, level="delivery", record={"name": arrival.name}
        )
