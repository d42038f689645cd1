"""``try``: what a flow would make of a file, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Seamline

SAMPLES = Path(__file__).parents[2] / "samples"
LEDGER = SAMPLES / "ledger_sftp" / "lines"


def test_a_file_that_is_right_is_accepted_whole(seamline: Seamline) -> None:
    answer = seamline("try", "pull_orders_from_ledger_sftp", str(LEDGER / "good_till.parquet"), "--json")
    assert answer.code == 0
    (delivery,) = answer.document["deliveries"]
    (entity,) = delivery["entities"]
    assert (entity["delivered"], entity["accepted"], entity["refused"]) == (6, 6, 0)
    assert delivery["refused_whole"] is None


def test_a_record_that_is_wrong_is_named_with_its_place_and_reason(seamline: Seamline) -> None:
    answer = seamline("try", "pull_orders_from_ledger_sftp", str(LEDGER / "bad_time.parquet"))
    assert answer.code == 1
    assert "536365 / 1" in answer.out
    assert "booked_at is 'noon'" in answer.out


@pytest.mark.parametrize(
    ("flow", "sample", "said"),
    [
        (
            "pull_orders_from_ledger_sftp",
            LEDGER / "bad_cut.parquet",
            "refused as a whole: The Parquet file ends before its index",
        ),
        (
            "pull_purchase_orders_from_erp_sftp",
            SAMPLES / "erp_sftp" / "purchase_orders" / "bad_missing_column.csv",
            "refused as a whole, header: ",
        ),
    ],
)
def test_a_file_that_is_refused_as_a_whole_says_where_if_there_is_a_place(
    seamline: Seamline, flow: str, sample: Path, said: str
) -> None:
    answer = seamline("try", flow, str(sample))
    assert answer.code == 1
    assert said in answer.out
