"""``acknowledge``: what became of every interchange, back to the partner who sent it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg

from include.flow import PullFlow, resolved
from include.stores import edi
from include.stores.edi import NumberKind
from include.stores.landing import files_of
from include.stores.landing_files import LandingFiles
from include.stores.seams import recorded
from include.systems.edi.acknowledgements import (
    ControlNumbers,
    acknowledgement_file,
    is_answer_due,
    results,
)
from include.systems.sftp.client import connected
from include.workspace import Workspace


def acknowledge(flow: PullFlow, workspace: Workspace) -> dict[str, Any]:
    """Write the acknowledgement of every checked or refused interchange, then put them on the servers.

    The control number is taken in the transaction that keeps the acknowledgement, and the file is sent
    from what was kept: a number is never skipped or used twice, wherever this stops.

    Returns:
        ``{"written": acknowledgements, "sent": files put on servers}``.

    Raises:
        RetryLater, Stop: a server does not answer; what was written is sent next time.
    """
    with (
        workspace.connect(f"acknowledge {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "acknowledge") as summary,
    ):
        summary.update(written=0, sent=0)
        for waiting in edi.unanswered(connection, flow.dag_id):
            with connection.transaction():
                summary["written"] += _write(flow, connection, workspace.landing, **waiting)
        summary["sent"] = _send(flow, connection, workspace)
    return summary


def _write(
    flow: PullFlow, connection: psycopg.Connection, files: LandingFiles, delivery_id: int, account: str
) -> int:
    if not edi.lock_unanswered(connection, delivery_id):
        return 0
    assert flow.exchange is not None
    profile = resolved(flow.exchange)(account)
    found = [
        result
        for _, _, sha256 in files_of(connection, delivery_id)
        for result in results(files.blocks(sha256), profile)
    ]
    is_accepting = all(each.is_accepted_whole for each in found)
    if not is_answer_due(found, profile):
        edi.write(connection, delivery_id, account, "", b"", is_due=False, is_accepting=is_accepting)
        return 0
    numbers = ControlNumbers(
        interchange=edi.next_number(connection, flow.system, account, NumberKind.INTERCHANGE),
        group=edi.next_number(connection, flow.system, account, NumberKind.GROUP),
    )
    made = acknowledgement_file(found, profile, numbers, datetime.now(UTC))
    edi.write(
        connection,
        delivery_id,
        account,
        made.name,
        made.content,
        is_due=True,
        is_accepting=is_accepting,
    )
    return 1


def _send(flow: PullFlow, connection: psycopg.Connection, workspace: Workspace) -> int:
    """Put what is kept on the servers. Putting the same content there again changes nothing."""
    waiting = edi.unsent(connection, flow.dag_id)
    if not waiting:
        return 0
    assert flow.exchange is not None
    with connected(workspace.endpoint(flow.system)) as server:
        for row in waiting:
            folder = resolved(flow.exchange)(row["account"]).acknowledgement.folder
            server.upload(f"{folder}/{row['file_name']}", bytes(row["content"]))
            edi.set_sent(connection, row["acknowledgement_id"])
    return len(waiting)
