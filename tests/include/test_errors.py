"""Errors are grouped by what happens next, say what to do, and never carry a secret."""

from __future__ import annotations

import ast
import base64
import importlib
import inspect
import json
import pkgutil
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from databases import Database

import include.systems
from include import errors
from include.delivery import Endpoint
from include.environment import dsn, endpoint
from include.errors import (
    DeliveryRefused,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RetryLater,
    SeamlineError,
    SetAside,
    Stop,
)
from include.stores.landing_files import LandingFiles
from include.systems.akeneo.client import Client as Akeneo
from include.systems.shopify.client import Client as Shopify
from include.workspace import Workspace

CODE = Path(include.systems.__file__).parents[1]
SECRET = "hunter2-is/no+secret="
SAYS_WHAT_TO_DO = re.compile(
    r"by itself|\b(Mend|Clear|Compare|Renew|Raise|Ask|Read|See|Find|Check|Correct|Ask for|check|mend|clear)\b|"
    r"`\./seamline [a-z-]+|A person must act|looked up before|Nothing to do"
)


def every_error() -> list[type[SeamlineError]]:
    for module in pkgutil.walk_packages(include.systems.__path__, "include.systems."):
        importlib.import_module(module.name)
    found, waiting = [], [SeamlineError]
    while waiting:
        one = waiting.pop(0)
        found.append(one)
        waiting += [child for child in one.__subclasses__() if child.__module__.startswith("include.")]
    return found


class TestTheTree:
    def test_the_picture_at_the_top_of_the_module_is_true(self) -> None:
        picture = re.findall(r"^( *)[│├└─ ]*?([A-Z]\w+)(?: {2,}|$)", errors.__doc__ or "", re.MULTILINE)
        drawn = {name for _, name in picture}
        defined = {
            name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, Exception)
        }
        assert drawn == defined

    def test_every_error_says_whether_to_wait_to_set_aside_or_to_act(self) -> None:
        for error in every_error()[1:]:
            assert sum(issubclass(error, group) for group in (RetryLater, SetAside, Stop)) == 1, error


class TestMessages:
    @pytest.mark.parametrize("error", every_error()[1:], ids=lambda error: error.__name__)
    def test_the_advice_says_what_to_do_now(self, error: type[SeamlineError]) -> None:
        advice = error.advice.fget(error.__new__(error))  # type: ignore[attr-defined]
        assert advice.endswith((".", "`."))
        assert SAYS_WHAT_TO_DO.search(advice), advice
        assert len(advice) < 300

    def test_the_text_is_what_happened_and_what_to_do(self) -> None:
        error = Misconfigured("The connection has no host.", connection="akeneo")
        assert str(error) == (
            "The connection has no host. (The configuration contradicts itself. Mend the named file or connection, "
            "then clear the task.)"
        )
        assert (error.message, error.evidence) == ("The connection has no host.", {"connection": "akeneo"})

    def test_evidence_can_be_kept(self) -> None:
        for error in (
            RateLimited("Slow down.", retry_after=1.5, status=429),
            OutcomeUnknown("Sent.", True, attempt=2),
            DeliveryRefused("Half a set.", rule="missing_file", missing=["a.csv"]),
        ):
            assert json.loads(json.dumps(error.evidence)) == error.evidence

    def test_what_the_next_step_needs_is_an_attribute(self) -> None:
        assert RateLimited("Slow down.", retry_after=1.5).retry_after == 1.5
        assert OutcomeUnknown("Sent.", is_answered=True).is_answered
        assert not OutcomeUnknown("Sent.").is_answered
        assert DeliveryRefused("Half a set.", rule="missing_file").rule == "missing_file"

    def test_every_message_that_is_raised_is_a_sentence(self) -> None:
        names = {error.__name__ for error in every_error()}
        wrong = [
            f"{path.relative_to(CODE)}: {text}"
            for path in sorted(CODE.rglob("*.py"))
            for text in messages_in(path, names)
            if not re.match(r"[A-Z{]|--|dbt |[a-z]+\.", text) or not text.endswith((".", "}", "?"))
        ]
        assert wrong == []


