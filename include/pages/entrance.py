"""Who comes in, and what a form must show before anything is done.

Airflow's login is a cookie, which browsers send along with forms of foreign pages too. So a form counts only if the
browser says that it comes from here, and if it carries a token that was made for this very person.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import FormData
from starlette.requests import Request

from include.interventions import Person
from include.pages.host import Visitor, host_of

TOKEN_SECONDS = 12 * 60 * 60
MOST_FORM_BYTES = 4 * 1024 * 1024
MOST_FIELDS = 5_000
LONGEST_REASON = 2_000


async def visitor(request: Request) -> Visitor:
    """Whoever is signed in and may read; every route depends on it.

    Raises:
        HTTPException: 401 without a login, 403 without the right to read.
    """
    found = await host_of(request).visitor(request)
    if not found.may_read:
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "You may not see the seams. Ask an administrator of Airflow."
        )
    request.state.visitor = found
    return found


async def intervention(request: Request, who: Annotated[Visitor, Depends(visitor)]) -> FormData:
    """The form of somebody who may intervene, sent from one of our own pages.

    Raises:
        HTTPException: 403 without the right, from a foreign page or without a valid token; 411 or 413 for a body
            of unknown or absurd size.
    """
    if not who.may_intervene:
        raise HTTPException(HTTPStatus.FORBIDDEN, "Interventions need the rights of an operator.")
    if not is_from_here(request):
        raise HTTPException(HTTPStatus.FORBIDDEN, "This form was sent from another site. Nothing was done.")
    _refuse_large(request)
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    if not _is_valid(request, str(form.get("token", "")), who):
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "This form is too old or not yours. Nothing was done; open the page again."
        )
    return form


def token(request: Request, who: Visitor) -> str:
    """What a form carries to show that this person was given it here."""
    return _signer(request).dumps(who.name)


def person(who: Visitor, form: FormData) -> Person:
    """Who intervenes, with the reason that the form gives.

    Raises:
        HTTPException: 400 without a reason.
    """
    reason = str(form.get("reason", "")).replace("\r\n", "\n").replace("\x00", "").strip()
    if not reason:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "Say why: what people do is kept with their reason.")
    return Person(who.name, reason[:LONGEST_REASON])


def is_from_here(request: Request) -> bool:
    """Whether the browser sent a form from a page of this server.

    Source: https://www.w3.org/TR/fetch-metadata/. Browsers leave ``Sec-Fetch-Site`` out where the connection is
    not encrypted; then ``Origin`` must name this server.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    known = {request.headers.get("host", ""), urlsplit(host_of(request).address).netloc} - {""}
    return origin.netloc in known


def _refuse_large(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise HTTPException(HTTPStatus.LENGTH_REQUIRED, "A form must say how long it is.")
    if int(length) > MOST_FORM_BYTES:
        raise HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The form is larger than {MOST_FORM_BYTES // 1024**2} MB. Use `./seamline dead-letters repair --record`.",
        )


def _is_valid(request: Request, shown: str, who: Visitor) -> bool:
    try:
        return _signer(request).loads(shown, max_age=TOKEN_SECONDS) == who.name
    except BadData:
        return False


def _signer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(host_of(request).secret(), salt="form of the seam pages")


VisitorHere = Annotated[Visitor, Depends(visitor)]
InterventionForm = Annotated[FormData, Depends(intervention)]
