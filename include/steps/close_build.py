"""``close_build``: every layer is done, so what the build took in counts as built."""

from __future__ import annotations

from typing import Any

import psycopg

from include.flow import Flow, PublishFlow, PushFlow, flows
from include.stores import builds, gates, publications
from include.stores.seams import recorded
from include.workspace import Workspace


def close_build(flow: Flow, workspace: Workspace) -> dict[str, Any]:
    """Close the running build and tell which flows have something to send or show.

    Returns:
        ``{"build_id": …, "wakes": ids of flows}``; empty if no build is running.
    """
    with (
        workspace.connect("close_build") as connection,
        recorded(connection, flow.dag_id, "close_build") as summary,
    ):
        build_id = builds.running(connection)
        if build_id is not None and builds.close(connection, build_id):
            summary.update(
                build_id=build_id, wakes=[f.dag_id for f in flows().values() if _has_work(connection, f)]
            )
    return summary


def _has_work(connection: psycopg.Connection, flow: Flow) -> bool:
    if isinstance(flow, PushFlow):
        return gates.has_changes(connection, flow)
    if isinstance(flow, PublishFlow):
        return publications.published_build(connection) < builds.last_built(connection)
    return False