def messages_in(path: Path, names: set[str]) -> Iterator[str]:
    """The first argument of every error that is raised, with `{}` where a value stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        if isinstance(node.exc.func, ast.Name) and node.exc.func.id in names:
            match node.exc.args[0]:
                case ast.Constant(value=str(text)):
                    yield text
                case ast.JoinedStr(values=parts):
                    yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)


class TestSecrets:
    def test_what_is_printed_of_a_connection_or_a_workspace_has_none(self, tmp_path: Path) -> None:
        where = Endpoint(host="h", login="l", password=SECRET, extra={"client_secret": SECRET})
        work = Workspace(warehouse=dsn(where), landing=LandingFiles(tmp_path), endpoint=lambda _: where)
        assert SECRET not in repr(where) + repr(work) + f"{where} {work}"

    def test_no_message_names_a_value_that_may_be_one(self) -> None:
        wrong = [
            f"{path.relative_to(CODE)}:{node.lineno}"
            for path in CODE.rglob("*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Raise)
            for part in ast.walk(node)
            if isinstance(part, ast.FormattedValue)
            and re.search(r"\b(password|private_key|_token|secret|warehouse|dsn)\b", ast.unparse(part))
        ]
        assert wrong == []

    @pytest.mark.parametrize(
        "connection",
        [
            f'{{"host": "h", "port": "x", "password": "{SECRET}"}}',
            f"postgres://a:{SECRET}@h:no/db",
        ],
    )
    def test_a_connection_that_cannot_be_read_keeps_its_own(
        self, connection: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_AKENEO", connection)
        with pytest.raises(Misconfigured, match="neither JSON nor a URI") as raised:
            endpoint("akeneo")
        assert SECRET not in everything_of(raised.value)

    def test_a_database_that_refuses_a_password_does_not_repeat_it(
        self, database: Database, tmp_path: Path
    ) -> None:
        wrong = psycopg.conninfo.make_conninfo(database.dsn("seamline_pipeline"), password=SECRET)
        work = Workspace(warehouse=wrong, landing=LandingFiles(tmp_path), endpoint=endpoint)
        with pytest.raises(psycopg.OperationalError) as raised:
            work.connect("tests")
        assert SECRET not in str(raised.value)

    @pytest.mark.parametrize("status", [200, 400, 401, 403, 422, 429, 500])
    def test_a_system_that_says_again_what_we_sent_does_not_make_us_say_it(self, status: int) -> None:
        with repeating_server(status) as url:
            for ask in (from_shopify, from_akeneo, renewed_from_akeneo):
                with pytest.raises(SeamlineError) as raised:
                    ask(url)
                said = everything_of(raised.value)
                client = base64.b64encode(f"id:{SECRET}".encode()).decode()
                for secret in (SECRET, client, "token-of-the-pim"):
                    assert secret not in said, said


def everything_of(error: BaseException) -> str:
    """All that a log may show of an error: its text, its evidence, and what it was made from."""
    chain = [error]
    while cause := chain[-1].__cause__ or (None if chain[-1].__suppress_context__ else chain[-1].__context__):
        chain.append(cause)
    return " ".join(f"{one} {one!r} {getattr(one, 'evidence', '')}" for one in chain)


def from_shopify(url: str) -> None:
    where = Endpoint(host=url, password=SECRET, extra={"api_version": "2026-07", "account": "shop"})
    with Shopify(where, sleep=lambda _: None) as client:
        client.query("shop")


def from_akeneo(url: str) -> None:
    extra = {"client_id": "id", "client_secret": SECRET, "account": "pim"}
    with Akeneo(Endpoint(host=url, login="l", password=SECRET, extra=extra), sleep=lambda _: None) as client:
        client.page("products-uuid", {})


def renewed_from_akeneo(url: str) -> None:
    """A server that gives a token, and repeats it where it refuses a page."""
    from_akeneo(f"{url}/gives-tokens")


@contextmanager
def repeating_server(status: int) -> Iterator[str]:
    """Answers every request with a message that repeats its headers and its body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._answer(body, gives_token=self.path.startswith("/gives-tokens") and "token" in self.path)

        def do_GET(self) -> None:
            self._answer("", gives_token=False)

        def _answer(self, body: str, gives_token: bool) -> None:
            said = " ".join([*(f"{name}: {value}" for name, value in self.headers.items()), body])
            # As PHP writes JSON: slashes are escaped.
            document = {"message": said, "errors": [{"message": said}]}
            if gives_token:
                document = {"access_token": "token-of-the-pim"}
            content = json.dumps(document).replace("/", "\\/").encode()
            self.send_response(200 if gives_token else status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Shopify-API-Version", "2026-07")
            self.end_headers()
            self.wfile.write(content)

        log_message: Callable[..., None] = lambda *_: None

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        listening.server_close()
