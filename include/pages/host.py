"""What the pages are told by whoever serves them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from include.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking.

    Attributes:
        name: goes on record with everything that the person does.
        may_intervene: an operator or above.
    """

    name: str
    may_read: bool
    may_intervene: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The server that the pages are part of.

    Attributes:
        visitor: who is asking; raises ``HTTPException`` 401 or 403 for somebody without a valid login.
        sign_in: address of the login that leads back to the address it is given.
        secret: signs the tokens of forms.
        reading: connection string of the warehouse for a role that can only read.
        workspace: where interventions work.
        root: path of the host itself, as ``/airflow``; empty where it has a server of its own.
        address: the host as browsers see it from outside, as ``https://airflow.example``; empty if unknown.
    """

    visitor: Callable[[Request], Awaitable[Visitor]]
    sign_in: Callable[[str], str]
    secret: Callable[[], str] = field(repr=False)
    reading: Callable[[], str] = field(repr=False)
    workspace: Callable[[], Workspace]
    root: str = ""
    address: str = ""


def host_of(request: Request) -> Host:
    """The host of the application that a request came to."""
    return request.app.state.host
