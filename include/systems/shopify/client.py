"""Shopify's Admin GraphQL API: one document, one answer; costs, versions, and what an error means.

Sources: https://shopify.dev/docs/api/admin-graphql, https://shopify.dev/docs/api/usage/versioning,
https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits. Documents lie in ``documents/``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from include.delivery import Endpoint
from include.errors import (
    AccessDenied,
    MessageRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SystemUnavailable,
    VersionFellForward,
)
from include.formats.findings import excerpt
from include.systems import web
from include.systems.web import USUAL_LIMITS, Limits, NoAnswer, NotSent, Site, again

NAME = "Shopify"
DOCUMENTS = Path(__file__).with_name("documents")
PATIENCE_SECONDS = 120.0
DEFAULT_PAUSE_SECONDS = 2.0
VERSION_HEADER = "X-Shopify-API-Version"
REFUSED_BY_HTTP = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.LOCKED,
)


class CostExceeded(Misconfigured):
    """The query asks for more at once than the shop ever gives. Ask for less in the named document,
    then clear the task."""

    def __init__(self, message: str, cost: float, max_cost: float):
        super().__init__(message, cost=cost, max_cost=max_cost)
        self.cost = cost
        self.max_cost = max_cost


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop answered, without errors.

    Attributes:
        data: the fields that were asked for; numbers with decimals as Decimal.
        body: the bytes as they came.
    """

    data: dict[str, Any] = field(repr=False)
    body: bytes = field(repr=False)


