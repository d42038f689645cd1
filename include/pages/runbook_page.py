"""``/seams/runbooks/<dag_id>``: docs/runbooks as pages."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path

from fastapi import APIRouter, HTTPException
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from include.flow import flows
from include.ownership import owners
from include.pages.flow_page import known_flow
from include.pages.rendering import page

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
router = APIRouter()


@router.get("/runbooks/{dag_id}")
def runbook(request: Request, dag_id: str) -> Response:
    """What to do when a flow does not do its work. Needs no warehouse."""
    flow = known_flow(dag_id)
    path = RUNBOOKS / f"{dag_id}.md"
    if not path.is_file():
        owner = owners()[flow.owner]
        raise HTTPException(
            HTTPStatus.NOT_FOUND,
            f"{flow.runbook} has not been written yet. Ask {owner.name} <{owner.contact}>.",
        )
    return page(request, "runbook.html", flow=flow, text=as_html(path.read_text(encoding="utf-8")))


def as_html(text: str) -> Markup:
    """Markdown as HTML: headings can be linked to, links to other runbooks lead to their pages, HTML is text."""
    reader = _reader()
    tokens = reader.parse(text)
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inside.content))
    for token in tokens:
        _point_links(token.children or [])
    # The reader escapes everything that is not Markdown.
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704 - see above


def anchor(heading: str) -> str:
    """The name of a heading in a link, as on GitHub: ``The gate is shut`` is ``the-gate-is-shut``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def _point_links(tokens: list[Token]) -> None:
    """Links within docs/runbooks lead to pages; links to files that have no page lead nowhere."""
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrGet("href") or "")
            file, _, place = target.partition("#")
            name = file.removeprefix("./").removesuffix(".md")
            if name in flows():
                token.attrSet("href", f"{name}#{place}" if place else name)
            elif not target.startswith(("#", "https://", "http://", "mailto:")):
                del token.attrs["href"]
