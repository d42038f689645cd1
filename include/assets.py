"""The assets that wake flows: an event only means "look"; what there is to do stands in the database."""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias

from include.flow import Flow, PublishFlow, PullFlow, PushFlow, flows


def loaded(flow: PullFlow) -> Asset:
    """Raw holds something new of this flow."""
    return Asset(name=f"loaded/{flow.dag_id}", uri=f"seamline://loaded/{flow.dag_id}", group="seamline")


def changed(flow: Flow) -> Asset:
    """What this flow sends or shows has changed."""
    return Asset(name=f"changed/{flow.dag_id}", uri=f"seamline://changed/{flow.dag_id}", group="seamline")


def all_loaded() -> list[Asset]:
    """What wakes the build: anything that any pull loaded."""
    return [loaded(flow) for flow in flows().values() if isinstance(flow, PullFlow)]


def wakeable() -> dict[str, Asset]:
    """What the build may wake, by flow."""
    return {
        flow.dag_id: changed(flow) for flow in flows().values() if isinstance(flow, PushFlow | PublishFlow)
    }


def perhaps(flow: Flow) -> AssetAlias:
    """The outlet of a task that wakes others only when it has news for them."""
    return AssetAlias(name=f"news of {flow.dag_id}", group="seamline")
