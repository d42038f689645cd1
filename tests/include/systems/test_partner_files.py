from __future__ import annotations

import gzip
from collections.abc import Iterator

import polars as pl
import pytest

from include.delivery import LandedFile
from include.errors import Misconfigured
from include.formats.delimited import Dialect
from include.formats.findings import Unreadable
from include.systems.partner_files import read, renamed
from include.systems.partners import Partner


def landed(content: bytes) -> LandedFile:
    def blocks() -> Iterator[bytes]:
        return (content[start : start + 3] for start in range(0, len(content), 3))

    return LandedFile(entity="stock", name="stock.csv", sha256="", blocks=blocks)


def titles(content: bytes, **profile: object) -> list[str]:
    partner = Partner(account="acme", **profile)
    return [title for batch in read(landed(content), partner) for title in batch.frame["Title"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides_though_blocks_are_tiny(encoding: str) -> None:
    dialect = Dialect(encodings=("windows-1252",))
    assert titles("Title\nGröße\n".encode(encoding), dialect=dialect) == ["Größe"]


def test_the_first_encoding_that_fits_the_whole_file_is_taken() -> None:
    dialect = Dialect(encodings=("utf-8", "windows-1252"))
    assert titles("Title\nGröße\n".encode(), dialect=dialect) == ["Größe"]
    assert titles("Title\nGröße\n".encode("cp1252"), dialect=dialect) == ["Größe"]


def test_a_packed_file_is_unpacked_before_its_encoding_is_looked_for() -> None:
    dialect = Dialect(encodings=("utf-8", "windows-1252"))
    packed = gzip.compress("Title\nGröße\n".encode("cp1252"))
    assert titles(packed, dialect=dialect, settings={"compression": "gzip"}) == ["Größe"]


def test_batches_know_the_entity_of_their_file() -> None:
    assert {batch.entity for batch in read(landed(b"Title\nA\n"), Partner(account="acme"))} == {"stock"}


def test_an_unknown_compression_is_said() -> None:
    with pytest.raises(Misconfigured, match="there are: gzip, zip"):
        titles(b"Title\nA\n", settings={"compression": "rar"})


def test_names_that_the_partner_does_not_have_are_left_out() -> None:
    frame = pl.DataFrame({"artikel": ["a"], "Title": ["b"]})
    assert renamed(frame, {"artikel": "Handle", "preis": "Price"}).columns == ["Handle", "Title"]


def test_two_columns_never_become_one() -> None:
    frame = pl.DataFrame({"artikel": ["a"], "Handle": ["b"]})
    with pytest.raises(Unreadable) as refused:
        renamed(frame, {"artikel": "Handle"})
    assert refused.value.finding.rule == "renamed_twice"


def test_names_may_be_exchanged() -> None:
    frame = pl.DataFrame({"Title": ["a"], "Handle": ["A"]})
    assert renamed(frame, {"Title": "Handle", "Handle": "Title"}).to_dicts() == [
        {"Handle": "a", "Title": "A"}
    ]
