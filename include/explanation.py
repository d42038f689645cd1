"""What there is to say about a flow or an object of ``ownership.yml``; for the command line and the pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from include.contracts.contract import contract
from include.flow import CollectFlow, Flow, MatchFlow, PublishFlow, PullFlow, PushFlow, flows
from include.ownership import OwnedObject, Ownership, owners, systems

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL_CONNECTION = "connection {} in Airflow; without it the flow stays paused"


def flow_facts(flow: Flow) -> dict[str, Any]:
    """How a flow works and why so: a fact of a name each, in the order in which they are read."""
    facts = {
        "flow": flow.dag_id,
        "what": flow.summary,
        "system": systems().get(flow.system, flow.system),
        "objects": list(flow.objects),
        "pattern": str(flow.pattern),
        "because": flow.because,
        "latency_class": str(flow.latency),
        "schedule": flow.schedule or "by events or by hand",
        "late_after": _span(flow.late_after) if flow.late_after else None,
        "owner": _person(flow.owner),
    }
    return facts | _particulars(flow) | {"runbook": flow.runbook, "dag": _dag_file(flow)}


def object_facts(owned: OwnedObject) -> dict[str, Any]:
    """Who may do what to an object and to those of its fields that are owned by somebody else."""
    facts = {"object": owned.name, "what": owned.description, "identifiers": list(owned.identifiers)}
    facts |= _rights(owned.ownership)
    for name, ownership in owned.fields.items():
        facts |= {f"{name}: {key}": value for key, value in _rights(ownership).items()}
    moved_by = [flow.dag_id for flow in flows().values() if owned.name in flow.objects]
    return facts | {"fallback": owned.fallback, "owner": _person(owned.owner), "flows": moved_by}


def _particulars(flow: Flow) -> dict[str, Any]:
    if isinstance(flow, PullFlow):
        contracts = [contract(flow.system, entity) for entity in flow.entities]
        own = {"needs": OPTIONAL_CONNECTION.format(flow.connection)} if flow.connection else {}
        return own | {
            "contracts": [f"include/contracts/{c.system}/{c.entity}.yml {c.version}" for c in contracts],
            "tables": [f"raw.{c.table}" for c in contracts],
        }
    if isinstance(flow, CollectFlow):
        return {"hears": [systems()[name] for name in flow.mailboxes]}
    if isinstance(flow, MatchFlow):
        return {"reads": [flow.table, flow.claims]}
    if isinstance(flow, PushFlow):
        return {"reads": f"outbound.{flow.outbound_table}", "gate": flow.gate}
    if isinstance(flow, PublishFlow):
        return {
            "shows": [f"bi.{table.partition('.')[2]}" for table in flow.tables],
            "gates": list(flow.gates),
        }
    return {}


def _rights(ownership: Ownership) -> dict[str, Any]:
    return {
        "system_of_record": ownership.system_of_record,
        "may_create": list(ownership.create),
        "may_update": list(ownership.update),
        "may_correct": list(ownership.correct),
        "may_only_ask": list(ownership.ask),
        "is_shown_to": list(ownership.consume),
    }


def _person(owner: str) -> str:
    found = owners()[owner]
    return f"{found.name} <{found.contact}>"


def _dag_file(flow: Flow) -> str:
    found = next((ROOT / "dags").rglob(f"{flow.dag_id}.py"), None)
    return str(found.relative_to(ROOT)) if found else ""


def _span(duration: timedelta) -> str:
    """A duration as people say it: ``30 minutes``, ``1 day 2 hours``."""
    minutes = int(duration.total_seconds() // 60)
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count)
