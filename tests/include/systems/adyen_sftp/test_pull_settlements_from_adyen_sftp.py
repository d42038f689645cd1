from __future__ import annotations

from pathlib import Path

from databases import Database
from standard_pull_suite import examined, landed, standard_pull_suite

from include.contracts.contract import contract
from include.systems.adyen_sftp.pull import PULL_SETTLEMENTS

SAMPLES = Path(__file__).parents[3] / "samples" / "adyen_sftp" / "settlement_lines"

TestStandards = standard_pull_suite(
    PULL_SETTLEMENTS,
    accounts={"": "lindqvist-ecom"},
    refusals={
        "settlement_lines/bad_amount_words.csv": "type",
        "settlement_lines/bad_both_sides.csv": "debit_or_credit",
        "settlement_lines/bad_cut.csv": "cut_off",
        "settlement_lines/bad_missing_column.csv": "missing_column",
        "settlement_lines/bad_no_batch.csv": "required",
        "settlement_lines/bad_no_currency.csv": "gross_has_a_currency",
        "settlement_lines/bad_zone.csv": "enum",
    },
)


def test_two_fees_of_a_batch_are_two_lines() -> None:
    """Nothing but their place in the report tells them apart."""
    header, *lines = (SAMPLES / "good_batch.csv").read_text().splitlines()
    fee = next(line for line in lines if ",Fee," in line)
    content = "\n".join([header, fee, fee, ""]).encode()
    delivery = landed(PULL_SETTLEMENTS, "lindqvist-ecom", {"report.csv": ("settlement_lines", content)})
    (kept,) = examined(PULL_SETTLEMENTS, delivery).values()
    assert kept.refused == []
    assert [row["line_number"] for frame in kept.accepted for row in frame.to_dicts()] == [2, 3]


def test_a_line_without_an_amount_of_the_customer_needs_no_currency_of_his() -> None:
    """Fees have zeros there in some reports, and nothing in others."""
    header, *lines = (SAMPLES / "good_batch.csv").read_text().splitlines()
    fee = next(line for line in lines if ",Fee," in line).split(",")
    names = header.split(",")
    for column in ("Gross Debit (GC)", "Gross Credit (GC)", "Net Credit (NC)"):
        fee[names.index(column)] = "0.00"
    content = "\n".join([header, ",".join(fee), ""]).encode()
    delivery = landed(PULL_SETTLEMENTS, "lindqvist-ecom", {"report.csv": ("settlement_lines", content)})
    (kept,) = examined(PULL_SETTLEMENTS, delivery).values()
    assert (kept.refused, kept.accepted_count) == ([], 1)


def test_the_database_reads_the_clock_of_every_zone_that_a_report_may_name(database: Database) -> None:
    """One that it does not know would stop the build of everything."""
    (zone,) = (p for p in contract("adyen_sftp", "settlement_lines").properties if p.name == "time_zone")
    known = {row["abbrev"] for row in database.rows("select abbrev from pg_timezone_abbrevs")}
    assert zone.allowed
    assert set(zone.allowed) <= known
