from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.formats.findings import Unreadable
from include.formats.json_documents import MAX_DEPTH, Number, document, flaw, json_text, parsed

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
NUMBERS = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    st.sampled_from(["0.10", "-0", "1e5", "1E+05", "12345678901234567890.123456789", "100.00"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), TEXTS, NUMBERS.map(Number)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@given(VALUES, st.integers(1, 50))
def test_what_is_written_is_read_back_whole_however_it_is_cut(value: object, size: int) -> None:
    found = document("page", blocks(json_text(value).encode(), size))
    assert found.value == value
    assert json_text(found.value) == json_text(value)


@given(VALUES)
def test_text_is_what_any_json_reader_understands(value: object) -> None:
    understood = json.loads(json_text(value), parse_int=Number, parse_float=Number)
    assert understood == value


@pytest.mark.parametrize("number", ["0.1", "1.10", "12345678901234567890123", "1e-7", "-0.0", "5e3"])
def test_numbers_stay_as_they_were_written(number: str) -> None:
    assert parsed("page", f"[{number}]").value == [number]
    assert json_text(parsed("page", f'{{"a":[{number}]}}').value) == f'{{"a":[{number}]}}'


def test_a_number_is_never_a_float() -> None:
    assert Decimal(parsed("page", "[0.1000000000000000055511151231257827]").value[0]) != Decimal("0.1")


@pytest.mark.parametrize(
    ("data", "rule", "place"),
    [
        (b"", "empty_file", "page"),
        (b" \n ", "empty_file", "page"),
        (b'{"a": [1, 2', "cut_off", "offset 11"),
        (b'{"a": "tex', "cut_off", "offset 6"),
        (b'{"a": 1,\n "b"}', "not_json", "line 2, column 5"),
        (b'{"a": 1} {"b": 2}', "not_json", "offset 9"),
        (b"<html>Bad Gateway</html>", "not_json", "line 1, column 1"),
        (b'{"a": "\xff"}', "encoding", "page"),
        (b'{"a": "\xed\xa0\x80"}', "encoding", "page"),
        (b'{"a": "line\nbreak"}', "not_json", "line 1"),
        (b"[" * 200_000, "too_deep", "page"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(data: bytes, rule: str, place: str) -> None:
    with pytest.raises(Unreadable) as refused:
        document("page", [data])
    assert refused.value.finding.rule == rule
    assert place in refused.value.finding.place


def test_a_document_beyond_the_limit_is_refused_before_it_is_held() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 1000

    with pytest.raises(Unreadable, match="larger than 5,000 bytes"):
        document("page", endless(), max_bytes=5_000)


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert document("page", [b"\xef\xbb\xbf", b"[1]"]).value == ["1"]


@pytest.mark.parametrize(
    ("text", "rule", "field"),
    [
        ('{"a": {"b": 1, "b": 2}}', "repeated_key", "a"),
        ('{"a": 1, "a": 1}', "repeated_key", None),
        ('{"a": [0, NaN]}', "number", "a[1]"),
        ('{"a": -Infinity}', "number", "a"),
        ('{"a": 1e999999}', "number", "a"),
        ('{"a": ' + "9" * 2_000 + "}", "number", "a"),
        (r'{"a": {"c": "\ud800"}}', "lone_surrogate", "a.c"),
        (r'{"a": "x\u0000y"}', "nul_character", "a"),
        (r'{"\u0000": 1}', "nul_character", "<key>"),
        ('{"a": ' + "[" * 150 + "]" * 150 + "}", "too_deep", "a" + "[0]" * (MAX_DEPTH - 1)),
    ],
)
def test_a_flaw_is_found_at_its_place(text: str, rule: str, field: str | None) -> None:
    found = flaw(parsed("page", text).value)
    assert found is not None
    assert (found.rule, found.field) == (rule, field)


@pytest.mark.parametrize("text", ['{"a": [NaN]}', '{"a": 1, "a": 2}', r'["\ud83d"]', r'["\u0000"]'])
def test_a_document_with_a_flaw_is_suspicious(text: str) -> None:
    assert parsed("page", text).is_suspicious


@given(VALUES)
def test_a_sound_value_has_no_flaw(value: object) -> None:
    assert flaw(parsed("page", json_text(value)).value) is None


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    found = parsed("page", r'{"a": "\ud83d\ude00"}')
    assert flaw(found.value) is None
    assert found.value == {"a": "😀"}
