"""Documents of partners to records: any kind, X12 or EDIFACT, by a mapping that is data.

A record goes on only when everything around it is accepted: its document, its group and its interchange, whose
trailers come last. A document that is refused does not take its neighbours with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

import polars as pl

from include.delivery import LandedDelivery
from include.formats import edifact, x12
from include.formats.batches import LINE, Batch, RefusedRecord
from include.formats.findings import Finding, Unreadable
from include.formats.x12.placing import Placing
from include.systems.edi.answers import KINDS as ANSWERS
from include.systems.edi.mapping import Hierarchy, RecordMapping, Scope, record_mapping
from include.systems.edi.partners import PartnerProfile, Standard

PART = "part"
"""The kind of a delivery that another flow found and handed over: it takes what is its own."""

BATCH_SIZE = 20_000

# Characters of something refused that are kept beside it; all of it stays in landing.
_EVIDENCE_LENGTH = 4_000
_ENVELOPE = (
    "document_id",
    "document_kind",
    "document_position",
    "interchange_control_number",
    "group_control_number",
    "document_control_number",
    "sent_at",
    "is_test",
)
"""Columns that every record has beside those of its mapping."""

OPTIONAL = "?"

Document = x12.TransactionSet | edifact.Message
Node = x12.LoopNode


def read(
    delivery: LandedDelivery, entity: str, mapping_name: str, profile: PartnerProfile, others: Collection[str]
) -> Iterator[Batch]:
    """The records of a delivery, as columns of text for the contract to check.

    Args:
        others: kinds of documents that other flows take; they are passed over. Of a delivery that another flow handed
            over, everything is that this one does not take.

    Raises:
        Unreadable: there is no interchange in a file, or none that is accepted.
        Misconfigured: the partner's profile names a column that the records do not have.
    """
    agreed = record_mapping(mapping_name, profile)
    passed = {*others, *ANSWERS} - set(agreed.documents)
    for file in delivery.files:
        intake = _Intake(agreed, profile, entity, passed, file.repeated, takes_others=delivery.kind != PART)
        for event in _events(file.blocks(), profile):
            yield from intake.take(event)
        yield from intake.rest()


def _events(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[x12.Event | edifact.Event]:
    if profile.standard is Standard.EDIFACT:
        return edifact.read(blocks, profile.edifact_reading())
    return x12.read(blocks, profile.reading())


@dataclass(slots=True)
class _Waiting:
    """What an envelope that is still open holds."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    refused: list[RefusedRecord] = field(default_factory=list)

    @property
    def height(self) -> int:
        return len(self.rows) + sum(frame.height for frame in self.frames)

    def join(self, other: _Waiting) -> None:
        """Take what the envelope in it held."""
        self.rows += other.rows
        self.frames += other.frames
        self.refused += other.refused


