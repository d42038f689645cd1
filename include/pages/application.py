"""The application: every page behind the same door."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from include.pages import (
    flow_page,
    gate_pages,
    letter_pages,
    overview_page,
    runbook_page,
    static_files,
    trace_page,
)
from include.pages.entrance import visitor
from include.pages.host import Host
from include.pages.refusals import add_refusals

PAGES = (overview_page, flow_page, letter_pages, gate_pages, runbook_page, trace_page, static_files)


def application(host: Host) -> FastAPI:
    """The seam pages for a host.

    No route is open to strangers: the door is the application's own dependency, and there is neither a
    generated documentation nor a mounted folder, which would pass it by.
    """
    made = FastAPI(
        title="Seams",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(visitor)],
    )
    made.state.host = host
    for module in PAGES:
        made.include_router(module.router)
    add_refusals(made)
    return made
