"""Messages to rows of typed tables, by a mapping that is data: dates, parties, lines, quantities, prices and so on.

Every segment of a message becomes a row of one table, whatever its message: nothing is dropped. What of a segment has
no column stands, by its names in the directory, in the row's column ``unmapped``; a segment without a table stands
whole in ``other_segments``. What belongs to what is said by these columns of every table:

========================  ==========================================================================================
``message_number``        of the message among those that were added, from 1: the row of ``documents``
``position``              of the segment in its message, where UNH is 1
``group_path``            the groups that it stands in, as ``LIN/PRI``; empty at the top
``within``                position of the segment that begins the innermost of them; null at the top
``line``                  which line of the message (LIN) it belongs to, from 1; null outside of lines
``package_level``         which level of packages (CPS) it belongs to, from 1; null outside
========================  ==========================================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from include.formats.edifact.codes import Level, Rule, SyntaxFinding, finding
from include.formats.edifact.contexts import Contexts
from include.formats.edifact.definitions import ElementDefinition, segment_definition
from include.formats.edifact.envelopes import Interchange, Message
from include.formats.edifact.messages import located_in_message
from include.formats.edifact.moments import period
from include.formats.edifact.segments import COMPONENT, ELEMENT, REPETITION, SEGMENT, UNDECODED, segment_of
from include.formats.edifact.structure import segment_document

DECIMAL_SCALE = 6
NUMBER_TOO_LONG = Rule("edifact.number_too_long", Level.ELEMENT)

# Numbers that a decimal column cannot hold without loss: no element allows more than 30 digits before the mark. They
# are looked for in the text first, as they are rare.
_BROKEN = "[0-9]{" + str(DECIMAL_SCALE) + "}[0-9]*[1-9]"
_SUSPICIOUS = (re.compile(r"\." + _BROKEN), re.compile("," + _BROKEN))
_UNFIT = re.compile(f"-?[0-9]*[.,]{_BROKEN}0*")
_REPLACEMENT = "\ufffd"
_ENVELOPE = frozenset({"UNT", "UNS"})
_DECIMAL = pl.Decimal(38, DECIMAL_SCALE)
_MOMENT = pl.Datetime("us", "UTC")
# After so many characters the segments that wait become columns.
_WAITING_LENGTH = 4 * 1024 * 1024
_DOCUMENTS, _OTHERS = "documents", "other_segments"
# The tables that are put together to the one of the documents.
_OF_DOCUMENTS = ("headers", "begins")
_ENVELOPE_COLUMNS = {
    "interchange_number": pl.Int64(),
    "interchange_reference": pl.String(),
    "sender": pl.String(),
    "sender_qualifier": pl.String(),
    "recipient": pl.String(),
    "recipient_qualifier": pl.String(),
    "is_test": pl.Boolean(),
    "group_reference": pl.String(),
    "segment_in_file": pl.Int64(),
}
_PLACE_COLUMNS = {
    "message_number": pl.Int64(),
    "position": pl.Int64(),
    "group_path": pl.String(),
    "within": pl.Int64(),
    "line": pl.Int64(),
    "package_level": pl.Int64(),
}
_OTHER_COLUMNS = {**_PLACE_COLUMNS, "tag": pl.String(), "segment": pl.String()}
_NO_SEGMENTS = pl.DataFrame(schema={**_PLACE_COLUMNS, "segment": pl.String()})


class UnfitValue(ValueError):
    """A mapping names a place that the segment does not have."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the mapping.

    Attributes:
        tag: the segment that it takes.
        places: element and component of each column.
        decimals: the columns that are numbers.
        period: the columns of a value and its format, from which moments are made.
    """

    tag: str
    places: Mapping[str, tuple[int, int]]
    decimals: frozenset[str]
    period: tuple[str, ...] | None


class RecordTables:
    """Rows that gather, from one message after the other, until they are taken as frames."""

    def __init__(self, time_zone: str = "UTC"):
        """``time_zone``: IANA name of the partner's own, in which dates without an offset are stated."""
        self._time_zone = time_zone
        self._texts: list[str] = []
        self._contexts = Contexts()
        self._envelopes: list[tuple[object, ...]] = []
        self._waiting_length = 0
        # The interchange of the last message, and its columns.
        self._interchange: tuple[Interchange, tuple[object, ...]] | None = None
        self._settled = 0
        self._frames: dict[str, list[pl.DataFrame]] = {}

    @property
    def height(self) -> int:
        """How many messages there are now."""
        return sum(frame.height for frame in self._frames.get(_DOCUMENTS, ())) + len(self._texts)

    def add(self, found: Message) -> tuple[SyntaxFinding, ...]:
        """Take an accepted message.

        Returns:
            what refuses it as records: numbers that no column holds without loss. Nothing of it is taken then.
        """
        assert found.definition is not None, "a message that is not described has no records"
        is_suspicious = any(pattern.search(found.text) for pattern in _SUSPICIOUS)
        if is_suspicious and (unfit := located_in_message(_too_long(found), found)):
            return unfit
        self._texts.append(_storable(found.text))
        self._contexts.add(found.tags, found.definition)
        self._envelopes.append(self._envelope(found))
        self._waiting_length += len(found.text)
        if self._waiting_length > _WAITING_LENGTH:
            self._settle()
        return ()

    def frames(self) -> dict[str, pl.DataFrame]:
        """Every table with its rows, ``documents`` first; they are empty afterwards."""
        self._settle()
        found, self._frames = self._frames, {}
        names = (_DOCUMENTS, *(name for name in table_mapping() if name not in _OF_DOCUMENTS), _OTHERS)
        return {name: pl.concat(found[name]) if name in found else _empty(name) for name in names}

    def _envelope(self, found: Message) -> tuple[object, ...]:
        if self._interchange is None or self._interchange[0] is not found.interchange:
            self._interchange = (found.interchange, _interchange(found.interchange))
        group = _storable(found.group.reference) if found.group else None
        return (*self._interchange[1], group, found.place.segment)

    def _settle(self) -> None:
        """Make rows of the messages that wait."""
        if not self._texts:
            return
        segments = self._segments()
        tables = {
            name: _rows(table, segments.get((table.tag,), _NO_SEGMENTS), self._time_zone)
            for name, table in table_mapping().items()
            if (table.tag,) in segments or name in _OF_DOCUMENTS
        }
        documents = _documents(
            self._envelopes, self._settled + 1, *(tables.pop(name) for name in _OF_DOCUMENTS)
        )
        known = {table.tag for table in table_mapping().values()} | _ENVELOPE
        others = [frame for (tag,), frame in segments.items() if tag not in known]
        if others:
            tables[_OTHERS] = _others(pl.concat(others).sort("message_number", "position"))
        for name, frame in ((_DOCUMENTS, documents), *tables.items()):
            if frame.height:
                self._frames.setdefault(name, []).append(frame)
        self._settled += len(self._texts)
        self._texts, self._contexts, self._envelopes, self._waiting_length = [], Contexts(), [], 0

    def _segments(self) -> dict[tuple[object, ...], pl.DataFrame]:
        """The segments that wait, by their tag, with the columns that say where they stand."""
        lines = "".join(self._texts).split(SEGMENT)
        lines.pop()
        begins = pl.Series(self._contexts.begins, dtype=pl.Int64)
        frame = self._contexts.frame().with_columns(pl.Series("segment", lines, dtype=pl.String))
        message = (begins.search_sorted(frame["index"], side="right") - 1).cast(pl.UInt32)
        frame = frame.with_columns(message.alias("message"), begins.gather(message).alias("begin"))
        return frame.select(
            message_number=pl.col("message").cast(pl.Int64) + self._settled + 1,
            position=pl.col("index") - pl.col("begin") + 1,
            group_path="group_path",
            within=pl.when(pl.col("within") >= 0).then(pl.col("within") - pl.col("begin") + 1),
            line=_counted("LIN"),
            package_level=_counted("CPS"),
            tag="tag",
            segment="segment",
        ).partition_by("tag", as_dict=True, include_key=False)


