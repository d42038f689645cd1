"""The partners' mailboxes: who may come in, what they may do, what goes wrong."""

from __future__ import annotations

import io
import os
import time

import paramiko
import pytest

import sandbox
from sandbox.faults import Fault, FaultKind

CUT = (OSError, EOFError, paramiko.SSHException)
FILE = "/nordhaus/outbox/catalog_nordhaus_20261102T050000Z.csv"


def content(box: sandbox.Sandbox, path: str = FILE) -> bytes:
    return (box.settings.state_dir / "sftp/supplier" / path.lstrip("/")).read_bytes()


@pytest.mark.parametrize("account", ["supplier", "warehouse", "marketplace"])
def test_each_account_sees_its_own_folder(box, open_mailbox, account):
    partners = {
        "supplier": {"nordhaus", "lumiere", "kontor", "nordkap", "fjell"},
        "warehouse": {"central", "north"},
        "marketplace": {"feira"},
    }
    with open_mailbox(box, account) as files:
        assert set(files.listdir("/")) == partners[account]


def test_a_key_opens_too(box, open_mailbox):
    key = paramiko.Ed25519Key.from_private_key_file(str(box.key_file("supplier")))
    with open_mailbox(box, "supplier", password=None, pkey=key) as files:
        assert files.listdir("/nordhaus/outbox")


def test_a_foreign_key_does_not(box, open_mailbox):
    key = paramiko.Ed25519Key.from_private_key_file(str(box.key_file("warehouse")))
    with (
        pytest.raises(paramiko.AuthenticationException),
        open_mailbox(box, "supplier", password=None, pkey=key),
    ):
        pass


@pytest.mark.parametrize(("account", "password"), [("supplier", "wrong"), ("nobody", "x")])
def test_a_wrong_login_is_refused(box, open_mailbox, account, password):
    with pytest.raises(paramiko.AuthenticationException), open_mailbox(box, account, password=password):
        pass


def test_there_is_no_shell(box):
    with paramiko.Transport((box.sftp.host, box.sftp.port)) as transport:
        transport.connect(username="supplier", password=box.credentials.sftp_passwords["supplier"])
        session = transport.open_session()
        with pytest.raises(paramiko.SSHException):
            session.exec_command("ls")


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "../warehouse/central", "/nordhaus/../../warehouse", "/.."]
)
def test_a_path_that_climbs_out_is_refused(box, open_mailbox, path):
    with open_mailbox(box) as files:
        for attempt in (
            files.stat,
            files.listdir,
            lambda it: files.open(it).read(),
            files.remove,
            files.mkdir,
        ):
            with pytest.raises(PermissionError):
                attempt(path)
        with pytest.raises(PermissionError):
            files.rename(FILE, path)


def test_links_lead_nowhere(own_box, open_mailbox):
    outbox = own_box.settings.state_dir / "sftp/supplier/nordhaus/outbox"
    (outbox / "secrets.csv").symlink_to("/etc/passwd")
    with open_mailbox(own_box) as files:
        assert "secrets.csv" not in files.listdir("/nordhaus/outbox")
        with pytest.raises(PermissionError):
            files.open("/nordhaus/outbox/secrets.csv")
        with pytest.raises(PermissionError):
            files.symlink("/etc/passwd", "/nordhaus/outbox/other.csv")


def test_files_are_read_stated_moved_and_removed(own_box, open_mailbox):
    whole = content(own_box)
    with open_mailbox(own_box) as files:
        assert files.stat(FILE).st_size == len(whole)
        assert files.open(FILE).read() == whole
        moved = FILE.replace("outbox", "archive")
        files.rename(FILE, moved)
        assert files.listdir("/nordhaus/archive") == [FILE.rsplit("/", 1)[1]]
        with pytest.raises(FileNotFoundError):
            files.stat(FILE)
        files.remove(moved)
        files.mkdir("/nordhaus/outbox/new")
        files.rmdir("/nordhaus/outbox/new")
        assert files.listdir("/nordhaus/outbox") == []


