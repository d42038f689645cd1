"""Which records break a contract, for whole batches at once.

A check is a column of truth values, one per record; only where one is true anywhere is evidence
gathered. A record is refused with everything that is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from include.contracts import nested
from include.contracts.contract import Contract, Kind, Property, RecordRule
from include.contracts.conventions import Conventions, expectation, time_zone, values
from include.contracts.drift import Columns
from include.errors import Misconfigured
from include.formats.batches import LINE
from include.formats.findings import Finding, excerpt

ROWS_WORTH_A_THREAD = 5_000
EXTRA = "_extra"
TIME_ZONE = "_time_zone"

Right = Callable[[Property], str | None]
"""Tells why the delivering system may not state a property; None if it may."""


@dataclass(frozen=True, slots=True)
class RefusedByContract:
    """A record that breaks the contract: as it came, where, and everything that is wrong with it.

    Attributes:
        row: its position in the batch that was checked.
    """

    row: int
    line: int
    record: dict[str, Any]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch after its check.

    Attributes:
        accepted: typed records: the contract's properties, ``LINE``, ``EXTRA`` (JSON of columns that
            the contract does not know, else null), ``TIME_ZONE`` (in which times were written).
        is_accepted: one truth value per record of the batch, in its order.
        refused: the others.
    """

    accepted: pl.DataFrame
    is_accepted: pl.Series
    refused: tuple[RefusedByContract, ...]


Place = Callable[[int], tuple[int, str]]
"""Tells of a row of a frame which record it belongs to and how the field is called there."""


@dataclass(frozen=True)
class _Violation:
    """A rule that some rows break.

    Attributes:
        broken: one truth value per row; null counts as kept.
        found: the values, one per row.
        message: for the reader, from the field's name and an excerpt of the value.
    """

    rule: str
    broken: pl.Series
    found: pl.Series
    message: Callable[[str, str], str]

    @cached_property
    def rows(self) -> list[int]:
        """The rows that break the rule."""
        return self.broken.arg_true().to_list() if self.broken.any() else []

    @cached_property
    def values(self) -> list[Any]:
        """What stands in those rows."""
        return self.found.gather(self.rows).to_list()

    def placed(self, place: Place) -> Iterator[tuple[int, Finding]]:
        """(record, finding) for every row that breaks the rule; the finding knows its field, not its line."""
        for row, value in zip(self.rows, self.values, strict=True):
            record, field = place(row)
            shown = None if value is None else excerpt(value)
            message = self.message(field, shown or "")
            yield record, Finding(rule=self.rule, field=field, message=message, value=shown)


