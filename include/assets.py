"""The assets that wake flows: an event only means "look"; what there is to do stands in the database."""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias

from include.flow import CollectFlow, Flow, PublishFlow, PullFlow, PushFlow, flows


def loaded(flow: PullFlow) -> Asset:
    """Raw holds something new of this flow."""
    return Asset(name=f"loaded/{flow.dag_id}", uri=f"seamline://loaded/{flow.dag_id}", group="seamline")


def changed(flow: Flow) -> Asset:
    """What this flow sends or shows has changed."""
    return Asset(name=f"changed/{flow.dag_id}", uri=f"seamline://changed/{flow.dag_id}", group="seamline")


def handed_over(flow: Flow) -> Asset:
    """Another flow has found documents in its deliveries that this one takes."""
    return Asset(
        name=f"handed_over/{flow.dag_id}", uri=f"seamline://handed_over/{flow.dag_id}", group="seamline"
    )


def all_loaded() -> list[Asset]:
    """What wakes the build: anything that any pull loaded."""
    return [loaded(flow) for flow in flows().values() if isinstance(flow, PullFlow)]


def wakeable() -> dict[str, Asset]:
    """What wakes a flow by its id: news of what it sends or shows, or documents that others have found for it."""
    return {
        flow.dag_id: changed(flow) if isinstance(flow, PushFlow | PublishFlow) else handed_over(flow)
        for flow in flows().values()
        if isinstance(flow, PushFlow | PublishFlow) or takes_documents(flow)
    }


def takes_documents(flow: Flow) -> bool:
    """Others may find in their deliveries what is for this flow."""
    return isinstance(flow, CollectFlow) or (isinstance(flow, PullFlow) and bool(flow.documents))


def perhaps(flow: Flow) -> AssetAlias:
    """The outlet of a task that wakes others only when it has news for them."""
    return AssetAlias(name=f"news of {flow.dag_id}", group="seamline")
