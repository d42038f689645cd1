from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import parquet
from include.formats.batches import LINE
from include.formats.findings import Unreadable
from include.formats.parquet import read

WORDS = ["red", "", None, "grün", "red"] * 40


def written(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def column(values: list[object], kind: pa.DataType) -> list[str | None]:
    (batch,) = read([written(pa.table({"a": pa.array(values, kind)}))])
    return batch.frame["a"].to_list()


def rule_of(content: bytes, **limits: int) -> str:
    with pytest.raises(Unreadable) as refused:
        list(read(cut(content, 1000), **limits))
    assert refused.value.finding.message
    return refused.value.finding.rule


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        (["a", "", None], pa.string(), ["a", "", None]),
        (["a", "b", "a"], pa.dictionary(pa.int32(), pa.string()), ["a", "b", "a"]),
        (["ä".encode(), None], pa.binary(), ["ä", None]),
        ([1, -(2**63), None], pa.int64(), ["1", str(-(2**63)), None]),
        ([2.55, 17850.0, None, 0.001], pa.float64(), ["2.55", "17850", None, "0.001"]),
        ([1e-7, 1e21, -0.1], pa.float64(), ["0.0000001", "1" + "0" * 21, "-0.1"]),
        ([Decimal("9.90"), None], pa.decimal128(9, 2), ["9.90", None]),
        ([True, False, None], pa.bool_(), ["true", "false", None]),
        ([date(2024, 2, 29)], pa.date32(), ["2024-02-29"]),
        ([date(2024, 2, 29)], pa.date64(), ["2024-02-29"]),
        ([time(7, 5)], pa.time64("us"), ["07:05:00"]),
        ([datetime(2017, 1, 1, 11, 53, 26)], pa.timestamp("ns"), ["2017-01-01T11:53:26"]),
        ([datetime(2017, 1, 1, 11, tzinfo=UTC)], pa.timestamp("ms", "Asia/Tokyo"), ["2017-01-01T11:00:00Z"]),
        ([datetime(2017, 1, 1, 11, tzinfo=UTC)], pa.timestamp("ms", "+05:30"), ["2017-01-01T11:00:00Z"]),
        ([[1, 2], None], pa.list_(pa.int64()), ["[1, 2]", None]),
        ([{"x": "ä"}], pa.struct({"x": pa.string()}), ['{"x": "ä"}']),
        ([None, None], pa.null(), [None, None]),
    ],
)  # fmt: skip
def test_values_are_written_as_they_are_meant(
    values: list[object], kind: pa.DataType, texts: list[str | None]
) -> None:
    assert column(values, kind) == texts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_number_is_the_same_number(numbers: list[float]) -> None:
    texts = column(numbers, pa.float64())
    assert [float(text) for text in texts] == numbers
    assert not any("e" in text.lower() for text in texts if text)


@pytest.mark.parametrize("options", [{}, {"row_group_size": 7}, {"compression": "zstd"}, {"version": "1.0"}])
@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_neither_blocks_nor_row_groups_make_a_difference(
    options: dict[str, object], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "RECORDS_IN_BATCH", 13)
    content = written(pa.table({"word": WORDS, "n": list(range(200))}), **options)
    batches = list(read(cut(content, size)))
    assert max(batch.frame.height for batch in batches) <= 13
    assert [word for batch in batches for word in batch.frame["word"]] == WORDS
    assert [line for batch in batches for line in batch.frame[LINE]] == list(range(1, 201))


def test_a_file_without_records_has_its_columns() -> None:
    (batch,) = read([written(pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.float64())}))])
    assert batch.frame.columns == ["a", "b", LINE]
    assert batch.record_count == 0


def encrypted() -> bytes:
    return b"PARE" + bytes(40) + b"PARE"


GOOD = written(pa.table({"word": WORDS}))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_file"),
        (b"InvoiceNo,StockCode\n1,2\n", "not_parquet"),
        (GOOD[:-1], "cut_off"),
        (GOOD[: len(GOOD) // 2], "cut_off"),
        (b"PAR1", "cut_off"),
        (encrypted(), "encrypted"),
        (GOOD[:-8] + b"\xff\xff\xff\x7fPAR1", "parquet"),
        (GOOD[:4] + bytes(len(GOOD) - 12) + GOOD[-8:], "parquet"),
        (written(pa.table({LINE: [1]})), "reserved_column"),
        (written(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])), "repeated_column"),
        (written(pa.table({"a": pa.array([b"\xff\xfe"], pa.binary())})), "encoding"),
        (written(pa.table({"a": pa.array([b"\xff\xfe\x00\x01"], pa.binary(4))})), "unread_type"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(content: bytes, rule: str) -> None:
    assert rule_of(content) == rule


def test_a_file_beyond_its_limit_is_not_kept() -> None:
    assert rule_of(GOOD, max_bytes=len(GOOD) - 1) == "too_large"


def test_too_many_records_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_RECORDS", 199)
    assert rule_of(GOOD) == "too_large"


def test_a_long_word_said_often_does_not_fill_the_memory() -> None:
    word = "x" * 1_000_000
    content = written(pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * 40_000), [word])}))
    assert len(content) < 3_000_000
    assert rule_of(content) == "compression_bomb"


def test_a_name_that_is_no_text_is_told() -> None:
    content = written(pa.table({"colour": pa.array(["red"])}))
    broken = content.replace(b"colour", b"\x80olour")
    assert rule_of(broken) == "parquet"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_nothing_else(data: st.DataObject) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 9))] = data.draw(st.integers(0, 255))
    try:
        assert sum(batch.record_count for batch in read([bytes(content)])) >= 0
    except Unreadable as error:
        assert error.finding.rule
