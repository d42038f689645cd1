from __future__ import annotations

import io
from collections import Counter
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standard_pull_suite import examined, landed, standard_pull_suite

from include.formats import parquet
from include.systems import partner_files
from include.systems.ledger_sftp.pull import PULL_LEDGER, read

TestStandards = standard_pull_suite(
    PULL_LEDGER,
    accounts={"": "gifts"},
    refusals={
        "lines/bad_article.parquet": "required",
        "lines/bad_cut.parquet": "cut_off",
        "lines/bad_empty.parquet": "no_records",
        "lines/bad_missing_column.parquet": "missing_column",
        "lines/bad_quantity.parquet": "type",
        "lines/bad_text.parquet": "not_parquet",
        "lines/bad_time.parquet": "type",
    },
)

COLUMNS = {
    "StockCode": "A",
    "Description": "article",
    "Quantity": 1,
    "InvoiceDate": "12/1/10 8:26",
    "UnitPrice": 2.55,
    "CustomerID": 17850,
    "Country": "EIRE",
}


def ledger(documents: list[str]) -> bytes:
    file = io.BytesIO()
    frame = pl.DataFrame({"InvoiceNo": documents}, schema={"InvoiceNo": pl.String})
    frame.with_columns(**{name: pl.lit(value) for name, value in COLUMNS.items()}).write_parquet(file)
    return file.getvalue()


@given(documents=st.lists(st.sampled_from(["1", "2", "C3"]), min_size=1, max_size=60), size=st.integers(1, 9))
def test_lines_are_counted_within_their_document_however_the_file_is_batched(
    documents: list[str], size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "RECORDS_IN_BATCH", size)
        delivery = landed(PULL_LEDGER, "gifts", {"l.parquet": ("lines", ledger(documents))})
        frame = pl.concat(batch.frame for batch in read(delivery))
    seen: Counter[str] = Counter()
    expected = []
    for document in documents:
        seen[document] += 1
        expected.append((document, str(seen[document])))
    assert frame.select("document_number", "line_number").rows() == expected


def test_what_a_binary_float_adds_to_a_price_is_no_part_of_it() -> None:
    texts = ["0.30000000000000004", "0.000000000000001776357", "-11062.060000000001", "2.55", "2.5551", None]
    prices = pl.DataFrame({"unit_price_amount": texts, "other": texts})
    found = partner_files.without_noise(prices, ["unit_price_amount", "absent"])
    assert found["unit_price_amount"].to_list() == ["0.3", "0.0", "-11062.06", "2.55", "2.5551", None]
    assert found["other"].to_list() == texts


def test_the_public_sample_is_accepted_whole_and_its_total_comes_out(shared: Path) -> None:
    file = shared / "data" / "online-retail" / "online_retail_first_240007_rows.parquet"
    delivery = landed(PULL_LEDGER, "gifts", {file.name: ("lines", file.read_bytes())}, block=1024 * 1024)
    kept = examined(PULL_LEDGER, delivery)["lines"]
    assert (kept.accepted_count, kept.refused) == (240_007, [])
    total = sum(
        frame.select((pl.col("quantity") * pl.col("unit_price_amount")).sum()).item()
        for frame in kept.accepted
    )
    assert total == Decimal("4275143.931")