class Client:
    """Talks to one shop.

    Args:
        endpoint: ``host`` as ``<shop>.myshopify.com``, ``password`` the Admin API access token; in
            ``extra`` ``api_version``, and ``account`` where the shop has another name here.
        sleep: how pauses are made.
    """

    def __init__(
        self, endpoint: Endpoint, sleep: Callable[[float], None] = time.sleep, limits: Limits = USUAL_LIMITS
    ):
        self.version = str(endpoint.extra.get("api_version") or "")
        if not self.version or not endpoint.password:
            raise Misconfigured(
                "The connection needs the access token as its password, and `extra.api_version`."
            )
        self._site = Site(NAME, web.address(endpoint), limits)
        self._headers = {"X-Shopify-Access-Token": endpoint.password}
        self._bucket = _Bucket(sleep)
        self._sleep = sleep
        self._is_version_served = False

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the open connections."""
        self._site.close()

    def query(self, document: str, **variables: Any) -> Answer:
        """What a query of ``documents/`` gives; pauses are made as the shop asks for them.

        Raises:
            SystemUnavailable: no proper answer, three times in a row.
            RateLimited: the shop asks for a longer pause than a task should make.
            CostExceeded: the query may never run as it is.
            AccessDenied: the token is refused or lacks a scope.
            VersionFellForward: another version of the API answered.
            Misconfigured: the shop does not understand the query.
        """
        patience = PATIENCE_SECONDS
        while True:
            try:
                return again(lambda: self._waited(document, variables), self._sleep)
            except RateLimited as error:
                pause = DEFAULT_PAUSE_SECONDS if error.retry_after is None else error.retry_after
                patience -= max(pause, 0.1)
                if patience < 0:
                    raise
                self._sleep(pause)

    def mutate(self, document: str, **variables: Any) -> Answer:
        """What a mutation of ``documents/`` gives, sent once. Its ``userErrors`` are for the caller to read.

        Raises:
            OutcomeUnknown: it was sent and no proper answer came.
            NotSent, RateLimited: it was not carried out.
            MessageRejected: the shop refused to carry it out.
            AccessDenied, VersionFellForward, Misconfigured: see ``query``.
        """
        self.prepare(document)
        try:
            return self._answer(document, variables, MessageRejected)
        except NotSent:
            raise
        except SystemUnavailable as error:
            is_answered = not isinstance(error, NoAnswer)
            raise OutcomeUnknown(
                f"{document} was sent. {error.message}", is_answered, **error.evidence
            ) from None

    def prepare(self, document: str) -> None:
        """Wait until a mutation can be paid for and the version that answers is known: then it goes at once.

        Raises:
            see ``query``.
        """
        if not self._is_version_served:
            self.query("shop")
        self._bucket.wait(document)

    def _waited(self, document: str, variables: dict[str, Any]) -> Answer:
        self._bucket.wait(document)
        return self._answer(document, variables, Misconfigured)

    def _answer(
        self,
        document: str,
        variables: dict[str, Any],
        misunderstood: type[Misconfigured] | type[MessageRejected],
    ) -> Answer:
        answer = self._site.send(
            "POST",
            f"/admin/api/{self.version}/graphql.json",
            json={"query": text(document), "variables": variables},
            headers=self._headers,
        )
        self._refuse_status(answer)
        served = answer.headers.get(VERSION_HEADER)
        if served is not None:
            self._refuse_version(served)
        found = _parsed(answer)
        extensions = found.get("extensions") or {}
        self._bucket.note(document, extensions.get("cost"))
        if found.get("errors"):
            raise _error(document, found["errors"], extensions, misunderstood, answer.without_secrets)
        self._refuse_version(served)
        _refuse_ignored_search(document, extensions)
        if not isinstance(found.get("data"), dict):
            raise SystemUnavailable(f"{NAME} answered {document} without data.")
        return Answer(found["data"], answer.body)

    def _refuse_status(self, answer: web.Answer) -> None:
        self._site.succeeding(answer)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimited(f"{NAME} answered HTTP 429.", retry_after=web.asked_pause(answer.headers))
        if answer.status in REFUSED_BY_HTTP:
            raise AccessDenied(
                f"{NAME} refuses us with HTTP {answer.status}: {_shown(answer)}", status=answer.status
            )
        if answer.status != HTTPStatus.OK:
            raise Misconfigured(
                f"{NAME} answered HTTP {answer.status}: {_shown(answer)}", status=answer.status
            )

    def _refuse_version(self, served: str | None) -> None:
        if served != self.version:
            raise VersionFellForward(
                f"{NAME} served version {served or 'unknown'} where {self.version} was asked for.",
                asked=self.version,
                served=served,
            )
        self._is_version_served = True


@cache
def text(document: str) -> str:
    """A document of ``documents/`` by its name.

    Raises:
        Misconfigured: there is none.
    """
    path = DOCUMENTS / f"{document}.graphql"
    if not path.is_file():
        raise Misconfigured(f"There is no document {path.name} in {DOCUMENTS.parent.name}/{DOCUMENTS.name}.")
    return path.read_text(encoding="utf-8")


class _Bucket:
    """The points we may spend, as the shop last said, and what each document costs."""

    def __init__(self, sleep: Callable[[float], None]):
        self._sleep = sleep
        self._available = self._maximum = float("inf")
        self._restore_rate = 1.0
        self._noted_at = time.monotonic()
        self._costs: dict[str, float] = {}

    def wait(self, document: str) -> None:
        """Wait just as long as it takes until the document can be paid for."""
        restored = (time.monotonic() - self._noted_at) * self._restore_rate
        missing = min(self._costs.get(document, 0.0), self._maximum) - (self._available + restored)
        if missing > 0:
            self._sleep(missing / self._restore_rate)

    def note(self, document: str, cost: dict[str, Any] | None) -> None:
        """Remember what the shop says about a request."""
        if not cost:
            return
        self._costs[document] = float(cost.get("requestedQueryCost") or 0)
        if status := cost.get("throttleStatus"):
            self._available = float(status["currentlyAvailable"])
            self._maximum = float(status["maximumAvailable"])
            self._restore_rate = max(float(status["restoreRate"]), 1.0)
            self._noted_at = time.monotonic()


def _parsed(answer: web.Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise SystemUnavailable(f"{NAME} sent JSON that is cut off or broken.") from None
    return found if isinstance(found, dict) else {}


def _error(
    document: str,
    errors: Any,
    extensions: dict[str, Any],
    misunderstood: type[Misconfigured] | type[MessageRejected],
    readable: Callable[[object], str],
) -> Exception:
    """What GraphQL errors mean for us."""
    found = {code: error for error in _objects(errors) for code in _codes(error)}
    messages = [error.get("message", "") for error in _objects(errors)] or [errors]
    said = "; ".join(excerpt(readable(message)) for message in messages)
    if "THROTTLED" in found:
        return RateLimited(
            f"{NAME} throttles {document}.", retry_after=_throttle_pause(extensions.get("cost") or {})
        )
    if "MAX_COST_EXCEEDED" in found:
        limits = found["MAX_COST_EXCEEDED"]["extensions"]
        return CostExceeded(
            f"{document}: {said}", float(limits.get("cost", 0)), float(limits.get("maxCost", 0))
        )
    if "ACCESS_DENIED" in found:
        return AccessDenied(f"{NAME} denies {document}: {said}")
    if found.keys() & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return SystemUnavailable(f"{NAME} failed inside on {document}: {said}")
    return misunderstood(f"{NAME} does not accept {document}: {said}", codes=sorted(found))


def _objects(errors: Any) -> Iterable[dict[str, Any]]:
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _codes(error: dict[str, Any]) -> Iterable[str]:
    code = (error.get("extensions") or {}).get("code")
    return (str(code),) if code else ()


def _throttle_pause(cost: dict[str, Any]) -> float | None:
    """Seconds until a throttled query can be paid for."""
    status = cost.get("throttleStatus")
    if not status:
        return None
    missing = float(cost.get("requestedQueryCost") or 0) - float(status["currentlyAvailable"])
    return max(missing / max(float(status["restoreRate"]), 1.0), 0.1)


def _refuse_ignored_search(document: str, extensions: dict[str, Any]) -> None:
    """A search field that the shop does not know is ignored by it, so everything would come."""
    if extensions.get("search"):
        raise Misconfigured(
            f"{NAME} ignores a part of the search of {document}: {excerpt(extensions['search'])}"
        )


def _shown(answer: web.Answer) -> str:
    return excerpt(answer.without_secrets(answer.body)[:400])