class Check:
    """A contract, ready to check batches whose columns are known."""

    def __init__(self, contract: Contract, columns: Columns, conventions: Conventions, right: Right):
        self.contract = contract
        self.columns = columns
        self.conventions = conventions
        self.right = right
        self.rules = tuple((rule, _expression(contract, rule)) for rule in contract.rules)
        # Columns are checked side by side: polars works on one at a time, and lets other threads go on meanwhile.
        self._workers = ThreadPoolExecutor(pl.thread_pool_size(), "check-columns")

    def __call__(self, frame: pl.DataFrame) -> Checked:
        """Check a batch: columns as delivered, all text, and ``LINE``."""
        texts = {prop: frame[source] for prop, source in self.columns.taken}
        side_by_side = self._workers.map if frame.height >= ROWS_WORTH_A_THREAD else map
        examined = list(side_by_side(self._examined, texts, texts.values()))
        typed = {prop: one for prop, (one, _) in zip(texts, examined, strict=True)}
        found: dict[int, list[Finding]] = {}
        for prop, (_, violations) in zip(texts, examined, strict=True):
            for row, finding in self._placed(
                prop, texts[prop], violations, lambda row, p=prop: (row, p.source)
            ):
                found.setdefault(row, []).append(finding)
        table = self._table(frame, texts, typed)
        for row, finding in self._rule_findings(table, excluded=found.keys()):
            found.setdefault(row, []).append(finding)
        return _split(frame, table, found)

    def close(self) -> None:
        """Give the threads back."""
        self._workers.shutdown()

    def _examined(self, prop: Property, text: pl.Series) -> tuple[pl.Series, list[_Violation]]:
        """The values of a property, and the rules that some of them break."""
        typed = values(text, prop, self.conventions)
        return typed, [each for each in self._violations(prop, text, typed) if each.values]

    def _placed(
        self, prop: Property, text: pl.Series, violations: Iterable[_Violation], place: Place
    ) -> Iterator[tuple[int, Finding]]:
        """What is wrong with one property: (record, finding), elements of arrays included."""
        for violation in violations:
            yield from violation.placed(place)
        if prop.items:
            yield from self._element_findings(prop, text, place)

    def _element_findings(
        self, prop: Property, array: pl.Series, place: Place
    ) -> Iterator[tuple[int, Finding]]:
        lists, broken = nested.decoded(array, prop.items)
        yield from _Violation("type", broken, array, _wrong_elements).placed(place)
        frame = nested.elements(lists)
        for item in prop.items:
            text = nested.part(frame, item)
            typed = values(text, item, self.conventions) if text.dtype == pl.String else text
            violations = self._violations(item, text, typed)
            yield from self._placed(item, text, violations, nested.place_in(frame, item, place))

    def _violations(self, prop: Property, text: pl.Series, typed: pl.Series) -> Iterator[_Violation]:
        """The rules on one property, over all records."""
        reason = self.right(prop)
        if reason is not None:
            yield _Violation("ownership", text.is_not_null(), text, lambda *_: reason)
        is_all_typed = _is_all_typed(prop, text, typed)
        if prop.is_required and not (is_all_typed and text.null_count() == 0):
            yield _Violation("required", _is_missing(text), text, lambda field, _: f"{field} is required.")
        if prop.kind in (Kind.ARRAY, Kind.OBJECT):
            return
        if not is_all_typed:
            yield from _text_violations(prop, text)
            if prop.kind is not Kind.STRING:
                yield self._type_violation(prop, text, typed)
        yield from _value_violations(prop, text, typed)

    def _type_violation(self, prop: Property, text: pl.Series, typed: pl.Series) -> _Violation:
        expected = expectation(prop, self.conventions)
        return _Violation(
            "type",
            text.is_not_null() & typed.is_null(),
            text,
            lambda field, shown: f"{field} is {shown!r}; expected {expected}.",
        )

    def _table(
        self, frame: pl.DataFrame, texts: dict[Property, pl.Series], typed: dict[Property, pl.Series]
    ) -> pl.DataFrame:
        """The typed records with what is kept beside them."""
        made = [
            typed[prop].alias(prop.name) if prop in typed else _nothing(prop, frame.height)
            for prop in self.contract.properties
        ]
        return pl.DataFrame(made).with_columns(
            frame[LINE], self._extra(frame), self._time_zone(texts, frame.height)
        )

    def _extra(self, frame: pl.DataFrame) -> pl.Series:
        if not self.columns.extra:
            return pl.Series(EXTRA, [None], dtype=pl.String).new_from_index(0, frame.height)
        return frame.select(pl.struct(self.columns.extra).struct.json_encode().alias(EXTRA)).to_series()

    def _time_zone(self, texts: dict[Property, pl.Series], height: int) -> pl.Series:
        times = [p for p in texts if p.kind is Kind.TIMESTAMP]
        leading = [p for p in times if p.name == self.contract.record_version] or times
        if not leading:
            return pl.Series(TIME_ZONE, [None], dtype=pl.String).new_from_index(0, height)
        text = texts[leading[0]]
        if text.str.ends_with("Z").all():
            return pl.Series(TIME_ZONE, ["UTC"]).new_from_index(0, height)
        return (
            text.to_frame("text")
            .select(time_zone(pl.col("text"), self.conventions))
            .to_series()
            .alias(TIME_ZONE)
        )

    def _rule_findings(self, table: pl.DataFrame, excluded: Iterable[int]) -> Iterator[tuple[int, Finding]]:
        """Rules over several columns; only of records whose columns are right each by itself."""
        is_excluded = pl.Series("excluded", range(table.height), dtype=pl.Int64).is_in(list(excluded))
        for rule, expression in self.rules:
            broken = table.select(~expression.fill_null(True)).to_series() & ~is_excluded
            shown = table[rule.field].cast(pl.String, strict=False) if rule.field else broken.cast(pl.String)
            violation = _Violation(rule.name, broken, shown, lambda *_, rule=rule: rule.description)
            yield from violation.placed(lambda row, rule=rule: (row, rule.field or rule.name))


