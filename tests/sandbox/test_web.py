"""What goes wrong on the wire, seen by an ordinary client."""

from __future__ import annotations

import time

import pytest
import requests

import sandbox
from sandbox.faults import Fault, FaultKind

BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def fault(own_box):
    def add(kind: FaultKind, **fields: object) -> None:
        given = {"system": "akeneo", "operation": "products-uuid"} | fields
        own_box.faults.add(Fault(kind=kind, **given))

    return add


@pytest.fixture
def page(own_pim):
    def get() -> requests.Response:
        return own_pim.get("products-uuid", pagination_type="search_after", limit=20)

    return get


def uuids(answer: requests.Response) -> list[str]:
    return [item["uuid"] for item in answer.json()["_embedded"]["items"]]


def test_latency(fault, page):
    fault(FaultKind.LATENCY, seconds=0.3)
    began = time.monotonic()
    assert page().status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("retry_after", [None, 2])
def test_too_many_requests(fault, page, retry_after):
    fault(FaultKind.RATE_LIMIT, retry_after=retry_after)
    answer = page()
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if retry_after is None else "2")
    assert page().status_code == 200


@pytest.mark.parametrize("kind", [FaultKind.ERROR_BEFORE_EFFECT, FaultKind.ERROR_AFTER_EFFECT])
def test_internal_errors(fault, page, kind):
    fault(kind)
    assert page().status_code == 500
    assert page().status_code == 200


@pytest.mark.parametrize(
    "kind", [FaultKind.CUT_BEFORE_EFFECT, FaultKind.CUT_AFTER_EFFECT, FaultKind.CUT_IN_BODY]
)
def test_cut_connections(fault, page, kind):
    whole = page()
    fault(kind)
    with pytest.raises(BROKEN):
        page()
    assert uuids(page()) == uuids(whole)


def test_truncated_json(fault, page):
    fault(FaultKind.TRUNCATED_JSON)
    answer = page()
    assert answer.status_code == 200
    assert len(answer.content) > 100
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_spoiled_pages(fault, page):
    whole = uuids(page())
    fault(FaultKind.PARTIAL_PAGE)
    assert uuids(page()) == whole[:10]
    fault(FaultKind.DUPLICATE_RECORD)
    assert uuids(page()) == whole[:1] + whole
    fault(FaultKind.DUPLICATE_PAGE)
    assert uuids(page()) == whole + whole
    fault(FaultKind.OUT_OF_ORDER)
    assert uuids(page()) == whole[::-1]
    assert uuids(page()) == whole


def test_an_expired_token_is_renewed_by_asking_again(fault, page, own_pim):
    fault(FaultKind.EXPIRED_TOKEN)
    assert page().status_code == 401
    assert page().status_code == 401
    own_pim.session.headers["Authorization"] = f"Bearer {own_pim.token().json()['access_token']}"
    assert page().status_code == 200


def test_a_slow_drip_arrives_whole(fault, page):
    whole = uuids(page())
    fault(FaultKind.SLOW_DRIP, seconds=0.05)
    began = time.monotonic()
    assert uuids(page()) == whole
    assert time.monotonic() - began >= 0.3


def test_connections_are_kept_alive(own_box, own_pim):
    with requests.Session() as session:
        session.headers.update(own_pim.session.headers)
        ports = set()
        for _ in range(5):
            with session.get(f"{own_box.akeneo_url}/api/rest/v1/channels", stream=True, timeout=5) as answer:
                ports.add(answer.raw.connection.sock.getsockname()[1])
                assert answer.json()
    assert len(ports) == 1


def test_requests_are_counted(own_box, own_pim, page):
    page()
    page()
    assert own_box.state.request_counts()["akeneo"] == {"products-uuid": 2, "token": 1}


def test_a_closed_sandbox_answers_nobody(tmp_path):
    with sandbox.running(tmp_path, scale=0.05) as box:
        url = box.akeneo_url
        assert requests.get(url, timeout=5).status_code == 401
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
