"""The records of a delivery against their contract: batch by batch, in constant memory, without a database.

What is accepted and what is set aside goes to the sink of whoever asks: ``check_contract`` keeps
both, ``./seamline try`` only shows them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import polars as pl

from include.contracts.contract import Contract, Property
from include.contracts.conventions import Conventions
from include.contracts.drift import Columns, columns
from include.contracts.hash_runs import HASH, HashRuns, hashes
from include.contracts.repeats import KEYED, Repeat, keyed, repeats
from include.contracts.rules import Check, Checked, RefusedByContract
from include.formats.batches import LINE, Batch, RefusedRecord
from include.formats.delimited import COMMON_DELIMITERS
from include.formats.findings import Finding, Unreadable
from include.reading_ahead import read_ahead

REFUSED_CAP = 0.5
REFUSED_CAP_FROM = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRecord:
    """A record that is not accepted: where it stands, its key if it has one, as it came, and why.

    Attributes:
        content_hash: its ``hash_runs.HASH`` in hexadecimal, where its content alone is the reason.
    """

    line: int
    key: str | None
    record: dict[str, Any]
    findings: tuple[Finding, ...]
    content_hash: str | None = None


class Sink(Protocol):
    """Where the records of one entity go."""

    def accept(self, frame: pl.DataFrame) -> None:
        """Take typed, accepted records; see ``rules.Checked``."""

    def set_aside(self, records: Iterable[SetAsideRecord]) -> None:
        """Take records that are not accepted."""

    def take_back(self, lines: frozenset[int]) -> pl.DataFrame:
        """Give accepted records back, by their lines, as they were given."""


class KnownLines(Protocol):
    """Lines that raw holds already."""

    def contain(self, lines: np.ndarray) -> np.ndarray:
        """One truth value for each of some ``hash_runs.HASH``."""


class StandingLetters(Protocol):
    """Letters of refused records that stand."""

    def find(self, lines: np.ndarray) -> np.ndarray:
        """For each of some ``hash_runs.HASH`` the number of its letter, or -1."""

    def repeat(self, numbers: np.ndarray, lines: np.ndarray) -> Iterable[str]:
        """Count records that came again, by the numbers of their letters and their lines; the rules they break."""


@dataclass(slots=True)
class Tally:
    """What came of one entity.

    Attributes:
        skipped: accepted records that raw holds already, line by line.
        has_repeats: some key came in several versions.
        good_keys: of the keys asked for, those that came and were accepted.
    """

    delivered: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    has_repeats: bool = False
    refused_by_rule: Counter[str] = field(default_factory=Counter)
    notes: list[Finding] = field(default_factory=list)
    good_keys: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Look:
    """A batch after its check, one entry per record.

    Attributes:
        lines: ``hash_runs.HASH`` of each.
        is_known: raw holds it.
        letters: the number of its letter that stands, or -1.
        is_open: neither, so it was checked.
        checked: the open ones.
    """

    batch: Batch
    lines: np.ndarray
    is_known: np.ndarray
    letters: np.ndarray
    is_open: np.ndarray
    checked: Checked


def key_text(values: Iterable[Any]) -> str:
    """A record's key as people read it."""
    return " / ".join("" if value is None else str(value) for value in values)


