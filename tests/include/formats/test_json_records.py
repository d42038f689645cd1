from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats.batches import LINE, Batch
from include.formats.findings import Unreadable
from include.formats.json_documents import Number, json_text
from include.formats.json_records import Layout, flat_records, read

KEYS = st.sampled_from(["id", "name", "values", "price", "tags", "links"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), TEXTS, st.integers().map(lambda n: Number(n)))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
RECORDS = st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=8)
LAYOUT = Layout(records_at="data.items", columns=("id", "name", "price"), known=frozenset({"links"}))


@dataclass(frozen=True)
class Landed:
    name: str
    content: bytes

    def blocks(self) -> Iterator[bytes]:
        return (self.content[start : start + 7] for start in range(0, len(self.content), 7))


def page(records: object, name: str = "items_1.json") -> Landed:
    return Landed(name, json_text({"data": {"items": records}}).encode())


def of(text: str) -> list[Batch]:
    return list(read([Landed("items_1.json", f'{{"data":{{"items":{text}}}}}'.encode())], LAYOUT))


def rows(batches: list[Batch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.frame.to_dicts()]


def as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json_text(value)


@settings(max_examples=50)
@given(RECORDS, st.integers(0, 8))
def test_every_value_of_every_record_comes_out_as_it_was_written(records: list[dict], cut: int) -> None:
    pages = [page(records[:cut], "items_1.json"), page(records[cut:], "items_2.json")]
    found = rows(list(read(pages, LAYOUT)))
    assert [row[LINE] for row in found] == list(range(1, len(records) + 1))
    for record, row in zip(records, found, strict=True):
        for key, value in record.items():
            if key != "links":
                assert row[key] == as_text(value)
        assert all(row[key] is None for key in row.keys() - record.keys() - {LINE})


@settings(max_examples=50)
@given(RECORDS, st.integers(0, 8))
def test_all_batches_of_a_delivery_have_the_same_text_columns(records: list[dict], cut: int) -> None:
    batches = list(read([page(records[:cut]), page(records[cut:])], LAYOUT))
    assert len({tuple(batch.frame.columns) for batch in batches}) == 1
    for batch in batches:
        assert set(batch.frame.drop(LINE).dtypes) <= {pl.String}
        assert batch.frame[LINE].dtype == pl.Int64


def test_a_key_that_no_record_has_is_a_missing_column() -> None:
    pages = [page([{"id": "1", "price": None}]), page([{"id": "2"}])]
    assert {tuple(batch.frame.columns) for batch in read(pages, LAYOUT)} == {("id", "price", LINE)}


def test_without_records_every_column_is_there() -> None:
    (batch,) = read([page([])], LAYOUT)
    assert batch.frame.columns == [*LAYOUT.columns, LINE]
    assert batch.record_count == 0


def test_an_unknown_key_is_a_new_column_and_a_known_one_is_none() -> None:
    (batch,) = of('[{"id": "1", "name": "a", "price": 1, "tags": ["x"], "links": {"self": 1}}]')
    assert batch.frame.columns == ["id", "name", "price", "tags", LINE]
    assert batch.frame["tags"].to_list() == ['["x"]']


def test_paths_lead_into_records() -> None:
    layout = Layout(
        records_at="_embedded.items",
        columns=("values.sku[0].data", "values.weight[0].data.amount", "values.name", "values.color[0].data"),
    )
    text = """{"_embedded": {"items": [
        {"values": {"sku": [{"data": "A-1"}], "weight": [{"data": {"amount": 12.50}}], "name": [{"data": "Ä"}]}},
        {"values": {"sku": [], "weight": null}},
        {"values": []}
    ]}}"""
    (batch,) = read([Landed("p", text.encode())], layout)
    assert batch.frame.drop(LINE).rows() == [
        ("A-1", "12.50", '[{"data":"Ä"}]', None),
        (None, None, None, None),
        (None, None, None, None),
    ]


def test_something_else_on_the_way_refuses_the_record_instead_of_losing_it() -> None:
    layout = Layout(records_at="items", columns=("a.b[0]",))
    (batch,) = read(
        [Landed("p", b'{"items": [{"a": {"b": {"c": 1}}}, {"a": "text"}, {"a": {"b": [7]}}]}')], layout
    )
    assert [refused.findings[0].rule for refused in batch.refused] == ["shape", "shape"]
    assert "where a list was expected" in batch.refused[0].findings[0].message
    assert batch.frame.rows() == [("7", 3)]


@pytest.mark.parametrize(
    ("record", "rule", "field"),
    [
        ("7", "not_an_object", None),
        ("null", "not_an_object", None),
        ("[1]", "not_an_object", None),
        ('{"id": 1, "name": {"x": 1, "x": 2}}', "repeated_key", "name"),
        ('{"id": NaN}', "number", "id"),
        (r'{"id": "\udc00"}', "lone_surrogate", "id"),
        (r'{"id": 1, "links": ["\u0000"]}', "nul_character", "links[0]"),
        ('{"id": ' + "[" * 200 + "]" * 200 + "}", "too_deep", "id"),
    ],
)
def test_a_broken_record_costs_itself_alone(record: str, rule: str, field: str | None) -> None:
    (batch,) = of(f'[{{"id": "1"}}, {record}, {{"id": "3"}}]')
    assert [(row["id"], row[LINE]) for row in rows([batch])] == [("1", 1), ("3", 3)]
    (refused,) = batch.refused
    (finding,) = refused.findings
    assert (refused.line, finding.line, finding.rule, finding.field) == (2, 2, rule, field)
    assert finding.place == "items_1.json, data.items[1]"
    refused.text.encode()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b'{"data": {"items": [{"id": 1}', "cut_off"),
        (b'{"data": {"elements": []}}', "missing_records"),
        (b'{"data": {"items": null}}', "missing_records"),
        (b"[]", "missing_records"),
        (b'{"data": {"items": []}, "errors": [{"message": "Throttled"}]}', "error_answer"),
        (b'{"data": {"items": [{"_line": 1}]}}', "reserved_column"),
    ],
)
def test_a_broken_page_makes_the_delivery_unreadable(content: bytes, rule: str) -> None:
    with pytest.raises(Unreadable) as refused:
        list(read([page([{"id": "1"}]), Landed("items_2.json", content)], LAYOUT))
    assert refused.value.finding.rule == rule


