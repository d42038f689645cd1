"""Landed bytes lie under their hash, once and whole, in a folder or in an object store."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow_processes import PROJECT, run_python
from databases import DatabaseServer
from depot import Depot

from include.stores.landing_files import LandingFiles

CONTENT = b"some bytes that came" * 1_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def cut(content: bytes, size: int = 777) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def names(files: LandingFiles) -> list[str]:
    return sorted(path.relative_to(files.root).as_posix() for path in files.root.rglob("*") if path.is_file())


class TestPutting:
    def test_bytes_lie_under_their_hash_exactly_as_they_came(self, landing_files: LandingFiles) -> None:
        assert landing_files.put(cut(CONTENT)) == (SHA256, len(CONTENT))
        assert names(landing_files) == [f"sha256/{SHA256[:2]}/{SHA256}"]
        assert b"".join(landing_files.blocks(SHA256)) == CONTENT

    def test_the_same_bytes_are_stored_once_and_never_written_again(
        self, landing_files: LandingFiles
    ) -> None:
        landing_files.put([CONTENT])
        before = landing_files.path(SHA256).stat()
        assert landing_files.put(cut(CONTENT)) == (SHA256, len(CONTENT))
        after = landing_files.path(SHA256).stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert len(names(landing_files)) == 1

    def test_no_bytes_are_something_too(self, landing_files: LandingFiles) -> None:
        sha256, size = landing_files.put([])
        assert (sha256, size) == (hashlib.sha256().hexdigest(), 0)
        assert list(landing_files.blocks(sha256)) == []

    @pytest.mark.parametrize("after", [0, 1, 5])
    def test_what_breaks_off_leaves_nothing(self, landing_files: LandingFiles, after: int) -> None:
        def broken() -> Iterator[bytes]:
            yield from list(cut(CONTENT))[:after]
            raise OSError(errno.ECONNRESET, "the line is cut")

        with pytest.raises(OSError, match="the line is cut"):
            landing_files.put(broken())
        assert names(landing_files) == []

    def test_bytes_and_then_their_name_are_on_the_disk_before_anybody_is_told(
        self, landing_files: LandingFiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = []
        monkeypatch.setattr(
            os, "fsync", lambda number: synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))
        )
        landing_files.put([CONTENT])
        root = str(landing_files.root)
        assert [place.removeprefix(root).split("/")[1] for place in synced] == [
            "incoming",
            "sha256",
            "sha256",
        ]
        assert synced[1:] == [f"{root}/sha256/{SHA256[:2]}", f"{root}/sha256"]

    def test_a_disk_that_does_not_take_them_is_an_error_and_leaves_nothing(
        self, landing_files: LandingFiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "no space left")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space left"):
            landing_files.put([CONTENT])
        assert names(landing_files) == []


class TestBeside:
    def test_accepted_records_are_forgotten_with_their_folder(self, landing_files: LandingFiles) -> None:
        for entity in ("orders", "items"):
            path = landing_files.accepted(7, entity)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"PAR1")
        landing_files.accepted(8, "orders").parent.mkdir(parents=True)
        landing_files.forget_accepted(7)
        assert not (landing_files.root / "accepted" / "7").exists()
        assert (landing_files.root / "accepted" / "8").exists()
        landing_files.forget_accepted(7)

    @pytest.mark.parametrize("account", ["../../etc", "a/b", "..", "\x00", "north\nsouth", "ä" * 300])
    def test_whatever_a_partner_calls_itself_its_hashes_stay_inside(
        self, landing_files: LandingFiles, account: str
    ) -> None:
        folder = landing_files.line_hashes("pull_catalog_from_supplier_sftp", account, "catalog")
        folder.mkdir(parents=True)
        assert landing_files.root.resolve() in folder.resolve().parents
        assert len(folder.relative_to(landing_files.root).parts) == 4


@pytest.fixture(scope="module")
def came_of(database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """What came of the same deliveries in a store in memory and in a folder, through Airflow's ObjectStoragePath."""
    folder = tmp_path_factory.mktemp("object stores")
    (folder / "store").mkdir()
    depot = Depot(folder / "depot")
    depot.install()
    depot.uninstall()
    with database_server.database() as database:
        printed = run_python(
            Path(__file__).with_name("object_storage.py"),
            database.dsn("seamline_pipeline"),
            depot.folder,
            "memory://landing",
            (folder / "store").as_uri(),
            home=folder / "airflow",
            PYTHONPATH=os.pathsep.join([str(PROJECT), str(PROJECT / "tests")]),
        )
        yield json.loads(printed.splitlines()[-1])


@pytest.mark.slow
class TestObjectStores:
    @pytest.mark.parametrize("store", [0, 1], ids=["memory", "file"])
    def test_a_flow_runs_on_it_as_on_a_folder(self, came_of: list[Any], store: int) -> None:
        found = came_of[store]
        assert [step["count_balance"] for step in found["steps"]] == [
            {"closed": 1, "moved_rows": 1_200},
            {"closed": 0, "moved_rows": 0},
            {"closed": 1, "moved_rows": 2},
        ]
        assert found["steps"][1]["check_contract"]["refused_deliveries"] == 1
        assert found["live"] == [1_199, 1]
        assert found["sizes_agree"] == [True, True, True]
        assert found["again"]

    @pytest.mark.parametrize("store", [0, 1], ids=["memory", "file"])
    def test_only_what_must_stay_stays(self, came_of: list[Any], store: int) -> None:
        found = came_of[store]
        assert found["skipped"] == [1_198]
        assert found["left"] == ["accepted 0", "incoming 0", "line_hashes 1", "sha256 3"]
