"""Running stand-ins, an sshd, and a warehouse for the tests of the systems."""

from __future__ import annotations

import getpass
import itertools
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from databases import DatabaseServer
from stand_ins import PLENTY, SCALE, START, RealServer, StoppedClock, endpoint_of
from storefront import Outbound, Shop
from suppliers import Exchange

import sandbox
from include.delivery import Endpoint
from include.stores.connection import connected
from include.stores.landing import FlowMemory
from include.stores.landing_files import LandingFiles
from include.workspace import Workspace
from sandbox.systems import MAILBOXES, Sandbox

SSHD = Path("/usr/sbin/sshd")
ROLE = "seamline_pipeline"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox on its first day, for tests that only look."""
    folder = tmp_path_factory.mktemp("box")
    with sandbox.running(folder, clock=StoppedClock(), scale=SCALE, start=START, **PLENTY) as running:
        yield running


@pytest.fixture
def own_box(tmp_path: Path, clock: StoppedClock) -> Iterator[Sandbox]:
    """A sandbox of the test's own."""
    with sandbox.running(tmp_path / "box", clock=clock, scale=SCALE, start=START, **PLENTY) as running:
        yield running


@pytest.fixture(scope="module")
def warehouse(database_server: DatabaseServer) -> Iterator[str]:
    """A warehouse for the tests of a module that keep to accounts of their own; its connection string."""
    with database_server.database() as made:
        yield made.dsn(ROLE)


@pytest.fixture
def memory(warehouse: str) -> Iterator[Callable[[str], FlowMemory]]:
    """What a flow remembers, by the flow."""
    with connected(warehouse, "tests") as connection:
        yield lambda flow: FlowMemory(connection, flow)


@pytest.fixture
def places(
    database_server: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Sandbox], Workspace]]:
    """What a step works with, for a sandbox; nobody waits for a second look at a file."""
    monkeypatch.setattr("include.steps.land.SECOND_LOOK_SECONDS", -1)
    landing = LandingFiles(tmp_path / "landing")
    with database_server.database() as made:
        yield lambda box: Workspace(
            warehouse=made.dsn(ROLE), landing=landing, endpoint=lambda system: endpoint_of(box, system)
        )


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """OpenSSH's own SFTP server, for the user who runs the tests, by key."""
    if not SSHD.exists():
        pytest.skip(f"{SSHD} is not installed (Debian: openssh-server)")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host_key", "other_host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "files").mkdir()
    port = _free_port()
    process = _started(folder, port)
    try:
        _await_port(port, process, folder)
        yield RealServer(_endpoint(folder, port), folder / "files", folder / "host_key")
    finally:
        process.terminate()
        process.wait(timeout=5)


def _started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/user_key.pub\nStrictModes no\nPermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\nSubsystem sftp internal-sftp\nForceCommand internal-sftp\n"
    )
    if os.geteuid() == 0:
        # Debian makes the folder when the service starts; here nobody starts the service.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([SSHD, "-D", "-e", "-f", config], stderr=log, stdout=log)


def _endpoint(folder: Path, port: int) -> Endpoint:
    public = (folder / "host_key.pub").read_text()
    secret = {"host_key": public, "private_key": (folder / "user_key").read_text()}
    return Endpoint(host="127.0.0.1", port=port, login=getpass.getuser(), extra=secret)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _await_port(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            pytest.skip(f"sshd does not start here: {(folder / 'log').read_text()}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.skip("sshd does not answer")


@pytest.fixture(scope="session")
def new_key() -> Callable[[], paramiko.PKey]:
    """A host key that nobody knows."""
    return lambda: paramiko.ECDSAKey.generate()


@pytest.fixture
def exchange(outbound: Outbound, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    """We and the partners over EDI, whose mailboxes are empty and who have forgotten everything."""
    monkeypatch.setattr("include.steps.land.SECOND_LOOK_SECONDS", -1)
    places = {name: endpoint_of(shop.box, name) for name in ("supplier_edi", "warehouse_edi", "retailer_edi")}
    shop.box.state.run("delete from effect where system in ('supplier_edi', 'warehouse_edi', 'retailer_edi')")
    for fact in ("order", "first order", "waiting", "shipping order", "stock", "price"):
        shop.box.state.run("delete from fact where name like ?", f"{fact} %")
    for account, partners in MAILBOXES.items():
        for partner, part in itertools.product(partners, ("in", "out", "archive")):
            for path in (shop.box.settings.state_dir / "sftp" / account / partner / part).iterdir():
                path.unlink()
    yield Exchange(replace(outbound, places=places), shop.box)
