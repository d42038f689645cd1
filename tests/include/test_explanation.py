"""What is said about a flow or an object is complete, true, and can be followed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from include.explanation import _span, flow_facts, object_facts
from include.flow import PublishFlow, PullFlow, PushFlow, flows
from include.ownership import objects, owners

PROJECT = Path(__file__).resolve().parents[2]
ALWAYS = [
    "flow", "what", "system", "objects", "pattern", "because", "latency_class", "schedule", "late_after", "owner",
    "runbook", "dag",
]  # fmt: skip


class TestFlows:
    @pytest.mark.parametrize("dag_id", flows())
    def test_nothing_is_left_out_and_what_is_named_exists(self, dag_id: str) -> None:
        found, facts = flows()[dag_id], flow_facts(flows()[dag_id])
        assert [name for name in facts if name in ALWAYS] == ALWAYS
        assert json.loads(json.dumps(facts)) == facts
        assert (PROJECT / facts["runbook"]).is_file() and (PROJECT / facts["dag"]).is_file()
        assert facts["owner"].endswith(f"<{owners()[found.owner].contact}>")
        assert (facts["late_after"] is None) == (found.late_after is None)

    def test_a_pull_names_its_contracts_with_their_versions_and_its_tables(self) -> None:
        for found in flows().values():
            if isinstance(found, PullFlow):
                facts = flow_facts(found)
                assert len(facts["contracts"]) == len(facts["tables"]) == len(found.entities)
                for line in facts["contracts"]:
                    path, version = line.split(" ")
                    assert re.search(
                        rf"^version: {re.escape(version)}$", (PROJECT / path).read_text(), re.MULTILINE
                    )

    def test_a_push_names_what_it_reads_and_its_gate(self) -> None:
        for found in flows().values():
            facts = flow_facts(found)
            if isinstance(found, PushFlow):
                assert facts["reads"] == f"outbound.{found.system}__{found.entity}"
                assert list((PROJECT / "dbt_project" / "outbound").rglob(f"{found.outbound_table}.sql"))
                assert facts["gate"] == found.gate
            if isinstance(found, PublishFlow):
                assert all(name.startswith("bi.") for name in facts["shows"])
                assert len(facts["shows"]) == len(facts["gates"])

    def test_what_starts_only_by_hand_says_so(self) -> None:
        assert flow_facts(flows()["migrate_warehouse"])["schedule"] == "by events or by hand"


class TestObjects:
    @pytest.mark.parametrize("name", objects())
    def test_every_question_is_answered(self, name: str) -> None:
        facts = object_facts(objects()[name])
        asked = {"system_of_record", "may_create", "may_update", "may_correct", "may_only_ask", "is_shown_to"}
        assert asked | {"object", "what", "identifiers", "fallback", "owner", "flows"} <= facts.keys()
        assert json.loads(json.dumps(facts)) == facts
        assert facts["flows"] == [found.dag_id for found in flows().values() if name in found.objects]

    def test_fields_with_another_owner_are_told_one_by_one(self) -> None:
        facts = object_facts(objects()["price"])
        assert facts["system_of_record"] == "akeneo"
        assert facts["purchase: system_of_record"] == "supplier_sftp"
        assert "push_products_to_shopify" in facts["flows"]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=45), "45 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=26), "1 day 2 hours"),
        (timedelta(days=2, minutes=5), "2 days 5 minutes"),
    ],
)
def test_spans_are_said_as_people_say_them(span: timedelta, said: str) -> None:
    assert _span(span) == said