def _counted(tag: str) -> pl.Expr:
    """How many of these segments there are in the message up to here, for a segment that one of their groups holds."""
    is_inside = ("/" + pl.col("group_path") + "/").str.contains(f"/{tag}/", literal=True)
    return pl.when(is_inside).then((pl.col("tag") == tag).cast(pl.Int64).cum_sum().over("message"))


def _rows(table: Table, segments: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    parts = _parts(table, segments.select("segment"))
    typed = parts.select(_typed(name, name in table.decimals) for name in table.places)
    if table.period is not None:
        typed = typed.with_columns(_moments(*(parts[name].to_list() for name in table.period), time_zone))
    typed = typed.with_columns(_unmapped(table, parts, segments["segment"]))
    return pl.concat([segments.drop("segment"), typed], how="horizontal")


def _others(segments: pl.DataFrame) -> pl.DataFrame:
    texts = [_json(segment_document(segment_of(line))) for line in segments["segment"]]
    tag = pl.col("segment").str.slice(0, 3).alias("tag")
    return (
        segments.with_columns(tag)
        .with_columns(pl.Series("segment", texts, dtype=pl.String))
        .select(*_OTHER_COLUMNS)
    )


def _documents(
    envelopes: Sequence[tuple[object, ...]], first: int, headers: pl.DataFrame, begins: pl.DataFrame
) -> pl.DataFrame:
    """One row for each message, of its interchange, its UNH and its BGM."""
    frame = pl.DataFrame(envelopes, schema=_ENVELOPE_COLUMNS, orient="row")
    frame = frame.with_columns(
        pl.Series("message_number", range(first, first + frame.height), dtype=pl.Int64)
    )
    own = ("position", "group_path", "within", "line", "package_level")
    for tag, table in (("header", headers), ("begin", begins)):
        frame = frame.join(
            table.drop(own).rename({"unmapped": f"unmapped_{tag}"}).unique("message_number", keep="first"),
            on="message_number",
            how="left",
            maintain_order="left",
        )
    left = pl.concat_str(
        [pl.format('"UNH": {}', "unmapped_header"), pl.format('"BGM": {}', "unmapped_begin")],
        separator=", ",
        ignore_nulls=True,
    )
    has_left = pl.any_horizontal(pl.col("unmapped_header", "unmapped_begin").is_not_null())
    unmapped = pl.when(has_left).then(pl.format("{{{}}}", left)).alias("unmapped")
    names = [
        "message_number",
        *_ENVELOPE_COLUMNS,
        *table_mapping()["headers"].places,
        *table_mapping()["begins"].places,
    ]
    return frame.with_columns(unmapped).select(*names, "unmapped")


def _parts(table: Table, segments: pl.DataFrame) -> pl.DataFrame:
    """Segments taken apart: the columns of the table, and ``_left_…`` for every part that has none."""
    names = {place: name for name, place in table.places.items()}
    width = max(element for element, _ in names)
    elements = [f"_element_{number}" for number in range(1, width + 1)]
    fields = ["_tag", *elements, "_left_0"]
    frame = _split(segments, {"segment": fields}, ELEMENT)
    if frame.select(pl.any_horizontal(pl.col(elements).str.contains(REPETITION, literal=True).any())).item():
        frame = _split(frame, {name: [name, f"_left{name}"] for name in elements}, REPETITION)
    components = {}
    for number, name in enumerate(elements, 1):
        count = max((component for element, component in names if element == number), default=0)
        found = [names.get((number, each), f"_left_{number}_{each}") for each in range(1, count + 1)]
        components[name] = [*found, f"_left_{number}"]
    return _split(frame, components, COMPONENT)


def _split(frame: pl.DataFrame, columns: Mapping[str, Sequence[str]], separator: str) -> pl.DataFrame:
    """Each column split into the named ones, the last of which takes what is left."""
    untouched = [name for name in frame.columns if name not in columns]
    structs = [
        pl.col(name).str.splitn(separator, len(fields)).struct.rename_fields(fields).alias(f"_struct{name}")
        for name, fields in columns.items()
    ]
    return frame.select(*untouched, *structs).unnest([f"_struct{name}" for name in columns])


def _typed(name: str, is_decimal: bool) -> pl.Expr:
    text = pl.col(name).str.strip_chars_end(" ")
    text = pl.when(text != "").then(text)
    return (
        text.str.replace(",", ".", literal=True).cast(_DECIMAL).alias(name)
        if is_decimal
        else text.alias(name)
    )


def _moments(texts: Sequence[str], formats: Sequence[str], time_zone: str) -> list[pl.Series]:
    found = [period(text or "", code or "", time_zone) for text, code in zip(texts, formats, strict=True)]
    return [
        pl.Series("begins_at", [each and each.begins_at for each in found], dtype=pl.Int64).cast(_MOMENT),
        pl.Series("ends_at", [each and each.ends_at for each in found], dtype=pl.Int64).cast(_MOMENT),
    ]


def _unmapped(table: Table, parts: pl.DataFrame, own: pl.Series) -> pl.Series:
    """As JSON, by their names, the elements of those segments that have more than the columns take."""
    has_more = parts.select(pl.any_horizontal(pl.col("^_left.*$").fill_null("") != "")).to_series()
    texts = [None] * len(own)  # type: list[str | None]
    for row in has_more.arg_true():
        texts[row] = _left(table, own[row])
    return pl.Series("unmapped", texts, dtype=pl.String)


def _left(table: Table, line: str) -> str | None:
    left = _without(line, table.places.values())
    return _json(left) if left else None


def _without(line: str, places: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """The elements of a segment but for those at these places, by their names."""
    elements = [
        [each.split(COMPONENT) for each in element.split(REPETITION)] for element in line.split(ELEMENT)
    ]
    for element, component in places:
        if element < len(elements) and component <= len(elements[element][0]):
            elements[element][0][component - 1] = ""
    if not any(part for element in elements[1:] for each in element for part in each):
        return {}
    text = ELEMENT.join(REPETITION.join(map(COMPONENT.join, element)) for element in elements)
    found = segment_document(segment_of(text))
    return {name: value for name, value in found.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return not value or (isinstance(value, list) and all(map(_is_empty, value)))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _interchange(begin: Interchange) -> tuple[object, ...]:
    parties = (*begin.sender, *begin.recipient)
    reference = _storable(begin.control_reference)
    return (begin.number, reference, *(_storable(part) or None for part in parties), begin.is_test)


def _storable(text: str) -> str:
    """The text without what no database stores as text; a message with it is accepted only if tolerated."""
    if text.isascii() and "\0" not in text:
        return text
    return UNDECODED.sub(_REPLACEMENT, text).replace("\0", _REPLACEMENT)


def _too_long(found: Message) -> Iterator[SyntaxFinding]:
    decimals = {
        table.tag: [table.places[name] for name in table.decimals] for table in table_mapping().values()
    }
    for each in found.segments:
        for element, component in decimals.get(each.tag, ()):
            value = each.value(element, component)
            if _UNFIT.fullmatch(value):
                message = f"the number has more than {DECIMAL_SCALE} digits behind its decimal mark"
                yield finding(
                    NUMBER_TOO_LONG,
                    message,
                    value=value,
                    field=f"{each.tag}{element:02}-{component:02}",
                    segment_id=each.tag,
                    segment_position=each.position,
                    element_position=element,
                    component_position=component,
                )


@cache
def table_mapping() -> dict[str, Table]:
    """The tables by name, as ``standard/records.yml`` says them."""
    path = Path(__file__).parent / "standard" / "records.yml"
    facts = yaml.safe_load(path.read_bytes())
    return {name: _table(table) for name, table in facts.items()}


def _table(table: Mapping[str, Any]) -> Table:
    places, decimals = {}, set()
    for name, use in table["columns"].items():
        place, _, kind = str(use).partition(" ")
        element, _, component = place.partition("-")
        places[name] = (int(element), int(component or 1))
        if kind == "decimal":
            decimals.add(name)
        _assert_known(table["segment"], *places[name])
    period_of = table.get("period")
    return Table(table["segment"], places, frozenset(decimals), tuple(period_of) if period_of else None)


def _assert_known(tag: str, element: int, component: int) -> None:
    definition = segment_definition(tag)
    uses = () if definition is None else definition.elements or ()
    if element > len(uses):
        raise UnfitValue(f"{tag} has no element {element}")
    inner = uses[element - 1].definition
    count = 1 if isinstance(inner, ElementDefinition) else len(inner.components)  # type: ignore[union-attr]
    if component > count:
        raise UnfitValue(f"{tag}, element {element}, has no component {component}")


@cache
def _empty(name: str) -> pl.DataFrame:
    if name == _OTHERS:
        return pl.DataFrame(schema=_OTHER_COLUMNS)
    if name == _DOCUMENTS:
        return _documents(
            (), 1, *(_rows(table_mapping()[each], _NO_SEGMENTS, "UTC") for each in _OF_DOCUMENTS)
        )
    return _rows(table_mapping()[name], _NO_SEGMENTS, "UTC")
