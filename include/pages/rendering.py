"""Templates to pages. Every value is escaped; a name that a template misses is an error, not an empty place."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from include.pages import wording
from include.pages.entrance import token
from include.pages.headers import HEADERS
from include.pages.host import host_of
from include.pages.static_files import version

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The templates and the filters they use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({function.__name__: function for function in wording.FILTERS})
    made.filters["quoted"] = lambda text: quote(str(text), safe="")
    made.globals.update(meaning=wording.meaning, mark=wording.mark, version=version())
    return made


def page(request: Request, template: str, *, status: int = HTTPStatus.OK, **content: Any) -> HTMLResponse:
    """A page for whoever is asking.

    Args:
        content: what the template shows, beside ``root`` (path of the pages), ``airflow`` (path of Airflow),
            ``visitor``, ``token``, ``is_framed`` (shown inside Airflow's own frame), ``here`` (path of this page),
            ``status`` and ``now``.
    """
    found = getattr(request.state, "visitor", None)
    surroundings = {
        "root": request.scope.get("root_path", ""),
        "airflow": host_of(request).root,
        "visitor": found,
        "token": token(request, found) if found and found.may_intervene else "",
        "is_framed": request.headers.get("sec-fetch-dest") == "iframe",
        "here": request.url.path,
        "status": int(status),
        "now": datetime.now(UTC),
    }
    text = environment().get_template(template).render(**surroundings, **content)
    return HTMLResponse(text, status_code=status, headers=HEADERS)
