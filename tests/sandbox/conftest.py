"""Running stand-ins and small clients for them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import paramiko
import pytest
import requests

import sandbox
from sandbox.systems import Sandbox

START = date(2026, 11, 2)
SCALE = 0.1
PLENTY = {"bucket_size": 1e9, "restore_rate": 1e9}


class StoppedClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class PimClient:
    """Asks the PIM."""

    def __init__(self, box: Sandbox):
        self.box = box
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def token(self, **changes: object) -> requests.Response:
        given = self.box.credentials
        form = {
            "grant_type": "password",
            "username": given.akeneo_username,
            "password": given.akeneo_password,
        }
        client = (given.akeneo_client_id, given.akeneo_client_secret)
        return requests.post(
            f"{self.box.akeneo_url}/api/oauth/v1/token", json=form | changes, auth=client, timeout=10
        )

    def get(self, path: str, **query: object) -> requests.Response:
        url = path if path.startswith("http") else f"{self.box.akeneo_url}/api/rest/v1/{path}"
        return self.session.get(url, params=query, timeout=10)

    def everything(self, **query: object) -> list[dict]:
        found, page = [], self.get("products-uuid", pagination_type="search_after", **query)
        while True:
            assert page.status_code == 200, page.text
            found += page.json()["_embedded"]["items"]
            following = page.json()["_links"].get("next")
            if following is None:
                return found
            page = self.get(following["href"])


class ShopClient:
    """Asks the shop."""

    def __init__(self, box: Sandbox):
        self.box = box
        self.session = requests.Session()
        self.session.headers["X-Shopify-Access-Token"] = box.credentials.shopify_access_token

    def post(self, query: str, /, version: str = "2026-07", **variables: object) -> requests.Response:
        url = f"{self.box.shopify_url}/admin/api/{version}/graphql.json"
        return self.session.post(url, json={"query": query, "variables": variables}, timeout=10)

    def ask(self, query: str, /, **variables: object) -> dict:
        answer = self.post(query, **variables)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def data(self, query: str, /, **variables: object) -> dict:
        payload = self.ask(query, **variables)
        assert "errors" not in payload, payload["errors"]
        return payload["data"]


class AdminClient:
    """Drives a sandbox through its admin path."""

    def __init__(self, box: Sandbox):
        self.url = f"{box.shopify_url}/_sandbox"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {box.credentials.admin_token}"

    def call(self, method: str, path: str, **options: object) -> requests.Response:
        return self.session.request(method, f"{self.url}/{path}", timeout=10, **options)


@contextmanager
def mailbox(box: Sandbox, account: str = "supplier", **options: object) -> Iterator[paramiko.SFTPClient]:
    """A partner's account on the SFTP server, host key checked."""
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        kind, data = box.host_key.split()
        key = paramiko.Ed25519Key(data=base64.b64decode(data))
        client.get_host_keys().add(f"[{box.sftp.host}]:{box.sftp.port}", kind, key)
        given = {"password": box.credentials.sftp_passwords.get(account)} | options
        client.connect(
            box.sftp.host,
            box.sftp.port,
            username=account,
            allow_agent=False,
            look_for_keys=False,
            timeout=5,
            **given,
        )
        yield client.open_sftp()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox for tests that only look."""
    with sandbox.running(tmp_path_factory.mktemp("box"), scale=SCALE, start=START, **PLENTY) as running:
        yield running


@pytest.fixture
def own_box(tmp_path: Path, clock: StoppedClock) -> Iterator[Sandbox]:
    """A sandbox of the test's own, with a clock that it can move."""
    with sandbox.running(tmp_path, clock=clock, scale=SCALE, start=START, **PLENTY) as running:
        yield running


@pytest.fixture
def pim(box: Sandbox) -> PimClient:
    return PimClient(box)


@pytest.fixture
def own_pim(own_box: Sandbox) -> PimClient:
    return PimClient(own_box)


@pytest.fixture
def shop(box: Sandbox) -> ShopClient:
    return ShopClient(box)


@pytest.fixture
def own_shop(own_box: Sandbox) -> ShopClient:
    return ShopClient(own_box)


@pytest.fixture
def admin(own_box: Sandbox) -> AdminClient:
    return AdminClient(own_box)


@pytest.fixture
def open_mailbox():
    return mailbox


@pytest.fixture(scope="session")
def pim_client():
    return PimClient


@pytest.fixture(scope="session")
def shop_client():
    return ShopClient
