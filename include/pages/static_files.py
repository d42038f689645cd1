"""The stylesheet, the script and the icons; a fixed list, so no path can lead elsewhere."""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from include.pages.headers import HEADERS

FILES = Path(__file__).parent / "files"
KINDS = {
    "seams.css": "text/css; charset=utf-8",
    "frame.js": "text/javascript; charset=utf-8",
    "seams.svg": "image/svg+xml",
    "seams_dark.svg": "image/svg+xml",
}
KEPT = {"Cache-Control": "private, max-age=86400"}
router = APIRouter()


@router.get("/files/{name}")
def file(name: str) -> Response:
    """One of the files; pages name it with its version, so it may be kept."""
    if name not in KINDS:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such file.")
    return Response(content(name), media_type=KINDS[name], headers=HEADERS | KEPT)


@cache
def content(name: str) -> bytes:
    """The bytes of a file."""
    return (FILES / name).read_bytes()


@cache
def version() -> str:
    """Changes when a file changes."""
    return hashlib.sha256(b"".join(map(content, KINDS))).hexdigest()[:12]
