"""``/seams/``: one row per seam, those that need somebody first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from include.flow import PublishFlow, PullFlow, PushFlow, flows
from include.pages.plots import plots, since
from include.pages.rendering import page
from include.pages.warehouse import Warehouse, rows
from include.seam_status import Health, seam_rows

SEVERITY = {str(health): place for place, health in enumerate(Health)}
CALM = (Health.OK, Health.NEVER)
router = APIRouter()


@router.get("/")
def overview(request: Request, warehouse: Warehouse) -> Response:
    """Every seam."""
    now = datetime.now(UTC)
    seams = [_seam(row) for row in seam_rows(warehouse, now)]
    seams.sort(key=lambda seam: (SEVERITY[seam["health"]], seam["flow"]))
    return page(
        request,
        "overview.html",
        seams=seams,
        plots=plots(rows(warehouse, "days", since=since(now), flow=None), now),
        needing=[seam for seam in seams if seam["health"] not in CALM],
        sums=_sums(warehouse, seams),
    )


def _seam(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the status with what its kind of flow has: deliveries, a gate, a queue."""
    found = flows()[row["flow"]]
    return row | {
        "summary": found.summary,
        "delivers": isinstance(found, PullFlow),
        "sends": isinstance(found, PushFlow),
        "is_gated": isinstance(found, PushFlow | PublishFlow),
    }


def _sums(warehouse: psycopg.Connection, seams: list[dict[str, Any]]) -> dict[str, int]:
    """What waits in all. Mismatches belong to a channel's entity, which several flows may share."""
    mismatched = {
        (flow.system, flow.entity): seam["mismatches"]
        for seam in seams
        if isinstance(flow := flows()[seam["flow"]], PushFlow)
    }
    return {
        "dead_letters": sum(seam["dead_letters"] for seam in seams),
        "held": sum(seam["held"] for seam in seams),
        "waiting": sum(seam["waiting"] for seam in seams),
        "mismatches": sum(mismatched.values()),
    }
