"""Which elements of a document go into which columns of a record, whatever its standard: a mapping, read from data.

A mapping in YAML (``records/*.yml``), here for the lines of an order response::

    columns: {order_number: text, ordered_quantity: decimal, order_date: date, confirmed_at: timestamp, …}
    tables:                                    # qualifiers and their columns; a partner's profile adds its own
      x12: {item_numbers: {BP: sku, UP: ean}}
      edifact: {quantities: {"21": ordered_quantity}}
    documents:
      "855":
        records: PO1/ACK                       # the loops whose repetitions are records, the outer before the inner
        scopes:
          "":                                  # what stands outside of them, and holds for all
            BAK: {elements: {3: order_number}, moment: {responded_at: [4, 0, 0]}}
          PO1:
            PO1: {elements: {1: line_number, 2: ordered_quantity}, pairs: 6, table: item_numbers}
            N1: {key: 1, table: parties, value: 4}
          ACK:
            ACK: {elements: {1: status_code, 2: confirmed_quantity}}

``elements`` names an element, or a component of one (``3-2``), and its column; ``implied2`` behind the column says
that two decimals are implied; a column of days takes an element as a day. ``key`` is the element that says what the
segment is about, ``table`` the columns by it, and ``value`` the element that goes there; ``moment: [2, 3, 4]`` instead
of ``value`` are the elements of date, time and time code, ``period: [1-2, 1-3]`` a value and its format. ``pairs`` is
the first of any number of keys, each followed by its value, or a list of such keys; ``composites: [2, 6]`` are
elements that hold a value and its key. ``list`` puts the segment into a list of objects with these ``fields``,
together with the segments behind it that are named by ``with``. ``known`` are elements that need no column. A segment
of a loop within a scope belongs to the scope. Of what a scope says twice, the segment and the key that stand higher in
the mapping count. ``first_of`` makes a column of the first of others that says something.

Where levels follow one another and name their parents (856), ``hierarchy: {segment: HL, id: 1, parent: 2, level: 3,
record: I}`` says so, and scopes are named by the codes of levels.

A loop with a question mark (``N1?/LIN``) is one only where it holds the next one; its other repetitions say what they
say of the whole, and the next one may stand without it. ``spread: {segment: SDQ, first: 3}`` makes a record of every
pair that a segment holds from an element on, as quantities by place: the mapping sees one segment for each, with its
pair there; ``document_part`` counts them from 1.

With ``or_document: true`` a document that has none of these loops is a record itself.

A record takes every column from the innermost scope that states it. What goes into no column stands in ``unmapped``, or
in ``document_unmapped`` where it belongs to no record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from include.errors import Misconfigured
from include.formats.edifact.moments import period
from include.formats.x12 import Segment
from include.formats.x12.moments import moment
from include.systems.edi.partners import PartnerProfile

RECORDS = Path(__file__).with_name("records")
_TYPES = {"text", "decimal", "date", "timestamp", "list"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What only frames a document, or counts what the envelope counts too.
_FRAMES = frozenset({"ST", "SE", "UNH", "UNT", "UNS", "CTT", "CNT", "LS", "LE"})

Place = tuple[int, int]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """How the segments of one tag in one scope are read; see the module."""

    elements: tuple[tuple[Place, str, bool], ...] = ()
    key: Place | None = None
    table: Mapping[str, str] = field(default_factory=dict)
    value: Place | None = None
    moment: tuple[Place, Place, Place] | None = None
    moment_column: str | None = None
    period: tuple[Place, Place] | None = None
    pairs: tuple[int, ...] = ()
    goes_on: bool = False
    composites: tuple[int, int] | None = None
    list_column: str | None = None
    followers: frozenset[str] = frozenset()
    known: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where levels name their parents: the segment, its elements, and the level whose repetitions are records."""

    segment: str
    id: int
    parent: int
    level: int
    record: str