def _split(frame: pl.DataFrame, table: pl.DataFrame, found: dict[int, list[Finding]]) -> Checked:
    if not found:
        return Checked(table, pl.Series([True]).new_from_index(0, frame.height), ())
    rows = sorted(found)
    is_accepted = ~pl.Series(range(frame.height)).is_in(rows)
    refused = tuple(
        RefusedByContract(row, record.pop(LINE), record, tuple(found[row]))
        for row, record in zip(rows, frame[rows].to_dicts(), strict=True)
    )
    return Checked(table.filter(is_accepted), is_accepted, refused)


def _is_all_typed(prop: Property, text: pl.Series, typed: pl.Series) -> bool:
    """Every value that is there became a number, a time or a truth: it is no blank and has no strange character."""
    has_own_type = prop.kind not in (Kind.STRING, Kind.ARRAY, Kind.OBJECT)
    return has_own_type and typed.null_count() == text.null_count()


def _wrong_elements(field: str, _: str) -> str:
    return f"{field} is not a list of objects of the kind that the contract describes."


def _text_violations(prop: Property, text: pl.Series) -> Iterator[_Violation]:
    """Rules on the text of a value, whatever its type."""
    yield _Violation(
        "nul_character",
        text.str.contains("\x00", literal=True),
        text,
        lambda field, _: f"{field} contains the character U+0000, which no database keeps.",
    )
    if prop.kind is not Kind.STRING:
        return
    if prop.min_length is not None or prop.max_length is not None:
        yield _length_violation(prop, text)
    if prop.pattern is not None:
        yield _Violation(
            "pattern",
            ~text.str.contains(prop.pattern),
            text,
            lambda field, shown: f"{field} is {shown!r}; it must match {prop.pattern}.",
        )


def _length_violation(prop: Property, text: pl.Series) -> _Violation:
    low, high = prop.min_length or 0, prop.max_length
    length = text.str.len_chars()
    broken = length < low if high is None else ~length.is_between(low, high)
    limits = f"at least {low}" if high is None else f"{low} to {high}"
    return _Violation("length", broken, text, lambda field, _: f"{field} must have {limits} characters.")


def _value_violations(prop: Property, text: pl.Series, typed: pl.Series) -> Iterator[_Violation]:
    """Rules on the value itself."""
    if prop.allowed:
        allowed = ", ".join(prop.allowed)
        yield _Violation(
            "enum",
            ~text.is_in(prop.allowed) & text.is_not_null(),
            text,
            lambda field, shown: f"{field} is {shown!r}; allowed are {allowed}.",
        )
    if prop.minimum is not None:
        yield _Violation(
            "minimum",
            typed < prop.minimum,
            text,
            lambda field, shown: f"{field} is {shown}; it must be {prop.minimum} or more.",
        )
    if prop.maximum is not None:
        yield _Violation(
            "maximum",
            typed > prop.maximum,
            text,
            lambda field, shown: f"{field} is {shown}; it must be {prop.maximum} or less.",
        )


def _is_missing(text: pl.Series) -> pl.Series:
    if text.dtype != pl.String:
        return text.is_null()
    return text.is_null() | (text.str.strip_chars().str.len_bytes() == 0)


def _nothing(prop: Property, height: int) -> pl.Series:
    empty = values(pl.Series(prop.name, [None], dtype=pl.String), prop, Conventions())
    return empty.new_from_index(0, height)


def _expression(contract: Contract, rule: RecordRule) -> pl.Expr:
    try:
        return pl.sql_expr(rule.expression)
    except pl.exceptions.PolarsError as error:
        raise Misconfigured(f"Contract {contract.id}, rule {rule.name}: {error}") from error
