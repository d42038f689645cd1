"""What a person sees who is not let in, asks for what is not there, or comes while the warehouse is down."""

from __future__ import annotations

import logging
from http import HTTPStatus

import psycopg
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from include.errors import Misconfigured, NotPossible, SeamlineError
from include.pages.headers import HEADERS
from include.pages.host import host_of
from include.pages.rendering import page

log = logging.getLogger(__name__)

TITLES = {
    HTTPStatus.BAD_REQUEST: "That cannot be done",
    HTTPStatus.UNAUTHORIZED: "Please sign in",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not there",
    HTTPStatus.CONFLICT: "Nothing was done",
    HTTPStatus.SERVICE_UNAVAILABLE: "The warehouse does not answer",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This page has a fault",
}
DOWN = (
    "Nothing was changed. The flows go on by themselves when it is back; if it lasts, look at the connection "
    "warehouse_db_reader in Airflow and at the database server."
)
UNFINISHED = "The warehouse lacks tables that this page reads. Run migrate_warehouse."
FAULT = "Nothing more is known here; the api-server's log has the details. The seams themselves go on."


def add_refusals(application: FastAPI) -> None:
    """Answer every error with a page."""
    application.add_exception_handler(HTTPException, _refused)
    application.add_exception_handler(RequestValidationError, _not_understood)
    application.add_exception_handler(SeamlineError, _seamline_error)
    application.add_exception_handler(psycopg.Error, _warehouse_error)
    application.add_exception_handler(Exception, _fault)


async def _refused(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.UNAUTHORIZED and _opens_a_page(request):
        return RedirectResponse(_sign_in(request), HTTPStatus.SEE_OTHER, HEADERS)
    return _problem(request, error.status_code, str(error.detail))


async def _not_understood(request: Request, error: RequestValidationError) -> Response:
    return _problem(request, HTTPStatus.NOT_FOUND, "This address names nothing that there could be.")


async def _seamline_error(request: Request, error: SeamlineError) -> Response:
    if isinstance(error, NotPossible):
        return _problem(request, HTTPStatus.CONFLICT, error.message)
    is_setting = isinstance(error, Misconfigured)
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_setting else HTTPStatus.INTERNAL_SERVER_ERROR
    return _problem(request, status, str(error))


async def _warehouse_error(request: Request, error: psycopg.Error) -> Response:
    """The database's own words go to the log only: they name hosts and roles."""
    if isinstance(error, psycopg.DataError):
        return _problem(request, HTTPStatus.BAD_REQUEST, "The warehouse cannot look for a value like this.")
    log.error("The warehouse failed for %s: %s: %s", request.url.path, type(error).__name__, error)
    is_unfinished = isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn)
    return _problem(request, HTTPStatus.SERVICE_UNAVAILABLE, UNFINISHED if is_unfinished else DOWN)


async def _fault(request: Request, error: Exception) -> Response:
    return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)


def _problem(request: Request, status: int, sentence: str) -> Response:
    title = TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase)
    sign_in = _sign_in(request) if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) else None
    return page(request, "problem.html", status=status, title=title, sentence=sentence, sign_in=sign_in)


def _opens_a_page(request: Request) -> bool:
    """A person opens a page by itself, not inside Airflow's frame."""
    return request.method == "GET" and request.headers.get("sec-fetch-dest", "document") == "document"


def _sign_in(request: Request) -> str:
    """The login that leads back; a form that was sent is not sent again."""
    back = str(request.url) if request.method == "GET" else f"{request.scope.get('root_path', '')}/"
    return host_of(request).sign_in(back)
