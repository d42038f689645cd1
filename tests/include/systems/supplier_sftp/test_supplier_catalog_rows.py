from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standard_pull_suite import Kept, examined, landed

from include.contracts.conventions import Conventions
from include.formats import compressed, delimited
from include.formats.batches import LINE
from include.formats.delimited import Dialect
from include.formats.findings import Unreadable
from include.systems.partners import Partner
from include.systems.supplier_sftp import pull
from include.systems.supplier_sftp.pull import PULL_CATALOG, read

PROJECT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("SEAMLINE_SHARED") or PROJECT.parent / "shared")
PRODUCT_CSVS = SHARED / "data" / "product-csvs"
EUR = {"currency_code": "EUR"}

needs_shared_data = pytest.mark.skipif(
    not PRODUCT_CSVS.is_dir(), reason=f"{PRODUCT_CSVS} is not there; set SEAMLINE_SHARED"
)


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives the partner of these tests a profile."""

    def given_profile(**facts: Any) -> None:
        made = Partner(account="acme", **{"constants": EUR, **facts})
        monkeypatch.setattr(pull, "partner", lambda system, account: made)
        monkeypatch.setattr("standard_pull_suite.partner", lambda system, account: made)

    given_profile()
    return given_profile


def rows(content: bytes | str, block: int = 65_536) -> list[dict[str, str | None]]:
    data = content.encode() if isinstance(content, str) else content
    batches = read(landed(PULL_CATALOG, "acme", {"catalog.csv": ("catalog", data)}, block))
    return [row for batch in batches for row in batch.frame.to_dicts()]


def checked(content: bytes) -> Kept:
    return examined(PULL_CATALOG, landed(PULL_CATALOG, "acme", {"catalog.csv": ("catalog", content)}))[
        "catalog"
    ]


def keys(content: bytes | str) -> list[tuple[str | None, str | None, str | None]]:
    return [(row["Handle"], row["row_key"], row["is_first_row"]) for row in rows(content)]


HEADER = "Handle,Title,Option1 Value,Option2 Value,Option3 Value,Variant SKU,Variant Price,Image Src\n"


@pytest.mark.usefixtures("profile")
class TestKeys:
    @pytest.mark.parametrize(
        ("row", "key"),
        [
            ("a,A,,,,,,", "variant://"),
            ("a,A,Red,,,,,", "variant:Red//"),
            ("a,A,Red,M,Long,SKU-1,9.90,https://x/y.jpg", "variant:Red/M/Long"),
        ],
    )
    def test_a_row_that_opens_its_product_is_a_variant(self, row: str, key: str) -> None:
        assert keys(HEADER + row) == [("a", key, "true")]

    @pytest.mark.parametrize(
        ("row", "key"),
        [
            ("a,,Blue,,,,,", "variant:Blue//"),
            ("a,,,M,,,,", "variant:/M/"),
            ("a,,,,,SKU-2,,", "variant://"),
            ("a,,,,,,9.90,", "variant://"),
            ("a,,,,,,9.90,https://x/z.jpg", "variant://"),
            ("a,,,,,,,https://x/z.jpg", "image:https://x/z.jpg"),
            ("a,,,,,,,", "image:"),
        ],
    )
    def test_a_row_that_continues_it_is_one_if_it_says_anything_of_one(self, row: str, key: str) -> None:
        assert keys(f"{HEADER}a,A,Red,,,SKU-1,9.90,\n{row}")[1] == ("a", key, "false")

    def test_a_handle_that_comes_back_opens_its_product_again(self) -> None:
        found = [first for _, _, first in keys(f"{HEADER}a,,,,,,1,\na,,,,,,2,\nb,,,,,,3,\na,,,,,,4,\n")]
        assert found == ["true", "false", "true", "true"]

    def test_option_columns_may_be_absent(self) -> None:
        assert keys("Handle,Image Src\na,https://x/1.jpg\na,https://x/2.jpg\n") == [
            ("a", "variant://", "true"),
            ("a", "image:https://x/2.jpg", "false"),
        ]

    def test_without_handles_the_contract_says_what_is_missing(self) -> None:
        with pytest.raises(Unreadable, match=r"needs the columns? 'Handle'"):
            checked(b"Title,Variant Price\nA,1\n")


class TestAcrossBatches:
    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=30),
        st.integers(len(HEADER), 2 * len(HEADER)),
    )
    def test_where_a_batch_ends_makes_no_difference(
        self, products: list[tuple[str, int]], stretch: int
    ) -> None:
        lines = [f"{handle},,{option or ''},,,,1," for handle, option in products]
        content = HEADER + "\n".join(lines) + "\n"
        with pytest.MonkeyPatch.context() as patch:
            partner = Partner(account="acme", constants=EUR, fill_down=("Option1 Value",))
            patch.setattr(pull, "partner", lambda system, account: partner)
            whole = rows(content)
            patch.setattr(delimited, "STRETCH_BYTES", stretch)
            assert rows(content, block=stretch) == whole
        filled, above = [], None
        for _, option in products:
            above = str(option) if option else above
            filled.append(above)
        assert [row["Option1 Value"] for row in whole] == filled


class TestFillDown:
    def test_empty_cells_take_what_stands_above(self, profile: Callable[..., None]) -> None:
        profile(fill_down=("Handle", "Title"))
        found = rows(f"{HEADER}a,A,Red,,,,1,\n,,Blue,,,,2,\nb,B,Red,,,,3,\n,,Blue,,,,4,\n")
        assert [(row["Handle"], row["Title"], row["is_first_row"]) for row in found] == [
            ("a", "A", "true"),
            ("a", "A", "false"),
            ("b", "B", "true"),
            ("b", "B", "false"),
        ]

    def test_nothing_is_filled_across_a_row_that_could_not_be_read(
        self, profile: Callable[..., None]
    ) -> None:
        profile(fill_down=("Handle",))
        found = rows(
            f"{HEADER}a,A,Red,,,,1,\nb,B,too,many,cells,here,2,,,\n,,Blue,,,,3,\nc,C,,,,,4,\n,,Blue,,,,5,\n"
        )
        assert [row["Handle"] for row in found] == ["a", None, "c", "c"]

    def test_nothing_is_filled_across_it_from_batch_to_batch_either(
        self, profile: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        profile(fill_down=("Handle",))
        lines = (
            "a,A,Red,,,,1,",
            "b,B,too,many,cells,here,2,,,",
            ",,Blue,,,,3,",
            "c,C,,,,,4,",
            ",,Blue,,,,5,",
        )
        content = HEADER + "\n".join(lines) + "\n"
        for stretch in range(len(HEADER), len(content)):
            monkeypatch.setattr(delimited, "STRETCH_BYTES", stretch)
            assert [row["Handle"] for row in rows(content, block=1)] == ["a", None, "c", "c"]


class TestProfiles:
    def test_names_of_the_partner_become_ours(self, profile: Callable[..., None]) -> None:
        profile(rename={"artikel": "Handle", "preis": "Variant Price", "not there": "Title"})
        (row,) = rows("artikel,preis\na,9.90\n")
        assert (row["Handle"], row["Variant Price"]) == ("a", "9.90")

    def test_constants_are_columns_and_an_empty_one_is_nothing(self, profile: Callable[..., None]) -> None:
        profile(constants={"currency_code": "SEK", "Variant Barcode": ""})
        (row,) = rows("Handle\na\n")
        assert (row["currency_code"], row["Variant Barcode"]) == ("SEK", None)

    def test_line_numbers_stay_those_of_the_file(self, profile: Callable[..., None]) -> None:
        profile()
        assert [row[LINE] for row in rows('Handle,Title\na,"two\nlines"\nb,B\n')] == [2, 4]


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("catalog.csv", content)
    return file.getvalue()


class TestCompression:
    CONTENT = (HEADER + "a,Ä,Red,,,,1,\n").encode("cp1252")

    @pytest.mark.parametrize(("name", "pack"), [("zip", zipped), ("gzip", gzip.compress)])
    def test_it_is_undone_before_anything_else(
        self, profile: Callable[..., None], name: str, pack: Callable[[bytes], bytes]
    ) -> None:
        dialect = Dialect(encodings=("utf-8", "windows-1252"))
        profile(settings={"compression": name}, dialect=dialect)
        (row,) = rows(pack(self.CONTENT))
        assert row["Title"] == "Ä"

    @pytest.mark.parametrize(("name", "pack"), [("zip", zipped), ("gzip", gzip.compress)])
    def test_a_bomb_does_not_go_off(
        self,
        profile: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        pack: Callable[[bytes], bytes],
    ) -> None:
        monkeypatch.setattr(compressed, "UNSUSPICIOUS_BYTES", 1_000_000)
        profile(settings={"compression": name})
        with pytest.raises(Unreadable) as refused:
            rows(pack(HEADER.encode() + b"a,A,,,,,1,\n" * 200_000))
        assert refused.value.finding.rule == "compression_bomb"

    def test_a_packed_file_of_a_partner_who_never_packs_is_refused(
        self, profile: Callable[..., None]
    ) -> None:
        profile()
        with pytest.raises(Unreadable):
            checked(zipped(self.CONTENT))


def test_an_endless_line_costs_no_memory(profile: Callable[..., None]) -> None:
    def endless() -> Iterator[bytes]:
        yield HEADER.encode() + b'a,"'
        while True:
            yield b"x" * 65_536

    profile(dialect=Dialect(max_record_bytes=1_000_000))
    delivery = landed(PULL_CATALOG, "acme", {"catalog.csv": ("catalog", b"")})
    endless_file = replace(delivery.files[0], blocks=endless)
    with pytest.raises(Unreadable) as refused:
        list(read(replace(delivery, files=(endless_file,))))
    assert refused.value.finding.rule == "record_too_long"


@needs_shared_data
class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "columns", "count"),
        [("shopify_apparel.csv", 46, 22), ("shopify_home-and-garden.csv", 47, 21)],
    )
    def test_the_product_form_is_accepted_whole(
        self, profile: Callable[..., None], name: str, columns: int, count: int
    ) -> None:
        profile()
        content = (PRODUCT_CSVS / name).read_bytes()
        assert len(next(csv.reader(io.StringIO(content.decode())))) == columns
        kept = checked(content)
        assert kept.refused == []
        assert kept.accepted_count == count
        assert len(set(keys(content))) == count

    def test_another_shops_form_is_accepted_by_its_profile(self, profile: Callable[..., None]) -> None:
        names = {
            "slug": "Handle",
            "name": "Title",
            "description": "Body (HTML)",
            "facets": "Tags",
            "optionGroups": "Option1 Name",
            "optionValues": "Option1 Value",
            "sku": "Variant SKU",
            "price": "Variant Price",
        }
        missing = contract_columns() - set(names.values()) - EUR.keys()
        profile(
            rename=names,
            constants={**dict.fromkeys(missing, ""), **EUR},
            fill_down=("Handle",),
            dialect=Dialect(is_padded=True),
            conventions=Conventions(),
        )
        content = (PRODUCT_CSVS / "vendure_products.csv").read_bytes()
        found = rows(content)
        assert len(found) == 88
        assert len({(row["Handle"], row["row_key"]) for row in found}) == 88
        assert all(row["Title"] for row in found if row["is_first_row"] == "true")
        assert {row["Variant SKU"] for row in found if row["Handle"] == "tablet"} == {
            "TBL200032",
            "TBL200128",
        }
        kept = checked(content)
        assert kept.refused == []
        assert kept.accepted_count == 88


def contract_columns() -> set[str]:
    from include.contracts.contract import contract

    properties = contract("supplier_sftp", "catalog").properties
    return {one.source for one in properties if not one.is_derived and not one.may_be_absent}
