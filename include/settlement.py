"""What an outcome does to a message: one rule for ``push`` and ``collect_acknowledgements``."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from include.delivery import Endpoint
from include.flow import Pattern, PushFlow, resolved
from include.formats.findings import Finding
from include.outcome import Message, Outcome, Result, Sender
from include.stores import dead_letters
from include.stores.edi import OwnInterchanges
from include.stores.outbox import MessageStatus, Outbox

BACKOFF_SECONDS = 5
LONGEST_BACKOFF_SECONDS = 1_800
MAX_ATTEMPTS = 8
MAX_LOOKS = 10
FIRST_LOOK_SECONDS = 2
OUT_OF_BUDGET_SECONDS = 300
AWAITED_LOOK_SECONDS = 60
LONGEST_WAIT = timedelta(days=2)
TOGETHER = (Result.ACCEPTED, Result.APPLIED, Result.AWAITED)
"""What most messages come to: it asks for no look at each of them."""


def messages_of(outbox: Outbox, rows: Sequence[dict[str, Any]]) -> list[Message]:
    """Rows of the outbox as a sender wants them, each with what the channel showed last for its key."""
    shown = outbox.states([row["key"] for row in rows])
    return [
        Message(
            message_id=row["message_id"],
            key=row["key"],
            payload=row["payload"],
            content_hash=row["content_hash"],
            attempts=row["attempts"],
            shown=shown.get(row["key"]),
            made_at=row["made_at"],
            as_of_at=row["as_of_at"],
            accepted_at=row.get("accepted_at"),
        )
        for row in rows
    ]


def sender_of(flow: PushFlow, endpoint: Endpoint, outbox: Outbox) -> Sender:
    """Who speaks to the channel of a flow; one that writes EDI gets the store that keeps what it writes."""
    if flow.pattern is Pattern.EDI:
        return resolved(flow.sender)(
            flow, endpoint, OwnInterchanges(outbox.connection, flow.system, flow.dag_id)
        )
    return resolved(flow.sender)(endpoint, outbox.ids)


def settle(
    flow: PushFlow,
    outbox: Outbox,
    messages: Sequence[Message],
    outcomes: Sequence[Outcome],
    *,
    is_look_up: bool = False,
    least_seconds: float = 0,
) -> Counter[str]:
    """Record what the channel said of messages and move them accordingly.

    What it takes, shows or thinks over is moved in a few statements for all of them, in one transaction; what needs a
    look at each message, in one for each. A message that somebody else holds by now is left to them.

    Args:
        is_look_up: the outcomes were found out afterwards, not answered.
        least_seconds: how long a message must wait that is to be sent again.

    Returns:
        how many messages went where, in the words of a step's summary.
    """
    together = [outcome for outcome in outcomes if outcome.result in TOGETHER]
    settled = Counter(str(outcome.result) for outcome in together)
    if together:
        with outbox.connection.transaction():
            _settle_together(outbox, together, is_look_up=is_look_up)
    by_id = {message.message_id: message for message in messages}
    for outcome in outcomes:
        if outcome.result not in TOGETHER:
            with outbox.connection.transaction():
                message = by_id[outcome.message_id]
                settled[_settle_alone(flow, outbox, message, outcome, is_look_up, least_seconds)] += 1
    return settled


def _settle_together(outbox: Outbox, outcomes: Sequence[Outcome], *, is_look_up: bool) -> None:
    outbox.record_receipts([_receipt(outcome, is_look_up=is_look_up) for outcome in outcomes])
    of = {result: [outcome for outcome in outcomes if outcome.result is result] for result in TOGETHER}
    if accepted := of[Result.ACCEPTED]:
        outbox.settle([outcome.message_id for outcome in accepted], MessageStatus.ACCEPTED)
    if applied := {outcome.message_id: outcome.shown for outcome in of[Result.APPLIED]}:
        moved = outbox.settle(list(applied), MessageStatus.APPLIED)
        outbox.remember_states({message_id: applied[message_id] for message_id in moved})
        dead_letters.resolve_messages(outbox.connection, moved)
    if awaited := of[Result.AWAITED]:
        outbox.look_later({each.message_id: each.retry_after or AWAITED_LOOK_SECONDS for each in awaited})


def _settle_alone(
    flow: PushFlow,
    outbox: Outbox,
    message: Message,
    outcome: Outcome,
    is_look_up: bool,
    least_seconds: float,
) -> str:
    """Where a message went, in the words of a step's summary."""
    outbox.record_receipts([_receipt(outcome, is_look_up=is_look_up)])
    match outcome.result:
        case Result.REJECTED:
            if outbox.settle([message.message_id], MessageStatus.REJECTED):
                _set_aside(flow, outbox, message, outcome)
        case Result.STALE:
            outbox.settle([message.message_id], MessageStatus.SUPERSEDED)
        case Result.RETRY:
            return _retry(flow, outbox, message, outcome, is_look_up=is_look_up, least_seconds=least_seconds)
        case Result.PARKED:
            return _put_off(flow, outbox, message, outcome)
        case Result.NOT_SHOWN:
            return _not_shown(flow, outbox, message, outcome)
        case Result.UNKNOWN:
            # It stays submitted; when the lease is over it is looked up again.
            pass
    return str(outcome.result)


