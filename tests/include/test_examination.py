"""An examination reads, checks and keeps at the same time, and nobody can tell."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import polars as pl
import pytest

from include.contracts.contract import contract
from include.contracts.conventions import Conventions
from include.contracts.examination import Examination, SetAsideRecord, examine
from include.contracts.rules import ROWS_WORTH_A_THREAD
from include.formats.batches import LINE, Batch
from include.formats.findings import Unreadable


class Sink:
    """Notes what comes, and refuses to be called from another thread than the one that made it."""

    def __init__(self) -> None:
        self.thread = threading.current_thread()
        self.accepted: list[int] = []
        self.refused: list[int] = []

    def accept(self, frame: pl.DataFrame) -> None:
        assert threading.current_thread() is self.thread
        self.accepted += frame[LINE].to_list()

    def set_aside(self, records: Iterable[SetAsideRecord]) -> None:
        assert threading.current_thread() is self.thread
        self.refused += [record.line for record in records]

    def take_back(self, lines: frozenset[int]) -> pl.DataFrame:
        raise AssertionError(lines)


def batch(first: int, entity: str, names: Iterable[str] | None = None) -> Batch:
    """Ten records, of which every third is wrong."""
    agreed = contract("erp_sftp", "purchase_orders")
    sources = list(names or (prop.source for prop in agreed.properties))
    made = {name: [_value(name, first + place) for place in range(10)] for name in sources}
    frame = pl.DataFrame(made, schema=dict.fromkeys(sources, pl.String))
    lines = pl.Series(LINE, range(first, first + 10), dtype=pl.Int64)
    return Batch(frame.with_columns(lines), entity=entity)


def _value(name: str, line: int) -> str | None:
    values = {
        "order_number": "4500017001",
        "line_number": str(line),
        "supplier_number": "70010",
        "order_date": "2026-11-02",
        "currency_code": "EUR",
        "ship_to_location": "DE-LEJ-1",
        "sku": "A",
        "ordered_quantity": "many" if line % 3 == 0 else "3",
        "unit": "ST",
        "price_amount": "1.50",
        "changed_at": "2026-11-02T06:00:00Z",
    }
    return values.get(name)


def test_batches_of_several_entities_are_kept_in_their_order_by_the_thread_that_asked() -> None:
    sinks: dict[str, Sink] = {}

    def begin(entity: str) -> Examination:
        assert threading.current_thread() is threading.main_thread()
        sinks[entity] = Sink()
        agreed = contract("erp_sftp", "purchase_orders")
        return Examination(agreed, Conventions(), lambda _: None, sinks[entity])

    parts = [batch(1, "one"), batch(11, "two"), batch(21, "one"), batch(31, "two"), batch(41, "two")]
    begun = examine(parts, begin)
    expected = {"one": [*range(1, 11), *range(21, 31)], "two": [*range(11, 21), *range(31, 51)]}
    for entity, lines in expected.items():
        assert sinks[entity].refused == [line for line in lines if line % 3 == 0]
        assert sinks[entity].accepted == [line for line in lines if line % 3]
        tally = begun[entity].finish()
        assert (tally.delivered, tally.accepted) == (len(lines), len(sinks[entity].accepted))
        begun[entity].close()


def test_what_goes_wrong_while_reading_or_checking_is_raised_behind_what_came_before() -> None:
    sink = Sink()
    examination = Examination(contract("erp_sftp", "purchase_orders"), Conventions(), lambda _: None, sink)
    with pytest.raises(Unreadable) as raised:
        examine([batch(1, "one", ["order_number", "line_number"])], lambda _: examination)
    assert raised.value.finding.rule == "missing_column"
    assert sink.accepted == sink.refused == []

    def cut_off() -> Iterator[Batch]:
        yield batch(1, "one")
        raise raised.value

    with pytest.raises(Unreadable):
        examine(cut_off(), lambda _: examination)
    examination.close()


def test_what_is_closed_leaves_no_thread_behind() -> None:
    others = set(threading.enumerate())
    examination = Examination(contract("erp_sftp", "purchase_orders"), Conventions(), lambda _: None, Sink())
    large = pl.concat([batch(1, "one").frame] * (ROWS_WORTH_A_THREAD // 10))
    examine([Batch(large, entity="one")], lambda _: examination)
    assert set(threading.enumerate()) > others
    examination.close()
    assert set(threading.enumerate()) <= others
