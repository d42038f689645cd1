"""``audit_aside``: what was written aside, against what must hold before readers see it. Fails closed."""

from __future__ import annotations

from typing import Any

import psycopg

from include.environment import WAREHOUSE
from include.flow import PublishFlow, resolved
from include.stores import publications
from include.stores.publications import Publication
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace

HELD = "publication held"


def audit_aside(flow: PublishFlow, workspace: Workspace) -> dict[str, Any]:
    """Judge every table of the publication that was written; readers keep the last good state until it passes.

    Returns:
        ``{"publication_id": …, "tables": audited, "gate": "open" or "shut"}``.
    """
    with (
        workspace.connect(f"audit_aside {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "audit_aside") as summary,
    ):
        waiting = publications.open_publication(connection)
        if waiting is None:
            clear_alert(connection, flow.dag_id, HELD)
            return summary
        if waiting.status == "written":
            _judge(connection, workspace, flow, waiting)
            waiting = publications.open_publication(connection) or waiting
        if waiting.status != "shut":
            clear_alert(connection, flow.dag_id, HELD)
        summary.update(
            publication_id=waiting.publication_id,
            tables=len(flow.tables),
            gate="shut" if waiting.status == "shut" else "open",
        )
    return summary


def _judge(
    connection: psycopg.Connection, workspace: Workspace, flow: PublishFlow, waiting: Publication
) -> None:
    from include.gates.validation import validated

    broken: list[dict[str, Any]] = []
    expectations, pages = 0, []
    for table, gate in zip(flow.tables, flow.gates, strict=True):
        name = table.partition(".")[2]
        verdict = validated(workspace.endpoint(WAREHOUSE), waiting.side, name, resolved(gate)())
        expectations += verdict.expectations
        broken += [{"table": table, **one} for one in verdict.broken]
        if not verdict.is_open and not verdict.broken:
            broken.append({"table": table, "rule": "every expectation could be judged"})
        pages.append(_kept(workspace, flow, waiting.publication_id, name, verdict.page))
    with connection.transaction():
        publications.set_verdict(
            connection,
            waiting.publication_id,
            is_open=not broken,
            verdict={"is_open": not broken, "expectations": expectations, "broken": broken},
            evidence_page=pages[0],
        )
        if broken:
            _tell(connection, flow, waiting, broken)


def _kept(workspace: Workspace, flow: PublishFlow, publication_id: int, table: str, page: str) -> str:
    path = workspace.landing.evidence(flow.dag_id, f"publication_{publication_id}_{table}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)
    return str(path)


def _tell(
    connection: psycopg.Connection, flow: PublishFlow, waiting: Publication, broken: list[dict[str, Any]]
) -> None:
    raise_alert(
        connection,
        flow=flow.dag_id,
        incident=HELD,
        owner=flow.owner,
        message=f"Publication {waiting.publication_id} of build {waiting.build_id} is held, readers keep the last "
        "good state: " + "; ".join(f"{one['table']}: {one['rule']}" for one in broken),
        runbook=f"{flow.runbook}#the-gate-is-shut",
    )