def test_an_empty_list_of_errors_is_no_error() -> None:
    (batch,) = read([Landed("p", b'{"errors": [], "data": {"items": [{"id": "1"}]}}')], LAYOUT)
    assert batch.record_count == 1


@given(
    st.lists(
        st.dictionaries(TEXTS.filter(lambda key: key != LINE), TEXTS | st.none(), min_size=1), max_size=6
    )
)
def test_flat_records_come_back_line_by_line(records: list[dict[str, str | None]]) -> None:
    content = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    found = rows(list(flat_records([content.encode()], "items")))
    assert [row.pop(LINE) for row in found] == list(range(1, len(records) + 1))
    for record, row in zip(records, found, strict=True):
        assert {key: value for key, value in row.items() if value is not None} == {
            key: value for key, value in record.items() if value is not None
        }


def test_a_broken_line_costs_itself_alone() -> None:
    content = b'{"a.b[0]": "1"}\n\n{"a.b[0]": \n["x"]\n\xff\n{"c": 2.50}'
    (batch,) = flat_records([content[:9], content[9:]], "items")
    assert batch.entity == "items"
    assert batch.frame.rows() == [("1", None, 1), (None, "2.50", 6)]
    assert [(refused.line, refused.findings[0].rule) for refused in batch.refused] == [
        (3, "cut_off"),
        (4, "not_an_object"),
        (5, "encoding"),
    ]


def test_endless_records_are_refused() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * (4 * 1024 * 1024)

    with pytest.raises(Unreadable, match="larger than 67,108,864 bytes"):
        list(flat_records(endless()))
