"""What every pull must hold. A new one gets all of it in one line:

TestPullOrdersFromShopify = standard_pull_suite(PULL_ORDERS, accounts={"": "storefront-eu"}, refusals={…})
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from stand_ins import SFTP_ACCOUNTS, endpoint_of

from include import ownership
from include.contracts.contract import contract
from include.contracts.examination import Examination, SetAsideRecord, examine
from include.delivery import LandedDelivery, LandedFile
from include.flow import PullFlow, resolved
from include.formats.batches import LINE, Batch
from include.formats.findings import Unreadable
from include.steps.land import land
from include.stores.connection import connected
from include.systems.partners import partner
from include.workspace import Workspace
from sandbox.systems import Sandbox

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)


@dataclass
class Kept:
    """Where the records of one entity go in a test."""

    accepted: list[pl.DataFrame] = field(default_factory=list)
    refused: list[SetAsideRecord] = field(default_factory=list)

    def accept(self, frame: pl.DataFrame) -> None:
        self.accepted.append(frame)

    def set_aside(self, records: Iterator[SetAsideRecord]) -> None:
        self.refused.extend(records)

    def take_back(self, lines: frozenset[int]) -> pl.DataFrame:
        frame = pl.concat(self.accepted)
        is_taken = pl.col(LINE).is_in(list(lines))
        self.accepted = [frame.filter(~is_taken)]
        return frame.filter(is_taken)

    @property
    def accepted_count(self) -> int:
        return sum(frame.height for frame in self.accepted)

    @property
    def rules(self) -> set[str]:
        return {finding.rule for record in self.refused for finding in record.findings}


def landed(
    flow: PullFlow, account: str, files: Mapping[str, tuple[str, bytes]], block: int = 65_536
) -> LandedDelivery:
    """A delivery of files (name to entity and bytes), which come in blocks of a size."""

    def blocks(content: bytes) -> Iterator[bytes]:
        return (content[start : start + block] for start in range(0, len(content), block))

    return LandedDelivery(
        delivery_id=1,
        flow=flow.dag_id,
        source_system=flow.system,
        account=account,
        kind="file",
        name="sample",
        as_of=NOW,
        full_entities=(),
        files=tuple(
            LandedFile(entity=entity, name=name, sha256="", blocks=partial(blocks, content))
            for name, (entity, content) in files.items()
        ),
    )


def examined(flow: PullFlow, delivery: LandedDelivery) -> dict[str, Kept]:
    """What the flow's reader and contracts make of a delivery, by entity.

    Raises:
        Unreadable: the delivery cannot be used as a whole.
    """
    kept: dict[str, Kept] = {}

    def begun(entity: str) -> Examination:
        kept[entity] = Kept()
        conventions = partner(flow.system, delivery.account).conventions
        return Examination(
            contract(flow.system, entity), conventions, partial(ownership.why_not, flow.system), kept[entity]
        )

    for examination in examine(resolved(flow.reader)(delivery), begun).values():
        examination.finish()
        examination.close()
    return kept


def read_rows(flow: PullFlow, delivery: LandedDelivery) -> list[tuple[object, ...]]:
    """Every record that the reader gives, refused ones included, in order."""
    rows: list[tuple[object, ...]] = []
    for batch in resolved(flow.reader)(delivery):
        rows += [(batch.entity, *row.items()) for row in batch.frame.to_dicts()]
        rows += [(batch.entity, one.line, one.findings[0].rule) for one in batch.refused]
    return sorted(rows, key=repr)


def standard_pull_suite(
    flow: PullFlow,
    *,
    accounts: Mapping[str, str],
    refusals: Mapping[str, str],
    others: tuple[str, ...] = (),
    mailbox: Mapping[str, str] | None = None,
) -> type:
    """The tests of one pull.

    Args:
        accounts: the partner that wrote a sample, by a word in the sample's name; "" for all others.
        refusals: the rule that each bad sample breaks, by ``<entity>/<name>``.
        others: samples that concern the format alone, and not what this flow's partners may send.
        mailbox: samples by their place on the SFTP server, for partners that the stand-in sends nothing from.
    """

    def account_of(name: str) -> str:
        words = name.split("_")
        return next((accounts[word] for word in accounts if word in words), accounts[""])

    def samples(kind: str) -> list[tuple[str, Path]]:
        folders = [SAMPLES / flow.system / entity for entity in flow.entities]
        paths = sorted(path for folder in folders for path in folder.glob(f"{kind}_*"))
        return [(path.parent.name, path) for path in paths if f"{path.parent.name}/{path.name}" not in others]

    def sample(entity: str, path: Path, block: int = 65_536) -> LandedDelivery:
        return landed(flow, account_of(path.name), {path.name: (entity, path.read_bytes())}, block)

    def name_of(value: object) -> str | None:
        return value.name if isinstance(value, Path) else None

    class Suite:
        def test_its_facts_agree_with_ownership_and_contracts(self) -> None:
            assert re.fullmatch(rf"pull_[a-z_]+_from_{flow.system}", flow.dag_id)
            assert flow.owner in ownership.owners()
            assert flow.system in ownership.systems()
            stated = {
                prop.owned_object
                for entity in flow.entities
                for prop in contract(flow.system, entity).properties
                if prop.owned_object
            }
            assert stated <= set(flow.objects)
            assert set(flow.objects) <= set(ownership.objects())
            for owned in map(ownership.owned_object, flow.objects):
                rights = (owned.ownership, *owned.fields.values())
                assert any(right.right_of(flow.system) for right in rights)

        def test_its_schedule_is_one_and_lateness_leaves_room_for_it(self) -> None:
            assert flow.schedule is not None and len(flow.schedule.split()) == 5
            assert flow.late_after is not None and flow.late_after >= timedelta(minutes=10)
            assert flow.summary.endswith(".") and flow.because.endswith(".")

        @pytest.mark.parametrize(("entity", "path"), samples("good"), ids=name_of)
        def test_good_samples_are_accepted_whole(self, entity: str, path: Path) -> None:
            kept = examined(flow, sample(entity, path))[entity]
            assert kept.refused == []
            assert kept.accepted_count > 0

        @pytest.mark.parametrize(("entity", "path"), samples("bad"), ids=name_of)
        def test_bad_samples_are_refused_for_the_right_reason(self, entity: str, path: Path) -> None:
            expected = refusals[f"{entity}/{path.name}"]
            try:
                kept = examined(flow, sample(entity, path)).get(entity, Kept())
            except Unreadable as error:
                assert error.finding.rule == expected
                assert error.finding.message
                return
            if kept.accepted_count + len(kept.refused) == 0:
                assert expected == "no_records"
                return
            assert expected in kept.rules
            assert all(finding.message for record in kept.refused for finding in record.findings)

        def test_every_expected_refusal_has_its_sample(self) -> None:
            assert set(refusals) == {f"{entity}/{path.name}" for entity, path in samples("bad")}

        @pytest.mark.parametrize(("entity", "path"), samples("good"), ids=name_of)
        def test_how_the_bytes_are_cut_makes_no_difference(self, entity: str, path: Path) -> None:
            whole = read_rows(flow, sample(entity, path))
            assert read_rows(flow, sample(entity, path, block=7)) == whole
            assert whole

        @pytest.mark.parametrize(("entity", "path"), samples("good"), ids=name_of)
        def test_batches_are_text_of_a_named_entity(self, entity: str, path: Path) -> None:
            batches: list[Batch] = list(resolved(flow.reader)(sample(entity, path)))
            assert {batch.entity for batch in batches} == {entity}
            for batch in batches:
                assert set(batch.frame.drop(LINE).dtypes) <= {pl.String}
                assert batch.frame[LINE].dtype == pl.Int64
            assert len({tuple(batch.frame.columns) for batch in batches}) == 1

        def test_the_first_day_of_the_stand_in_counts_as_it_should(self, box: Sandbox, memory: Any) -> None:
            found: dict[str, tuple[int, int]] = {}
            for arrival in _arrivals(flow, box, _Patient(memory(flow.dag_id))):
                files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
                for entity, kept in examined(flow, landed(flow, arrival.account, files)).items():
                    accepted, refused = found.get(entity, (0, 0))
                    found[entity] = (accepted + kept.accepted_count, refused + len(kept.refused))
            assert found == _expected(flow, box)

        def test_landing_twice_makes_every_delivery_once(self, own_box: Sandbox, places: Any) -> None:
            workspace = places(own_box)
            _fill(own_box, flow, mailbox or {})
            first = land_all(flow, workspace)
            deliveries = _deliveries(workspace.warehouse)
            second = land_all(flow, workspace)
            assert deliveries
            assert first["refused"] == second["landed"] == second["refused"] == 0
            assert _deliveries(workspace.warehouse) == deliveries

        def test_what_it_says_of_time_was_true_before_it_read(self, box: Sandbox, memory: Any) -> None:
            for arrival in _arrivals(flow, box, _Patient(memory(flow.dag_id))):
                assert arrival.as_of <= NOW
                if arrival.next_watermark is not None:
                    assert datetime.fromisoformat(arrival.next_watermark["at"]) < NOW
                    assert arrival.next_watermark["at"].endswith("+00:00")

    Suite.__name__ = Suite.__qualname__ = f"TestStandards_{flow.dag_id}"
    return Suite


class _Patient:
    """A flow's memory for which enough time has passed between two looks."""

    def __init__(self, memory: Any):
        self._memory = memory

    def watermark(self, account: str) -> dict[str, Any] | None:
        return self._memory.watermark(account)

    def is_landed(self, *look: Any) -> bool:
        return self._memory.is_landed(*look)

    def is_stable(self, *look: Any) -> bool:
        self._memory.is_stable(*look)
        return self._memory.is_stable(*look[:-1], 0)