class _Intake:
    """Events of a reader in, batches out."""

    def __init__(
        self,
        agreed: RecordMapping,
        profile: PartnerProfile,
        entity: str,
        passed: set[str],
        repeated: frozenset[int],
        *,
        takes_others: bool,
    ):
        self._takes_others = takes_others
        self._mapping = agreed
        self._profile = profile
        self._entity = entity
        self._passed = passed
        self._repeated = repeated
        names = [LINE, *_ENVELOPE, *(n for n in agreed.columns if n not in _ENVELOPE)]
        self._schema = {name: pl.Int64() if name == LINE else pl.String() for name in names}
        self._document_rows = _Waiting()
        self._ready = _Waiting()
        self._notes: list[Finding] = []
        self._first_refusal: Finding | None = None
        self._is_any_accepted = False
        self._has_yielded = False

    def take(self, event: x12.Event | edifact.Event) -> Iterator[Batch]:
        """The batches that are ready after an event."""
        match event:
            case x12.Interchange() | edifact.Interchange():
                self._interchange, self._group = _Waiting(), _Waiting()
            case x12.TransactionSet() | edifact.Message():
                self._take_document(event)
            case x12.GroupEnd() | edifact.GroupEnd():
                self._end(self._group, event, "group")
                self._interchange.join(self._group)
                self._group = _Waiting()
            case x12.InterchangeEnd() | edifact.InterchangeEnd():
                self._interchange.join(self._group)
                self._end_interchange(event)
                yield from self._batches(BATCH_SIZE)
            case x12.Stray() | edifact.Stray():
                self._note(event.findings, self._ready)

    def rest(self) -> Iterator[Batch]:
        """What is left at the end of the file; one batch at least, so that a reader learns the columns.

        Raises:
            Unreadable: no interchange was accepted.
        """
        if not self._is_any_accepted and self._first_refusal is not None:
            raise Unreadable(self._first_refusal)
        yield from self._batches(1)
        if self._ready.refused or self._notes or not self._has_yielded:
            yield self._batch(pl.DataFrame(schema=self._schema))

    def _end_interchange(self, end: x12.InterchangeEnd | edifact.InterchangeEnd) -> None:
        self._end(self._interchange, end, "interchange")
        if end.is_accepted:
            self._is_any_accepted = True
        else:
            self._first_refusal = self._first_refusal or next(each for each in end.findings if each.is_fatal)
        if end.interchange.number not in self._repeated:
            self._ready.join(self._interchange)

    def _take_document(self, found: Document) -> None:
        kind = _kind(found)
        if kind in self._passed or (kind not in self._mapping.documents and not self._takes_others):
            return
        if not found.is_accepted or found.definition is None or kind not in self._mapping.documents:
            self._group.refused.append(_refused(found, _reasons(found, kind)))
            return
        self._notes += [each for each in found.findings if not each.is_fatal]
        self._group.refused += _refused_lines(found)
        records = list(self._records(found, kind))
        if not records and not _refused_lines(found):
            self._group.refused.append(_refused(found, (_without_lines(kind),)))
        for row, finding in records:
            if finding is None:
                self._group.rows.append(row)
            else:
                text = "; ".join(f"{name} {value}" for name, value in row.items())
                self._group.refused.append(RefusedRecord(row[LINE], text[:_EVIDENCE_LENGTH], (finding,)))
        if len(self._group.rows) >= BATCH_SIZE:
            self._group.frames.append(self._frame(self._group.rows))
            self._group.rows = []

    def _records(self, found: Document, kind: str) -> Iterator[tuple[dict[str, Any], Finding | None]]:
        agreed = self._mapping.documents[kind]
        envelope = _envelope(found, kind, self._profile)
        refused = found.refused_records if isinstance(found, x12.TransactionSet) else frozenset()
        root = _tree(found)
        found_chains = _levels(root, agreed.hierarchy) if agreed.hierarchy else _chains(root, agreed.path)
        chains = list(found_chains)
        if not chains and agreed.or_document:
            chains = [[Scope("", _flat(root, agreed.path))]]
        for chain in chains:
            position = chain[-1].segments[0].position
            if any(scope.segments and scope.segments[0].position in refused for scope in chain[1:]):
                continue
            placed = {"document_position": str(position)}
            for part, each in enumerate(_spread(chain, agreed.spread), 1):
                if "document_part" in self._mapping.columns:
                    placed["document_part"] = str(part)
                row = self._mapping.row(kind, each, {**envelope, **placed})
                row[LINE] = found.place.segment + position - 1
                yield row, self._translated(row)

    def _translated(self, row: dict[str, Any]) -> Finding | None:
        """Our units in place of the partner's, and our number of an article; what refuses the record."""
        if self._profile.own_item_number in row and "sku" not in row:
            row["sku"] = row[self._profile.own_item_number]
        for name in ("unit", "price_unit"):
            if self._profile.units and row.get(name):
                if row[name] not in self._profile.units:
                    return _unknown_unit(row[name], name)
                row[name] = self._profile.units[row[name]]
        return None

    def _end(
        self,
        waiting: _Waiting,
        end: x12.GroupEnd | edifact.GroupEnd | x12.InterchangeEnd | edifact.InterchangeEnd,
        what: str,
    ) -> None:
        """Close an envelope; one that is refused is refused with everything in it."""
        if end.is_accepted:
            self._note(end.findings, waiting)
            return
        begin = end.group if what == "group" else end.interchange  # type: ignore[union-attr]
        text = f"{what} with {waiting.height} records that are right in themselves"
        findings = tuple(each for each in end.findings if each.is_fatal)
        waiting.refused.append(RefusedRecord(line=begin.place.segment, text=text, findings=findings))
        waiting.rows, waiting.frames = [], []

    def _note(self, findings: Iterable[Finding], waiting: _Waiting) -> None:
        for each in findings:
            if each.is_fatal:
                waiting.refused.append(RefusedRecord(each.line or 1, each.value or each.message, (each,)))
            else:
                self._notes.append(each)

    def _batches(self, least: int) -> Iterator[Batch]:
        while self._ready.height >= least:
            if not self._ready.frames:
                self._ready.frames, self._ready.rows = [self._frame(self._ready.rows)], []
            yield self._batch(self._ready.frames.pop(0))

    def _batch(self, frame: pl.DataFrame) -> Batch:
        refused, self._ready.refused = tuple(self._ready.refused), []
        notes, self._notes = tuple(self._notes), []
        self._has_yielded = True
        return Batch(frame=frame, refused=refused, entity=self._entity, notes=notes)

    def _frame(self, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
        columns = {name: [row.get(name) for row in rows] for name in self._schema}
        return pl.DataFrame(columns, schema=self._schema)


def _kind(found: Document) -> str:
    return found.set_id if isinstance(found, x12.TransactionSet) else found.type.id


def _envelope(found: Document, kind: str, profile: PartnerProfile) -> dict[str, Any]:
    if isinstance(found, x12.TransactionSet):
        begin, number = found.group.interchange, found.control_number
        interchange, group = begin.control_number, found.group.control_number
        prepared = found.group.prepared_at or begin.prepared_at
    else:
        begin, number = found.interchange, found.reference
        interchange, group = begin.control_reference, found.group.reference if found.group else None
        prepared = begin.prepared_at
    at = prepared.replace(tzinfo=profile.zone).astimezone(UTC) if prepared else None
    return {
        "document_id": "/".join((interchange, group or "", number)),
        "document_kind": kind,
        "interchange_control_number": interchange,
        "group_control_number": group,
        "document_control_number": number,
        "sent_at": f"{at:%Y-%m-%dT%H:%M:%S}Z" if at else None,
        "is_test": "true" if begin.is_test else "false",
    }


def _tree(found: Document) -> Node:
    """The segments of a document in the loops of its definition."""
    assert found.definition is not None, "a document that is not described is refused"
    if isinstance(found, x12.TransactionSet):
        return x12.loop_tree(found)
    root = Node(found.type.id)
    placing, nodes = Placing(found.definition.body), [root]
    for segment in found.segments:
        placed = placing.place(segment.tag)
        del nodes[placed.depth - len(placed.opened) + 1 :]
        for loop in placed.opened:
            node = Node(loop.id)
            nodes[-1].parts.append(node)
            nodes.append(node)
        nodes[-1].parts.append(segment)
    return root


def _chains(root: Node, path: Sequence[str]) -> Iterator[list[Scope]]:
    """Of every repetition of the innermost loop of a path, or of the one around it that has none, what holds for it."""
    if not path:
        yield [Scope("", _flat(root, ()))]
        return
    yield from (chain for chain in _below(root, path, [Scope("", _flat(root, path))]) if len(chain) > 1)


def _spread(chain: list[Scope], spread: tuple[str, int] | None) -> Iterator[list[Scope]]:
    """The chain once for every pair of the segments that are spread, which then hold that pair alone; else itself."""
    tag, first = spread or ("", 0)
    *outer, scope = chain
    wide = [segment for segment in scope.segments if segment.tag == tag]
    if not wide:
        yield chain
        return
    others = [segment for segment in scope.segments if segment.tag != tag]
    for segment in wide:
        head = segment.elements[: first - 1]
        for number in range(first, len(segment.elements) + 1, 2):
            pair = (segment.element(number), segment.element(number + 1))
            yield [*outer, Scope(scope.name, [*others, replace(segment, elements=(*head, *pair))])]


def _below(node: Node, path: Sequence[str], chain: list[Scope]) -> Iterator[list[Scope]]:
    if path and path[0].endswith(OPTIONAL):
        for loop in node.loops(path[0].rstrip(OPTIONAL)):
            if _holds(loop, path):
                scope = Scope(loop.id, _flat(loop, path[1:]))
                yield from _below(loop, path[1:], [*chain, scope])
        yield from _below(node, path[1:], chain)
        return
    inner = list(node.loops(path[0])) if path else []
    if not inner and len(chain) > 1:
        yield chain
    for loop in inner:
        yield from _below(loop, path[1:], [*chain, Scope(path[0], _flat(loop, path[1:]))])
    if len(chain) == 1 and len(path) > 1:
        # Some write the inner loop without the outer one, as the lines of a PRICAT outside of groups of products.
        yield from _below(node, path[1:], chain)


def _levels(root: Node, hierarchy: Hierarchy) -> Iterator[list[Scope]]:
    """Of every level that is a record, it and the levels above it."""
    outer = Scope("", _flat(root, (hierarchy.segment,)))
    levels: dict[str, tuple[str, Scope]] = {}
    for loop in root.loops(hierarchy.segment):
        segments = _flat(loop, ())
        own = segments[0]
        scope = Scope(own.plain(hierarchy.level), segments[1:] or segments)
        levels[own.plain(hierarchy.id)] = (own.plain(hierarchy.parent), scope)
        if scope.name == hierarchy.record:
            chain, seen, parent = [scope], {own.plain(hierarchy.id)}, own.plain(hierarchy.parent)
            while parent in levels and parent not in seen:
                seen.add(parent)
                parent, above = levels[parent]
                chain.append(above)
            yield [outer, *reversed(chain)]


def _flat(node: Node, but: Sequence[str]) -> list[x12.Segment]:
    """The segments of a loop and of the loops in it, but for those that are scopes of their own."""
    found: list[x12.Segment] = []
    for part in node.parts:
        if isinstance(part, x12.Segment):
            found.append(part)
        elif part.id not in but and not (f"{part.id}{OPTIONAL}" in but and _holds(part, but)):
            found += _flat(part, ())
    return found


def _holds(loop: Node, path: Sequence[str]) -> bool:
    """Whether a repetition of an optional loop of a path holds the loop behind it."""
    behind = path[path.index(f"{loop.id}{OPTIONAL}") + 1]
    return any(True for _ in loop.loops(behind))


def _refused(found: Document, findings: tuple[Finding, ...]) -> RefusedRecord:
    number = found.control_number if isinstance(found, x12.TransactionSet) else found.reference
    text = f"{x12.readable(_kind(found))} {x12.readable(number)}\n{x12.shown(found.text[:_EVIDENCE_LENGTH])}"
    return RefusedRecord(line=found.place.segment, text=text, findings=findings)


def _reasons(found: Document, kind: str) -> tuple[Finding, ...]:
    fatal = tuple(each for each in found.findings if each.is_fatal)
    return fatal or (
        Finding(
            rule="document_not_taken",
            message=f"No flow takes documents of the kind {kind} from this partner.",
            field="document",
            value=kind,
        ),
    )


def _refused_lines(found: Document) -> list[RefusedRecord]:
    """Records that are wrong in a document that is right."""
    if not isinstance(found, x12.TransactionSet):
        return []
    refused = []
    for position in sorted(found.refused_records):
        findings = tuple(each for each in found.findings if each.record == position and each.is_fatal)
        text = x12.shown(x12.ELEMENT.join((found.segments[position - 1].tag, *_texts(found, position))))
        refused.append(RefusedRecord(found.place.segment + position - 1, text, findings))
    return refused


def _texts(found: x12.TransactionSet, position: int) -> Iterator[str]:
    segment = found.segments[position - 1]
    return (segment.plain(number) for number in range(1, len(segment.elements) + 1))


def _without_lines(kind: str) -> Finding:
    return Finding(
        rule="document_without_lines",
        message=f"The {kind} has no line that could be taken.",
        field="document",
        value=kind,
    )


def _unknown_unit(unit: str, name: str) -> Finding:
    return Finding(
        rule="unknown_unit",
        message=f"The unit {x12.readable(unit)} was not agreed with this partner.",
        field=name,
        value=unit,
    )
