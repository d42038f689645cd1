"""``settle_answers``: what partners said of what we sent, noted where it stands, and refusals to their owners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import psycopg

from include.delivery import LandedDelivery, LandedFile
from include.delivery_reading import landed, numbered
from include.flow import CollectFlow, resolved
from include.formats.findings import Finding, Unreadable
from include.stores import dead_letters, edi, landing
from include.stores.dead_letters import Origin
from include.stores.edi import Answered
from include.stores.landing import DeliveryStatus
from include.stores.landing_files import LandingFiles
from include.stores.seams import recorded
from include.systems.edi.answers import Answer, Level, Unusable, Verdict, answers
from include.systems.edi.documents import PART
from include.systems.edi.partners import PartnerProfile
from include.workspace import Workspace

_FINAL = {Verdict.ACCEPTED, Verdict.WITH_ERRORS, Verdict.REJECTED}


def settle_answers(flow: CollectFlow, workspace: Workspace) -> dict[str, Any]:
    """Read every landed acknowledgement and note what it says: of transport, of syntax, of business.

    A refusal becomes a dead letter for the owner of the exchange; of what was made of a message of the outbox, the
    flow that sent it tells, and is woken. So does an answer to something that we never sent, one that says the
    opposite of an earlier one, and one that cannot be read.

    Returns:
        ``{"answers": statements read, "rejected": things of ours that a partner refused, "set_aside": dead letters}``,
        and under ``wakes`` the flows whose messages were answered.
    """
    with (
        workspace.connect(f"settle_answers {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "settle_answers") as summary,
    ):
        summary.update(answers=0, rejected=0, set_aside=0)
        for delivery_id in landing.deliveries_in(connection, flow.dag_id, DeliveryStatus.LANDED):
            with connection.transaction():
                facts = landing.claim(connection, delivery_id, DeliveryStatus.LANDED)
                if facts is not None:
                    _Settlement(flow, connection, workspace.landing, facts, summary).run()
    return summary


class _Settlement:
    """The answers of one claimed delivery, inside one transaction."""

    def __init__(
        self,
        flow: CollectFlow,
        connection: psycopg.Connection,
        files: LandingFiles,
        facts: dict[str, Any],
        summary: dict[str, Any],
    ):
        self.flow = flow
        self.connection = connection
        self.system = facts["source_system"]
        self.account = facts["account"].rpartition("/")[2]
        self.profile: PartnerProfile = resolved(flow.exchange)(self.system, self.account)
        self.delivery: LandedDelivery = landed(connection, files, facts)
        self.summary = summary

    def run(self) -> None:
        refused = [error for file in self.delivery.files if (error := self._read(file)) is not None]
        status = DeliveryStatus.REFUSED if refused else DeliveryStatus.CLOSED
        landing.set_status(self.connection, self.delivery.delivery_id, status)

    def _read(self, file: LandedFile) -> Unreadable | None:
        """Settle what a file says; acknowledgements use up a partner's numbers like all that it sends."""
        try:
            with self.connection.transaction():
                repeated = frozenset()
                if self.delivery.kind != PART:
                    repeated = numbered(self.connection, self.delivery, file, self.profile).repeated
                for each in answers(file.blocks(), self.profile, repeated):
                    self._settle(each)
        except Unreadable as error:
            self._set_aside(error.finding, {"file": file.name})
            return error
        return None

    def _settle(self, found: Answer | Unusable) -> None:
        if isinstance(found, Unusable):
            self._set_aside(found.findings[0], {"kind": found.kind, "text": found.text})
            return
        said = {**asdict(found), "errors": list(found.errors)}
        things = edi.settle_answer(
            self.connection, self.system, self.account, self.delivery.delivery_id, said
        )
        self.summary["answers"] += 1
        if not things and _needs_a_thing(found):
            self._set_aside(_unknown(found), said)
        for thing in things:
            self._judge(found, thing, said)

    def _judge(self, found: Answer, thing: Answered, said: dict[str, Any]) -> None:
        evidence = {**said, "named": thing.named, "interchange_id": thing.interchange_id}
        if found.verdict is Verdict.REJECTED and thing.before != Verdict.REJECTED:
            self.summary["rejected"] += 1
            if not thing.is_message:
                self._set_aside(_rejected(found, thing), evidence)
        if thing.is_message:
            self._wake(thing)
        if thing.before in _FINAL and Verdict(thing.before) is not found.verdict:
            self._set_aside(_contradiction(found, thing), evidence)

    def _wake(self, thing: Answered) -> None:
        """Whoever sent it looks at what became of it now, not at its next turn."""
        edi.look_now(self.connection, thing.interchange_id)
        waking = self.summary.setdefault("wakes", [])
        if thing.flow not in waking:
            waking.append(thing.flow)

    def _set_aside(self, finding: Finding, record: dict[str, Any]) -> None:
        origin = Origin(
            step="settle_answers",
            flow=self.flow.dag_id,
            source_system=self.system,
            account=self.account,
            entity=None,
            delivery_id=self.delivery.delivery_id,
            contract_version=None,
            owner=self.profile.owner,
            runbook=self.flow.runbook,
        )
        dead_letters.set_aside(self.connection, origin, finding.to_json(), level="delivery", record=record)
        self.summary["set_aside"] += 1


def _needs_a_thing(found: Answer) -> bool:
    """A group or interchange whose documents were all named has nothing left that it could speak of."""
    is_whole = found.document is None and found.document_number is None and found.level is Level.SYNTAX
    return not is_whole or found.verdict is Verdict.REJECTED


def _named(found: Answer) -> str:
    facts = {
        "interchange": found.interchange,
        "group": found.group,
        "document": found.document,
        "number": found.document_number,
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value)


def _shown(errors: Iterable[str]) -> str:
    return "; ".join(errors) or "without a reason"


def _rejected(found: Answer, thing: Answered) -> Finding:
    return Finding(
        rule="rejected_by_partner",
        message=f"The partner refuses {thing.named} ({found.kind}, {found.level}): {_shown(found.errors)}.",
        field=found.kind,
        value=thing.named,
    )


def _contradiction(found: Answer, thing: Answered) -> Finding:
    return Finding(
        rule="answer_contradicts",
        message=f"The partner says {found.verdict} of {thing.named} ({found.kind}), and said {thing.before} before.",
        field=found.kind,
        value=thing.named,
    )


def _unknown(found: Answer) -> Finding:
    return Finding(
        rule="answers_nothing_sent",
        message=f"A {found.kind} speaks of {_named(found)}, and nothing of that name was sent to this partner.",
        field=found.kind,
        value=_named(found),
    )