def land_all(flow: PullFlow, workspace: Workspace) -> dict[str, int]:
    """Land what is there, at two looks with time between them; the sum of both."""
    first = land(flow, workspace)
    time_passes(workspace.warehouse)
    second = land(flow, workspace)
    return {name: first[name] + second[name] for name in ("landed", "repeated", "refused")}


def time_passes(warehouse: str, by: str = "1 hour") -> None:
    """Every look at a file was longer ago."""
    with connected(warehouse, "tests") as connection:
        connection.execute(f"update landing.looks set first_seen_at = first_seen_at - interval '{by}'")


def _fill(box: Sandbox, flow: PullFlow, mailbox: Mapping[str, str]) -> None:
    """Put samples where partners put what they send."""
    for place, sample in mailbox.items():
        target = box.settings.state_dir / "sftp" / SFTP_ACCOUNTS[flow.system] / place
        target.write_bytes((SAMPLES / flow.system / sample).read_bytes())


def _arrivals(flow: PullFlow, box: Sandbox, memory: Any) -> Iterator[Any]:
    return resolved(flow.source)(endpoint_of(box, flow.system), memory, NOW)


def _expected(flow: PullFlow, box: Sandbox) -> dict[str, tuple[int, int]]:
    """(accepted, refused) of each entity, as the stand-in expects."""
    counts: dict[str, tuple[int, int]] = {}
    for one in box.first_day.expected:
        if one.flow == flow.dag_id:
            accepted, refused = counts.get(one.entity, (0, 0))
            counts[one.entity] = (accepted + one.accepted, refused + len(one.refused))
    return counts


def _deliveries(warehouse: str) -> list[tuple[Any, ...]]:
    with connected(warehouse, "tests") as connection:
        query = (
            "select delivery_id, account, name, content_sha256 from landing.deliveries order by delivery_id"
        )
        return connection.execute(query).fetchall()
