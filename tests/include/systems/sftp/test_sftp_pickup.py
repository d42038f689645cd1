from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stand_ins import endpoint_of
from standard_pull_suite import time_passes

from include.delivery import Arrival
from include.errors import AccessDenied, DeliveryRefused, Misconfigured, SystemUnavailable
from include.stores.connection import connected
from include.stores.landing import NewDelivery, StoredFile, record_delivery
from include.systems.partners import Partner, Pickup
from include.systems.sftp import pickup
from include.systems.sftp.pickup import Look
from sandbox.faults import Fault, FaultKind
from sandbox.systems import Sandbox

NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
FLOW = "pull_catalog_from_supplier_sftp"
NAMES = {"orders": "orders.csv", "items": "items.csv"}
STAMP = {"moment_pattern": "_([0-9]{8})", "moment_format": "%Y%m%d"}


class Mailbox:
    """The folders of some partners on the server, and looks at them."""

    def __init__(self, box: Sandbox, memory: Any, warehouse: str, name: str):
        self.box = box
        self.memory = memory(FLOW)
        self.warehouse = warehouse
        self.name = name
        self.root = box.settings.state_dir / "sftp" / "supplier" / name
        self.out.mkdir(parents=True)

    @property
    def out(self) -> Path:
        return self.root / "out"

    def partner(self, account: str | None = None, **settings: Any) -> Partner:
        facts = {"folder": f"/{self.name}/out", "files": "*.csv", "stable_seconds": 5, **settings}
        return Partner(account=account or self.name, pickup=Pickup(**facts))

    def put(self, name: str, content: bytes = b"content", at: datetime = NOW) -> Path:
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def look(self, *partners: Partner, sets: bool = False) -> Iterator[Arrival]:
        def way(look: Look) -> Iterator[Arrival]:
            return pickup.file_sets(look, NAMES) if sets else pickup.files(look, "catalog")

        return pickup.arrivals(
            endpoint_of(self.box, "supplier_sftp"), partners or (self.partner(),), self.memory, NOW, way
        )

    def later(self, *partners: Partner, sets: bool = False) -> list[tuple[str, list[bytes]]]:
        """What is taken at a second look, an hour after a first one: names and contents."""
        for _ in self.look(*partners, sets=sets):
            pass
        time_passes(self.warehouse)
        return [(one.name, contents(one)) for one in self.look(*partners, sets=sets)]

    def land(self, arrival: Arrival) -> None:
        """Record an arrival as ``land`` does, without archiving it."""
        files = [
            StoredFile(
                entity=file.entity,
                name=file.name,
                size_bytes=file.size_bytes or 0,
                modified_at=file.modified_at,
                sha256="0" * 64,
            )
            for file in arrival.files
        ]
        delivery = NewDelivery(
            flow=FLOW,
            source_system="supplier_sftp",
            account=arrival.account,
            kind=arrival.kind,
            name=arrival.name,
            content_sha256="0" * 64,
            as_of=arrival.as_of,
        )
        with connected(self.warehouse, "tests") as connection:
            record_delivery(connection, delivery, files)


def contents(arrival: Arrival) -> list[bytes]:
    return [b"".join(file.blocks()) for file in arrival.files]


def refusal(arrival: Arrival) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as refused:
        contents(arrival)
    return refused.value


