"""The process of its own: starts, says where it is, ends when told, survives being killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.credentials import ACCOUNTS

PROJECT = Path(__file__).parents[2]


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen, dict]]:
    command = [sys.executable, "-m", "sandbox.serve", "--state", str(folder), "--scale", "0.05", *options]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            assert said.startswith("ready: ")
            yield process, json.loads(Path(said.removeprefix("ready: ").strip()).read_text())
        finally:
            process.kill()


def test_it_says_where_it_is_and_ends_when_told(tmp_path):
    with serving(tmp_path, "--ready-file", str(tmp_path / "where.json"), "--start-date", "2026-11-02") as (
        process,
        ready,
    ):
        assert stat.S_IMODE((tmp_path / "where.json").stat().st_mode) == 0o600
        assert ready["world"] == {"seed": 7, "scale": 0.05, "start": "2026-11-02"}
        assert requests.get(f"{ready['akeneo']['url']}/api/rest/v1/channels", timeout=5).status_code == 401
        with socket.create_connection((ready["sftp"]["host"], ready["sftp"]["port"]), timeout=5) as sftp:
            assert sftp.recv(4) == b"SSH-"
        assert ready["sftp"]["host_key"].startswith("ssh-ed25519 AAAA")
        assert set(ready["sftp"]["accounts"]) == set(ACCOUNTS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert not (tmp_path / "where.json").exists()


def test_what_was_done_survives_a_kill(tmp_path):
    query = {"query": 'mutation { productSet(input: {title: "Kept"}) { product { handle } } }'}
    with serving(tmp_path) as (process, ready):
        shop = ready["shopify"]
        url, headers = (
            f"{shop['url']}/admin/api/2026-07/graphql.json",
            {"X-Shopify-Access-Token": shop["access_token"]},
        )
        assert requests.post(url, json=query, headers=headers, timeout=10).json()["data"]["productSet"][
            "product"
        ]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    port = shop["port"]
    with serving(tmp_path, "--ports", f"shopify={port}") as (_, again):
        assert again["shopify"] == shop
        admin = {"Authorization": f"Bearer {again['admin']['token']}"}
        state = requests.get(f"{again['admin']['url']}/_sandbox/state", headers=admin, timeout=5).json()
        assert state["effects"] == {"productSet": 1}


def test_a_taken_port_is_said_in_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "sandbox.serve",
            "--state",
            str(tmp_path),
            "--ports",
            f"akeneo={port}",
        ]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The sandbox cannot start: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("ports", ["erp=1", "akeneo=x", "akeneo"])
def test_wrong_ports_are_refused(tmp_path, ports):
    command = [sys.executable, "-m", "sandbox.serve", "--state", str(tmp_path), "--ports", ports]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "akeneo, shopify, sftp" in done.stderr


def test_it_starts_quickly(tmp_path):
    began = time.monotonic()
    with serving(tmp_path):
        # Two seconds on an idle machine; other work on this one is allowed for.
        assert time.monotonic() - began < 8
