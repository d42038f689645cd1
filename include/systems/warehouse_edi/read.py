"""Stock reports of warehouses: X12 846 interchanges to stock records.

A record goes on only when everything around it is accepted: its transaction set, its functional group and its
interchange, whose trailers come last. Until then records wait, on disk where they become many.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from include.formats import x12
from include.formats.batches import LINE, Batch, RefusedRecord
from include.formats.findings import Finding, Unreadable
from include.systems.edi.acknowledgements import InterchangeResult
from include.systems.edi.partners import PartnerProfile

SET_ID = "846"
BATCH_SIZE = 10_000
# Rows that are gathered as Python objects, ten times the size of a frame, before they become one.
ROWS_AT_ONCE = 5_000
# Rows that wait in memory for the end of their interchange; more of them wait on disk.
ROWS_IN_MEMORY = 10_000
# Characters of something refused that are kept beside it; all of it stays in landing.
_EVIDENCE_LENGTH = 4_000

_MAPPING = Path(__file__).parents[1] / "edi" / "mappings" / "stock.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockBatch:
    """Some stock records, and what was refused on the way to them.

    Attributes:
        records: the columns of ``edi/mappings/stock.yml``, typed: quantities as decimals, moments in UTC.
        refused: single records, or transaction sets, groups and interchanges that were refused as a whole; each
            counts once.
    """

    records: pl.DataFrame
    refused: tuple[RefusedRecord, ...] = ()


@dataclass(slots=True, kw_only=True)
class StockReport:
    """What was in a file, once all of it was read.

    Attributes:
        sets, records: how many transaction sets 846, and LIN loops in them, were delivered, accepted and refused. Of a
            set that is too long to be read, the records are not known and not counted.
        other_sets: transaction sets of other kinds, as acknowledgements of what we sent.
            Nothing of an interchange that came before is counted.
        interchanges: what became of each of them, for the acknowledgement.
        notes: findings that refused nothing.
    """

    sets_delivered: int = 0
    sets_accepted: int = 0
    records_delivered: int = 0
    records_accepted: int = 0
    other_sets: int = 0
    interchanges: list[InterchangeResult] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def sets_refused(self) -> int:
        """Sets of which nothing is used."""
        return self.sets_delivered - self.sets_accepted

    @property
    def records_refused(self) -> int:
        """Records that are not used, alone or with what they stand in."""
        return self.records_delivered - self.records_accepted


def read_stock(
    blocks: Iterable[bytes],
    profile: PartnerProfile,
    batch_size: int = BATCH_SIZE,
    repeated: frozenset[int] = frozenset(),
) -> Iterator[StockBatch | StockReport]:
    """The stock records of a file in batches, and at last the report of all of it.

    Args:
        blocks: the file, in blocks of any size.
        repeated: interchanges of the file, from 1, that came before; nothing of them is taken.

    Raises:
        Unreadable: there is no X12 interchange in the file.
        Misconfigured: the profile names a column that stock records do not have.
    """
    report = StockReport()
    with ExitStack() as stack:
        intake = _Intake(profile, _Shelf(stack), report, batch_size, repeated)
        for event in x12.read(blocks, profile.reading()):
            yield from intake.take(event)
        yield from intake.rest()
    yield report


def batches(
    blocks: Iterable[bytes], profile: PartnerProfile, repeated: frozenset[int] = frozenset()
) -> Iterator[Batch]:
    """The same as every reader gives it: columns of text, for the contract to check.

    Columns that say nothing of their own are left out: the partner's number where it is ours (``sku``), a column to
    which no code of the partner's leads, and the position in the set beside the one in the file.

    Raises:
        Unreadable: there is no interchange in the file, or none that is accepted.
    """
    last: StockBatch | None = None
    for part in read_stock(blocks, profile, repeated=repeated):
        if isinstance(part, StockReport):
            _stop_if_all_refused(part)
            assert last is not None, "there is a batch before the report"
            yield Batch(frame=_as_text(last.records, profile), refused=last.refused, notes=tuple(part.notes))
        else:
            if last is not None:
                yield Batch(frame=_as_text(last.records, profile), refused=last.refused)
            last = part


@cache
def stock_mapping_facts() -> dict[str, Any]:
    """The mapping of 846 to stock records, as its file states it."""
    return yaml.safe_load(_MAPPING.read_text(encoding="utf-8"))


class _Shelf:
    """Where frames wait: in memory, and on disk when there are too many rows."""

    def __init__(self, stack: ExitStack):
        self._stack = stack
        self._folder: Path | None = None
        self._rows = 0
        self._files = 0

    def put(self, frame: pl.DataFrame) -> pl.DataFrame | Path:
        """Take a frame; what is returned stands for it."""
        if self._rows + frame.height <= ROWS_IN_MEMORY:
            self._rows += frame.height
            return frame
        self._files += 1
        path = self._somewhere() / f"{self._files}.arrow"
        frame.write_ipc(path)
        return path

    def take(self, place: pl.DataFrame | Path) -> pl.DataFrame:
        """Give a frame back."""
        if isinstance(place, pl.DataFrame):
            self._rows -= place.height
            return place
        frame = pl.read_ipc(place)
        place.unlink()
        return frame

    def _somewhere(self) -> Path:
        if self._folder is None:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="stock-")))
        return self._folder


@dataclass(slots=True)
class _Waiting:
    """What an envelope that is still open holds."""

    frames: list[pl.DataFrame | Path] = field(default_factory=list)
    refused: list[RefusedRecord] = field(default_factory=list)
    sets: int = 0
    records: int = 0

    def join(self, other: _Waiting) -> None:
        """Take what the envelope in it held."""
        self.frames += other.frames
        self.refused += other.refused
        self.sets += other.sets
        self.records += other.records


class _Intake:
    """Events of the reader in, batches out."""

    def __init__(
        self,
        profile: PartnerProfile,
        shelf: _Shelf,
        report: StockReport,
        batch_size: int,
        repeated: frozenset[int],
    ):
        self._repeated = repeated
        self._table = x12.RecordTable(profile.mapping(stock_mapping_facts()))
        self._shelf = shelf
        self._report = report
        self._batch_size = batch_size
        self._group = _Waiting()
        self._interchange = _Waiting()
        self._ready = _Waiting()
        self._groups: list[x12.GroupEnd] = []
        self._has_yielded = False

    def take(self, event: x12.Event) -> Iterator[StockBatch]:
        """The batches that are ready after an event."""
        match event:
            case x12.TransactionSet():
                self._take_set(event)
            case x12.GroupEnd():
                self._end_group(event)
            case x12.InterchangeEnd():
                self._end_interchange(event)
                yield from self._batches(self._batch_size)
            case x12.Stray():
                self._note(event.findings, self._ready)

    def rest(self) -> Iterator[StockBatch]:
        """What is left at the end of the file; one batch at least, so that a reader learns the columns."""
        yield from self._batches(1)
        if self._ready.refused or not self._has_yielded:
            yield StockBatch(records=self._table.frame(), refused=self._refusals())

    def _take_set(self, found: x12.TransactionSet) -> None:
        if found.group.interchange.number in self._repeated:
            return
        if found.set_id != SET_ID and found.is_accepted:
            self._report.other_sets += 1
            return
        delivered = found.text.count(f"{x12.SEGMENT}LIN{x12.ELEMENT}")
        if found.set_id == SET_ID:
            self._report.sets_delivered += 1
            self._report.records_delivered += delivered
        if not found.is_accepted or found.definition is None:
            self._group.refused.append(_refused_set(found, delivered))
            return
        refused = self._table.add(found)
        self._report.notes += [each for each in found.findings if not each.is_fatal]
        self._group.refused += [_refused_record(each) for each in refused]
        self._group.sets += 1
        self._group.records += delivered - len(refused)
        if self._table.height >= min(ROWS_AT_ONCE, self._batch_size):
            self._shelve()

    def _shelve(self) -> None:
        if self._table.height:
            self._group.frames.append(self._shelf.put(self._table.frame()))

    def _end_group(self, end: x12.GroupEnd) -> None:
        self._shelve()
        self._groups.append(end)
        if not end.is_accepted:
            self._give_up(self._group, "functional group", end.group.control_number, end)
        self._note(end.findings if end.is_accepted else (), self._group)
        self._interchange.join(self._group)
        self._group = _Waiting()

    def _end_interchange(self, end: x12.InterchangeEnd) -> None:
        if not end.is_accepted:
            self._give_up(self._interchange, "interchange", end.interchange.control_number, end)
        self._note(end.findings if end.is_accepted else (), self._interchange)
        self._report.interchanges.append(InterchangeResult(end=end, groups=tuple(self._groups)))
        self._report.sets_accepted += self._interchange.sets
        self._report.records_accepted += self._interchange.records
        self._ready.join(self._interchange)
        self._interchange, self._groups = _Waiting(), []

    def _give_up(
        self, waiting: _Waiting, what: str, number: str, end: x12.GroupEnd | x12.InterchangeEnd
    ) -> None:
        """Refuse an envelope with everything in it."""
        for place in waiting.frames:
            self._shelf.take(place)
        text = f"{what} {x12.readable(number)} with {waiting.records} records that are right in themselves"
        place = end.group.place if isinstance(end, x12.GroupEnd) else end.interchange.place
        findings = tuple(each for each in end.findings if each.is_fatal)
        waiting.refused.append(RefusedRecord(line=place.segment, text=text, findings=findings))
        waiting.frames, waiting.sets, waiting.records = [], 0, 0

    def _note(self, findings: Iterable[x12.SyntaxFinding], waiting: _Waiting) -> None:
        for each in findings:
            if each.is_fatal:
                refused = RefusedRecord(
                    line=each.line or 1, text=each.value or each.message, findings=(each,)
                )
                waiting.refused.append(refused)
            else:
                self._report.notes.append(each)

    def _batches(self, least: int) -> Iterator[StockBatch]:
        """What is ready, in batches, as long as it has ``least`` rows."""
        while self._ready.records >= least:
            frames = [self._shelf.take(self._ready.frames.pop(0))]
            while self._ready.frames and sum(frame.height for frame in frames) < self._batch_size:
                frames.append(self._shelf.take(self._ready.frames.pop(0)))
            records = pl.concat(frames)
            self._ready.records -= records.height
            self._has_yielded = True
            yield StockBatch(records=records, refused=self._refusals())

    def _refusals(self) -> tuple[RefusedRecord, ...]:
        refused, self._ready.refused = self._ready.refused, []
        return tuple(refused)


def _refused_record(each: x12.RefusedRecord) -> RefusedRecord:
    return RefusedRecord(line=each.segment_in_file, text=each.text[:_EVIDENCE_LENGTH], findings=each.findings)


def _refused_set(found: x12.TransactionSet, records: int) -> RefusedRecord:
    name = f"{x12.readable(found.set_id)} {x12.readable(found.control_number)}"
    text = f"transaction set {name} with {records} records\n{x12.shown(found.text[:_EVIDENCE_LENGTH])}"
    findings = tuple(each for each in found.findings if each.is_fatal) or found.findings
    return RefusedRecord(line=found.place.segment, text=text, findings=findings)


def _stop_if_all_refused(report: StockReport) -> None:
    if not any(each.end.is_accepted for each in report.interchanges):
        raise Unreadable(next(each for each in report.interchanges[0].end.findings if each.is_fatal))


def _as_text(records: pl.DataFrame, profile: PartnerProfile) -> pl.DataFrame:
    leads_to = {*profile.item_numbers.values()}
    silent = {"segment_position", "buyer_sku"} - leads_to
    if profile.own_item_number is not None:
        silent.add(profile.own_item_number)
    return records.drop(silent).select(
        pl.col("segment_in_file").alias(LINE),
        *(
            _text(name, kind)
            for name, kind in records.schema.items()
            if name not in (*silent, "segment_in_file")
        ),
    )


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if isinstance(kind, pl.Decimal):
        return pl.col(name).cast(pl.String()).str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.col(name).cast(pl.String())