def test_a_rename_does_not_overwrite_unless_asked_to(own_box, open_mailbox):
    with open_mailbox(own_box, "warehouse") as files:
        for name, text in (("a.edi", b"one"), ("b.edi", b"two")):
            files.putfo(io.BytesIO(text), f"/central/in/{name}")
        with pytest.raises(OSError, match="Failure"):
            files.rename("/central/in/a.edi", "/central/in/b.edi")
        files.posix_rename("/central/in/a.edi", "/central/in/b.edi")
        assert files.open("/central/in/b.edi").read() == b"one"


def test_uploads_land_whole_with_the_time_that_they_say(own_box, open_mailbox):
    blob = os.urandom(300_000)
    with open_mailbox(own_box, "warehouse") as files:
        files.putfo(io.BytesIO(blob), "/central/in/.997.tmp")
        files.utime("/central/in/.997.tmp", (1_700_000_000, 1_700_000_000))
        files.rename("/central/in/.997.tmp", "/central/in/997_1.edi")
        assert files.stat("/central/in/997_1.edi").st_mtime == 1_700_000_000
        with files.open("/central/in/997_1.edi", "a") as appended:
            appended.write(b"more")
        assert files.open("/central/in/997_1.edi").read() == blob + b"more"


def test_a_large_file_comes_in_blocks(own_box, open_mailbox):
    size = 3_000_000
    large = own_box.settings.state_dir / "sftp/supplier/nordhaus/outbox/large.csv"
    large.write_bytes(os.urandom(size))
    with open_mailbox(own_box) as files, files.open("/nordhaus/outbox/large.csv") as remote:
        remote.prefetch(size)
        assert remote.read() == large.read_bytes()
    assert own_box.state.request_counts()["sftp"]["read"] == 1


def test_the_host_key_stays(tmp_path):
    with sandbox.running(tmp_path, scale=0.05) as first:
        before = first.host_key
    with sandbox.running(tmp_path, scale=0.05) as second:
        assert second.host_key == before


def test_a_refused_login(own_box, open_mailbox):
    own_box.faults.add(
        Fault(system="sftp", kind=FaultKind.REFUSED_LOGIN, operation="login", subject="supplier")
    )
    with open_mailbox(own_box, "warehouse") as files:
        assert files.listdir("/")
    with pytest.raises(paramiko.AuthenticationException), open_mailbox(own_box):
        pass
    with open_mailbox(own_box) as files:
        assert files.listdir("/")


@pytest.mark.parametrize("at_byte", [0, 1000, 50_000])
def test_a_read_that_is_cut(own_box, open_mailbox, at_byte):
    path = own_box.settings.state_dir / "sftp/supplier/nordhaus/outbox/large.csv"
    path.write_bytes(b"x" * 200_000)
    own_box.faults.add(Fault(system="sftp", kind=FaultKind.CUT_IN_READ, operation="read", at_byte=at_byte))
    received = bytearray()
    with open_mailbox(own_box) as files:
        remote = files.open("/nordhaus/outbox/large.csv")
        with pytest.raises(CUT):
            while block := remote.read(20_000):
                received += block
    assert len(received) <= at_byte
    assert at_byte - len(received) < 20_000
    with open_mailbox(own_box) as files:
        assert len(files.open("/nordhaus/outbox/large.csv").read()) == 200_000


def test_a_file_that_is_still_growing(own_box, open_mailbox):
    whole = content(own_box)
    own_box.faults.add(
        Fault(system="sftp", kind=FaultKind.GROWING_FILE, operation="look", subject=FILE, times=2)
    )
    with open_mailbox(own_box) as files:
        first = files.stat(FILE).st_size
        assert files.open(FILE).read() == whole[:first]
        listed = {entry.filename: entry.st_size for entry in files.listdir_attr("/nordhaus/outbox")}
        assert 0 < first < listed[FILE.rsplit("/", 1)[1]] < len(whole)
        assert files.stat(FILE).st_size == len(whole)
        assert files.open(FILE).read() == whole


def test_a_slow_server(own_box, open_mailbox):
    own_box.faults.add(Fault(system="sftp", kind=FaultKind.LATENCY, operation="list", seconds=0.3))
    with open_mailbox(own_box) as files:
        began = time.monotonic()
        files.listdir("/")
        assert time.monotonic() - began >= 0.3