class Examination:
    """The records of one entity of one delivery.

    Args:
        right: why the system may not state a property; None if it may.
        known: lines of the last delivery, if raw may be relied on to hold them.
        standing: letters of records that were refused before, which are refused again without a check.
        awaited_keys: keys of records that were set aside before.
    """

    def __init__(
        self,
        contract: Contract,
        conventions: Conventions,
        right: Callable[[Property], str | None],
        sink: Sink,
        known: KnownLines | None = None,
        standing: StandingLetters | None = None,
        awaited_keys: Iterable[str] = (),
    ):
        self.contract = contract
        self.conventions = conventions
        self.right = right
        self.sink = sink
        self.known = known
        self.standing = standing
        self.awaited_keys = list(awaited_keys)
        self.tally = Tally()
        self.lines = HashRuns(HASH)
        self.is_cacheable = True
        self._keys = HashRuns(KEYED)
        self._columns: Columns | None = None
        self._check: Check | None = None

    def look(self, batch: Batch) -> Look:
        """Check one batch, without anything that comes of it. Batches come in their order, from one thread at a time.

        Raises:
            Unreadable: its columns are not those of the contract.
        """
        check = self._check or self._begin(batch.frame)
        lines = hashes(batch.frame.drop(LINE))
        is_known = self.known.contain(lines) if self.known else np.zeros(len(lines), bool)
        letters = self.standing.find(lines) if self.standing else np.full(len(lines), -1)
        is_open = ~is_known & (letters < 0)
        checked = check(batch.frame if is_open.all() else batch.frame.filter(is_open))
        return Look(batch, lines, is_known, letters, is_open, checked)

    def keep(self, look: Look) -> None:
        """What comes of a batch: counts, refusals, accepted records."""
        batch, lines, checked = look.batch, look.lines, look.checked
        self.tally.delivered += batch.record_count
        self.tally.notes.extend(batch.notes)
        self._refuse(map(_unreadable, batch.refused))
        self._refuse_again(batch.frame, look.letters)
        self._refuse(map(self._refused, checked.refused, _hexadecimal(lines[look.is_open], checked)))
        is_accepted = look.is_known.copy()
        is_accepted[look.is_open] = checked.is_accepted.to_numpy()
        self._note_accepted(batch.frame, lines, is_accepted, look.is_known)
        self.sink.accept(checked.accepted)

    def finish(self) -> Tally:
        """The end of the delivery: what came.

        Raises:
            Unreadable: so much was refused that the delivery must be something else than agreed.
        """
        found = list(repeats(self._keys.windows()))
        if self.contract.record_version is not None:
            self.tally.has_repeats = bool(found)
        elif found:
            self._settle_repeats(found)
        self._refuse_mostly_refused()
        return self.tally

    def close(self) -> None:
        """Give disk and threads back."""
        self.lines.close()
        self._keys.close()
        if self._check is not None:
            self._check.close()

    def _begin(self, frame: pl.DataFrame) -> Check:
        delivered = [name for name in frame.columns if name != LINE]
        self._columns = columns(self.contract, delivered, _hint(delivered))
        self.tally.notes.extend(self._columns.notes)
        self._check = Check(self.contract, self._columns, self.conventions, self.right)
        return self._check

    def _note_accepted(
        self, frame: pl.DataFrame, lines: np.ndarray, is_accepted: np.ndarray, is_known: np.ndarray
    ) -> None:
        self.tally.accepted += int(is_accepted.sum())
        self.tally.skipped += int(is_known.sum())
        if not is_accepted.any():
            return
        keys = frame.select(self._key_sources).filter(is_accepted)
        self.lines.append(lines[is_accepted])
        self._keys.append(
            keyed(
                hashes(keys), lines[is_accepted], frame[LINE].to_numpy()[is_accepted], is_known[is_accepted]
            )
        )
        if self.awaited_keys:
            texts = keys.select(pl.concat_str(pl.all().fill_null(""), separator=" / ")).to_series()
            self.tally.good_keys.update(texts.filter(texts.is_in(self.awaited_keys)))

    @property
    def _key_sources(self) -> list[str]:
        sources = {prop.name: prop.source for prop in self.contract.properties}
        return [sources[name] for name in self.contract.key]

    def _refuse_again(self, frame: pl.DataFrame, letters: np.ndarray) -> None:
        """Refuse the records whose letters stand."""
        is_again = letters >= 0
        if self.standing is not None and is_again.any():
            rules = self.standing.repeat(letters[is_again], frame[LINE].to_numpy()[is_again])
            self.tally.refused += int(is_again.sum())
            self.tally.refused_by_rule.update(rules)

    def _refused(self, refused: RefusedByContract, content_hash: str) -> SetAsideRecord:
        return SetAsideRecord(
            line=refused.line,
            key=key_text(refused.record.get(source) for source in self._key_sources),
            record=refused.record,
            findings=refused.findings,
            content_hash=content_hash,
        )

    def _refuse(self, records: Iterable[SetAsideRecord]) -> None:
        counted = list(records)
        if counted:
            self.tally.refused += len(counted)
            self.tally.refused_by_rule.update(record.findings[0].rule for record in counted)
            self.sink.set_aside(counted)

    def _settle_repeats(self, found: list[Repeat]) -> None:
        is_one = self.contract.takes_repeats_once
        same = [repeat for repeat in found if is_one and repeat.is_identical]
        if same:
            self.tally.has_repeats = True
            self.tally.notes.append(_taken_once(len(same), min(repeat.line for repeat in same)))
        if refused := [repeat for repeat in found if not (is_one and repeat.is_identical)]:
            self._refuse_repeats(refused)

    def _refuse_repeats(self, found: list[Repeat]) -> None:
        self.is_cacheable = False
        reasons = {repeat.line: repeat for repeat in found}
        rows = self.sink.take_back(frozenset(reasons)).to_dicts()
        self.tally.accepted -= len(rows)
        self._refuse(self._repeated(row, reasons[row[LINE]]) for row in rows)

    def _repeated(self, row: dict[str, Any], repeat: Repeat) -> SetAsideRecord:
        key = key_text(row[name] for name in self.contract.key)
        return SetAsideRecord(
            line=repeat.line, key=key, record=self._as_delivered(row), findings=(_repeat(key, repeat),)
        )

    def _as_delivered(self, row: dict[str, Any]) -> dict[str, Any]:
        sources = {prop.name: prop.source for prop in self.contract.properties}
        return {sources[name]: value for name, value in row.items() if name in sources}

    def _refuse_mostly_refused(self) -> None:
        tally = self.tally
        if tally.delivered >= REFUSED_CAP_FROM and tally.refused > REFUSED_CAP * tally.delivered:
            rule, count = tally.refused_by_rule.most_common(1)[0]
            raise Unreadable(
                Finding(
                    rule="mostly_refused",
                    message=f"{tally.refused:,} of {tally.delivered:,} records break contract {self.contract.id} "
                    f"{self.contract.version}, {count:,} of them the rule {rule!r}. This is not what was agreed, so "
                    "nothing of it was taken; `./seamline try` shows the records.",
                )
            )