def backoff_seconds(tries: int) -> float:
    """How long to wait after so many tries: doubling, with jitter."""
    doubled = min(LONGEST_BACKOFF_SECONDS, BACKOFF_SECONDS * 2 ** min(30, max(0, tries - 1)))
    return doubled * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, hides nothing


def pause_seconds(asked: float) -> float:
    """How long to wait where the channel says it: never shorter, with jitter."""
    return max(asked, 0.1) * random.uniform(1, 1.2)  # noqa: S311 - spreads load, hides nothing


def _receipt(outcome: Outcome, *, is_look_up: bool) -> tuple[UUID, str, dict[str, Any]]:
    kind = str(outcome.result)
    if is_look_up:
        kind = {Result.APPLIED: "found_applied", Result.RETRY: "found_missing"}.get(outcome.result, kind)
    return outcome.message_id, kind, outcome.detail


def _retry(
    flow: PushFlow,
    outbox: Outbox,
    message: Message,
    outcome: Outcome,
    *,
    is_look_up: bool,
    least_seconds: float,
) -> str:
    """Send it again later. What the channel itself is to blame for costs the message no attempt."""
    if outcome.is_channels_fault:
        return _put_off(flow, outbox, message, outcome)
    if message.attempts >= MAX_ATTEMPTS:
        return _given_up(flow, outbox, message, outcome)
    is_lost_request = is_look_up and message.attempts == 1
    seconds = 0 if is_lost_request else outcome.retry_after or backoff_seconds(message.attempts)
    outbox.wait_again(message.message_id, max(seconds, least_seconds))
    return str(Result.RETRY)


def _put_off(flow: PushFlow, outbox: Outbox, message: Message, outcome: Outcome) -> str:
    """Wait without counting an attempt; after days somebody has to look."""
    if datetime.now(UTC) - message.made_at > LONGEST_WAIT:
        return _given_up(flow, outbox, message, outcome)
    outbox.park(message.message_id, outcome.retry_after or OUT_OF_BUDGET_SECONDS)
    return str(outcome.result)


def _not_shown(flow: PushFlow, outbox: Outbox, message: Message, outcome: Outcome) -> str:
    """The channel took it and does not show it: look again, less and less often, then give it up."""
    looks = outbox.count_receipts(message.message_id, "not_shown")
    if looks < MAX_LOOKS:
        outbox.look_later({message.message_id: FIRST_LOOK_SECONDS * 2**looks})
        return str(Result.NOT_SHOWN)
    return _given_up(flow, outbox, message, outcome)


def _given_up(flow: PushFlow, outbox: Outbox, message: Message, outcome: Outcome) -> str:
    if outbox.settle([message.message_id], MessageStatus.DEAD):
        _set_aside(flow, outbox, message, outcome)
    return "dead"


def _set_aside(flow: PushFlow, outbox: Outbox, message: Message, outcome: Outcome) -> None:
    origin = dead_letters.Origin(
        step="collect_acknowledgements" if outcome.result is Result.NOT_SHOWN else "push",
        flow=flow.dag_id,
        source_system=flow.system,
        account=str(message.payload.get("account") or message.payload.get("shop") or flow.system),
        entity=flow.entity,
        delivery_id=None,
        contract_version=None,
        owner=flow.owner,
        runbook=flow.runbook,
    )
    detail = outcome.detail
    finding = Finding(
        rule=str(detail.get("code", outcome.result)).lower(),
        message=str(detail.get("message", f"{flow.system} did not take {message.key}.")),
        place=f"message {message.message_id}",
        field=detail.get("field"),
        value=detail.get("value"),
    )
    dead_letters.set_aside(
        outbox.connection,
        origin,
        finding.to_json(),
        level="message",
        record=message.payload,
        record_key=message.key,
        message_id=message.message_id,
    )
