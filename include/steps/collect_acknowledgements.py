"""``collect_acknowledgements``: accepted is not applied: does the channel show what it took?"""

from __future__ import annotations

import time
from typing import Any

from include.errors import RateLimited, RetryLater
from include.flow import PushFlow
from include.settlement import messages_of, sender_of, settle
from include.stores.outbox import Outbox
from include.stores.seams import recorded
from include.workspace import Workspace

COUNTED = ("applied", "rejected", "not_shown", "awaited", "stale", "dead", "new_ids")


def collect_acknowledgements(
    flow: PushFlow, workspace: Workspace, *, keep_going_seconds: float = 0
) -> dict[str, Any]:
    """Read accepted messages back from the channel, unless its circuit breaker is open.

    Args:
        keep_going_seconds: look again at what is not shown yet for this long.

    Returns:
        ``{"applied", "rejected", "not_shown", "awaited", "stale", "dead", "new_ids"}``.

    Raises:
        RetryLater: the channel does not answer; what was seen until then is kept.
    """
    until = time.monotonic() + keep_going_seconds
    with (
        workspace.connect(f"collect_acknowledgements {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "collect_acknowledgements") as summary,
    ):
        summary.update(dict.fromkeys(COUNTED, 0))
        outbox = Outbox(connection, flow.system, flow.entity)
        sender = sender_of(flow, workspace.endpoint(flow.system), outbox)
        try:
            while _look(flow, outbox, sender, summary) or _waits(outbox, until):
                pass
        finally:
            sender.close()
    return summary


def _look(flow: PushFlow, outbox: Outbox, sender: Any, summary: dict[str, Any]) -> bool:
    """Look for some messages; False if none is due or the channel must be left alone."""
    messages = messages_of(outbox, outbox.accepted(sender.batch_size))
    if not messages or outbox.breaker().is_open:
        return False
    try:
        outcomes = sender.confirm(messages)
    except RetryLater as error:
        if not isinstance(error, RateLimited):
            outbox.note_failure()
        raise
    given = [ids for outcome in outcomes for ids in outcome.ids]
    summary["new_ids"] += outbox.remember_ids(sender.shop, given)
    for where, count in settle(flow, outbox, messages, outcomes).items():
        summary[where] += count
    return True


def _waits(outbox: Outbox, until: float) -> bool:
    """Sleep until the next look is due, if that is soon enough."""
    seconds = outbox.seconds_to_next_look()
    if seconds is None or time.monotonic() + seconds > until or outbox.breaker().is_open:
        return False
    time.sleep(max(0.05, seconds))
    return True
