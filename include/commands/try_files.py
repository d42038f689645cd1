"""``try``: files against a flow's contracts, without writing anything and without a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from include.commands import printing
from include.commands.handed_in import deliveries, landed, profile_of, pull_flow
from include.contracts.contract import contract
from include.contracts.examination import Examination, SetAsideRecord, examine
from include.delivery import Arrival
from include.delivery_reading import read
from include.flow import PullFlow
from include.formats.batches import LINE
from include.formats.findings import Finding, Unreadable
from include.ownership import why_not
from include.systems.partners import Partner

MOST_SHOWN = 200


class _Shown:
    """A sink that keeps the refused records for showing, and the accepted ones only to count them."""

    def __init__(self) -> None:
        self.refused: list[SetAsideRecord] = []
        self.count = 0
        self._accepted: list[pl.DataFrame] = []

    def accept(self, frame: pl.DataFrame) -> None:
        """Keep the lines and keys, in case some are taken back."""
        self._accepted.append(frame)

    def set_aside(self, records: Iterable[SetAsideRecord]) -> None:
        """Keep as many as are shown."""
        for record in records:
            self.count += 1
            if len(self.refused) < MOST_SHOWN:
                self.refused.append(record)

    def take_back(self, lines: frozenset[int]) -> pl.DataFrame:
        """The accepted records of some lines."""
        return pl.concat(frame.filter(pl.col(LINE).is_in(list(lines))) for frame in self._accepted)


def try_files(dag_id: str, files: Sequence[Path], *, account: str | None, as_json: bool) -> int:
    """Check files: 0 everything would be accepted, 1 something refused."""
    found = pull_flow(dag_id)
    profile = profile_of(found, account, files)
    tried = [_tried(found, profile, given) for given in deliveries(found, profile, files)]
    if as_json:
        printing.as_json({"flow": dag_id, "account": profile.account, "deliveries": tried})
    else:
        for one in tried:
            _print(one)
    return int(any(one["refused_whole"] or any(e["refused"] for e in one["entities"]) for one in tried))


def _tried(found: PullFlow, profile: Partner, given: Arrival) -> dict[str, Any]:
    document: dict[str, Any] = {
        "delivery": given.name,
        "as_of": given.as_of,
        "refused_whole": None,
        "entities": [],
    }
    sinks: dict[str, _Shown] = {}
    begun: dict[str, Examination] = {}

    def begin(entity: str) -> Examination:
        sinks[entity] = _Shown()
        agreed = contract(found.system, entity)
        begun[entity] = Examination(
            agreed, profile.conventions, partial(why_not, found.system), sinks[entity]
        )
        return begun[entity]

    try:
        examine(read(found, landed(found, given)), begin)
        for entity, examination in begun.items():
            document["entities"].append(_counted(entity, examination, sinks[entity]))
        _refuse_empty(found, document)
    except Unreadable as error:
        document["refused_whole"] = error.finding.to_json()
        document["entities"] = []
    finally:
        for examination in begun.values():
            examination.close()
    return document


def _counted(entity: str, examination: Examination, sink: _Shown) -> dict[str, Any]:
    tally = examination.finish()
    return {
        "entity": entity,
        "contract_version": examination.contract.version,
        "delivered": tally.delivered,
        "accepted": tally.accepted,
        "refused": tally.refused,
        "refused_by_rule": dict(tally.refused_by_rule),
        "notes": [note.to_json() for note in tally.notes],
        "refused_records": [
            {
                "line": record.line,
                "key": record.key,
                "findings": [finding.to_json() for finding in record.findings],
                "record": record.record,
            }
            for record in sink.refused
        ],
    }


def _refuse_empty(found: PullFlow, document: dict[str, Any]) -> None:
    if not found.may_be_empty and not any(one["delivered"] for one in document["entities"]):
        raise Unreadable(Finding(rule="no_records", message="The delivery holds no record at all."))


def _print(document: dict[str, Any]) -> None:
    printing.line(f"{document['delivery']}, as of {printing.shown(document['as_of'])} UTC")
    if document["refused_whole"]:
        whole = document["refused_whole"]
        where = f", {whole['place']}" if whole.get("place") else ""
        printing.line(f"refused as a whole{where}: {whole['message']}")
        return
    printing.table(document["entities"], ("entity", "contract_version", "delivered", "accepted", "refused"))
    for entity in document["entities"]:
        printing.table(
            [
                {"line": record["line"], "key": record["key"], **finding}
                for record in entity["refused_records"]
                for finding in record["findings"]
            ],
            ("line", "key", "field", "value", "rule", "message"),
        )
        shown = len(entity["refused_records"])
        if entity["refused"] > shown:
            printing.line(f"… and {entity['refused'] - shown:,} refused records more.")
        for note in _distinct(entity["notes"]):
            printing.line(f"noted: {note}")


def _distinct(notes: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(note["message"] for note in notes))
