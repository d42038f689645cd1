"""``/seams/trace``: one thing through every step, on one timeline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from include.pages.rendering import page
from include.pages.warehouse import Warehouse
from include.tracing import traced

router = APIRouter()


@router.get("/trace")
def trace(
    request: Request, warehouse: Warehouse, key: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The timeline of what ``key`` names; without a key, the form that asks for one."""
    key = key.strip()
    return page(request, "trace.html", key=key, events=traced(warehouse, key) if key else [])
