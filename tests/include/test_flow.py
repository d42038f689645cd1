"""Flows: facts that hold together, found by themselves, and references that lead somewhere."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter

from include.contracts.contract import contract
from include.errors import Misconfigured, NotPossible
from include.flow import (
    CollectFlow,
    Flow,
    LatencyClass,
    MatchFlow,
    OtherFlow,
    Pattern,
    PublishFlow,
    PullFlow,
    PushFlow,
    ReconcileFlow,
    flow,
    flows,
    resolved,
)

EVERY = pytest.mark.parametrize("found", flows().values(), ids=lambda found: found.dag_id)


def references(found: Flow) -> list[str]:
    """Every ``module:function`` of a flow."""
    values = [getattr(found, name, None) for name in ("source", "reader", "gate", "sender", "exchange")]
    return [*filter(None, values), *getattr(found, "gates", ())]


def between_runs(found: Flow) -> timedelta:
    """The longest time between two regular runs in a day."""
    assert found.schedule is not None
    moments = croniter(found.schedule, datetime(2026, 11, 2, tzinfo=UTC))
    times = [moments.get_next(datetime) for _ in range(300)]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


class TestFacts:
    @EVERY
    def test_they_are_frozen_and_say_who_what_and_why(self, found: Flow) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            found.owner = "somebody"  # type: ignore[misc]
        assert isinstance(found.pattern, Pattern) and isinstance(found.latency, LatencyClass)
        assert found.runbook == f"docs/runbooks/{found.dag_id}.md"
        assert found.tags == [*found.objects, found.system, str(found.latency)]
        assert len(set(found.objects)) == len(found.objects)

    @EVERY
    def test_every_reference_leads_to_a_function(self, found: Flow) -> None:
        assert [name for name in references(found) if not callable(resolved(name))] == []
        if isinstance(found, PullFlow):
            assert list(inspect.signature(resolved(found.source)).parameters) == ["endpoint", "memory", "now"]
            assert list(inspect.signature(resolved(found.reader)).parameters) == ["delivery"]

    @EVERY
    def test_regular_runs_have_time_to_be_a_little_late(self, found: Flow) -> None:
        if found.schedule:
            assert found.late_after is not None
            assert found.late_after >= 2 * between_runs(found)

    def test_a_pull_has_a_contract_and_a_table_for_each_entity(self) -> None:
        for found in flows().values():
            if isinstance(found, PullFlow):
                assert [contract(found.system, entity).table for entity in found.entities] == list(
                    found.tables
                )
                assert set(found.file_names) <= set(found.entities)
                assert found.acknowledges == (found.pattern is Pattern.EDI)

    def test_a_comparison_repairs_through_the_push_of_the_same_objects(self) -> None:
        for found in flows().values():
            if isinstance(found, ReconcileFlow):
                repairs = flow(found.repairs_with)
                assert isinstance(repairs, PushFlow)
                assert (repairs.system, repairs.objects) == (found.system, found.objects)
                assert 0 < found.repair_cap <= 1_000

    def test_whatever_readers_see_has_a_gate(self) -> None:
        for found in flows().values():
            if isinstance(found, PublishFlow):
                assert len(found.tables) == len(found.gates) > 0
                for table, gate in zip(found.tables, found.gates, strict=True):
                    assert gate.endswith(":" + table.partition(".")[2])

    def test_each_kind_of_pattern_is_used_by_its_kind_of_flow(self) -> None:
        kinds = {
            PullFlow: {Pattern.API, Pattern.DATABASE, Pattern.FILE, Pattern.EDI},
            CollectFlow: {Pattern.EDI},
            PushFlow: {Pattern.API, Pattern.EDI},
            PublishFlow: {Pattern.PUBLISH},
            ReconcileFlow: {Pattern.COMPARISON},
            MatchFlow: {Pattern.COMPARISON},
            OtherFlow: {Pattern.TRANSFORMATION, Pattern.OPERATION},
        }
        for found in flows().values():
            assert found.pattern in kinds[type(found)]


class TestLookingUp:
    def test_flows_are_in_the_order_of_their_ids(self) -> None:
        assert list(flows()) == sorted(flows())
        assert {type(found) for found in flows().values()} == {
            PullFlow, CollectFlow, PushFlow, PublishFlow, ReconcileFlow, MatchFlow, OtherFlow,
        }  # fmt: skip
        assert all(dag_id == found.dag_id for dag_id, found in flows().items())

    def test_one_that_does_not_exist_is_told_with_those_that_do(self) -> None:
        with pytest.raises(NotPossible, match=r"no flow 'pull_all'. There are: build_warehouse, collect_edi"):
            flow("pull_all")

    @pytest.mark.parametrize(
        "reference", ["include.nowhere:f", "include.flow:nothing", "include.flow", "", ":f", "no such:thing"]
    )
    def test_a_reference_that_leads_nowhere_says_so(self, reference: str) -> None:
        with pytest.raises(Misconfigured, match="names no function"):
            resolved(reference)
