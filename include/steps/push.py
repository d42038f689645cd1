"""``push``: messages to the channel: at least once on the wire, once in effect."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Sequence
from typing import Any

import psycopg

from include.errors import OutcomeUnknown, RateLimited, RetryLater
from include.flow import PushFlow
from include.outcome import Message, Outcome, Result, Sender
from include.settlement import (
    OUT_OF_BUDGET_SECONDS,
    backoff_seconds,
    messages_of,
    pause_seconds,
    sender_of,
    settle,
)
from include.stores.outbox import Outbox
from include.stores.seams import clear_alert, raise_alert, recorded
from include.workspace import Workspace

BREAKER_INCIDENT = "channel does not answer"
COUNTED = (
    "sent",
    "accepted",
    "applied",
    "rejected",
    "retry",
    "parked",
    "unknown",
    "stale",
    "dead",
    "new_ids",
)


def push(flow: PushFlow, workspace: Workspace, *, keep_going_seconds: float = 0) -> dict[str, Any]:
    """Send what is due, until nothing is due or the channel must be left alone.

    Every message is marked as submitted right before it leaves, so that a worker that dies leaves it known
    as "sent, answer unknown"; such messages are looked up at the channel before anything is sent again.

    Args:
        keep_going_seconds: wait this long for messages that become due shortly, as after a short pause
            that the channel asked for.

    Returns:
        counts by result: ``{"sent", "accepted", "applied", "rejected", "retry", "parked", "unknown", "stale",
        "dead", "new_ids"}``.
    """
    with (
        workspace.connect(f"push {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "push") as summary,
    ):
        summary.update(dict.fromkeys(COUNTED, 0))
        worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        outbox = Outbox(connection, flow.system, flow.entity, worker)
        sender = sender_of(flow, workspace.endpoint(flow.system), outbox)
        try:
            _Push(flow, connection, outbox, sender, summary).run(time.monotonic() + keep_going_seconds)
        finally:
            sender.close()
    return summary


class _Push:
    """One run of ``push``."""

    def __init__(
        self,
        flow: PushFlow,
        connection: psycopg.Connection,
        outbox: Outbox,
        sender: Sender,
        summary: dict[str, Any],
    ):
        self.flow = flow
        self.connection = connection
        self.outbox = outbox
        self.sender = sender
        self.summary = summary

    def run(self, until: float) -> None:
        """What a worker that died had sent is looked up before anything else goes out."""
        self.outbox.release_expired()
        while self._may_speak():
            if abandoned := self._claimed_unknown():
                self._settle(abandoned, self._looked_up(abandoned), is_look_up=True)
            elif claimed := self._claimed():
                self._send(claimed)
            elif not self._waits_for_due(until):
                return

    def _claimed_unknown(self) -> list[Message]:
        return messages_of(self.outbox, self.outbox.claim_unknown(self.sender.batch_size))

    def _claimed(self) -> list[Message]:
        """What is due; while the channel is on probation, one message goes first."""
        limit = 1 if self.outbox.breaker().state == "half_open" else self.sender.batch_size
        return messages_of(self.outbox, self.outbox.claim(limit))

    def _may_speak(self) -> bool:
        breaker = self.outbox.breaker()
        if not breaker.is_open:
            return True
        raise_alert(
            self.connection,
            flow=self.flow.dag_id,
            incident=BREAKER_INCIDENT,
            owner=self.flow.owner,
            message=f"{self.flow.system} failed {breaker.failures_in_a_row} times in a row; nothing is sent for "
            f"{breaker.open_for_seconds:.0f} seconds.",
            runbook=f"{self.flow.runbook}#channel-does-not-answer",
        )
        return False

    def _waits_for_due(self, until: float) -> bool:
        """Sleep until the next message is due, if that is soon enough."""
        seconds = self.outbox.seconds_to_next()
        if seconds is None or time.monotonic() + seconds > until:
            return False
        time.sleep(max(0.05, seconds))
        return True

    def _send(self, claimed: list[Message]) -> None:
        """Send, and look up at once what the channel answered without saying what became of it."""
        left: set[uuid.UUID] = set()
        try:
            outcomes = self.sender.send(claimed, lambda leaving: self._leave(leaving, left))
        except OutcomeUnknown as error:
            self.outbox.note_failure()
            gone = [message for message in claimed if message.message_id in left]
            kept = [message for message in claimed if message.message_id not in left]
            self._settle(claimed, [_unknown(m, error) for m in gone] + self._put_off(kept, error))
            if error.is_answered:
                self._settle(gone, self._looked_up(gone), is_look_up=True)
        except RetryLater as error:
            self._settle(claimed, self._put_off(claimed, error))
        else:
            self.outbox.note_success()
            clear_alert(self.connection, self.flow.dag_id, BREAKER_INCIDENT)
            self._settle(claimed, outcomes)

    def _leave(self, messages: Sequence[Message], left: set[uuid.UUID]) -> list[Message]:
        """See ``outcome.Leaving``."""
        leaving = self.outbox.set_submitted([message.message_id for message in messages])
        self.summary["sent"] += len(leaving - left)
        left |= leaving
        return [message for message in messages if message.message_id in leaving]

    def _looked_up(self, messages: Sequence[Message]) -> list[Outcome]:
        """What became of messages; where that cannot be found out now, they go on being looked for."""
        try:
            return self.sender.look_up(messages)
        except RetryLater as error:
            if not isinstance(error, RateLimited):
                self.outbox.note_failure()
            return [_unknown(message, error) for message in messages]

    def _put_off(self, messages: Sequence[Message], error: RetryLater) -> list[Outcome]:
        """Nothing was sent: all messages wait for the same time, as long as the channel asks, else longer every
        time, and much longer without a retry left in the channel's budget."""
        if not messages:
            return []
        if isinstance(error, RateLimited) and error.retry_after is not None:
            seconds = pause_seconds(error.retry_after)
        else:
            earlier = self.outbox.count_receipts(messages[0].message_id, str(Result.RETRY))
            seconds = max(backoff_seconds(earlier + 1), self._out_of_budget())
        if not isinstance(error, RateLimited | OutcomeUnknown):
            self.outbox.note_failure()
        return [_not_sent(message, error, seconds) for message in messages]

    def _out_of_budget(self) -> float:
        return 0 if self.outbox.spend_retry() else OUT_OF_BUDGET_SECONDS

    def _settle(
        self, messages: Sequence[Message], outcomes: list[Outcome], *, is_look_up: bool = False
    ) -> None:
        given = [ids for outcome in outcomes for ids in outcome.ids]
        self.summary["new_ids"] += self.outbox.remember_ids(self.sender.shop, given)
        is_sent_again = any(o.result is Result.RETRY and not o.is_channels_fault for o in outcomes)
        least_seconds = self._out_of_budget() if is_sent_again else 0
        settled = settle(
            self.flow, self.outbox, messages, outcomes, is_look_up=is_look_up, least_seconds=least_seconds
        )
        for where, count in settled.items():
            self.summary[where] += count


def _unknown(message: Message, error: RetryLater) -> Outcome:
    return Outcome(message_id=message.message_id, result=Result.UNKNOWN, detail=_detail(error))


def _not_sent(message: Message, error: RetryLater, seconds: float) -> Outcome:
    return Outcome(
        message_id=message.message_id,
        result=Result.RETRY,
        detail=_detail(error),
        retry_after=seconds,
        is_channels_fault=True,
    )


def _detail(error: RetryLater) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": error.message, **error.evidence}
