from __future__ import annotations

import gzip
import io
import zipfile

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats.recognition import LOOKED_AT, Format, encoding_by_mark, encoding_guess, recognize

ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *261102*0430*U*00401*000000001*0*P*:~"


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Format.EMPTY),
        (b"\xef\xbb\xbf \r\n", Format.EMPTY),
        (ISA, Format.X12),
        (b"\xef\xbb\xbf\r\n" + ISA, Format.X12),
        (ISA.replace(b"*", b"\x7f"), Format.X12),
        (b"ISABELLA,1\nPETER,2\n", Format.DELIMITED),
        (b"UNA:+.? 'UNB+UNOA:2+A+B'", Format.EDIFACT),
        (b"UNB+UNOA:2+A+B'", Format.EDIFACT),
        (b"UNH+1+ORDERS:D:96A:UN'", Format.EDIFACT),
        (b"UNBELIEVABLE;1\nSTORY;2\n", Format.DELIMITED),
        (b"STX=ANA:1+5000000000000", Format.TRADACOMS),
        (b"a,b\n1,2\n", Format.DELIMITED),
        (b'a;b\n"x;\ny";2\n', Format.DELIMITED),
        (b"a\tb\n1\t2\n", Format.DELIMITED),
        ("Größe;Preis\nL;1,5\n".encode("cp1252"), Format.DELIMITED),
        ("a;b\n1;2\n".encode("utf-16"), Format.DELIMITED),
        (b"a,b,c\n", Format.DELIMITED),
        (b'{"a": 1}', Format.JSON),
        (b'\xef\xbb\xbf[\n {"a": 1}\n]', Format.JSON),
        (b"[]", Format.JSON),
        (b'{"a": 1}\n{"a": 2}\n', Format.NDJSON),
        (b"<?xml version='1.0'?><a/>", Format.XML),
        (b"<catalog>\n<x/></catalog>", Format.XML),
        ("<?xml version='1.0'?><a/>".encode("utf-16"), Format.XML),
        (gzip.compress(b"a,b\n", mtime=0), Format.GZIP),
        (zipped(a=b"1"), Format.ZIP),
        (zipped(**{"[Content_Types].xml": b"<x/>", "xl__workbook.xml": b"<x/>"}), Format.XLSX),
        (parquet(), Format.PARQUET),
        (b"\x00\x01\x02", Format.BINARY),
        (b"Dear all, please find it attached.\nRegards\n", Format.TEXT),
        (b"one column\n1\n2\n", Format.TEXT),
    ],
)
def test_what_a_file_is(data: bytes, expected: Format) -> None:
    assert recognize(data) is expected


def test_a_format_is_its_name() -> None:
    assert recognize(ISA) == "x12"


def test_no_more_than_the_first_bytes_are_looked_at() -> None:
    assert recognize(b"a,b\n" * LOOKED_AT + b"\x00") is Format.DELIMITED


@pytest.mark.parametrize(
    ("data", "mark", "guess"),
    [
        (b"abc", None, "utf-8"),
        ("\ufeffabc".encode(), "utf-8-sig", "utf-8-sig"),
        ("\ufeffabc".encode("utf-16-le"), "utf-16-le", "utf-16-le"),
        ("\ufeffabc".encode("utf-16-be"), "utf-16-be", "utf-16-be"),
        ("\ufeffabc".encode("utf-32-le"), "utf-32-le", "utf-32-le"),
        ("Größe".encode(), None, "utf-8"),
        ("Größe".encode("cp1252"), None, "cp1252"),
    ],
)
def test_encodings(data: bytes, mark: str | None, guess: str) -> None:
    assert encoding_by_mark(data) == mark
    assert encoding_guess(data) == guess


def test_a_character_that_the_limit_cuts_in_two_is_still_utf_8() -> None:
    assert encoding_guess(b"a" * (LOOKED_AT - 1) + "ä".encode()) == "utf-8"


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_something(data: bytes) -> None:
    assert recognize(data) in Format
