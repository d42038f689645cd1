"""HTTP for the stand-ins: real sockets with keep-alive and gzip, and the faults that happen on the wire."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from sandbox.faults import Fault, FaultKind, Faults
from sandbox.state import State

ADMIN_PREFIX = "/_sandbox"
DRIP_PIECES = 8
GZIP_FROM_BYTES = 1024
UNLIMITED = 10_000


class BadJson(ValueError):
    """The body of a request is not JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        """The body as JSON.

        Raises:
            BadJson: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise BadJson(str(error)) from error

    @property
    def base_url(self) -> str:
        """The address that the client used, without the path."""
        return f"http://{self.headers.get('host', 'localhost')}"


@dataclass(frozen=True, slots=True)
class Response:
    """What a stand-in answers; ``payload`` is sent as JSON."""

    status: int
    payload: object
    headers: dict[str, str] = field(default_factory=dict)


class WebSystem(Protocol):
    """An outside system behind HTTP.

    Attributes:
        concurrent_requests: how many it answers at a time, the others get 429; None is without limit.
    """

    name: str
    concurrent_requests: int | None

    def operation(self, request: Request) -> str:
        """What kind of request this is, as faults name it."""

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """What the vendor would answer; ``fault`` is one that the system itself must act out."""

    def refusal(self, request: Request, fault: Fault) -> Response:
        """How the vendor words a fault: too many requests, an expired token, an internal error."""

    def pages(self, payload: object) -> Iterator[list[object]]:
        """The lists of records in an answer, to be changed in place."""


_REFUSED_BEFORE = (
    FaultKind.RATE_LIMIT,
    FaultKind.THROTTLE,
    FaultKind.ERROR_BEFORE_EFFECT,
    FaultKind.EXPIRED_TOKEN,
)


def _first_half(page: list[object]) -> list[object]:
    return page[: len(page) // 2]


_SPOILED: dict[FaultKind, Callable[[list[object]], list[object]]] = {
    FaultKind.PARTIAL_PAGE: _first_half,
    FaultKind.DUPLICATE_RECORD: lambda page: page[:1] + page,
    FaultKind.DUPLICATE_PAGE: lambda page: page + page,
    FaultKind.OUT_OF_ORDER: lambda page: page[::-1],
}


def _places(limit: int | None) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(limit or UNLIMITED)


def _too_many(system: WebSystem) -> Fault:
    return Fault(system=system.name, kind=FaultKind.RATE_LIMIT, retry_after=1)


class CutConnection(Exception):
    """The connection is to break now."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class WebServer:
    """Serves one system, and the admin path, on its own port until closed.

    Args:
        system: who answers.
        admin: who answers below ``/_sandbox``.
        host: address to bind.
        port: 0 for any free one.
    """

    def __init__(
        self,
        system: WebSystem,
        admin: Callable[[Request], Response],
        state: State,
        faults: Faults,
        host: str = "127.0.0.1",
        port: int = 0,
    ):
        self.system = system
        self.admin = admin
        self.state = state
        self.faults = faults
        self.places = _places(system.concurrent_requests)
        self.open_sockets: set[socket.socket] = set()
        handler = type("Handler", (_Handler,), {"web": self})
        self._server = _Server((host, port), handler)
        self.host, self.port = self._server.server_address[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._server.get_request()
            except OSError:
                return
            self._server.process_request(connection, address)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    def close(self) -> None:
        """Takes no more requests and ends the open connections."""
        with contextlib.suppress(OSError):
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join(timeout=2)
        for connection in list(self.open_sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    web: WebServer

    def setup(self) -> None:
        super().setup()
        self.web.open_sockets.add(self.connection)

    def finish(self) -> None:
        self.web.open_sockets.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: requests are counted in the state."""

    def _serve(self) -> None:
        try:
            request = self._read_request()
            if request.path.startswith(ADMIN_PREFIX):
                self._send(self.web.admin(request), request, None)
            else:
                self._serve_system(request)
        except (CutConnection, ConnectionError):
            self._cut()

    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = _serve

    def _read_request(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _serve_system(self, request: Request) -> None:
        system = self.web.system
        operation = system.operation(request)
        self.web.state.count_request(system.name, operation)
        if not self.web.places.acquire(blocking=False):
            self._send(system.refusal(request, _too_many(system)), request, None)
            return
        try:
            fault = self.web.faults.take(system.name, operation, request.path)
            response = system.answer(request, None) if fault is None else self._faulty_answer(request, fault)
        finally:
            self.web.places.release()
        self._send(response, request, fault)

    def _faulty_answer(self, request: Request, fault: Fault) -> Response:
        system = self.web.system
        if fault.kind not in (FaultKind.SLOW_DRIP, FaultKind.SLOW_EFFECT):
            time.sleep(fault.seconds)
        if fault.kind is FaultKind.CUT_BEFORE_EFFECT:
            raise CutConnection
        if fault.kind in _REFUSED_BEFORE:
            return system.refusal(request, fault)
        response = system.answer(request, fault)
        if fault.kind is FaultKind.CUT_AFTER_EFFECT:
            raise CutConnection
        if fault.kind is FaultKind.ERROR_AFTER_EFFECT:
            return system.refusal(request, fault)
        if fault.kind in _SPOILED:
            for page in system.pages(response.payload):
                page[:] = _SPOILED[fault.kind](page)
        return response

    def _send(self, response: Response, request: Request, fault: Fault | None) -> None:
        body = b"" if response.payload is None else json.dumps(response.payload, ensure_ascii=False).encode()
        if fault is not None and fault.kind is FaultKind.TRUNCATED_JSON:
            body = body[: len(body) // 2]
        headers = {"Content-Type": "application/json; charset=utf-8", **response.headers}
        if "gzip" in request.headers.get("accept-encoding", "") and len(body) >= GZIP_FROM_BYTES:
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.send_response(response.status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self._send_body(body, fault)

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        if fault is not None and fault.kind is FaultKind.CUT_IN_BODY:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            raise CutConnection
        if fault is not None and fault.kind is FaultKind.SLOW_DRIP:
            self._drip(body, fault.seconds)
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes, pause: float) -> None:
        size = max(len(body) // DRIP_PIECES, 1)
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            time.sleep(pause)

    def _cut(self) -> None:
        # Lingering for no time makes the kernel send a reset instead of an orderly end.
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