@pytest.fixture
def mailbox(box: Sandbox, memory: Any, warehouse: str, request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    yield Mailbox(box, memory, warehouse, f"{abs(hash(request.node.nodeid)):x}")
    box.faults.clear()


class TestFiles:
    def test_a_file_is_taken_when_two_looks_saw_the_same(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv")
        assert list(mailbox.look()) == []
        assert list(mailbox.look()) == []
        time_passes(mailbox.warehouse)
        assert [(one.name, contents(one)) for one in mailbox.look()] == [("a.csv", [b"content"])]

    def test_a_file_that_changed_between_looks_waits_anew(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv", b"begin")
        list(mailbox.look())
        time_passes(mailbox.warehouse)
        mailbox.put("a.csv", b"begin and end")
        assert list(mailbox.look()) == []
        time_passes(mailbox.warehouse)
        assert [contents(one) for one in mailbox.look()] == [[b"begin and end"]]

    def test_a_growing_file_is_never_taken_half(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv", b"0123456789" * 100)
        mailbox.box.faults.add(
            Fault(system="sftp", kind=FaultKind.GROWING_FILE, operation="look", subject="*/a.csv", times=3)
        )
        taken = []
        for _ in range(6):
            taken += [contents(one) for one in mailbox.look()]
            time_passes(mailbox.warehouse)
        assert taken[0] == [b"0123456789" * 100]

    def test_only_files_that_the_profile_names_are_taken(self, mailbox: Mailbox) -> None:
        for name in ("a.csv", "b.txt", ".hidden.csv", "inside/c.csv"):
            mailbox.put(name)
        assert [name for name, _ in mailbox.later()] == ["a.csv"]

    def test_a_marker_makes_looks_unnecessary(self, mailbox: Mailbox) -> None:
        partner = mailbox.partner(marker="DONE")
        mailbox.put("a.csv")
        assert list(mailbox.look(partner)) == []
        mailbox.put("DONE", b"")
        assert [one.name for one in mailbox.look(partner)] == ["a.csv"]

    def test_the_oldest_moment_comes_first_whatever_the_files_time(self, mailbox: Mailbox) -> None:
        partner = mailbox.partner(**STAMP)
        for day, hours in (("20261103", 0), ("20261101", 2), ("20261102", 1)):
            mailbox.put(f"list_{day}.csv", day.encode(), NOW - timedelta(hours=hours))
        assert [text for _, (text,) in mailbox.later(partner)] == [b"20261101", b"20261102", b"20261103"]

    def test_a_file_that_vanishes_after_the_list_is_skipped(self, mailbox: Mailbox) -> None:
        for name in ("a.csv", "b.csv", "c.csv"):
            mailbox.put(name)
        list(mailbox.look())
        time_passes(mailbox.warehouse)
        arrivals = mailbox.look()
        assert next(arrivals).name == "a.csv"
        (mailbox.out / "b.csv").unlink()
        assert [one.name for one in arrivals] == ["c.csv"]

    def test_a_complete_list_says_so(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv")
        whole = Partner(account=mailbox.name, pickup=mailbox.partner().pickup, is_full=True)
        list(mailbox.look(whole))
        time_passes(mailbox.warehouse)
        assert [one.full_entities for one in mailbox.look(whole)] == [("catalog",)]

    def test_a_broken_connection_is_no_half_file(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv", b"x" * 100_000)
        list(mailbox.look())
        time_passes(mailbox.warehouse)
        mailbox.box.faults.add(
            Fault(
                system="sftp", kind=FaultKind.CUT_IN_READ, operation="read", subject="*/a.csv", at_byte=40_000
            )
        )
        with pytest.raises(SystemUnavailable):
            [contents(one) for one in mailbox.look()]
        assert [contents(one) for one in mailbox.look()] == [[b"x" * 100_000]]

    def test_a_refused_login_is_denied(self, mailbox: Mailbox) -> None:
        mailbox.box.faults.add(
            Fault(system="sftp", kind=FaultKind.REFUSED_LOGIN, operation="login", times=None)
        )
        with pytest.raises(AccessDenied):
            list(mailbox.look())

    def test_a_slow_server_is_waited_for(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv")
        mailbox.box.faults.add(Fault(system="sftp", kind=FaultKind.SLOW_DRIP, operation="read", seconds=0.05))
        mailbox.box.faults.add(Fault(system="sftp", kind=FaultKind.LATENCY, operation="list", seconds=0.1))
        assert mailbox.later() == [("a.csv", [b"content"])]


class TestArchive:
    def test_what_is_landed_is_moved_away(self, mailbox: Mailbox) -> None:
        partner = mailbox.partner(archive=f"/{mailbox.name}/archive")
        mailbox.put("a.csv")
        list(mailbox.look(partner))
        time_passes(mailbox.warehouse)
        for arrival in mailbox.look(partner):
            arrival.after_landing()
            arrival.after_landing()
        assert [path.name for path in (mailbox.root / "archive").iterdir()] == ["a.csv"]
        assert list(mailbox.out.iterdir()) == []

    def test_what_was_landed_before_is_only_moved_away(self, mailbox: Mailbox) -> None:
        partner = mailbox.partner(archive=f"/{mailbox.name}/archive")
        mailbox.put("a.csv")
        list(mailbox.look(partner))
        time_passes(mailbox.warehouse)
        for arrival in mailbox.look(partner):
            mailbox.land(arrival)
        assert (mailbox.out / "a.csv").exists()
        assert list(mailbox.look(partner)) == []
        assert [path.name for path in (mailbox.root / "archive").iterdir()] == ["a.csv"]

    def test_without_an_archive_it_stays_and_is_not_taken_again(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv")
        list(mailbox.look())
        time_passes(mailbox.warehouse)
        for arrival in mailbox.look():
            mailbox.land(arrival)
            arrival.after_landing()
        time_passes(mailbox.warehouse)
        assert list(mailbox.look()) == []
        assert (mailbox.out / "a.csv").exists()

    def test_a_new_file_under_the_name_of_a_landed_one_is_not_moved_away(self, mailbox: Mailbox) -> None:
        partner = mailbox.partner(archive=f"/{mailbox.name}/archive")
        mailbox.put("a.csv", b"old")
        list(mailbox.look(partner))
        time_passes(mailbox.warehouse)
        for arrival in mailbox.look(partner):
            mailbox.put("a.csv", b"newer")
            arrival.after_landing()
        assert (mailbox.out / "a.csv").read_bytes() == b"newer"

    def test_the_same_name_again_overwrites_nothing_in_the_archive(self, mailbox: Mailbox) -> None:
        partner = mailbox.partner(archive=f"/{mailbox.name}/archive")
        for number, content in enumerate((b"one", b"two"), 1):
            mailbox.put("a.csv", content, NOW + timedelta(minutes=number))
            list(mailbox.look(partner))
            time_passes(mailbox.warehouse)
            for arrival in mailbox.look(partner):
                arrival.after_landing()
        archived = {path.name: path.read_bytes() for path in (mailbox.root / "archive").iterdir()}
        assert archived == {"a.csv": b"one", "a.csv.2": b"two"}


class TestWhatCanNeverBeTaken:
    @pytest.mark.parametrize(
        ("name", "rule"),
        [
            ("list_20261399.csv", "impossible_moment"),
            ("list_20270101.csv", "future_moment"),
            ("list_20261101\n.csv", "unusable_name"),
        ],
    )
    def test_it_is_put_on_record_and_the_others_go_on(self, mailbox: Mailbox, name: str, rule: str) -> None:
        partner = mailbox.partner(**STAMP)
        mailbox.put(name)
        mailbox.put("list_20261102.csv")
        list(mailbox.look(partner))
        time_passes(mailbox.warehouse)
        found = {one.name: one for one in mailbox.look(partner)}
        good = found.pop("list_20261102.csv", None)
        assert good is not None
        (bad,) = found.values()
        assert bad.name.isprintable()
        reason = refusal(bad)
        assert reason.rule == rule
        again = [one for one in mailbox.look(partner) if one.name == bad.name]
        assert refusal(again[0]).evidence == reason.evidence

    def test_one_partners_trouble_does_not_keep_the_others_waiting(self, mailbox: Mailbox) -> None:
        mailbox.put("a.csv")
        missing = mailbox.partner("missing", folder="/no/such/folder")
        climbing = mailbox.partner("climbing", folder="/../marketplace")
        bare = Partner(account="bare")
        partners = (missing, climbing, bare, mailbox.partner())
        with pytest.raises(Misconfigured):
            list(mailbox.look(*partners))
        time_passes(mailbox.warehouse)
        arrivals = mailbox.look(*partners)
        assert next(arrivals).name == "a.csv"
        with pytest.raises(Misconfigured, match="'missing' is not on the server"):
            next(arrivals)


class TestSets:
    def marked(self, mailbox: Mailbox, **settings: Any) -> Partner:
        return mailbox.partner(
            marker="_COMPLETE", moment_pattern="([0-9-]{10})", moment_format="%Y-%m-%d", **settings
        )

    def put(self, mailbox: Mailbox, day: str, *names: str) -> None:
        for name in names:
            mailbox.put(f"{day}/{name}", f"{day} {name}".encode())

    def test_a_set_is_one_arrival_with_a_file_for_each_entity(self, mailbox: Mailbox) -> None:
        self.put(mailbox, "2026-11-02", "items.csv", "orders.csv", "other.csv", "_COMPLETE")
        (arrival,) = [
            (one.name, one.kind, one.as_of, [(f.entity, f.name) for f in one.files], contents(one))
            for one in mailbox.look(self.marked(mailbox), sets=True)
        ]
        assert arrival == (
            "2026-11-02",
            "file_set",
            datetime(2026, 11, 2, tzinfo=UTC),
            [("orders", "2026-11-02/orders.csv"), ("items", "2026-11-02/items.csv")],
            [b"2026-11-02 orders.csv", b"2026-11-02 items.csv"],
        )

    def test_without_its_marker_a_set_waits(self, mailbox: Mailbox) -> None:
        self.put(mailbox, "2026-11-02", "items.csv", "orders.csv")
        assert mailbox.later(self.marked(mailbox), sets=True) == []

    def test_a_gap_is_put_on_record_and_the_other_sets_go_on(self, mailbox: Mailbox) -> None:
        partner = self.marked(mailbox)
        self.put(mailbox, "2026-11-01", "items.csv", "_COMPLETE")
        self.put(mailbox, "2026-11-02", "items.csv", "orders.csv", "_COMPLETE")
        names = []
        for arrival in mailbox.look(partner, sets=True):
            names.append(arrival.name)
            if arrival.name == "2026-11-01":
                reason = refusal(arrival)
                assert reason.rule == "missing_file"
                assert reason.evidence["missing"] == ["orders.csv"]
        assert names == ["2026-11-01", "2026-11-02"]

    def test_a_set_that_is_completed_later_is_taken(self, mailbox: Mailbox) -> None:
        partner = self.marked(mailbox)
        self.put(mailbox, "2026-11-01", "items.csv", "_COMPLETE")
        list(mailbox.look(partner, sets=True))
        self.put(mailbox, "2026-11-01", "orders.csv")
        assert [len(contents(one)) for one in mailbox.look(partner, sets=True)] == [2]

    def test_a_landed_set_is_not_taken_again_but_a_corrected_one_is(self, mailbox: Mailbox) -> None:
        partner = self.marked(mailbox)
        self.put(mailbox, "2026-11-01", "items.csv", "orders.csv", "_COMPLETE")
        for arrival in mailbox.look(partner, sets=True):
            mailbox.land(arrival)
        assert list(mailbox.look(partner, sets=True)) == []
        mailbox.put("2026-11-01/orders.csv", b"corrected", NOW + timedelta(minutes=1))
        assert [contents(one)[0] for one in mailbox.look(partner, sets=True)] == [b"corrected"]

    def test_a_landed_set_is_archived_as_a_whole(self, mailbox: Mailbox) -> None:
        partner = self.marked(mailbox, archive=f"/{mailbox.name}/archive")
        self.put(mailbox, "2026-11-01", "items.csv", "orders.csv", "other.csv", "_COMPLETE")
        for arrival in mailbox.look(partner, sets=True):
            mailbox.land(arrival)
        assert list(mailbox.look(partner, sets=True)) == []
        archived = mailbox.root / "archive" / "2026-11-01"
        assert len(list(archived.iterdir())) == 4
        assert list(mailbox.out.iterdir()) == []

    def test_without_a_marker_in_the_profile_all_files_must_be_stable(self, mailbox: Mailbox) -> None:
        self.put(mailbox, "one", "items.csv")
        assert mailbox.later(mailbox.partner(), sets=True) == []
        self.put(mailbox, "one", "orders.csv")
        assert list(mailbox.look(sets=True)) == []
        assert [name for name, _ in mailbox.later(mailbox.partner(), sets=True)] == ["one"]

    def test_the_profile_says_which_files_are_complete_lists(self, mailbox: Mailbox) -> None:
        self.put(mailbox, "2026-11-01", "items.csv", "orders.csv", "_COMPLETE")
        facts = self.marked(mailbox)
        partner = Partner(
            account="acme", pickup=facts.pickup, settings={"full_entities": ["items", "others"]}
        )
        assert [one.full_entities for one in mailbox.look(partner, sets=True)] == [("items",)]

    def test_a_set_of_which_a_file_vanishes_is_left_for_the_next_time(self, mailbox: Mailbox) -> None:
        partner = self.marked(mailbox)
        self.put(mailbox, "2026-11-01", "items.csv", "orders.csv", "_COMPLETE")
        self.put(mailbox, "2026-11-02", "items.csv", "orders.csv", "_COMPLETE")
        arrivals = mailbox.look(partner, sets=True)
        assert next(arrivals).name == "2026-11-01"
        (mailbox.out / "2026-11-02" / "items.csv").unlink()
        assert list(arrivals) == []


def test_a_partner_may_come_in_by_key(box: Sandbox, mailbox: Mailbox) -> None:
    key = box.key_file("supplier").read_text()
    endpoint = endpoint_of(box, "supplier_sftp", private_key=key)
    without_password = type(endpoint)(
        host=endpoint.host, port=endpoint.port, login=endpoint.login, extra=endpoint.extra
    )
    look = pickup.arrivals(
        without_password, [mailbox.partner()], mailbox.memory, NOW, lambda look: pickup.files(look, "catalog")
    )
    assert list(look) == []
