"""``plan_build``: what the warehouse does not hold yet becomes one build."""

from __future__ import annotations

from typing import Any

from include.contracts.contract import contract, contract_ids
from include.dbt_runs import project_sha256
from include.flow import Flow
from include.stores import builds, raw
from include.stores.seams import recorded
from include.workspace import Workspace


def plan_build(flow: Flow, workspace: Workspace) -> dict[str, Any]:
    """Begin a build of every closed delivery that is not built, if there is any.

    Returns:
        ``{"build_id": …, "tables": raw tables with news}``; empty if there is nothing to build.
    """
    with (
        workspace.connect("plan_build") as connection,
        recorded(connection, flow.dag_id, "plan_build") as summary,
    ):
        for ids in contract_ids():
            raw.ensure(connection, contract(*ids))
        build_id = builds.begin(connection, project_sha256())
        if build_id is not None:
            summary.update(build_id=build_id, tables=sorted(builds.source_tables(connection, build_id)))
    return summary
