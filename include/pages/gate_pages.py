"""``/seams/gates`` and ``/seams/publications``: what was about to go out, the verdict on it, and its evidence."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, HTTPException, Path
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from include.errors import NotPossible
from include.flow import PublishFlow, flows
from include.interventions import open_gate
from include.pages.entrance import InterventionForm, VisitorHere, person
from include.pages.headers import EVIDENCE_POLICY, HEADERS
from include.pages.rendering import page
from include.pages.static_files import content
from include.pages.warehouse import Warehouse, Working, row, rows
from include.stores import gates
from include.workspace import Workspace

BatchId = Annotated[int, Path(ge=1, le=2**63 - 1)]
NO_PAGE = (
    "The evidence page is not in the landing store. The verdict and its examples are kept with the batch."
)
router = APIRouter()


@router.get("/gates/{batch_id}")
def batch(request: Request, warehouse: Warehouse, batch_id: BatchId) -> Response:
    """An outbound batch, the verdict on it, and the form that lets it out once."""
    found = _batch(warehouse, batch_id)
    address = f"gates/{batch_id}"
    return page(
        request,
        "gate.html",
        what="Batch",
        number=batch_id,
        dag_id=found["flow"],
        held=found,
        facts={
            "rows": found["row_count"],
            "made": found["made_at"],
            "checked": found["checked_at"],
            "messages filled": found["filled_at"],
        },
        address=address,
        evidence=[f"{address}/evidence"] if found["verdict"] else [],
        openings=_openings(warehouse, found["flow"], batch_id),
    )


@router.get("/gates/{batch_id}/evidence")
def batch_evidence(warehouse: Warehouse, work: Working, batch_id: BatchId) -> Response:
    """The Data Docs page of a batch."""
    return _evidence(work, _batch(warehouse, batch_id)["flow"], gates.table_of(batch_id))


@router.post("/gates/{batch_id}/open")
def open_batch(
    request: Request, who: VisitorHere, form: InterventionForm, work: Working, batch_id: BatchId
) -> Response:
    """Let a held batch out once."""
    with work.connect("seam pages open gate") as connection:
        dag_id = _batch(connection, batch_id)["flow"]
    return _opened(request, work, who, form, dag_id, batch_id, f"gates/{batch_id}")


@router.get("/publications/{publication_id}")
def publication(request: Request, warehouse: Warehouse, publication_id: BatchId) -> Response:
    """What readers were, or are to be, shown, and the verdict on it."""
    found, flow = _publication(warehouse, publication_id), _publishing()
    address = f"publications/{publication_id}"
    return page(
        request,
        "gate.html",
        what="Publication",
        number=publication_id,
        dag_id=flow.dag_id,
        held=found,
        facts={
            "build": found["build_id"],
            "side": found["side"],
            "written": found["written_at"],
            "checked": found["checked_at"],
            "published": found["published_at"],
        },
        address=address,
        evidence=[f"{address}/evidence/{name}" for name in _tables(flow)] if found["verdict"] else [],
        openings=_openings(warehouse, flow.dag_id, publication_id),
    )


@router.get("/publications/{publication_id}/evidence/{table}")
def publication_evidence(work: Working, publication_id: BatchId, table: str) -> Response:
    """The Data Docs page of one table of a publication."""
    flow = _publishing()
    if table not in _tables(flow):
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{flow.dag_id} shows no table of this name.")
    return _evidence(work, flow.dag_id, f"publication_{publication_id}_{table}")


@router.post("/publications/{publication_id}/open")
def open_publication(
    request: Request, who: VisitorHere, form: InterventionForm, work: Working, publication_id: BatchId
) -> Response:
    """Show readers a held publication once."""
    address = f"publications/{publication_id}"
    return _opened(request, work, who, form, _publishing().dag_id, publication_id, address)


def _batch(connection: psycopg.Connection, batch_id: int) -> dict[str, Any]:
    found = gates.batch(connection, batch_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no batch {batch_id}.")
    return found


def _publication(warehouse: psycopg.Connection, publication_id: int) -> dict[str, Any]:
    found = row(warehouse, "publication", publication_id=publication_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no publication {publication_id}.")
    return found


def _publishing() -> PublishFlow:
    """The flow whose publications the warehouse keeps; there is one."""
    return next(flow for flow in flows().values() if isinstance(flow, PublishFlow))


def _tables(flow: PublishFlow) -> list[str]:
    return [table.partition(".")[2] for table in flow.tables]


def _openings(warehouse: psycopg.Connection, dag_id: str, number: int) -> list[dict[str, Any]]:
    return rows(warehouse, "openings", subject=f"{dag_id} batch {number}")


def _opened(
    request: Request,
    work: Workspace,
    who: VisitorHere,
    form: InterventionForm,
    dag_id: str,
    number: int,
    address: str,
) -> Response:
    if not open_gate(work, dag_id, number, person(who, form)):
        raise NotPossible(f"{dag_id} does not hold {number}, so there is nothing to let out.")
    return RedirectResponse(f"{request.scope.get('root_path', '')}/{address}", HTTPStatus.SEE_OTHER, HEADERS)


def _evidence(work: Workspace, dag_id: str, name: str) -> Response:
    """A page that Great Expectations made, for a frame in which nothing can run.

    Its own stylesheet comes from another server, which it may not ask; ours stands in for it.
    """
    path = work.landing.evidence(dag_id, name)
    if not path.exists():
        raise HTTPException(HTTPStatus.NOT_FOUND, NO_PAGE)
    style = f"<style>{content('evidence.css').decode()}</style></head>"
    text = path.read_text(encoding="utf-8").replace("</head>", style, 1)
    return HTMLResponse(text, headers=HEADERS | {"Content-Security-Policy": EVIDENCE_POLICY})
