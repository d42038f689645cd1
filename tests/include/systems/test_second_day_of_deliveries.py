"""The second day of the partners: a repeat, a late one, a broken one, broken records, a set with a gap."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from stand_ins import endpoint_of
from standard_pull_suite import NOW, examined, land_all, landed

from include.delivery import Arrival
from include.errors import DeliveryRefused
from include.flow import PullFlow, resolved
from include.formats.findings import Unreadable
from include.stores.connection import connected
from include.systems.marketplace_sftp.pull import PULL_ORDERS
from include.systems.supplier_sftp.pull import PULL_CATALOG
from include.systems.warehouse_edi.pull import PULL_STOCK
from sandbox.days.expected import Expected, Outcome
from sandbox.systems import Sandbox


@pytest.fixture
def second(own_box: Sandbox) -> Sandbox:
    """A sandbox on its second day, without faults."""
    own_box.drop_day(2)
    own_box.faults.clear()
    return own_box


class Ready:
    """A memory to which every file is complete and new."""

    def watermark(self, account: str) -> None:
        return None

    def is_landed(self, *look: Any) -> bool:
        return False

    def is_stable(self, *look: Any) -> bool:
        return True


@dataclass(frozen=True)
class Seen:
    """What became of a delivery: entity to (accepted, refused), or the rule that refused it as a whole."""

    arrival: Arrival
    counts: dict[str, tuple[int, int]]
    rule: str | None = None


def seen(flow: PullFlow, box: Sandbox) -> Iterator[Seen]:
    for arrival in resolved(flow.source)(endpoint_of(box, flow.system), Ready(), NOW + timedelta(days=1)):
        try:
            files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
            kept = examined(flow, landed(flow, arrival.account, files))
            yield Seen(arrival, {name: (one.accepted_count, len(one.refused)) for name, one in kept.items()})
        except DeliveryRefused as refused:
            yield Seen(arrival, {}, refused.rule)
        except Unreadable as error:
            yield Seen(arrival, {}, error.finding.rule)


def expected(flow: PullFlow, box: Sandbox, name: str) -> list[Expected]:
    assert box.second_day is not None
    days = [*box.first_day.expected, *box.second_day.day().expected]
    return [one for one in days if one.flow == flow.dag_id and one.delivery.rpartition("/")[2] == name]


@pytest.mark.parametrize("flow", [PULL_CATALOG, PULL_STOCK, PULL_ORDERS], ids=lambda flow: flow.dag_id)
def test_every_delivery_gets_what_it_deserves(second: Sandbox, flow: PullFlow) -> None:
    outcomes = set()
    for one in seen(flow, second):
        facts = expected(flow, second, one.arrival.name)
        assert facts, one.arrival.name
        outcomes |= {fact.outcome for fact in facts}
        if any(fact.outcome is Outcome.BROKEN for fact in facts):
            assert one.rule in ("cut_off", "x12.interchange_trailer_missing")
        elif any(fact.outcome is Outcome.INCOMPLETE for fact in facts):
            assert one.rule == "missing_file"
        elif any(fact.outcome is Outcome.DUPLICATE for fact in facts):
            assert one.rule is None
        else:
            assert one.rule is None
            counts = {fact.entity: (fact.delivered - len(fact.refused), len(fact.refused)) for fact in facts}
            assert one.counts == counts
    assert Outcome.ACCEPTED in outcomes


def test_files_come_in_the_order_of_their_moments(second: Sandbox) -> None:
    for flow in (PULL_CATALOG, PULL_STOCK):
        moments: dict[str, list[Any]] = {}
        for one in seen(flow, second):
            moments.setdefault(one.arrival.account, []).append(one.arrival.as_of)
        assert all(found == sorted(found) for found in moments.values())
        assert max(map(len, moments.values())) >= 3


def test_a_set_with_a_gap_waits_and_is_taken_when_it_is_completed(second: Sandbox) -> None:
    assert second.second_day is not None
    folder = second.settings.state_dir / "sftp" / "marketplace" / "feira" / "out"
    days = sorted(path.name for path in folder.iterdir())
    assert [one.arrival.name for one in seen(PULL_ORDERS, second)] == days[:1]
    second.complete_marketplace()
    found = list(seen(PULL_ORDERS, second))
    assert [one.arrival.name for one in found] == days
    assert all(one.rule is None for one in found)


@pytest.mark.parametrize("flow", [PULL_CATALOG, PULL_STOCK], ids=lambda flow: flow.dag_id)
def test_the_same_bytes_under_any_name_are_one_delivery(
    own_box: Sandbox, places: Any, flow: PullFlow
) -> None:
    workspace = places(own_box)
    for path in (own_box.settings.state_dir / "sftp").rglob("*.*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    first = land_all(flow, workspace)
    own_box.drop_day(2)
    own_box.faults.clear()
    second = land_all(flow, workspace)
    with connected(workspace.warehouse, "tests") as connection:
        repeats = connection.execute("select count(*) from landing.arrivals where is_repeat").fetchone()
        hashes = connection.execute("select account, content_sha256 from landing.deliveries").fetchall()
    assert second["repeated"] == repeats[0] > 0
    assert len(set(hashes)) == len(hashes) == first["landed"] + second["landed"]
