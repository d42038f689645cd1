"""``write_aside``: the side that readers do not see is brought up to the newest build."""

from __future__ import annotations

from typing import Any

from include.flow import PublishFlow
from include.stores import builds, publications
from include.stores.connection import lock_in_transaction
from include.stores.seams import recorded
from include.workspace import Workspace

UNDECIDED = ("written", "passed", "opened")


def write_aside(flow: PublishFlow, workspace: Workspace) -> dict[str, Any]:
    """Write every published table aside, all of them of one build.

    A publication that is held is replaced as soon as something newer has been built. While a build is under way,
    or has stopped half-way, its tables are of two states; the build wakes this flow when it is closed.

    Returns:
        ``{"publication_id": …, "build_id": …}``; empty if readers see the newest build already, or the tables
        are not of one build.
    """
    with (
        workspace.connect(f"write_aside {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "write_aside") as summary,
        connection.transaction(),
    ):
        lock_in_transaction(connection, "publish")
        is_whole = builds.is_whole(connection)
        newest, waiting = builds.last_built(connection), publications.open_publication(connection)
        if waiting is not None and (waiting.status in UNDECIDED or waiting.build_id == newest):
            summary.update(publication_id=waiting.publication_id, build_id=waiting.build_id)
            return summary
        if newest <= publications.published_build(connection) or not is_whole:
            return summary
        if waiting is not None:
            publications.supersede(connection, waiting.publication_id)
        made = publications.begin(connection, newest)
        for table in flow.tables:
            publications.write_table(connection, made.side, table, newest)
        summary.update(publication_id=made.publication_id, build_id=made.build_id)
    return summary
