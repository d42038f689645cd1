"""Akeneo PIM's REST API: tokens, lists page by page, limits.

Sources: https://api.akeneo.com/documentation/authentication.html, pagination.html, overload.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from include.delivery import Endpoint
from include.errors import AccessDenied, Misconfigured, RateLimited, SystemUnavailable
from include.formats.findings import excerpt
from include.systems.web import USUAL_LIMITS, Answer, Limits, Site, address, again, asked_pause

NAME = "Akeneo"
TOKEN_PATH = "/api/oauth/v1/token"  # noqa: S105 - an address
REST_PATH = "/api/rest/v1/"
PAGE_SIZE = 100
PATIENCE_SECONDS = 120.0
DEFAULT_PAUSE_SECONDS = 5.0

Parameters = dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        body: as it came.
        items: the records, parsed.
        item_count: how many records the whole list has, where that was asked for.
        following: parameters of the next page; None on the last one.
    """

    body: bytes
    items: list[dict[str, Any]] = field(repr=False)
    item_count: int | None
    following: Parameters | None


class Client:
    """Talks to one PIM.

    Args:
        endpoint: ``login`` and ``password`` of the API user; in ``extra`` ``client_id``,
            ``client_secret``, and ``time_zone`` of the server where it is not UTC.
        sleep: how pauses are made.
    """

    def __init__(
        self, endpoint: Endpoint, sleep: Callable[[float], None] = time.sleep, limits: Limits = USUAL_LIMITS
    ):
        self._endpoint = endpoint
        secrets = (endpoint.password, endpoint.extra.get("client_secret"))
        self._site = Site(NAME, address(endpoint), limits, secrets)
        self._sleep = sleep
        self._token = ""
        self._patience = PATIENCE_SECONDS

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._site.close()

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone in which the server reads dates of filters.

        Raises:
            Misconfigured: there is no such zone.
        """
        name = str(self._endpoint.extra.get("time_zone", "UTC"))
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise Misconfigured(f"The connection's `extra.time_zone` {name!r} is no time zone.") from None

    def pages(self, resource: str, parameters: Parameters) -> Iterator[Page]:
        """A list, page by page, to the page that links to no further one.

        Args:
            resource: as ``products-uuid``.

        Raises:
            SystemUnavailable: no proper answer, or a page with fewer records than it should have.
            RateLimited: the PIM asks for a longer pause than a task should make.
            AccessDenied: wrong credentials, or no right to see this.
            Misconfigured: the PIM does not understand the request, or links to another host.
        """
        wanted: Parameters | None = {**parameters, "limit": parameters.get("limit", str(PAGE_SIZE))}
        seen: list[Parameters] = []
        while wanted is not None:
            page = self.page(resource, wanted)
            if page.following is not None:
                self._refuse_short(resource, page, int(wanted["limit"]))
                seen.append(wanted)
            yield page
            wanted = page.following
            if wanted in seen:
                raise SystemUnavailable(f"{NAME}: the pages of {resource} lead round in a circle.")

    def page(self, resource: str, parameters: Parameters) -> Page:
        """One page of a list; errors as in ``pages``."""
        return again(lambda: self._page(resource, parameters), self._sleep)

    def _refuse_short(self, resource: str, page: Page, limit: int) -> None:
        if len(page.items) < limit:
            raise SystemUnavailable(
                f"{NAME} sent {len(page.items)} of {limit} records on a page of {resource} that is not the last one."
            )

    def _authorized(self, path: str, parameters: Parameters) -> Answer:
        """The answer to a request with a living token; an expired one is renewed once."""
        if not self._token:
            self._log_in()
        answer = self._get(path, parameters)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._log_in()
            answer = self._get(path, parameters)
        self._refuse(answer, path)
        return answer

    def _get(self, path: str, parameters: Parameters) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        return self._unhurried(lambda: self._site.send("GET", path, params=parameters, headers=headers))

    def _log_in(self) -> None:
        credentials = {
            "grant_type": "password",
            "username": self._endpoint.login,
            "password": self._endpoint.password,
        }
        client = (str(self._endpoint.extra.get("client_id")), str(self._endpoint.extra.get("client_secret")))
        answer = self._unhurried(lambda: self._site.send("POST", TOKEN_PATH, json=credentials, auth=client))
        self._site.succeeding(answer)
        if answer.status != HTTPStatus.OK:
            raise AccessDenied(f"{NAME} gives no token: {_message(answer)}.", status=answer.status)
        token = self._document(answer).get("access_token")
        if not token:
            raise SystemUnavailable(f"{NAME} answered a login without a token.")
        self._token = str(token)

    def _unhurried(self, send: Callable[[], Answer]) -> Answer:
        """The answer, after the pauses that the PIM asks for; together no longer than our patience.

        A request that is refused with 429 was not read, so any request may be sent again after it.
        """
        while (answer := send()).status == HTTPStatus.TOO_MANY_REQUESTS:
            pause = asked_pause(answer.headers)
            pause = DEFAULT_PAUSE_SECONDS if pause is None else pause
            if pause > self._patience:
                raise RateLimited(f"{NAME} asks for a pause of {pause:g} seconds.", retry_after=pause)
            self._patience -= max(pause, 0.1)
            self._sleep(pause)
        return answer

    def _refuse(self, answer: Answer, path: str) -> None:
        self._site.succeeding(answer)
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise AccessDenied(f"{NAME} refuses {path}: {_message(answer)}.", status=answer.status)
        if answer.status != HTTPStatus.OK:
            raise Misconfigured(
                f"{NAME} answered {path} with HTTP {answer.status}: {_message(answer)}.", status=answer.status
            )

    def _page(self, resource: str, parameters: Parameters) -> Page:
        answer = self._authorized(REST_PATH + resource, parameters)
        document = self._document(answer)
        embedded = document.get("_embedded")
        items = embedded.get("items") if isinstance(embedded, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise SystemUnavailable(f"{NAME} sent a page of {resource} without a list of items.")
        return Page(answer.body, items, document.get("items_count"), self._following(document, resource))

    def _document(self, answer: Answer) -> dict[str, Any]:
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise SystemUnavailable(f"{NAME} sent JSON that is cut off or broken.") from None
        return document if isinstance(document, dict) else {}

    def _following(self, document: dict[str, Any], resource: str) -> Parameters | None:
        """Parameters of the next page. Of the link nothing else is used, so it can lead nowhere else."""
        try:
            link = document["_links"]["next"]["href"]
        except (KeyError, TypeError):
            return None
        parts = urlsplit(str(link))
        host = urlsplit(self._site.base_url).hostname
        if (parts.hostname or host) != host or not parts.path.endswith(REST_PATH + resource):
            raise Misconfigured(
                f"{NAME} links to {parts.hostname}{parts.path} for the next page of {resource}: nothing outside of "
                f"{host} is read. Enter the host that the PIM itself uses in the connection."
            )
        return dict(parse_qsl(parts.query, keep_blank_values=True))


def _message(answer: Answer) -> str:
    """What the PIM says about a refusal."""
    with suppress(ValueError, RecursionError):
        document = json.loads(answer.body)
        if isinstance(document, dict) and document.get("message"):
            return excerpt(answer.without_secrets(document["message"])).rstrip(".")
    return f"HTTP {answer.status}"
