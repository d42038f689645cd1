"""The client against a real server that speaks a few of Airflow's sentences; the whole API is in test_running.py."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.stack.airflow import is_healthy, is_up
from sandbox.stack.api import AirflowApi
from sandbox.stack.failures import StackFailure
from sandbox.stack.ports import any_free_port


class Airflow(BaseHTTPRequestHandler):
    """250 DAGs behind a token that is good for one sign-in number."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def _answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        login = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if login["password"] != "right":
            return self._answer(401, {"detail": "Invalid credentials"})
        self.server.tokens += 1
        return self._answer(201, {"access_token": str(self.server.tokens)})

    def do_GET(self):
        if self.headers["Authorization"] != f"Bearer {self.server.tokens}":
            return self._answer(401, {"detail": "Invalid JWT token"})
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path != "/api/v2/dags":
            return self._answer(404, {"detail": "The Dag with ID: `x` was not found"})
        first, count = int(query["offset"]), int(query["limit"])
        page = [{"dag_id": f"dag_{number}"} for number in range(250)][first : first + count]
        return self._answer(200, {"dags": page, "total_entries": 250})


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Airflow) as found:
        found.tokens = 0
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture
def api(server):
    return AirflowApi(f"http://127.0.0.1:{server.server_port}", "admin", "right", timeout=5)


def test_every_page_is_read(api):
    assert [dag["dag_id"] for dag in api.dags()] == [f"dag_{number}" for number in range(250)]


def test_it_signs_in_once_and_again_when_the_token_has_expired(api, server):
    api.dags()
    api.dags()
    assert server.tokens == 1
    server.tokens = 10
    api.dags()
    assert server.tokens == 11


def test_a_refusal_names_the_request_and_repeats_airflows_words(api):
    with pytest.raises(StackFailure) as refused:
        api.dag_run("x", "y")
    assert str(refused.value) == (
        "Airflow refuses GET /api/v2/dags/x/dagRuns/y with 404: The Dag with ID: `x` was not found"
    )


def test_a_wrong_password_is_told_and_not_repeated(server):
    stranger = AirflowApi(f"http://127.0.0.1:{server.server_port}", "admin", "wrong-password")
    with pytest.raises(StackFailure, match=r"POST /auth/token with 401: Invalid credentials") as refused:
        stranger.dags()
    assert "wrong-password" not in f"{refused.value} {stranger!r}"


def test_no_answer_is_told_with_the_address():
    nobody = AirflowApi(f"http://127.0.0.1:{any_free_port()}", timeout=1)
    with pytest.raises(StackFailure, match=r"does not answer POST http://127\.0\.0\.1"):
        nobody.dags()
    assert not is_up(nobody, "scheduler", since=0)


def health(**changes):
    return {
        "metadatabase": {"status": "healthy"},
        "scheduler": {
            "status": "healthy",
            "latest_scheduler_heartbeat": "2026-11-20T10:00:00+00:00",
            **changes,
        },
    }


START = 1795168800.0  # 2026-11-20T10:00:00Z


def test_a_component_is_healthy_by_a_heartbeat_after_its_start():
    assert is_healthy(health(), "scheduler", since=START)
    assert is_healthy(health(latest_scheduler_heartbeat="2026-11-20T10:00:00"), "scheduler", since=START)


@pytest.mark.parametrize(
    "report",
    [
        {"status": "unhealthy"},
        {"latest_scheduler_heartbeat": "2026-11-20T09:59:59+00:00"},
        {"latest_scheduler_heartbeat": None},
    ],
)
def test_the_heartbeat_of_a_predecessor_does_not_count(report):
    assert not is_healthy(health(**report), "scheduler", since=START)


def test_a_component_that_airflow_does_not_mention_is_not_healthy():
    assert not is_healthy(health(), "triggerer", since=START)
    assert is_healthy(health(), "api-server", since=START)
