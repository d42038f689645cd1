"""The connections that the DAGs get really lead to the stand-ins."""

from __future__ import annotations

import base64
import json
import os

import paramiko
import pytest
import requests

from sandbox.stack import outside_systems
from sandbox.stack.environment import connection_variables
from sandbox.stack.places import PROJECT, make_folders, places
from sandbox.stack.ports import any_free_port
from sandbox.stack.processes import Processes


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    where = places(tmp_path_factory.mktemp("stack"))
    make_folders(where)
    processes = Processes(where.processes, where.logs, PROJECT)
    ports = {name: any_free_port() for name in outside_systems.SYSTEMS}
    processes.start(
        outside_systems.sandbox_component(where, ports), {**os.environ, "PYTHONPATH": str(PROJECT)}
    )
    processes.wait_until(lambda: outside_systems.ready(where.systems) is not None, "sandbox", seconds=60)
    yield outside_systems.ready(where.systems)
    processes.stop_all()
    assert outside_systems.ready(where.systems) is None


@pytest.fixture(scope="module")
def connections(systems):
    found = connection_variables(outside_systems.connections(systems))
    return {name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(text) for name, text in found.items()}


def test_there_is_one_for_every_system(connections):
    assert set(connections) == {
        "akeneo",
        "shopify",
        "erp_sftp",
        "supplier_sftp",
        "supplier_edi",
        "warehouse_edi",
        "marketplace_sftp",
        "retailer_edi",
        "ledger_sftp",
        "panel_sftp",
        "adyen_sftp",
    }


def test_akeneo_lets_us_in(connections):
    akeneo = connections["akeneo"]
    client = f"{akeneo['extra']['client_id']}:{akeneo['extra']['client_secret']}"
    answer = requests.post(
        f"{akeneo['host']}/api/oauth/v1/token",
        json={"grant_type": "password", "username": akeneo["login"], "password": akeneo["password"]},
        headers={"Authorization": f"Basic {base64.b64encode(client.encode()).decode()}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["access_token"]


def test_shopify_lets_us_in_and_serves_the_version_that_we_ask_for(connections):
    shopify = connections["shopify"]
    version = shopify["extra"]["api_version"]
    answer = requests.post(
        f"{shopify['host']}/admin/api/{version}/graphql.json",
        json={"query": "{ shop { name } }"},
        headers={"X-Shopify-Access-Token": shopify["password"]},
        timeout=60,
    )
    assert answer.json()["data"]["shop"]["name"]
    assert answer.headers["X-Shopify-API-Version"] == version == "2026-07"


@pytest.mark.parametrize("name", sorted(outside_systems.SFTP_ACCOUNTS))
def test_the_sftp_server_lets_us_in_and_shows_the_host_key_that_we_expect(connections, name, tmp_path):
    account = connections[name]
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[{account['host']}]:{account['port']} {account['extra']['host_key']}\n")
    with paramiko.SSHClient() as client:
        client.load_host_keys(str(known_hosts))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            account["host"],
            account["port"],
            account["login"],
            account["password"],
            allow_agent=False,
            look_for_keys=False,
        )
        assert client.open_sftp().listdir(".")


def test_containers_reach_the_same_systems_under_another_name(systems):
    moved = outside_systems.connections(outside_systems.seen_from_afar(systems, "sandbox"))
    assert moved["akeneo"]["host"] == f"http://sandbox:{systems['akeneo']['port']}"
    assert moved["shopify"]["host"] == f"http://sandbox:{systems['shopify']['port']}"
    assert (moved["supplier_sftp"]["host"], moved["supplier_sftp"]["port"]) == (
        "sandbox",
        systems["sftp"]["port"],
    )
    assert moved["akeneo"]["password"] == systems["akeneo"]["password"]


def test_a_ready_file_that_is_half_written_is_not_ready(tmp_path):
    path = tmp_path / "ready.json"
    assert outside_systems.ready(path) is None
    path.write_text('{"akeneo": ')
    assert outside_systems.ready(path) is None
