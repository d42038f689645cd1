"""``check_contract``: landed deliveries against their contracts: accepted records, and dead letters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl
import psycopg

from include.contracts.contract import Contract, contract
from include.contracts.examination import Examination, SetAsideRecord, Tally, examine
from include.delivery import LandedDelivery
from include.delivery_reading import hand_over, landed, numbered, read, waiting_takers
from include.flow import PullFlow, resolved
from include.formats.batches import LINE
from include.formats.findings import Finding, Unreadable
from include.ownership import why_not
from include.stores import accepted_records, dead_letters, landing, line_hashes, raw
from include.stores.accepted_records import AcceptedRecords
from include.stores.dead_letters import LetterWriter, Origin, RecordLetter
from include.stores.landing import DeliveryStatus
from include.stores.landing_files import LandingFiles
from include.stores.seams import recorded
from include.systems.partners import partner
from include.workspace import Workspace

CACHED_KINDS = ("file", "file_set")
CACHED_FROM = 1_000


def check_contract(flow: PullFlow, workspace: Workspace) -> dict[str, Any]:
    """Check every landed delivery of a flow.

    A delivery that cannot be used as a whole becomes one dead letter and does not stop the others.

    Returns:
        ``{"checked": deliveries, "refused_deliveries": …, "accepted": records, "refused": records}``, and under
        ``wakes`` the flows for which documents lie that were found in deliveries of this one or its neighbours.
    """
    with (
        workspace.connect(f"check_contract {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "check_contract") as summary,
    ):
        summary.update(checked=0, refused_deliveries=0, accepted=0, refused=0)
        for delivery_id in landing.deliveries_in(connection, flow.dag_id, DeliveryStatus.LANDED):
            _check_delivery(flow, workspace.landing, connection, delivery_id, summary)
        if flow.exchange is not None and (waiting := waiting_takers(connection, flow)):
            summary["wakes"] = waiting
    return summary


def _check_delivery(
    flow: PullFlow,
    files: LandingFiles,
    connection: psycopg.Connection,
    delivery_id: int,
    summary: dict[str, Any],
) -> None:
    try:
        with connection.transaction():
            facts = landing.claim(connection, delivery_id, DeliveryStatus.LANDED)
            if facts is not None:
                tallies = _Check(flow, files, connection, facts).run()
                summary["checked"] += 1
                summary["accepted"] += sum(tally.accepted for tally in tallies)
                summary["refused"] += sum(tally.refused for tally in tallies)
    except Unreadable as error:
        with connection.transaction():
            if (facts := landing.claim(connection, delivery_id, DeliveryStatus.LANDED)) is not None:
                _refuse_delivery(flow, connection, facts, error.finding)
                files.forget_accepted(delivery_id)
                summary["refused_deliveries"] += 1


def _refuse_delivery(
    flow: PullFlow, connection: psycopg.Connection, facts: dict[str, Any], finding: Finding
) -> None:
    origin = _origin(flow, facts, None, None)
    record = {"delivery": facts["name"], "as_of": facts["as_of"].isoformat()}
    dead_letters.set_aside(connection, origin, finding.to_json(), level="delivery", record=record)
    landing.set_status(connection, facts["delivery_id"], DeliveryStatus.REFUSED)


class _Check:
    """The check of one claimed delivery, inside one transaction."""

    def __init__(
        self, flow: PullFlow, files: LandingFiles, connection: psycopg.Connection, facts: dict[str, Any]
    ):
        self.flow = flow
        self.files = files
        self.connection = connection
        self.facts = facts
        self.partner = partner(flow.system, facts["account"])
        self.sinks: dict[str, _Kept] = {}
        self.examinations: dict[str, Examination] = {}
        self.has_repeats = False
        self.has_others = False

    def run(self) -> list[Tally]:
        try:
            examine(read(self.flow, self._passing_over_repeats(self._landed)), self._begun)
            tallies = {entity: self._finished(entity) for entity in self.examinations}
            self._refuse_empty(tallies)
            for entity, examination in self.examinations.items():
                self._keep_lines(entity, examination)
        finally:
            for closing in (*self.sinks.values(), *self.examinations.values()):
                closing.close()
        versions = {entity: contract(self.flow.system, entity).version for entity in tallies}
        landing.set_status(self.connection, self._id, DeliveryStatus.CHECKED, versions)
        return list(tallies.values())

    @property
    def _id(self) -> int:
        return self.facts["delivery_id"]

    @property
    def _landed(self) -> LandedDelivery:
        return landed(self.connection, self.files, self.facts)

    def _passing_over_repeats(self, delivery: LandedDelivery) -> LandedDelivery:
        """The delivery, in which interchanges that came before are marked; what others take of it is handed over.

        Raises:
            Unreadable: a number came before with other content. That is an alarm, not a delivery.
        """
        if self.flow.exchange is None or delivery.kind != "interchange":
            return delivery
        profile = resolved(self.flow.exchange)(delivery.account)
        found = [numbered(self.connection, delivery, file, profile) for file in delivery.files]
        self.has_repeats = any(each.repeated for each in found)
        kinds = {kind for each in found for kind in each.kinds}
        self.has_others = bool(hand_over(self.connection, self.flow, delivery, kinds))
        files = (
            replace(file, repeated=each.repeated) for file, each in zip(delivery.files, found, strict=True)
        )
        return replace(delivery, files=tuple(files))

    def _begun(self, entity: str) -> Examination:
        agreed = contract(self.flow.system, entity)
        origin = replace(
            _origin(self.flow, self.facts, entity, agreed.version),
            checked_as=f"{self._version_tag(agreed)}-polars{pl.__version__}",
        )
        sink = _Kept(self.files.accepted(self._id, entity), LetterWriter(self.connection, origin))
        self.sinks[entity] = sink
        examination = Examination(
            agreed,
            self.partner.conventions,
            partial(why_not, self.flow.system),
            sink,
            known=self._known_lines(agreed),
            standing=dead_letters.standing(sink.letters),
            awaited_keys=dead_letters.open_keys(self.connection, origin, self.facts["as_of"]),
        )
        self.examinations[entity] = examination
        return examination

    def _finished(self, entity: str) -> Tally:
        """Write what came of an entity."""
        tally = self.examinations[entity].finish()
        letters = self.sinks[entity].finished()
        landing.record_counts(
            self.connection,
            self._id,
            entity,
            delivered=tally.delivered,
            accepted=tally.accepted,
            refused=tally.refused,
            skipped=tally.skipped,
            has_repeats=tally.has_repeats,
        )
        for note in tally.notes:
            landing.record_finding(self.connection, self._id, entity, note.to_json())
        dead_letters.resolve(self.connection, letters.origin, sorted(tally.good_keys), self.facts["as_of"])
        return tally

    def _refuse_empty(self, tallies: dict[str, Tally]) -> None:
        if not (self.flow.may_be_empty or self.has_repeats or self.has_others) and not any(
            tally.delivered for tally in tallies.values()
        ):
            raise Unreadable(
                Finding(
                    rule="no_records",
                    message="The delivery holds no record at all. If that is right, set `may_be_empty` in the flow; "
                    "else ask the sender for the missing records.",
                )
            )

    def _version_tag(self, agreed: Contract) -> str:
        """What the check of a record depends on beside its content."""
        rights = [
            why_not(self.flow.system, part) for prop in agreed.properties for part in (prop, *prop.items)
        ]
        digest = hashlib.sha256(json.dumps(rights).encode()).hexdigest()[:8]
        return f"{agreed.version}-{self.partner.digest}-{digest}"

    def _known_lines(self, agreed: Contract) -> line_hashes.KnownLines | None:
        """Lines that raw certainly holds: those of the delivery loaded last, unless this one is a late one."""
        last = landing.last_loaded(self.connection, self.facts, agreed.entity)
        if last is None or last.older or self.facts["kind"] not in CACHED_KINDS:
            return None
        is_newer_list = agreed.entity in self.facts["full_entities"] and self.facts["as_of"] > last.as_of
        if agreed.record_version is None and not is_newer_list:
            return None
        folder = self.files.line_hashes(self.flow.dag_id, self.facts["account"], agreed.entity)
        known = line_hashes.known_lines(folder, last.delivery_id, self._version_tag(agreed))
        if known and raw.count_live(self.connection, agreed, self.facts["account"]) >= known.length:
            return known
        return None

    def _keep_lines(self, entity: str, examination: Examination) -> None:
        """For the next delivery of many lines; see ``stores.line_hashes``."""
        is_worth_it = self.facts["kind"] in CACHED_KINDS and examination.tally.accepted >= CACHED_FROM
        if is_worth_it and examination.is_cacheable:
            folder = self.files.line_hashes(self.flow.dag_id, self.facts["account"], entity)
            line_hashes.keep(examination.lines, folder, self._id, self._version_tag(examination.contract))


class _Kept:
    """Accepted records into a file, the others into dead letters."""

    def __init__(self, path: Any, letters: LetterWriter):
        self.path = path
        self.letters = letters
        self._records = AcceptedRecords(path)

    def accept(self, frame: pl.DataFrame) -> None:
        """Append accepted records."""
        self._records.append(frame)

    def set_aside(self, records: Iterable[SetAsideRecord]) -> None:
        """Write dead letters."""
        self.letters.add(
            RecordLetter(
                line=record.line,
                findings=[finding.to_json() for finding in record.findings],
                record_key=record.key,
                record=record.record,
                content_hash=record.content_hash,
            )
            for record in records
        )

    def take_back(self, lines: frozenset[int]) -> pl.DataFrame:
        """Write the file anew without some lines, and return them."""
        self.close()
        kept = list(accepted_records.frames(self.path))
        self._records = AcceptedRecords(self.path)
        is_taken = pl.col(LINE).is_in(list(lines))
        for frame in kept:
            self.accept(frame.filter(~is_taken))
        return pl.concat(frame.filter(is_taken) for frame in kept)

    def finished(self) -> LetterWriter:
        """Everything is written."""
        self.close()
        self.letters.flush()
        return self.letters

    def close(self) -> None:
        """Close the file, so that all of it is there for whoever reads it next."""
        self._records.close()


def _origin(flow: PullFlow, facts: dict[str, Any], entity: str | None, version: str | None) -> Origin:
    return Origin(
        step="check_contract",
        flow=flow.dag_id,
        source_system=flow.system,
        account=facts["account"],
        entity=entity,
        delivery_id=facts["delivery_id"],
        contract_version=version,
        owner=flow.owner,
        runbook=flow.runbook,
    )
