"""``land``: every byte is kept once, under its hash, before anybody relies on it."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import resource
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import Database
from depot import MORNING, Depot, row, run, run_step, written

from include.delivery import Arrival, ArrivingFile, Endpoint, Memory
from include.errors import DeliveryRefused, NotOurTurn, SystemUnavailable
from include.steps.land import content_sha256, land
from include.stores.connection import connected, only_one
from include.stores.landing import StoredFile
from include.stores.landing_files import LandingFiles
from include.workspace import Workspace

NOON = MORNING + timedelta(hours=6)
BIG = 300 * 1024**2


def deliveries(database: Database) -> list[dict]:
    return database.rows("select * from landing.deliveries order by delivery_id")


def arrivals(database: Database) -> list[tuple[str, bool]]:
    found = database.rows(
        "select d.name, is_repeat from landing.arrivals join landing.deliveries as d "
        "using (delivery_id) order by arrival_id"
    )
    return [(one["name"], one["is_repeat"]) for one in found]


class TestBytes:
    def test_they_lie_under_their_hash_exactly_as_they_came(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        content = b'\xef\xbb\xbfsku;\r\n"\x00\xff\r\n'
        depot.deliver(content)
        land(depot.flow("lists"), workspace)
        sha256 = hashlib.sha256(content).hexdigest()
        assert workspace.landing.path(sha256).read_bytes() == content
        (file,) = database.rows("select * from landing.delivery_files")
        assert (file["sha256"], file["size_bytes"], file["entity"]) == (sha256, len(content), "lists")

    def test_the_ledger_keeps_where_it_came_from_and_of_which_moment_it_speaks(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver(
            [row("A")], name="Tuesday", account="south", as_of=NOON, full=["lists"], watermark={"at": "x"}
        )
        land(depot.flow("lists"), workspace)
        (found,) = deliveries(database)
        assert (found["source_system"], found["account"], found["name"]) == ("depot", "south", "Tuesday")
        assert (found["as_of"], found["full_entities"], found["status"]) == (NOON, ["lists"], "landed")
        assert found["next_watermark"] == {"at": "x"}

    def test_what_was_taken_is_moved_away_at_its_source(self, workspace: Workspace, depot: Depot) -> None:
        depot.deliver([row("A")])
        land(depot.flow("lists"), workspace)
        assert not list(depot.inbox.iterdir())
        assert len(list(depot.archive.iterdir())) == 1

    def test_a_set_of_files_is_one_delivery(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver({"lists": [row("A")], "changes": [row("B")]}, kind="file_set")
        land(depot.flow("lists", "changes"), workspace)
        assert len(deliveries(database)) == 1
        assert database.value("select count(*) from landing.delivery_files") == 2

    @pytest.mark.slow
    def test_300_megabytes_pass_through_in_a_few(
        self, tmp_path: Path, depot: Depot, database: Database
    ) -> None:
        depot.deliver([row("A")])
        (place,) = depot.inbox.iterdir()
        with (place / "lists.csv").open("ab") as file:
            file.truncate(BIG)
        work = (depot.folder, database.dsn("seamline_pipeline"), tmp_path / "landing")
        with multiprocessing.get_context("spawn").Pool(1) as process:
            before, after = process.apply(landed_memory, work)
        assert database.value("select size_bytes from landing.delivery_files") == BIG
        assert after - before < 40 * 1024


def landed_memory(folder: Path, dsn: str, root: Path) -> tuple[int, int]:
    """Peak memory in KiB before and after landing; the first look warms the process up."""
    depot = Depot(folder)
    depot.install()
    workspace = Workspace(warehouse=dsn, landing=LandingFiles(root), endpoint=depot.endpoint)
    (place,) = depot.inbox.iterdir()
    hidden = place.rename(place.with_suffix(".hidden"))
    land(depot.flow("lists"), workspace)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hidden.rename(place)
    land(depot.flow("lists"), workspace)
    return before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class TestRepeats:
    def test_the_same_bytes_under_another_name_are_a_repeat(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for name, as_of in (("monday", MORNING), ("tuesday", NOON)):
            depot.deliver([row("A")], name=name, as_of=as_of)
        assert land(depot.flow("lists"), workspace) == {"landed": 1, "repeated": 1, "refused": 0}
        assert arrivals(database) == [("monday", False), ("monday", True)]
        assert not list(depot.inbox.iterdir())

    def test_other_bytes_under_the_same_name_are_a_delivery(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for price, as_of in (("1.00", MORNING), ("2.00", NOON)):
            depot.deliver([row("A", price=price)], name="list", as_of=as_of)
        assert land(depot.flow("lists"), workspace)["landed"] == 2

    def test_the_same_bytes_after_others_are_a_delivery_of_their_own(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for hour, price in enumerate(("1.00", "2.00", "1.00")):
            depot.deliver([row("A", price=price)], as_of=MORNING + timedelta(hours=hour))
        assert land(depot.flow("lists"), workspace)["landed"] == 3
        assert len(list((workspace.landing.root / "sha256").rglob("*"))) == 4

    def test_the_same_bytes_of_another_account_are_no_repeat(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        for account in ("north", "south"):
            depot.deliver([row("A")], account=account)
        assert land(depot.flow("lists"), workspace)["landed"] == 2

    def test_a_repeat_is_loaded_once(self, workspace: Workspace, database: Database, depot: Depot) -> None:
        for _ in range(3):
            depot.deliver([row("A"), row("B", price="-1")])
            run(depot.flow("lists"), workspace)
        assert database.value("select count(*) from raw.depot__lists") == 1
        assert database.value("select count(*) from dead_letter.letters") == 1

    def test_a_set_is_told_by_all_its_files(self) -> None:
        def stored(entity: str, sha256: str) -> StoredFile:
            return StoredFile(entity=entity, name=entity, size_bytes=1, modified_at=None, sha256=sha256)

        one = content_sha256([stored("orders", "a"), stored("items", "b")])
        assert one != content_sha256([stored("orders", "b"), stored("items", "a")])
        assert one != content_sha256([stored("orders", "a")])
        assert content_sha256([stored("orders", "a")]) == "a"


class TestTrouble:
    def test_a_file_that_breaks_off_leaves_nothing_and_is_taken_whole_the_next_time(
        self, workspace: Workspace, database: Database, depot: Depot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut(self: object) -> Iterator[bytes]:
            yield b"sku,"
            raise SystemUnavailable("The connection broke.")

        depot.deliver([row("A")])
        with monkeypatch.context() as patched:
            patched.setattr("depot._Blocks.__call__", cut)
            with pytest.raises(SystemUnavailable):
                land(depot.flow("lists"), workspace)
        assert not deliveries(database)
        assert [path for path in workspace.landing.root.rglob("*") if path.is_file()] == []
        assert len(list(depot.inbox.iterdir())) == 1
        assert land(depot.flow("lists"), workspace)["landed"] == 1

    def test_what_came_before_the_trouble_is_kept(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A")])
        depot.deliver([row("B")])
        (_, second) = sorted(depot.inbox.iterdir())
        (second / "delivery.json").write_text("{")
        with pytest.raises(json.JSONDecodeError):
            land(depot.flow("lists"), workspace)
        assert len(deliveries(database)) == 1
        (failed,) = database.rows("select * from seam.runs where step = 'land'")
        assert failed["outcome"] == "failed" and failed["summary"]["landed"] == 1 and failed["error"]

    def test_when_moving_away_fails_the_bytes_are_known_and_come_as_a_repeat(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A")])
        depot.archive.rmdir()
        with pytest.raises(FileNotFoundError):
            land(depot.flow("lists"), workspace)
        assert len(deliveries(database)) == 1
        depot.archive.mkdir()
        assert land(depot.flow("lists"), workspace) == {"landed": 0, "repeated": 1, "refused": 0}

    def test_two_runs_at_a_time_do_not_take_the_same(self, workspace: Workspace, depot: Depot) -> None:
        flow = depot.flow("lists")
        with (
            connected(workspace.warehouse, "another run") as connection,
            only_one(connection, f"land {flow.dag_id}") as is_ours,
        ):
            assert is_ours
            with pytest.raises(NotOurTurn, match="is landing"):
                land(flow, workspace)
            depot.deliver([row("A")], entity="changes")
            assert land(depot.flow("changes"), workspace)["landed"] == 1

    def test_what_can_never_be_taken_is_set_aside_once_and_the_next_goes_on(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        flow = replace(depot.flow("lists"), source=f"{__name__}:with_a_gap")
        depot.deliver([row("A")])
        assert land(flow, workspace) == {"landed": 1, "repeated": 0, "refused": 1}
        assert land(flow, workspace)["refused"] == 1
        (letter,) = database.rows("select * from dead_letter.letters")
        assert (letter["step"], letter["level"], letter["rule"]) == ("land", "delivery", "missing_file")
        assert (letter["owner"], letter["runbook"]) == (flow.owner, flow.runbook)
        assert letter["record"] == {"name": "a set"} and "lacks items.csv" in letter["message"]

    def test_its_dead_letter_is_resolved_when_it_comes_whole(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        gap = replace(depot.flow("lists"), source=f"{__name__}:with_a_gap")
        land(gap, workspace)
        depot.deliver([row("A")], name="another set")
        land(depot.flow("lists"), workspace)
        assert database.value("select status from dead_letter.letters") == "open"
        depot.deliver([row("A", price="2.00")], name="a set")
        land(depot.flow("lists"), workspace)
        (letter,) = database.rows("select * from dead_letter.letters")
        assert letter["status"] == "resolved" and letter["settled_at"] is not None
        assert (
            letter["status_reason"] == f"delivery {deliveries(database)[-1]['delivery_id']} brought it whole"
        )


def with_a_gap(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """A set that lacks a file, then what is in the depot."""

    def files() -> Iterator[ArrivingFile]:
        raise DeliveryRefused("a set lacks items.csv", rule="missing_file")
        yield

    yield Arrival(account="north", kind="file_set", name="a set", as_of=MORNING, files=files())
    import depot

    yield from depot.arrivals(endpoint, memory, now)


class TestSecondLook:
    @pytest.mark.parametrize(("seconds", "looks"), [(0.2, 2), (60, 1)])
    def test_what_may_be_complete_in_a_moment_is_waited_for(
        self, workspace: Workspace, depot: Depot, seconds: float, looks: int
    ) -> None:
        flow = replace(depot.flow("lists"), source=f"{__name__}:growing")
        LOOKS.clear()
        GROWING.update(seconds=seconds)
        said = land(flow, workspace)
        assert len(LOOKS) == looks
        assert said["landed"] == looks - 1

    def test_what_changes_between_two_looks_waits_anew(self, workspace: Workspace, depot: Depot) -> None:
        flow = replace(depot.flow("lists"), source=f"{__name__}:growing")
        LOOKS.clear()
        GROWING.update(seconds=0.2, grows=True)
        try:
            assert land(flow, workspace)["landed"] == 0
        finally:
            GROWING.clear()


LOOKS: list[datetime] = []
GROWING: dict = {}


def growing(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """A file that is taken when two looks, some seconds apart, saw the same."""
    LOOKS.append(now)
    size = len(LOOKS) if GROWING.get("grows") else 1
    content = written([row("A")])
    if memory.is_stable("north", "growing.csv", size, datetime(2026, 11, 1, tzinfo=UTC), GROWING["seconds"]):
        file = ArrivingFile(
            entity="lists",
            name="growing.csv",
            size_bytes=size,
            modified_at=None,
            blocks=lambda: iter([content]),
        )
        yield Arrival(account="north", kind="file", name="growing.csv", as_of=MORNING, files=[file])


class TestWatermark:
    def test_it_moves_only_when_the_counts_have_closed(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver([row("A")], watermark={"at": "2026-11-02T06:00:00+00:00"})
        for step in ("land", "check_contract", "load_raw"):
            run_step(step, depot.flow("lists"), workspace)
            assert database.value("select count(*) from landing.watermarks") == 0
        run_step("count_balance", depot.flow("lists"), workspace)
        assert (
            database.value("select watermark ->> 'at' from landing.watermarks") == "2026-11-02T06:00:00+00:00"
        )

    def test_it_never_moves_back(self, workspace: Workspace, database: Database, depot: Depot) -> None:
        for price, hour in (("1.00", 9), ("2.00", 6)):
            depot.deliver([row("A", price=price)], watermark={"at": f"2026-11-02T{hour:02}:00:00+00:00"})
            run(depot.flow("lists"), workspace)
        assert (
            database.value("select watermark ->> 'at' from landing.watermarks") == "2026-11-02T09:00:00+00:00"
        )

    def test_a_refused_delivery_does_not_move_it(
        self, workspace: Workspace, database: Database, depot: Depot
    ) -> None:
        depot.deliver(b"", watermark={"at": "2026-11-02T06:00:00+00:00"})
        run(depot.flow("lists"), workspace)
        assert database.value("select status from landing.deliveries") == "refused"
        assert database.value("select count(*) from landing.watermarks") == 0
