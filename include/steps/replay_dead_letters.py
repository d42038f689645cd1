"""``replay_dead_letters``: dead letters through their steps again, because a person says so."""

from __future__ import annotations

from typing import Any

from include.flow import Flow
from include.interventions import Person, retry
from include.stores import dead_letters
from include.stores.seams import recorded
from include.workspace import Workspace

MOST_AT_ONCE = 10_000


def replay_dead_letters(
    flow: Flow,
    workspace: Workspace,
    *,
    by: str,
    because: str,
    of_flow: str | None = None,
    rule: str | None = None,
    ids: list[int] | None = None,
) -> dict[str, Any]:
    """Retry the dead letters named by their ids, or all that wait of a flow and rule.

    The records land as new deliveries; the flow's own next run checks and loads them.

    Returns:
        ``{"retried", "left", "deliveries", "messages", "flows"}``.
    """
    person = Person(by, because)
    with (
        workspace.connect("replay_dead_letters") as connection,
        recorded(connection, flow.dag_id, "replay_dead_letters") as summary,
    ):
        chosen = ids or [
            row["dead_letter_id"]
            for row in dead_letters.listed(
                connection, flow=of_flow or None, rule=rule or None, limit=MOST_AT_ONCE
            )
        ]
        done = retry(workspace, chosen, person)
        summary.update(
            retried=len(done.settled),
            left=len(done.left),
            deliveries=sum(map(len, done.deliveries.values())),
            messages=sum(map(len, done.messages.values())),
            flows=sorted({*done.deliveries, *done.messages}),
        )
    return summary
