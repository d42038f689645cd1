"""``load_raw``: accepted records into raw, so that order and repetition of deliveries do not matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import psycopg

from include.contracts.contract import contract
from include.contracts.conventions import values
from include.delivery import LandedDelivery
from include.delivery_reading import landed, read
from include.flow import PullFlow
from include.formats.findings import Finding
from include.stores import accepted_records, dead_letters, landing, raw
from include.stores.landing import DeliveryStatus, LoadedCounts
from include.stores.landing_files import LandingFiles
from include.stores.seams import recorded
from include.systems.partners import partner
from include.workspace import Workspace


def load_raw(flow: PullFlow, workspace: Workspace) -> dict[str, Any]:
    """Load every checked delivery of a flow, each in one transaction, the oldest statement first.

    Returns:
        ``{"loaded": deliveries, "new": …, "changed": …, "unchanged": …, "older": …, "deleted": records}``.
    """
    with (
        workspace.connect(f"load_raw {flow.dag_id}") as connection,
        recorded(connection, flow.dag_id, "load_raw") as summary,
    ):
        summary.update(loaded=0, new=0, changed=0, unchanged=0, older=0, deleted=0)
        for entity in flow.entities:
            raw.ensure(connection, contract(flow.system, entity))
        for delivery_id in landing.deliveries_in(connection, flow.dag_id, DeliveryStatus.CHECKED):
            with connection.transaction():
                facts = landing.claim(connection, delivery_id, DeliveryStatus.CHECKED)
                if facts is not None:
                    _load_delivery(flow, workspace.landing, connection, facts, summary)
    return summary


def _load_delivery(
    flow: PullFlow,
    files: LandingFiles,
    connection: psycopg.Connection,
    facts: dict[str, Any],
    summary: dict[str, Any],
) -> None:
    for counted in landing.counts_of(connection, facts["delivery_id"]):
        loading = _Loading(flow, files, connection, facts, counted)
        loaded = loading.run()
        landing.record_loaded(connection, facts["delivery_id"], counted["entity"], loaded)
        for name in ("new", "changed", "unchanged", "older", "deleted"):
            summary[name] += getattr(loaded, name)
    landing.set_status(connection, facts["delivery_id"], DeliveryStatus.LOADED)
    summary["loaded"] += 1


class _Loading:
    """The load of one entity of one delivery, inside one transaction."""

    def __init__(
        self,
        flow: PullFlow,
        files: LandingFiles,
        connection: psycopg.Connection,
        facts: dict[str, Any],
        counted: dict[str, Any],
    ):
        self.flow = flow
        self.files = files
        self.connection = connection
        self.facts = facts
        self.counted = counted
        self.agreed = contract(flow.system, counted["entity"])
        self.is_full = counted["entity"] in facts["full_entities"]

    def run(self) -> LoadedCounts:
        raw.lock(self.connection, self.agreed)
        newer = self._newer_lists()
        if newer:
            return self._late(newer)
        if not self.counted["has_repeats"] and raw.is_empty(self.connection, self.agreed):
            return self._copied_into_empty()
        return self._merged()

    def _newer_lists(self) -> list[tuple[int, bool]]:
        """Complete lists of a later moment, where records carry no version of their own."""
        if self.agreed.record_version is not None:
            return []
        return landing.newer_lists(self.connection, self.facts, self.agreed.entity)

    def _late(self, newer: list[tuple[int, bool]]) -> LoadedCounts:
        """Every record is older than what the newer lists said of it. New is only what they could not say:
        a record that they named and that was refused there, or one behind rows that could not be read."""
        certain = [delivery_id for delivery_id, is_certain in newer if is_certain]
        untold = landing.refused_in_all(self.connection, certain, self.agreed.entity) if certain else None
        raw.copy_incoming(self.connection, self.agreed, self._constants, self._only(untold))
        raw.remove_known(self.connection, self.agreed)
        new, _ = raw.merge_incoming(self.connection, self.agreed)
        accepted = self.counted["accepted"]
        return LoadedCounts(
            copied=accepted - self.counted["skipped"],
            new=new,
            changed=0,
            unchanged=0,
            older=accepted - new,
            deleted=0,
            in_raw=raw.count_of_delivery(self.connection, self.agreed, self.facts["delivery_id"]),
        )

    def _only(self, keys: set[str] | None) -> Iterator[pl.DataFrame]:
        """The accepted records of some keys; all where none are given."""
        if keys is None:
            yield from self._frames()
            return
        text = pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("") for name in self.agreed.key], separator=" / "
        )
        for frame in self._frames() if keys else ():
            yield frame.filter(text.is_in(list(keys)))

    def _copied_into_empty(self) -> LoadedCounts:
        copied = raw.copy_into_empty(self.connection, self.agreed, self._constants, self._frames())
        return self._counts(copied=copied, new=copied, changed=0, older=0, deleted=0)

    def _merged(self) -> LoadedCounts:
        copied = raw.copy_incoming(self.connection, self.agreed, self._constants, self._frames())
        older = 0
        if self.counted["has_repeats"]:
            older = raw.remove_older_repeats(self.connection, self.agreed)
        older += raw.count_older(self.connection, self.agreed)
        new, changed = raw.merge_incoming(self.connection, self.agreed)
        if self.agreed.record_version is None and not self.is_full:
            raw.confirm_incoming(self.connection, self.agreed)
        deleted = self._deleted() if self.is_full else 0
        return self._counts(copied=copied, new=new, changed=changed, older=older, deleted=deleted)

    def _counts(self, *, copied: int, new: int, changed: int, older: int, deleted: int) -> LoadedCounts:
        return LoadedCounts(
            copied=copied,
            new=new,
            changed=changed,
            unchanged=self.counted["skipped"] + copied - new - changed - older,
            older=older,
            deleted=deleted,
            in_raw=raw.count_of_delivery(self.connection, self.agreed, self.facts["delivery_id"]),
        )

    @property
    def _constants(self) -> raw.Constants:
        return raw.Constants(self.facts["account"], self.facts["delivery_id"], self.facts["as_of"])

    def _frames(self) -> Iterator[pl.DataFrame]:
        """The accepted records, as they were written."""
        yield from accepted_records.frames(self.files.accepted(self.facts["delivery_id"], self.agreed.entity))

    def _deleted(self) -> int:
        """Mark what a complete list does not name; more than the cap allows is left to a person."""
        live = raw.count_live(self.connection, self.agreed, self.facts["account"])
        if live <= self.counted["accepted"]:
            return 0
        unreadable = landing.count_unreadable(self.connection, self.facts["delivery_id"], self.agreed.entity)
        if unreadable:
            self._note_uncertain(unreadable)
            return 0
        # The delivery is looked up before the COPY: a connection does one thing at a time.
        delivery = landed(self.connection, self.files, self.facts)
        raw.copy_listed(self.connection, self.agreed, self._keys(delivery))
        account, as_of = self.facts["account"], self.facts["as_of"]
        vanished = raw.count_vanished(self.connection, self.agreed, account, as_of)
        if vanished > self.agreed.delete_cap * live:
            self._hold_deletes(vanished, live)
            return 0
        return raw.delete_vanished(self.connection, self.agreed, account, as_of, self.facts["delivery_id"])

    def _keys(self, delivery: LandedDelivery) -> Iterator[pl.DataFrame]:
        """The keys of every record that the delivery names, also of those that were refused."""
        properties = {prop.name: prop for prop in self.agreed.properties}
        conventions = partner(self.flow.system, self.facts["account"]).conventions
        account = pl.lit(self.facts["account"]).alias("_account")
        for batch in read(self.flow, delivery):
            if batch.entity == self.agreed.entity:
                keys = (properties[name] for name in self.agreed.key)
                made = [values(batch.frame[key.source], key, conventions).alias(key.name) for key in keys]
                yield pl.DataFrame(made).drop_nulls().select(account, pl.all())

    def _note_uncertain(self, unreadable: int) -> None:
        """Any record that seems to be missing may be one of those that could not be read."""
        note = Finding(
            rule="uncertain_list",
            message=f"{unreadable:,} records could not be read, so nothing that the list does not name was deleted.",
            is_fatal=False,
        )
        landing.record_finding(self.connection, self.facts["delivery_id"], self.agreed.entity, note.to_json())

    def _hold_deletes(self, vanished: int, live: int) -> None:
        """Too much would be deleted to be true: the rest is loaded, the deletes wait for a person."""
        origin = dead_letters.Origin(
            step="load_raw",
            flow=self.flow.dag_id,
            source_system=self.flow.system,
            account=self.facts["account"],
            entity=self.agreed.entity,
            delivery_id=self.facts["delivery_id"],
            contract_version=self.agreed.version,
            owner=self.flow.owner,
            runbook=self.flow.runbook,
        )
        finding = Finding(
            rule="delete_cap",
            message=f"The complete list {self.facts['name']!r} does not name {vanished:,} of {live:,} live records, "
            f"more than the {self.agreed.delete_cap:.0%} that contract {self.agreed.id} lets one delivery delete. "
            "Nothing was deleted. If the list is right, raise deleteCap for this delivery and retry it.",
            place=self.facts["name"],
        )
        record = {"delivery": self.facts["name"], "vanished": vanished, "live": live}
        dead_letters.set_aside(self.connection, origin, finding.to_json(), level="delivery", record=record)
