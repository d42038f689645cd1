from __future__ import annotations

import logging
import os
import socket
import subprocess
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import RealServer

from include.delivery import Endpoint
from include.errors import AccessDenied, MessageRejected, Misconfigured, SystemUnavailable
from include.systems.sftp.client import WINDOW_BYTES, Client, Entry, connected, fingerprint, safe


def with_extra(endpoint: Endpoint, **extra: object) -> Endpoint:
    return replace(endpoint, extra={**endpoint.extra, **extra})


def entry(server: Client, path: str) -> Entry:
    found = server.entry(path)
    assert found is not None
    return found


@pytest.fixture
def folder(sshd: RealServer, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own on the server."""
    made = sshd.folder / f"{abs(hash(request.node.nodeid)):x}"
    made.mkdir()
    return made


class TestHostKey:
    def test_the_known_key_lets_us_in(self, sshd: RealServer) -> None:
        with connected(sshd.endpoint) as server:
            assert server.listing(str(sshd.folder)) is not None

    def test_a_line_of_known_hosts_is_a_key_too(self, sshd: RealServer) -> None:
        line = f"[127.0.0.1]:{sshd.endpoint.port} {sshd.endpoint.extra['host_key']}"
        with connected(with_extra(sshd.endpoint, host_key=line)) as server:
            assert server.entry(str(sshd.folder)) is not None

    def test_another_key_is_refused_with_the_one_that_was_found(
        self, sshd: RealServer, new_key: Callable[[], paramiko.PKey]
    ) -> None:
        key = new_key()
        known = f"{key.get_name()} {key.get_base64()}"
        real = paramiko.Ed25519Key.from_private_key_file(str(sshd.host_key_file))
        with (
            pytest.raises(AccessDenied, match="another host key") as refused,
            connected(with_extra(sshd.endpoint, host_key=known)),
        ):
            pass
        assert fingerprint(real) in refused.value.message
        assert refused.value.evidence == {"found": fingerprint(real)}

    def test_the_fingerprint_is_the_one_that_ssh_keygen_shows(self, sshd: RealServer) -> None:
        shown = subprocess.check_output(["ssh-keygen", "-l", "-f", sshd.host_key_file], text=True).split()[1]
        key = paramiko.Ed25519Key.from_private_key_file(str(sshd.host_key_file))
        assert fingerprint(key) == f"ssh-ed25519 {shown}"

    def test_no_known_key_is_never_taken_for_any_key(self, sshd: RealServer) -> None:
        with (
            pytest.raises(AccessDenied, match="is not known"),
            connected(with_extra(sshd.endpoint, host_key="")),
        ):
            pass

    @pytest.mark.parametrize("text", ["nonsense", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-unknown AAAA"])
    def test_what_is_no_key_is_said_to_be_none(self, sshd: RealServer, text: str) -> None:
        with (
            pytest.raises(Misconfigured, match="is no host key"),
            connected(with_extra(sshd.endpoint, host_key=text)),
        ):
            pass


class TestLogin:
    def test_another_private_key_is_refused(self, sshd: RealServer) -> None:
        other = (sshd.host_key_file.parent / "other_host_key").read_text()
        with (
            pytest.raises(AccessDenied, match="refuses the login") as refused,
            connected(with_extra(sshd.endpoint, private_key=other)),
        ):
            pass
        assert "PRIVATE" not in str(refused.value)

    def test_a_private_key_that_is_none_is_named(self, sshd: RealServer) -> None:
        with (
            pytest.raises(Misconfigured, match=r"extra\.private_key"),
            connected(with_extra(sshd.endpoint, private_key="-----BEGIN NOTHING-----")),
        ):
            pass

    def test_without_any_secret_nobody_is_asked(self, sshd: RealServer) -> None:
        with (
            pytest.raises(Misconfigured, match="neither password nor private key"),
            connected(with_extra(sshd.endpoint, private_key=None)),
        ):
            pass

    def test_a_server_that_is_not_there_is_unavailable(self, sshd: RealServer) -> None:
        with pytest.raises(SystemUnavailable), connected(replace(sshd.endpoint, port=1)):
            pass

    def test_something_that_is_no_ssh_server_is_unavailable_and_the_log_stays_quiet(
        self, sshd: RealServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

            def answer() -> None:
                connection, _ = listener.accept()
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

            threading.Thread(target=answer, daemon=True).start()
            with (
                caplog.at_level(logging.DEBUG),
                pytest.raises(SystemUnavailable),
                connected(replace(sshd.endpoint, port=port)),
            ):
                pass
        assert "Traceback" not in caplog.text


class TestListing:
    def test_it_says_size_time_and_kind(self, sshd: RealServer, folder: Path) -> None:
        (folder / "a.csv").write_bytes(b"123")
        os.utime(folder / "a.csv", (1_700_000_000, 1_700_000_000))
        (folder / "inside").mkdir()
        (folder / "link").symlink_to("/etc/passwd")
        with connected(sshd.endpoint) as server:
            found = {one.name: one for one in server.listing(str(folder))}
        assert found["a.csv"].size_bytes == 3
        assert found["a.csv"].modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
        assert [name for name, one in found.items() if one.is_file] == ["a.csv"]
        assert [name for name, one in found.items() if one.is_folder] == ["inside"]

    def test_a_folder_that_is_not_there_is_not_found(self, sshd: RealServer) -> None:
        with connected(sshd.endpoint) as server, pytest.raises(FileNotFoundError):
            server.listing("/no/such/folder")

    def test_a_name_with_control_characters_is_marked(self, sshd: RealServer, folder: Path) -> None:
        (folder / "line\nbreak.csv").write_bytes(b"")
        (folder / "zażółć.csv").write_bytes(b"")
        with connected(sshd.endpoint) as server:
            assert [one.is_usable for one in server.listing(str(folder))] == [False, True]

    def test_a_name_that_is_not_utf_8_is_said_to_be_so(self, sshd: RealServer, folder: Path) -> None:
        Path(os.fsdecode(os.fsencode(folder) + b"/prix_\xe9t\xe9.csv")).write_bytes(b"")
        with connected(sshd.endpoint) as server, pytest.raises(Misconfigured, match="not UTF-8"):
            server.listing(str(folder))

    def test_a_folder_that_we_may_not_see_is_denied(self, sshd: RealServer, folder: Path) -> None:
        if os.geteuid() == 0:
            pytest.skip("root may see every folder")
        (folder / "closed").mkdir(mode=0o000)
        with connected(sshd.endpoint) as server, pytest.raises(AccessDenied):
            server.listing(str(folder / "closed"))


class TestReading:
    @pytest.mark.parametrize(
        "size", [0, 1, 32_768, WINDOW_BYTES - 1, WINDOW_BYTES, WINDOW_BYTES + 1, 2 * WINDOW_BYTES + 12_345]
    )
    def test_every_byte_comes_in_order(self, sshd: RealServer, folder: Path, size: int) -> None:
        content = os.urandom(size)
        (folder / "file").write_bytes(content)
        with connected(sshd.endpoint) as server, server.opened(entry(server, str(folder / "file"))) as file:
            assert file is not None
            blocks = list(file.blocks())
        assert b"".join(blocks) == content
        assert all(len(block) <= WINDOW_BYTES for block in blocks)

    def test_memory_does_not_grow_with_the_file(self, sshd: RealServer, folder: Path) -> None:
        with (folder / "large").open("wb") as sparse:
            sparse.truncate(48 * 1024 * 1024)
        with connected(sshd.endpoint) as server, server.opened(entry(server, str(folder / "large"))) as file:
            assert file is not None
            tracemalloc.start()
            size = sum(map(len, file.blocks()))
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert size == 48 * 1024 * 1024
        assert peak < 5 * WINDOW_BYTES

    def test_a_file_that_grew_since_the_look_is_left_alone(self, sshd: RealServer, folder: Path) -> None:
        (folder / "file").write_bytes(b"begin")
        with connected(sshd.endpoint) as server:
            seen = entry(server, str(folder / "file"))
            (folder / "file").write_bytes(b"begin and end")
            with server.opened(seen) as file:
                assert file is None

    def test_a_file_that_vanished_since_the_look_is_left_alone(self, sshd: RealServer, folder: Path) -> None:
        (folder / "file").write_bytes(b"begin")
        with connected(sshd.endpoint) as server:
            seen = entry(server, str(folder / "file"))
            (folder / "file").unlink()
            with server.opened(seen) as file:
                assert file is None

    def test_a_file_that_shrinks_while_it_is_read_is_refused(self, sshd: RealServer, folder: Path) -> None:
        path = folder / "file"
        path.write_bytes(b"x" * (2 * WINDOW_BYTES))
        with connected(sshd.endpoint) as server, server.opened(entry(server, str(path))) as file:
            assert file is not None
            blocks = file.blocks()
            next(blocks)
            os.truncate(path, WINDOW_BYTES + 10)
            with pytest.raises(SystemUnavailable, match="was changed while it was read"):
                list(blocks)

    def test_a_file_that_changes_while_it_is_read_is_refused(self, sshd: RealServer, folder: Path) -> None:
        path = folder / "file"
        path.write_bytes(b"x" * (2 * WINDOW_BYTES))
        with connected(sshd.endpoint) as server, server.opened(entry(server, str(path))) as file:
            assert file is not None
            blocks = file.blocks()
            next(blocks)
            with path.open("ab") as growing:
                growing.write(b"more")
            with pytest.raises(SystemUnavailable, match="was changed while it was read"):
                list(blocks)

    def test_an_open_file_is_read_to_its_end_though_its_name_is_gone(
        self, sshd: RealServer, folder: Path
    ) -> None:
        (folder / "file").write_bytes(b"content")
        with connected(sshd.endpoint) as server, server.opened(entry(server, str(folder / "file"))) as file:
            assert file is not None
            (folder / "file").unlink()
            assert b"".join(file.blocks()) == b"content"


class TestMoving:
    def test_it_makes_the_folders_above(self, sshd: RealServer, folder: Path) -> None:
        (folder / "file").write_bytes(b"content")
        with connected(sshd.endpoint) as server:
            place = server.move(str(folder / "file"), str(folder / "archive/2026/file"))
        assert place == str(folder / "archive/2026/file")
        assert Path(place).read_bytes() == b"content"
        assert not (folder / "file").exists()

    def test_nothing_is_ever_overwritten(self, sshd: RealServer, folder: Path) -> None:
        for content in (b"first", b"second", b"third"):
            (folder / "file").write_bytes(content)
            with connected(sshd.endpoint) as server:
                server.move(str(folder / "file"), str(folder / "archive/file"))
        archived = {path.name: path.read_bytes() for path in (folder / "archive").iterdir()}
        assert archived == {"file": b"first", "file.2": b"second", "file.3": b"third"}

    def test_moving_what_was_moved_changes_nothing(self, sshd: RealServer, folder: Path) -> None:
        (folder / "file").write_bytes(b"content")
        with connected(sshd.endpoint) as server:
            server.move(str(folder / "file"), str(folder / "archive/file"))
            assert server.move(str(folder / "file"), str(folder / "archive/file")) is None
        assert [path.name for path in (folder / "archive").iterdir()] == ["file"]

    def test_a_folder_moves_as_a_whole(self, sshd: RealServer, folder: Path) -> None:
        (folder / "set").mkdir()
        (folder / "set" / "file").write_bytes(b"content")
        with connected(sshd.endpoint) as server:
            server.move(str(folder / "set"), str(folder / "archive/set"))
        assert (folder / "archive/set/file").read_bytes() == b"content"


class TestUpload:
    def test_it_is_there_whole_and_leaves_nothing_else(self, sshd: RealServer, folder: Path) -> None:
        content = os.urandom(100_000)
        with connected(sshd.endpoint) as server:
            server.upload(str(folder / "997.edi"), content)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"997.edi": content}

    def test_the_same_again_is_done_already(self, sshd: RealServer, folder: Path) -> None:
        with connected(sshd.endpoint) as server:
            server.upload(str(folder / "997.edi"), b"content")
            before = (folder / "997.edi").stat()
            server.upload(str(folder / "997.edi"), b"content")
        assert (folder / "997.edi").stat().st_ino == before.st_ino

    @pytest.mark.parametrize("other", [b"CONTENT", b"content and more", b""])
    def test_other_content_is_never_overwritten(self, sshd: RealServer, folder: Path, other: bytes) -> None:
        (folder / "997.edi").write_bytes(other)
        with connected(sshd.endpoint) as server, pytest.raises(MessageRejected, match="other content"):
            server.upload(str(folder / "997.edi"), b"content")
        assert (folder / "997.edi").read_bytes() == other

    def test_whoever_it_is_for_may_take_it_at_any_moment(
        self, sshd: RealServer, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As soon as it lies there, and between our look at it and the reading of it."""
        place = folder / "out.edi"
        path = str(place)
        with connected(sshd.endpoint) as server:
            rename = server._sftp.rename

            def taken_at_once(source: str, target: str) -> None:
                rename(source, target)
                place.unlink()

            with monkeypatch.context() as quick:
                quick.setattr(server._sftp, "rename", taken_at_once)
                server.upload(path, b"ours")
            assert list(folder.iterdir()) == []

            server.upload(path, b"ours")
            look = server.entry

            def taken_after_the_look(path: str) -> Entry | None:
                found = look(path)
                place.unlink(missing_ok=True)
                return found

            monkeypatch.setattr(server, "entry", taken_after_the_look)
            assert not server.put_in_place(path, b"ours")

    def test_what_an_earlier_attempt_left_is_taken_up(self, sshd: RealServer, folder: Path) -> None:
        with connected(sshd.endpoint) as server:
            server.upload(str(folder / "first.edi"), b"content")
            names = [path.name for path in folder.iterdir()]
            temporary = folder / ".997.edi.ed7002b439e9.part"
            temporary.write_bytes(b"cont")
            server.upload(str(folder / "997.edi"), b"content")
        assert names == ["first.edi"]
        assert sorted(path.name for path in folder.iterdir()) == ["997.edi", "first.edi"]


class TestPaths:
    @pytest.mark.parametrize(
        "path", ["", "../file", "/out/../../etc/passwd", "/out/..", "/out/a\x00b", "/out/a\nb", "/out/\x9b"]
    )
    def test_a_path_that_climbs_or_lies_is_refused(self, path: str) -> None:
        with pytest.raises(Misconfigured, match="no usable path"):
            safe(path)

    @settings(max_examples=200)
    @given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5))
    def test_a_safe_path_never_leads_above_where_it_starts(self, parts: list[str]) -> None:
        path = "/root/" + "/".join(parts)
        try:
            kept = safe(path)
        except Misconfigured:
            return
        assert os.path.normpath(kept).startswith("/root")
        assert "\x00" not in kept
