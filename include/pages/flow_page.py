"""``/seams/flows/<dag_id>``: everything about one flow; the same page stands inside its DAG in Airflow."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from include.explanation import flow_facts
from include.flow import Flow, PublishFlow, PullFlow, PushFlow, ReconcileFlow, flows
from include.pages.plots import plots, since
from include.pages.rendering import page
from include.pages.warehouse import Warehouse, row, rows
from include.seam_status import seam_rows
from include.stores import dead_letters
from include.stores.outbox import MessageStatus

RECENT = 15
MOST = 50
router = APIRouter()


@router.get("/flows/{dag_id}")
def flow_page(request: Request, warehouse: Warehouse, dag_id: str) -> Response:
    """One flow: its facts, and what every step did lately."""
    flow = known_flow(dag_id)
    now = datetime.now(UTC)
    seam = next(one for one in seam_rows(warehouse, now) if one["flow"] == dag_id)
    days = rows(warehouse, "days", since=since(now), flow=dag_id)
    return page(
        request,
        "flow.html",
        flow=flow,
        facts=flow_facts(flow),
        seam=seam,
        plot=plots(days, now).get(dag_id),
        letters=[one for one in dead_letters.summary(warehouse) if one["flow"] == dag_id],
        steps=rows(warehouse, "steps", flow=dag_id),
        runs=rows(warehouse, "runs", flow=dag_id, limit=RECENT),
        interventions=rows(warehouse, "interventions", flow=dag_id, channel=flow.system, limit=RECENT),
        **_particulars(warehouse, flow),
    )


def known_flow(dag_id: str) -> Flow:
    """The flow of an id.

    Raises:
        HTTPException: 404 if there is none.
    """
    if dag_id not in flows():
        raise HTTPException(
            HTTPStatus.NOT_FOUND, f"{dag_id} is not a seam. The overview shows those that there are."
        )
    return flows()[dag_id]


def _particulars(warehouse: psycopg.Connection, flow: Flow) -> dict[str, Any]:
    """What only some kinds of flow have; empty for the others."""
    empty = dict.fromkeys(
        ("deliveries", "findings", "batches", "publications", "queue", "comparisons", "mismatches", "builds"),
        (),
    )
    return empty | {"channel": None} | _of_kind(warehouse, flow)


def _of_kind(warehouse: psycopg.Connection, flow: Flow) -> dict[str, Any]:
    match flow:
        case PullFlow():
            return {
                "deliveries": rows(warehouse, "deliveries", flow=flow.dag_id, limit=RECENT),
                "findings": rows(warehouse, "findings", flow=flow.dag_id, limit=RECENT),
            }
        case PushFlow():
            return {
                "batches": rows(warehouse, "batches", flow=flow.dag_id, limit=RECENT),
                "queue": _queue(warehouse, flow),
                "channel": row(warehouse, "channel", channel=flow.system),
                "mismatches": _mismatches(warehouse, flow),
            }
        case ReconcileFlow():
            return {
                "comparisons": rows(warehouse, "comparisons", flow=flow.dag_id, limit=RECENT),
                "mismatches": _mismatches(warehouse, flows()[flow.repairs_with]),
            }
        case PublishFlow():
            return {"publications": rows(warehouse, "publications", limit=RECENT)}
        case _ if flow.dag_id == "build_warehouse":
            return {"builds": rows(warehouse, "builds", limit=RECENT)}
    return {}


def _queue(warehouse: psycopg.Connection, flow: PushFlow) -> list[dict[str, Any]]:
    """The outbox by status, in the order in which a message goes through them."""
    found = {one["status"]: one for one in rows(warehouse, "queue", channel=flow.system, entity=flow.entity)}
    return [found[status] for status in MessageStatus if status in found]


def _mismatches(warehouse: psycopg.Connection, flow: Flow) -> list[dict[str, Any]]:
    assert isinstance(flow, PushFlow)
    return rows(warehouse, "mismatches", channel=flow.system, entity=flow.entity, limit=MOST)
