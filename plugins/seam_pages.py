"""The seam pages inside Airflow: an entry in the navigation, a tab on every DAG, and what they need to know of Airflow.

The pages are ``include/pages``; here they get Airflow's login, rights, connections and signing key. Whoever may see
Airflow's own pages may read them; whoever may change variables, an operator or above, may intervene.

Every process of Airflow loads this file, so the pages themselves are imported at the first look at them: tasks do
not wait for them, and a fault in them leaves the api-server as it is. Nothing here speaks to the warehouse.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from include.pages.host import Visitor

PREFIX = "/seams"
NAME = "Seams"


async def seam_pages(scope: Scope, receive: Receive, send: Send) -> None:
    """The pages as Airflow mounts them."""
    await _application()(scope, receive, send)


@cache
def _application() -> FastAPI:
    from include import connections
    from include.environment import WAREHOUSE_READER, dsn
    from include.pages.application import application
    from include.pages.host import Host

    return application(
        Host(
            visitor=_visitor,
            sign_in=_sign_in,
            secret=lambda: conf.get_mandatory_value("api", "secret_key"),
            reading=lambda: dsn(connections.endpoint(WAREHOUSE_READER)),
            workspace=connections.workspace,
            root=_root(),
            address=_address(),
        )
    )


async def _visitor(request: Request) -> Visitor:
    """Whoever is signed in to Airflow, with what Airflow lets them do.

    Raises:
        HTTPException: 401 without a login or with one that is over, 403 with one that is forged.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from starlette.concurrency import run_in_threadpool

    from include.pages.host import Visitor

    user = await get_user(request, None, await bearer_scheme(request))
    manager = get_auth_manager()
    # Some auth managers ask a database.
    may_read = await run_in_threadpool(
        manager.is_authorized_custom_view, method="GET", resource_name=NAME, user=user
    )
    may_intervene = await run_in_threadpool(manager.is_authorized_variable, method="PUT", user=user)
    return Visitor(name=user.get_name(), may_read=may_read, may_intervene=may_read and may_intervene)


def _sign_in(back: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager

    return get_auth_manager().get_url_login(next_url=back)


def _address() -> str:
    """Airflow as browsers see it from outside, as ``https://airflow.example/airflow``."""
    return conf.get("api", "base_url", fallback="") or ""


def _root() -> str:
    return urlsplit(_address()).path.rstrip("/")


def _view(destination: str, name: str, route: str, page: str) -> dict[str, Any]:
    pages = f"{_root()}{PREFIX}"
    return {
        "name": name,
        "href": f"{pages}{page}",
        "destination": destination,
        "url_route": route,
        "icon": f"{pages}/files/seams.svg",
        "icon_dark_mode": f"{pages}/files/seams_dark.svg",
    }


class SeamPages(AirflowPlugin):
    """The seam pages, for Airflow."""

    name = "seam_pages"
    fastapi_apps = [{"name": NAME, "app": seam_pages, "url_prefix": PREFIX}]  # noqa: RUF012 - as Airflow wants it
    external_views = [  # noqa: RUF012 - as Airflow wants it
        _view("nav", NAME, "seams", "/") | {"nav_top_level": True},
        _view("dag", "Seam", "seam", "/flows/{DAG_ID}"),
    ]
