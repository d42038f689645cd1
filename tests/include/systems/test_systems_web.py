from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from include.delivery import Endpoint
from include.errors import AccessDenied, Misconfigured, SystemUnavailable
from include.systems.web import Limits, NotSent, Site, account, address, again, asked_pause

Answering = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answering: Answering) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answering(self)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        listening.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def test_an_answer_is_unpacked_and_otherwise_as_it_came() -> None:
    body = b'{"a": 1}' * 1_000
    with server(lambda one: send(one, gzip.compress(body), Content_Encoding="gzip")) as url:
        answer = Site("X", url).send("GET", "/")
    assert (answer.status, answer.body) == (200, body)


def test_a_body_that_unfolds_beyond_the_limit_is_not_held() -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    with (
        server(lambda one: send(one, bomb, Content_Encoding="gzip")) as url,
        pytest.raises(SystemUnavailable, match="more than 1,000,000 bytes"),
    ):
        Site("X", url, Limits(max_bytes=1_000_000)).send("GET", "/")


@pytest.mark.parametrize("lie", [{"Content_Length": "1000"}, {"Content_Encoding": "gzip"}])
def test_a_body_that_is_not_what_it_says_is_no_answer(lie: dict[str, str]) -> None:
    def answering(handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"short", **lie)
        handler.close_connection = True

    with server(answering) as url, pytest.raises(SystemUnavailable, match="cut off"):
        Site("X", url).send("GET", "/")


def test_a_redirect_is_not_followed_and_carries_no_credentials() -> None:
    asked: list[str] = []

    def answering(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        send(handler, b"", 302, Location="/elsewhere")

    with server(answering) as url, pytest.raises(Misconfigured, match="sends us on"):
        Site("X", url).send("GET", "/", headers={"Authorization": "Bearer secret"})
    assert asked == ["/"]


def test_a_password_in_the_home_folder_never_replaces_our_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with server(lambda one: send(one, one.headers["Authorization"].encode())) as url:
        answer = Site("X", url).send("GET", "/", headers={"Authorization": "Bearer ours"})
    assert answer.body == b"Bearer ours"


def test_nobody_there_means_nothing_was_sent() -> None:
    with pytest.raises(NotSent):
        Site("X", "http://127.0.0.1:1").send("GET", "/")
    with pytest.raises(NotSent):
        Site("X", "http://no-such-host.invalid").send("GET", "/")


def test_something_that_speaks_no_tls_is_not_trusted() -> None:
    with server(lambda one: send(one, b"")) as url, pytest.raises(AccessDenied):
        Site("X", url.replace("http://", "https://")).send("GET", "/")


def test_an_address_that_is_none_is_said_to_be_so() -> None:
    with pytest.raises(Misconfigured):
        Site("X", "http://[half").send("GET", "/")


def test_a_secret_in_a_request_is_in_no_error() -> None:
    with pytest.raises(NotSent) as error:
        Site("X", "http://127.0.0.1:1").send("GET", "/", headers={"Authorization": "Bearer tok3n"})
    assert "tok3n" not in str(error.value) + repr(error.value.evidence)
    assert error.value.__cause__ is None


def test_again_gives_the_first_success_or_the_last_failure() -> None:
    outcomes: list[object] = [
        SystemUnavailable("one"),
        SystemUnavailable("two"),
        "answer",
        SystemUnavailable("three"),
    ]
    pauses: list[float] = []

    def attempt() -> object:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert again(attempt, pauses.append) == "answer"
    assert pauses == [0.5, 2.0]
    outcomes[:] = [SystemUnavailable(str(number)) for number in range(3)]
    with pytest.raises(SystemUnavailable, match="2"):
        again(attempt, pauses.append)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (Endpoint(host="shop.example"), "https://shop.example"),
        (Endpoint(host="shop.example", port=8443), "https://shop.example:8443"),
        (Endpoint(host="shop.example", schema="http"), "http://shop.example"),
        (Endpoint(host="http://127.0.0.1:8001/"), "http://127.0.0.1:8001"),
        (Endpoint(host="http://127.0.0.1:8001", port=9), "http://127.0.0.1:8001"),
    ],
)
def test_the_address_is_what_the_connection_says(endpoint: Endpoint, expected: str) -> None:
    assert address(endpoint) == expected


def test_the_account_is_named_or_is_the_host() -> None:
    assert account(Endpoint(host="storefront-eu.myshopify.com")) == "storefront-eu"
    assert account(Endpoint(host="http://127.0.0.1:1", extra={"account": "storefront-eu"})) == "storefront-eu"
    for host in ("http://127.0.0.1:8001", "localhost"):
        with pytest.raises(Misconfigured, match=r"extra\.account"):
            account(Endpoint(host=host))


def test_a_pause_is_asked_for_in_seconds_or_as_a_moment() -> None:
    now = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
    later = (now + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert asked_pause({"Retry-After": "7"}) == 7.0
    assert asked_pause({"Retry-After": "0.5"}) == 0.5
    assert asked_pause({"Retry-After": later}, now) == 90.0
    assert asked_pause({"Retry-After": "Wed, 04 Nov 2020 12:00:00 -0000"}, now) == 0.0
    assert asked_pause({"Retry-After": "soon"}) is None
    assert asked_pause({}) is None
