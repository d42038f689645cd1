"""HTTP as the clients of the systems use it: one request, one bounded answer, failures by what happens next.

Nothing is sent twice here, redirects are not followed (they would carry credentials elsewhere), and
credentials never come from a ``.netrc`` file. An answer is whole or it is an error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from include.delivery import Endpoint
from include.errors import AccessDenied, Misconfigured, SystemUnavailable

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
ANSWER_SECONDS = 300.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
BLOCK_BYTES = 64 * 1024
PAUSES = (0.5, 2.0)
CREDENTIAL_HEADERS = ("Authorization", "X-Shopify-Access-Token")


T = TypeVar("T")


class NotSent(SystemUnavailable):
    """The system could not be reached, so nothing was sent. The task tries again by itself; if it lasts,
    check the system's status page and its connection in Airflow."""


class NoAnswer(SystemUnavailable):
    """The system did not answer, or its answer was cut off; it may still be at work on the request. The task
    tries again by itself; if it lasts, check the system's status page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer may take and how large it may be.

    Attributes:
        connect_seconds: until the connection stands.
        silence_seconds: without a single byte.
        answer_seconds: until the answer is complete.
        max_bytes: of the body, unpacked.
    """

    connect_seconds: float = CONNECT_SECONDS
    silence_seconds: float = SILENCE_SECONDS
    answer_seconds: float = ANSWER_SECONDS
    max_bytes: int = MAX_ANSWER_BYTES


USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer.

    Attributes:
        headers: names in any case.
        body: unpacked, otherwise as it came.
        secrets: what of the request nobody else may read.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def without_secrets(self, text: object) -> str:
        """What the system says, for people to read; some systems say again what they were sent."""
        shown = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else str(text)
        for secret in self.secrets:
            for written in (secret, secret.replace("/", "\\/"), json.dumps(secret)[1:-1]):
                shown = shown.replace(written, "…")
        return shown

    @property
    def is_failure_of_the_system(self) -> bool:
        """The system itself failed, whatever was asked."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class Site:
    """A system behind HTTP.

    Args:
        name: what to call it in errors.
        base_url: scheme, host and port.
        secrets: passwords and the like that requests carry; credentials in headers are known anyway.
    """

    def __init__(
        self, name: str, base_url: str, limits: Limits = USUAL_LIMITS, secrets: Iterable[str | None] = ()
    ):
        self.name = name
        self.base_url = base_url
        self.limits = limits
        self._secrets = tuple(filter(None, secrets))
        self._session = requests.Session()
        self._session.auth = _unchanged
        self._session.headers["User-Agent"] = "seamline"

    def close(self) -> None:
        """Ends the open connections."""
        self._session.close()

    def send(self, method: str, path: str, **request: Any) -> Answer:
        """One request, sent once.

        Args:
            request: ``headers``, ``params``, ``json`` or ``data``, as `requests` takes them.

        Raises:
            NotSent: the system cannot be reached.
            NoAnswer: the answer did not come, or not whole.
            SystemUnavailable: it is too long, or takes too long.
            AccessDenied: its certificate is not trusted.
            Misconfigured: the connection names no address, or it answers with a redirect.
        """
        try:
            return self._answer(method, path, request)
        except (requests.RequestException, OSError) as error:
            self._fail(error)

    def succeeding(self, answer: Answer) -> Answer:
        """The answer, unless it says that the system itself failed.

        Raises:
            SystemUnavailable: HTTP 5xx.
        """
        if answer.is_failure_of_the_system:
            raise SystemUnavailable(f"{self.name} answered HTTP {answer.status}.", status=answer.status)
        return answer

    def _answer(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        response = self._session.request(
            method,
            self.base_url + path,
            timeout=(self.limits.connect_seconds, self.limits.silence_seconds),
            allow_redirects=False,
            stream=True,
            **request,
        )
        with response:
            if response.is_redirect:
                raise Misconfigured(
                    f"{self.name} sends us on to another address: enter the right one in the connection."
                )
            return Answer(
                status=response.status_code,
                headers=response.headers,
                body=self._body(response),
                secrets=(*self._secrets, *_credentials(response.request.headers)),
            )

    def _body(self, response: requests.Response) -> bytes:
        parts: list[bytes] = []
        size, deadline = 0, time.monotonic() + self.limits.answer_seconds
        for block in response.iter_content(BLOCK_BYTES):
            size += len(block)
            if size > self.limits.max_bytes:
                raise SystemUnavailable(
                    f"{self.name} sent more than {self.limits.max_bytes:,} bytes in one answer."
                )
            if time.monotonic() > deadline:
                raise SystemUnavailable(
                    f"{self.name} needs more than {self.limits.answer_seconds:g} seconds for one answer."
                )
            parts.append(block)
        return b"".join(parts)

    def _fail(self, error: Exception) -> NoReturn:
        """The error in our own words; the library's would show addresses and headers."""
        if isinstance(error, requests.exceptions.SSLError):
            raise AccessDenied(f"The certificate of {self.name} is not trusted.") from None
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
            raise Misconfigured(f"The connection to {self.name} has no proper address.") from None
        if _never_left(error):
            raise NotSent(f"{self.name} cannot be reached.", cause=type(error).__name__) from None
        raise NoAnswer(
            f"{self.name} did not answer, or its answer was cut off.", cause=type(error).__name__
        ) from None


def again(attempt: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """What the first attempt that succeeds gives; only for requests that change nothing.

    Args:
        sleep: makes the pauses between attempts.

    Raises:
        SystemUnavailable: the last one failed too.
    """
    for pause in PAUSES:
        try:
            return attempt()
        except SystemUnavailable:
            sleep(pause)
    return attempt()


def address(endpoint: Endpoint) -> str:
    """Scheme, host and port of a connection; ``https`` unless it says otherwise.

    Raises:
        Misconfigured: it has no host.
    """
    host = endpoint.host.rstrip("/")
    if not host:
        raise Misconfigured("The connection has no host.")
    if "://" not in host:
        host = f"{endpoint.schema or 'https'}://{host}"
    has_port = urlsplit(host).port is not None
    return host if has_port or endpoint.port is None else f"{host}:{endpoint.port}"


def account(endpoint: Endpoint) -> str:
    """What to call the shop or installation behind a connection: its ``extra.account``, else the first
    part of its host's name.

    Raises:
        Misconfigured: the host is a bare address, which names nothing.
    """
    named = endpoint.extra.get("account")
    if named:
        return str(named)
    first, _, rest = (urlsplit(address(endpoint)).hostname or "").partition(".")
    if not rest or first.isdigit():
        raise Misconfigured(
            "The connection must say in `extra.account` which shop or installation it leads to."
        )
    return first


def asked_pause(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110, section 10.2.3); None without one."""
    text = headers.get("Retry-After", "").strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _credentials(headers: Mapping[str, str]) -> Iterator[str]:
    """``Bearer abc`` and ``abc`` alike hold the secret ``abc``."""
    for name in CREDENTIAL_HEADERS:
        if value := headers.get(name):
            yield value.rpartition(" ")[2]


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without any `auth` the library would look for a password in ``.netrc`` and replace our headers."""
    return request


def _never_left(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
