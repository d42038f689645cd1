"""Deliveries of EDI partners as they lie in landing, without a server to fetch them from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from include.flow import PullFlow
from include.steps.check_contract import check_contract
from include.steps.count_balance import count_balance
from include.steps.land import content_sha256
from include.steps.load_raw import load_raw
from include.stores.landing import NewDelivery, StoredFile, record_delivery
from include.workspace import Workspace

MORNING = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


def deliver(
    workspace: Workspace, flow: PullFlow, account: str, *contents: bytes, name: str = "interchange"
) -> int:
    """A delivery of files from a partner; its id."""
    files = []
    for number, content in enumerate(contents, 1):
        sha256, size = workspace.landing.put([content])
        files.append(
            StoredFile(
                entity=flow.entities[0],
                name=f"{name}_{number}.edi",
                size_bytes=size,
                modified_at=None,
                sha256=sha256,
            )
        )
    delivery = NewDelivery(
        flow=flow.dag_id,
        source_system=flow.system,
        account=account,
        kind="interchange",
        name=f"{name}.edi",
        content_sha256=content_sha256(files),
        as_of=MORNING,
    )
    with workspace.connect("tests") as connection:
        return record_delivery(connection, delivery, files)[0]


def taken(workspace: Workspace, flow: PullFlow) -> dict[str, Any]:
    """What the steps behind ``land`` say of everything that was delivered."""
    steps = (check_contract, load_raw, count_balance)
    return {step.__name__: step(flow, workspace) for step in steps}
