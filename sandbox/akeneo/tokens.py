"""Who may come in: OAuth tokens of the PIM's connection.

Source: https://api.akeneo.com/documentation/authentication.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

from sandbox.akeneo.refusals import Refused
from sandbox.clock import Clock, from_iso, iso_z
from sandbox.state import State
from sandbox.web import BadJson, Request

REFRESH_LIFETIME = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What the PIM gave to the suite to come in with."""

    client_id: str
    secret: str
    username: str
    password: str


class Tokens:
    """Gives and checks tokens; they outlive a restart.

    Args:
        lifetime: of an access token, in seconds.
    """

    def __init__(self, connection: Connection, state: State, clock: Clock, lifetime: int):
        self._connection = connection
        self._state = state
        self._clock = clock
        self._lifetime = lifetime

    def grant(self, request: Request) -> dict[str, object]:
        """The answer of ``POST /api/oauth/v1/token``.

        Raises:
            Refused: wrong client, user, password, token or content type.
        """
        form = _form(request)
        self._check_client(request)
        check = {"password": self._check_password, "refresh_token": self._use_refresh_token}
        if form.get("grant_type") not in check:
            raise Refused(
                422, 'Parameter "grant_type", "username" or "password" is missing, empty or invalid'
            )
        check[str(form["grant_type"])](form)
        return {
            "access_token": self._new("access", timedelta(seconds=self._lifetime)),
            "expires_in": self._lifetime,
            "token_type": "bearer",
            "scope": None,
            "refresh_token": self._new("refresh", REFRESH_LIFETIME),
        }

    def check(self, request: Request) -> None:
        """Lets a request pass that carries a living access token.

        Raises:
            Refused: there is none, it is not known, or it has expired.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "Authentication is required")
        row = self._state.row("select * from akeneo_token where token = ? and kind = 'access'", token)
        if row is None:
            raise Refused(401, "The access token provided is invalid.")
        if from_iso(row["expires_at"]) <= self._clock():
            raise Refused(401, "The access token provided has expired.")

    def expire_all(self) -> None:
        """Ends every access token now; refresh tokens live on."""
        self._state.run("update akeneo_token set expires_at = ? where kind = 'access'", iso_z(self._clock()))

    def _new(self, kind: str, lifetime: timedelta) -> str:
        token = secrets.token_hex(32)
        expires_at = iso_z(self._clock() + lifetime)
        self._state.run("insert into akeneo_token values (?, ?, ?)", token, kind, expires_at)
        return token

    def _check_client(self, request: Request) -> None:
        wanted = f"{self._connection.client_id}:{self._connection.secret}"
        if not hmac.compare_digest(_basic(request).encode(), wanted.encode()):
            message = 'Parameter "client_id" is missing or does not match any client, or secret is invalid'
            raise Refused(422, message)

    def _check_password(self, form: dict[str, object]) -> None:
        if not form.get("username") or not form.get("password"):
            raise Refused(
                422, 'Parameter "grant_type", "username" or "password" is missing, empty or invalid'
            )
        given = f"{form['username']}:{form['password']}"
        wanted = f"{self._connection.username}:{self._connection.password}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise Refused(422, "No user found for the given username and password")

    def _use_refresh_token(self, form: dict[str, object]) -> None:
        token = form.get("refresh_token")
        if not token:
            raise Refused(422, 'Parameter "grant_type" or "refresh_token" is missing or empty')
        row = self._state.row("select * from akeneo_token where token = ? and kind = 'refresh'", token)
        if row is None or from_iso(row["expires_at"]) <= self._clock():
            raise Refused(422, "Refresh token is invalid or has expired")
        self._state.run("delete from akeneo_token where token = ?", token)


def _form(request: Request) -> dict[str, object]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(request.body.decode("utf-8", "replace")))
    if content_type != "application/json":
        message = (
            f"'{content_type}' in 'Content-Type' header is not valid.  Only 'application/json' is allowed."
        )
        raise Refused(415, message)
    try:
        form = request.json()
    except BadJson:
        raise Refused(400, "Invalid JSON message received") from None
    if not isinstance(form, dict):
        raise Refused(400, "Invalid JSON message received")
    return form


def _basic(request: Request) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
