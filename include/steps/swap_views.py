"""``swap_views``: readers see the new side, all of it at once."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from include.errors import NotOurTurn
from include.flow import PublishFlow
from include.stores import publications
from include.stores.connection import lock_in_transaction
from include.stores.seams import recorded
from include.workspace import Workspace

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.5


def swap_views(flow: PublishFlow, workspace: Workspace) -> dict[str, Any]:
    """Point every view of schema ``bi`` at the audited side, in one transaction.

    Readers go first: while a transaction of theirs uses a view, the swap steps back and tries again.

    Returns:
        ``{"published": tables}``; empty if nothing passed its audit.

    Raises:
        NotOurTurn: readers kept the views for a minute.
    """
    with (
        workspace.connect(f"swap_views {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "swap_views") as summary,
    ):
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return _swapped(connection, flow, summary)
            except NotOurTurn:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)


def _swapped(connection: psycopg.Connection, flow: PublishFlow, summary: dict[str, Any]) -> dict[str, Any]:
    with connection.transaction():
        lock_in_transaction(connection, "publish")
        waiting = publications.open_publication(connection)
        if waiting is not None and publications.publish(connection, waiting, flow.tables):
            summary.update(published=len(flow.tables), build_id=waiting.build_id)
    return summary