@dataclass(frozen=True, slots=True)
class DocumentMapping:
    """How one kind of document is read.

    Attributes:
        path: the loops whose repetitions are records, the outer before the inner.
        spread: the segment whose pairs are records of their own, and the first element of a pair.
        or_document: a document without any of them is a record itself.
        scopes: the rules by tag, by scope.
    """

    path: tuple[str, ...]
    spread: tuple[str, int] | None
    or_document: bool
    hierarchy: Hierarchy | None
    scopes: Mapping[str, Mapping[str, Rule]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Segments that hold for a record, and by which rules they are read."""

    name: str
    segments: Sequence[Segment]


class RecordMapping:
    """A mapping with a partner's own tables, ready to be used.

    Attributes:
        columns: name and type of each column, in order.
        documents: how each kind of document is read.
    """

    def __init__(self, facts: Mapping[str, Any], profile: PartnerProfile):
        self.columns: dict[str, str] = dict(facts["columns"])
        self._profile = profile
        self._tables = _tables(facts, profile)
        self._first_of: dict[str, list[str]] = facts.get("first_of", {})
        self._check_tables()
        self.documents = {str(kind): self._document(one) for kind, one in facts["documents"].items()}

    def row(self, kind: str, scopes: Sequence[Scope], envelope: Mapping[str, Any]) -> Row:
        """The columns of a record, from its scopes, the outermost first, and what the envelope says."""
        rules = self.documents[kind].scopes
        row: Row = {}
        left: dict[str, list[Any]] = {"unmapped": [], "document_unmapped": []}
        for number, scope in reversed(list(enumerate(scopes))):
            own = rules.get(scope.name, {})
            told = left["unmapped" if number else "document_unmapped"]
            for segment, followers in _grouped(scope.segments, own):
                rule = own.get(segment.tag)
                if rule is None or not self._read(rule, segment, row, followers):
                    told.append(_told(segment))
        for name, value in self._profile.defaults.items():
            if name in self.columns:
                row.setdefault(name, value)
        row |= envelope
        for name, others in self._first_of.items():
            if name not in row and (found := next((row[each] for each in others if row.get(each)), None)):
                row[name] = found
        row.update({name: _json(segments) for name, segments in left.items() if segments})
        return {name: _json(value) if isinstance(value, list) else value for name, value in row.items()}

    def _read(self, rule: Rule, segment: Segment, row: Row, followers: Sequence[Segment]) -> bool:
        """Put a segment into the row; whether all of it went there."""
        places = _places(segment)
        used: set[Place] = {place for place in places if place[0] in rule.known}
        if rule.list_column:
            return self._add(rule, segment, places, row, used, followers)
        column = rule.table.get(_value(segment, rule.key)) if rule.key else None
        if rule.key:
            used.add(rule.key)
        stated: list[tuple[str | None, Any, tuple[Place, ...]]] = [
            (name, self._stated(name, _scaled(_value(segment, place), is_implied)), (place,))
            for place, name, is_implied in rule.elements
        ]
        if rule.value:
            stated.append((column, _value(segment, rule.value), (rule.value,)))
        if rule.moment:
            values = [_value(segment, place) for place in rule.moment]
            found = moment(*values, self._profile.time_zone)
            target = rule.moment_column or column
            stated.append((target, found and self._moment(target, found.microseconds), rule.moment))
        if rule.period:
            text, code = (_value(segment, place) for place in rule.period)
            span = period(text, code, self._profile.time_zone)
            stated.append((column, span and self._moment(column, span.begins_at), rule.period))
        stated += _paired(rule, segment)
        is_whole = True
        for name, value, taken in stated:
            if value in (None, ""):
                continue
            if name is None or not self._put(row, name, value):
                is_whole = False
            else:
                used.update(taken)
        return is_whole and places <= used

    def _stated(self, name: str, value: str) -> str | None:
        """What an element says of a column; a day as such a column has it, nothing where it is none."""
        if not value or self.columns[name] != "date":
            return value
        found = moment(value, "", "", self._profile.time_zone)
        return found and self._moment(name, found.microseconds)

    def _add(
        self,
        rule: Rule,
        segment: Segment,
        places: set[Place],
        row: Row,
        used: set[Place],
        followers: Sequence[Segment],
    ) -> bool:
        found: dict[str, Any] = {
            name: value
            for place, name, is_implied in rule.elements
            if (value := _scaled(_value(segment, place), is_implied))
        }
        for follower in followers:
            found.setdefault(follower.tag, []).append(list(follower.elements))
        row.setdefault(rule.list_column or "", []).append({"segment": segment.tag, **found})
        return places <= used | {place for place, _, _ in rule.elements}

    def _put(self, row: Row, name: str, value: Any) -> bool:
        """Put a value where none is yet; whether the row says so now. What an inner scope states is the better word."""
        text = str(value).strip()
        if self.columns[name] == "decimal":
            text = text.replace(",", ".")
        return row.setdefault(name, text) == text

    def _moment(self, column: str | None, microseconds: int) -> str:
        found = _EPOCH + timedelta(microseconds=microseconds)
        if column is not None and self.columns[column] == "date":
            return found.astimezone(self._profile.zone).date().isoformat()
        return f"{found:%Y-%m-%dT%H:%M:%S}Z"

    def _document(self, facts: Mapping[str, Any]) -> DocumentMapping:
        hierarchy = Hierarchy(**facts["hierarchy"]) if "hierarchy" in facts else None
        path = tuple(facts["records"].split("/")) if facts.get("records") else ()
        scopes = {
            str(name): {tag: self._rule(line) for tag, line in rules.items()}
            for name, rules in facts["scopes"].items()
        }
        spread = (facts["spread"]["segment"], facts["spread"]["first"]) if "spread" in facts else None
        return DocumentMapping(path, spread, bool(facts.get("or_document")), hierarchy, scopes)

    def _rule(self, line: Mapping[str, Any]) -> Rule:
        pairs = line.get("pairs", ())
        named = line.get("fields") or line.get("elements") or {}
        elements = tuple(
            (_place(place), column, kind == "implied2")
            for place, (column, _, kind) in ((p, str(c).partition(" ")) for p, c in named.items())
        )
        moments, moment_column = line.get("moment"), None
        if isinstance(moments, Mapping):
            ((moment_column, moments),) = moments.items()
        columns = [column for _, column, _ in elements] if "list" not in line else [line["list"]]
        for column in (*columns, *([moment_column] if moment_column else [])):
            self._check(column)
        return Rule(
            elements=elements,
            key=_place(line["key"]) if "key" in line else None,
            table=self._tables.get(line["table"], {}) if "table" in line else {},
            value=_place(line["value"]) if "value" in line else None,
            moment=tuple(map(_place, moments)) if moments else None,  # type: ignore[arg-type]
            moment_column=moment_column,
            period=tuple(map(_place, line["period"])) if "period" in line else None,  # type: ignore[arg-type]
            pairs=(pairs,) if isinstance(pairs, int) else tuple(pairs),
            goes_on=isinstance(pairs, int),
            composites=tuple(line["composites"]) if "composites" in line else None,  # type: ignore[arg-type]
            list_column=line.get("list"),
            followers=frozenset(line.get("with", ())),
            known=frozenset(line.get("known", ())),
        )

    def _check_tables(self) -> None:
        for table in self._tables.values():
            for column in table.values():
                self._check(column)

    def _check(self, column: str) -> None:
        if column not in self.columns:
            raise Misconfigured(
                f"The mapping or the profile of EDI partner {self._profile.name} names the column {column!r}; "
                f"there are {', '.join(self.columns)}."
            )


def record_mapping(name: str, profile: PartnerProfile) -> RecordMapping:
    """The mapping ``records/<name>.yml`` with a partner's own tables.

    Raises:
        Misconfigured: the profile names a column that the records do not have.
    """
    return RecordMapping(facts_of(name), profile)


@cache
def facts_of(name: str) -> dict[str, Any]:
    """A mapping as its file states it."""
    return yaml.safe_load((RECORDS / f"{name}.yml").read_text(encoding="utf-8"))


@cache
def _all_columns() -> frozenset[str]:
    """The columns of all records that documents become, those of the mappings of one standard included."""
    paths = (path for folder in (RECORDS, RECORDS.with_name("mappings")) for path in folder.glob("*.yml"))
    return frozenset(
        column for path in paths for column in yaml.safe_load(path.read_text(encoding="utf-8"))["columns"]
    )


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of documents that a mapping makes records of."""
    return tuple(map(str, facts_of(name)["documents"]))


def _tables(facts: Mapping[str, Any], profile: PartnerProfile) -> dict[str, dict[str, str]]:
    """The tables of the mapping with those of the partner; a code without a column is taken out. What a partner says of
    columns that these records do not have concerns other documents of his."""
    stated = {column for table in profile.tables_by_name().values() for column in table.values() if column}
    ours = profile.own_item_number
    if unknown := stated - _all_columns() - {ours}:
        raise Misconfigured(
            f"The profile of EDI partner {profile.name} names columns that do not exist: {unknown}."
        )
    found: dict[str, dict[str, str]] = {
        name: dict(table) for name, table in facts.get("tables", {}).get(profile.standard, {}).items()
    }
    for name, table in profile.tables_by_name().items():
        # The partner's number of an article that is our own stands where ours stands.
        renamed = {str(code): "sku" if column == ours else column for code, column in table.items()}
        own = {code: column for code, column in renamed.items() if not column or column in facts["columns"]}
        merged = {**found.get(name, {}), **own}
        found[name] = {code: column for code, column in merged.items() if column}
    return {name: {str(code): column for code, column in table.items()} for name, table in found.items()}


def _paired(rule: Rule, segment: Segment) -> Iterator[tuple[str | None, str, tuple[Place, ...]]]:
    count = len(segment.elements)
    for number in range(rule.pairs[0], count, 2) if rule.goes_on else rule.pairs:
        key = segment.value(number)
        yield rule.table.get(key), segment.value(number + 1), ((number, 1), (number + 1, 1))
    if rule.composites:
        for number in range(rule.composites[0], rule.composites[1] + 1):
            key = segment.value(number, 2)
            yield rule.table.get(key), segment.value(number, 1), ((number, 1), (number, 2))


def _places(segment: Segment) -> set[Place]:
    """Every place of a segment that holds something."""
    found = set()
    for number, element in enumerate(segment.elements, 1):
        parts = element[0] if isinstance(element, list) else element
        for component, text in enumerate(parts if isinstance(parts, tuple) else (parts,), 1):
            if text.strip():
                found.add((number, component))
        if isinstance(element, list) and len(element) > 1:
            found.add((number, 0))
    return found


def _value(segment: Segment, place: Place | None) -> str:
    return segment.value(*place).rstrip(" ") if place and place[0] else ""


def _scaled(text: str, is_implied: bool) -> str:
    """A number, whose last two digits are decimals where that is implied."""
    if not text or not is_implied:
        return text
    try:
        return str(Decimal(text).scaleb(-2))
    except InvalidOperation:
        return text


def _place(text: str | int) -> Place:
    element, _, component = str(text).partition("-")
    return int(element), int(component or 1)


def _grouped(segments: Sequence[Segment], rules: Mapping[str, Rule]) -> list[tuple[Segment, list[Segment]]]:
    """The segments in the order in which the mapping names them, each with those that belong to it."""
    found: list[tuple[Segment, list[Segment]]] = []
    belonging: frozenset[str] = frozenset()
    for segment in segments:
        if segment.tag in _FRAMES:
            belonging = frozenset()
            continue
        if segment.tag in belonging:
            found[-1][1].append(segment)
            continue
        rule = rules.get(segment.tag)
        belonging = rule.followers if rule else frozenset()
        found.append((segment, []))
    return sorted(found, key=lambda each: _rank(each[0], rules))


def _rank(segment: Segment, rules: Mapping[str, Rule]) -> tuple[int, int]:
    """Where the mapping names a segment, and its key."""
    rule = rules.get(segment.tag)
    if rule is None:
        return len(rules), 0
    keys = list(rule.table) if rule.key else []
    key = _value(segment, rule.key) if rule.key else ""
    return list(rules).index(segment.tag), keys.index(key) if key in keys else len(keys)


def _told(segment: Segment) -> dict[str, Any]:
    return {"segment": segment.tag, "elements": list(segment.elements)}


_json: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False).encode
