"""``build_models``: what of one group of models has news is run and tested by dbt."""

from __future__ import annotations

from typing import Any

import psycopg

from include import dbt_runs
from include.delivery import Endpoint
from include.environment import WAREHOUSE_BUILDER
from include.errors import ModelsFailed
from include.flow import Flow
from include.stores import builds
from include.stores.seams import recorded
from include.workspace import Workspace

VIEWS_GROUP = "staging"
"""Seeds and views on raw: they change with the project alone."""


def build_models(flow: Flow, workspace: Workspace, group: str) -> dict[str, Any]:
    """Build of one group what the running build has news for; all of it where the project is another one.

    Cleared after another build took its place, it does nothing: that build has taken its rows up.

    Args:
        group: one of ``dbt_runs.GROUPS``.

    Returns:
        ``{"nodes": models and tests that ran}``; empty if the group had no news.

    Raises:
        ModelsFailed: some model or test failed; the message names them.
    """
    step = f"build {group}"
    with workspace.connect(step) as connection, recorded(connection, flow.dag_id, step) as summary:
        build_id = builds.running(connection)
        where = workspace.endpoint(WAREHOUSE_BUILDER)
        if build_id is None:
            return summary
        run = _run(connection, build_id, where, group)
        if run is None:
            return summary
        if run.failures:
            raise ModelsFailed(
                f"{len(run.failures)} of {run.nodes} nodes of {group} failed: "
                + "; ".join(f"{f.node}: {f.message[:300]}" for f in run.failures[:5]),
                failures=[f.node for f in run.failures],
            )
        summary.update(build_id=build_id, nodes=run.nodes)
    return summary


def _run(connection: psycopg.Connection, build_id: int, where: Endpoint, group: str) -> dbt_runs.Run | None:
    """What dbt did; None if the build has no news for the group."""
    if builds.is_project_new(connection, build_id):
        return dbt_runs.build(where, group)
    if group == VIEWS_GROUP:
        return None
    return dbt_runs.build_news(where, group, builds.tables_with_news(connection, build_id))