def _hexadecimal(lines: np.ndarray, checked: Checked) -> Iterator[str]:
    """The hashes of the refused ones of some lines, high half first."""
    for high, low in lines[[refused.row for refused in checked.refused]].tolist():
        yield f"{high:016x}{low:016x}"


def _unreadable(refused: RefusedRecord) -> SetAsideRecord:
    return SetAsideRecord(
        line=refused.line, key=None, record={"text": refused.text}, findings=refused.findings
    )


def _repeat(key: str, repeat: Repeat) -> Finding:
    rule = "repeated_record" if repeat.is_identical else "conflicting_records"
    message = (
        f"The record {key!r} stands on line {repeat.first_line} already."
        if repeat.is_identical
        else f"The record {key!r} comes several times, first on line {repeat.first_line}, and says different things; "
        "none of them is taken."
    )
    return Finding(rule=rule, message=message, place=f"line {repeat.line}", line=repeat.line, value=key)


def _taken_once(count: int, line: int) -> Finding:
    return Finding(
        rule="repeated_record_taken_once",
        message=f"Some records stand in the delivery already: {count:,} of them, the first on line {line}. Each is "
        "taken once. If they are to count several times, the sender must tell them apart by a number.",
        place=f"line {line}",
        line=line,
    )


def _hint(delivered: list[str]) -> str:
    """A header that is one long column usually has another delimiter than agreed."""
    if len(delivered) != 1:
        return ""
    mark = max(COMMON_DELIMITERS, key=delivered[0].count)
    count = delivered[0].count(mark)
    if not count:
        return ""
    return f"The header has one column and {count} times {mark!r}: set `delimiter` in the partner profile."


def examine(batches: Iterable[Batch], begin: Callable[[str], Examination]) -> dict[str, Examination]:
    """Go through a delivery once; the examinations of the entities that came, not finished yet.

    A batch is read while the one before is checked and what comes of the one before that is kept. ``begin`` and the
    sinks are only called from the thread that calls this.

    Args:
        begin: makes the examination of an entity, asked once for each.
    """
    begun: dict[str, Examination] = {}
    waiting: tuple[Examination, Future[Look]] | None = None
    with ThreadPoolExecutor(1, "check") as checker:
        for batch in read_ahead(batches):
            assert batch.entity is not None
            if batch.entity not in begun:
                begun[batch.entity] = begin(batch.entity)
            examination = begun[batch.entity]
            coming = checker.submit(examination.look, batch)
            if waiting is not None:
                _keep(*waiting)
            waiting = examination, coming
        if waiting is not None:
            _keep(*waiting)
    return begun


def _keep(examination: Examination, coming: Future[Look]) -> None:
    examination.keep(coming.result())
