"""``build_models``: one group of models, run and tested by dbt, if the build has news for it."""

from __future__ import annotations

from typing import Any

import psycopg

from include import dbt_runs
from include.environment import WAREHOUSE_BUILDER
from include.errors import ModelsFailed
from include.flow import Flow
from include.stores import builds
from include.stores.seams import recorded
from include.workspace import Workspace

IDENTIFIERS_GROUP = "conformed_products"


def build_models(flow: Flow, workspace: Workspace, group: str) -> dict[str, Any]:
    """Build one group, for the build that is running.

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
        if build_id is None or not _has_news(connection, build_id, where, group):
            return summary
        run = dbt_runs.build(where, group)
        if run.failures:
            raise ModelsFailed(
                f"{len(run.failures)} of {run.nodes} nodes of {group} failed: "
                + "; ".join(f"{f.node}: {f.message[:300]}" for f in run.failures[:5]),
                failures=[f.node for f in run.failures],
            )
        summary.update(build_id=build_id, nodes=run.nodes)
    return summary


def _has_news(connection: psycopg.Connection, build_id: int, where: Any, group: str) -> bool:
    """Something that the group is made from has changed, or the models themselves."""
    if builds.is_project_new(connection, build_id):
        return True
    if group == "staging":
        return False
    if builds.has_new_ids(connection) and group == IDENTIFIERS_GROUP:
        return True
    return bool(builds.source_tables(connection, build_id) & dbt_runs.sources_of_groups(where)[group])
