"""Messages of the outbox as EDI documents in a partner's mailbox: written once, placed once, applied when acknowledged.

A message becomes a document in an interchange that is kept, with its numbers, before anything leaves. The file is
written under a temporary name and then renamed; where the connection breaks in between, the next look finds out how
far it came: the temporary name is there, or the own one, or, once the renaming had begun, neither, because the
partner was quick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from include.delivery import Endpoint
from include.errors import Misconfigured, NotPossible, OutcomeUnknown, RetryLater, SetAside
from include.flow import PushFlow
from include.formats.findings import Finding
from include.interchange import Interchanges, KeptInterchange, SentDocument, SentInterchange, Standing
from include.outcome import Leaving, Message, Outcome, Result
from include.systems.edi import writing
from include.systems.edi.exchange import exchange_with
from include.systems.edi.partners import PartnerProfile
from include.systems.edi.writing import Envelope, Written
from include.systems.sftp.client import Client, connected

REJECTED = "rejected"
WAITS = "written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to a partner.

    Attributes:
        kind: as ``850`` or ``ORDERS``.
        number: the number that it has in business.
        facts: the document by the names of its standard; see ``writing``.
    """

    kind: str
    number: str
    facts: Mapping[str, Any]


Composed = Callable[[Sequence[Message], PartnerProfile], Document | None]
"""The document that tells a partner of messages; None where there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message whose document was written on trial and found sound."""

    message: Message
    document: Document
    profile: PartnerProfile


@dataclass(frozen=True, slots=True)
class _Written:
    """A document that goes out, and the messages that it tells of."""

    document: Document
    messages: Sequence[Message]


def alone(told: Callable[[Message, PartnerProfile], Document | None]) -> Composed:
    """Every message has a document of its own."""
    return lambda messages, profile: told(messages[0], profile)


class DocumentSender:
    """Sends the documents of one flow to all of its partners. See ``outcome.Sender``.

    Args:
        composed: makes the document of messages; the payload of each names the partner as ``account``.
        lines: how many messages of a partner one document tells of, as the articles of a stock report.
    """

    def __init__(
        self,
        flow: PushFlow,
        endpoint: Endpoint,
        interchanges: Interchanges,
        composed: Composed,
        *,
        lines: int = 1,
    ):
        self.flow = flow
        self.endpoint = endpoint
        self.interchanges = interchanges
        self.composed = composed
        self.lines = lines
        self.batch_size = max(50, lines)
        self.shop = flow.system

    def close(self) -> None:
        """Nothing stays open between two requests."""

    def send(self, messages: Sequence[Message], leaving: Leaving) -> list[Outcome]:
        """Write one interchange for each partner and kind of document, and put them into the mailboxes.

        Raises:
            OutcomeUnknown: documents are written and do not all lie in their mailboxes.
            RetryLater: the server does not let us in; nothing was written.
        """
        outcomes, ready = self._prepared(messages)
        if not ready:
            return outcomes
        with connected(self.endpoint) as server:
            gone = {message.message_id for message in leaving([each.message for each in ready])}
            going = [each for each in ready if each.message.message_id in gone]
            self._keep(going)
            self._place(server)
        return outcomes + [_accepted(each.message) for each in going]

    def look_up(self, messages: Sequence[Message]) -> list[Outcome]:
        """What was written goes to its mailbox now, if it does not lie there; the rest had no effect.

        Raises:
            RetryLater: the server does not let us in, or somebody else is putting it there.
        """
        known = self.interchanges.standings([message.message_id for message in messages])
        if any(standing.transport == WAITS for standing in known.values()):
            with connected(self.endpoint) as server:
                self._place(server)
        return [
            _accepted(message) if message.message_id in known else _without_effect(message)
            for message in messages
        ]

    def confirm(self, messages: Sequence[Message]) -> list[Outcome]:
        """What partners have acknowledged counts as applied, what they refused as rejected."""
        known = self.interchanges.standings([message.message_id for message in messages])
        return [_judged(message, known[message.message_id]) for message in messages]

    def _prepared(self, messages: Sequence[Message]) -> tuple[list[Outcome], list[_Ready]]:
        """Every document is tried alone, so that one that cannot be written does not hold its neighbours."""
        outcomes: list[Outcome] = []
        ready: list[_Ready] = []
        for message in messages:
            found = self._tried(message)
            (outcomes if isinstance(found, Outcome) else ready).append(found)  # type: ignore[arg-type]
        return outcomes, ready

    def _tried(self, message: Message) -> Outcome | _Ready:
        account = str(message.payload["account"])
        try:
            profile = exchange_with(self.flow.system, account)
            if profile.mailbox is None:
                raise Misconfigured(
                    f"{self.flow.system}/partners/{account}.yml has no `edi.mailbox`: nobody knows where documents go."
                )
            document = self.composed([message], profile)
            if document is None:
                return _nothing_to_tell(message)
            written = writing.write(document.kind, [document.facts], profile, _trial(profile))
        except (Misconfigured, NotPossible) as error:
            return _refused(message, Finding(rule="partner_profile", message=error.message, field="edi"))
        if written.findings:
            return _refused(message, written.findings[0])
        return _Ready(message, document, profile)

    def _keep(self, going: Sequence[_Ready]) -> None:
        groups: dict[tuple[str, str], list[_Ready]] = defaultdict(list)
        for each in going:
            groups[each.profile.name, each.document.kind].append(each)
        for (account, _), members in groups.items():
            self.interchanges.keep(account, partial(self._interchange, members))

    def _interchange(self, members: Sequence[_Ready], number: int, group_number: int) -> SentInterchange:
        """The interchange of some documents of one kind to one partner, under its numbers."""
        profile, kind = members[0].profile, members[0].document.kind
        documents = list(self._documents(members))
        envelope = Envelope(
            control_number=number,
            group_control_number=group_number,
            prepared_at=datetime.now(UTC).astimezone(profile.zone),
        )
        written = writing.write(kind, [each.document.facts for each in documents], profile, envelope)
        if written.findings:
            raise Misconfigured(
                f"Sound documents {kind} make no sound interchange: {written.findings[0].message}"
            )
        assert profile.mailbox is not None
        return SentInterchange(
            source_system=self.flow.system,
            account=profile.name,
            flow=self.flow.dag_id,
            standard=str(profile.standard),
            control_number=number,
            folder=profile.mailbox.folder,
            file_name=profile.document_name(kind, number, envelope.prepared_at),
            content=written.content,
            owner=profile.owner,
            runbook=f"{self.flow.runbook}#a-partner-does-not-answer",
            awaited_for=profile.acknowledgement.deadline if profile.acknowledgement.is_sent else None,
            documents=tuple(_sent(documents, written, group_number)),
        )

    def _documents(self, members: Sequence[_Ready]) -> Iterator[_Written]:
        """The documents of messages to one partner, each of as many as it may tell of."""
        if self.lines == 1:
            yield from (_Written(each.document, [each.message]) for each in members)
            return
        for start in range(0, len(members), self.lines):
            messages = [each.message for each in members[start : start + self.lines]]
            document = self.composed(messages, members[0].profile)
            assert document is not None
            yield _Written(document, messages)

    def _place(self, server: Client) -> None:
        """Put everything that is kept and not sent into its mailbox, in the order of its numbers; what cannot be put
        there does not keep the others waiting, unless the connection broke.

        Raises:
            OutcomeUnknown: something does not lie there yet, also because somebody else is putting it there.
        """
        trouble: list[SetAside] = []
        try:
            with self.interchanges.placing() as waiting:
                for kept in waiting:
                    try:
                        self._put(server, kept)
                    except SetAside as error:
                        trouble.append(error)
        except RetryLater as error:
            raise OutcomeUnknown(error.message) from error
        if trouble:
            raise OutcomeUnknown(trouble[0].message)

    def _put(self, server: Client, kept: KeptInterchange) -> None:
        path = f"{kept.folder}/{kept.file_name}"
        if not kept.is_staged:
            server.stage(path, kept.content)
            self.interchanges.set_staged(kept.interchange_id)
        server.put_in_place(path, kept.content)
        self.interchanges.set_sent(kept.interchange_id)


def _trial(profile: PartnerProfile) -> Envelope:
    return Envelope(
        control_number=1, group_control_number=1, prepared_at=datetime.now(UTC).astimezone(profile.zone)
    )


def _sent(documents: Sequence[_Written], written: Written, group_number: int) -> list[SentDocument]:
    return [
        SentDocument(
            kind=each.document.kind,
            control_number=control_number,
            document_number=each.document.number,
            functional_id=written.functional_id,
            group_number=group_number if written.functional_id else None,
            message_ids=tuple(message.message_id for message in each.messages),
        )
        for each, control_number in zip(documents, written.control_numbers, strict=True)
    ]


def _accepted(message: Message) -> Outcome:
    return Outcome(message_id=message.message_id, result=Result.ACCEPTED)


def _without_effect(message: Message) -> Outcome:
    return Outcome(
        message_id=message.message_id, result=Result.RETRY, detail={"message": "Nothing was written."}
    )


def _nothing_to_tell(message: Message) -> Outcome:
    detail = {"message": "The partner never heard of it, so there is nothing to take back."}
    return Outcome(message_id=message.message_id, result=Result.APPLIED, detail=detail)


def _refused(message: Message, finding: Finding) -> Outcome:
    detail = {
        "code": finding.rule,
        "message": finding.message,
        "field": finding.field,
        "value": finding.value,
    }
    return Outcome(message_id=message.message_id, result=Result.REJECTED, detail=detail)


def _judged(message: Message, standing: Standing) -> Outcome:
    if REJECTED in (standing.transport, standing.syntax):
        reasons = "; ".join(standing.errors) or "without a reason"
        detail = {"code": "rejected_by_partner", "message": f"The partner refuses {message.key}: {reasons}."}
        return Outcome(message_id=message.message_id, result=Result.REJECTED, detail=detail)
    if not standing.is_answered_for or standing.syntax != "awaited":
        return Outcome(
            message_id=message.message_id, result=Result.APPLIED, detail={"syntax": standing.syntax}
        )
    due = standing.due_at.isoformat() if standing.due_at else None
    return Outcome(message_id=message.message_id, result=Result.AWAITED, detail={"due_at": due})
