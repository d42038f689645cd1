from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from include.formats import x12
from include.formats.batches import LINE, RefusedRecord
from include.formats.findings import Unreadable
from include.systems.edi.partners import PartnerProfile, load_partner
from include.systems.warehouse_edi import read
from include.systems.warehouse_edi.read import StockBatch, StockReport, batches, read_stock
from tests.include.formats.x12 import x12_documents as documents

SAMPLES = documents.PROJECT / "tests" / "samples" / "warehouse_edi" / "stock"
PARTNERS = documents.PROJECT / "include" / "systems" / "warehouse_edi" / "partners"


def profile(name: str = "central") -> PartnerProfile:
    """A warehouse that is held to the standard."""
    return replace(load_partner(PARTNERS / f"{name}.yml"), tolerates=frozenset())


@dataclass
class Outcome:
    """All that a file gave."""

    report: StockReport
    frames: list[pl.DataFrame] = field(default_factory=list)
    refused: list[RefusedRecord] = field(default_factory=list)

    @property
    def rows(self) -> pl.DataFrame:
        return pl.concat(self.frames)

    @property
    def reasons(self) -> list[str]:
        return sorted({each.rule.removeprefix("x12.") for one in self.refused for each in one.findings})


def outcome(data: bytes, partner: PartnerProfile | None = None, batch_size: int = 50_000) -> Outcome:
    *parts, report = read_stock([data], partner or profile(), batch_size)
    assert isinstance(report, StockReport)
    found = Outcome(report)
    for part in parts:
        assert isinstance(part, StockBatch)
        found.frames.append(part.records)
        found.refused += part.refused
    return found


GOOD = {
    "good_one_set.edi": 2,
    "good_two_sets.edi": 4,
    "good_no_line_breaks.edi": 2,
    "good_indented.edi": 2,
    "good_cr_terminator.edi": 2,
    "good_unprintable_separators.edi": 2,
    "good_byte_order_mark.edi": 2,
    "good_last_terminator_missing.edi": 2,
    "good_wrapped_at_80_columns.edi": 2,
    "good_two_groups.edi": 4,
    "good_two_interchanges.edi": 4,
    "good_text_between_interchanges.edi": 4,
    "good_acknowledgement_inside.edi": 2,
    "good_everything_a_line_may_say.edi": 2,
    "good_set_number_twice.edi": 4,
}

# Of each: the rows that go on all the same, the records that were delivered, and why something was refused.
BAD = {
    "bad_all_quantities.edi": (0, 1, ["all_records_wrong", "invalid_character"]),
    "bad_counts.edi": (2, 4, ["segment_count"]),
    "bad_cut_in_the_middle.edi": (
        0,
        1,
        ["group_trailer_missing", "interchange_trailer_missing", "set_trailer_missing"],
    ),
    "bad_cut_then_another.edi": (
        2,
        3,
        ["group_trailer_missing", "interchange_trailer_missing", "set_trailer_missing"],
    ),
    "bad_date.edi": (0, 2, ["invalid_date"]),
    "bad_encoding.edi": (1, 2, ["invalid_character"]),
    "bad_group_count.edi": (0, 2, ["set_count"]),
    "bad_interchange_count.edi": (0, 2, ["group_count"]),
    "bad_interchange_number.edi": (0, 2, ["interchange_control_number"]),
    "bad_isa_length.edi": (0, 2, ["isa_length"]),
    "bad_missing_ge.edi": (0, 2, ["group_trailer_missing"]),
    "bad_missing_gs.edi": (0, 2, ["group_control_number", "group_header_missing", "set_not_described"]),
    "bad_missing_iea.edi": (0, 2, ["interchange_trailer_missing"]),
    "bad_missing_se.edi": (2, 4, ["set_trailer_missing"]),
    "bad_missing_st.edi": (2, 2, ["segment_count", "set_header_missing"]),
    "bad_number_of_group.edi": (0, 2, ["group_control_number"]),
    "bad_quantity.edi": (2, 3, ["invalid_character"]),
    "bad_segment_of_another_set.edi": (1, 2, ["segment_not_in_set"]),
    "bad_segment_order.edi": (1, 2, ["segment_out_of_order"]),
    "bad_sender.edi": (0, 2, ["unknown_sender"]),
    "bad_set_number.edi": (0, 2, ["set_control_number"]),
    "bad_too_many_decimals.edi": (1, 2, ["number_too_long"]),
    "bad_total.edi": (0, 2, ["total"]),
    "bad_two_quantities.edi": (1, 2, ["ambiguous_value"]),
    "bad_unit.edi": (1, 2, ["unknown_value"]),
    "bad_units_differ.edi": (1, 2, ["ambiguous_value"]),
    "bad_unknown_set.edi": (2, 2, ["set_not_supported"]),
    "bad_version.edi": (0, 2, ["version_not_agreed"]),
}

UNREADABLE = {
    "bad_blank.edi": "x12.no_interchange",
    "bad_cut_in_isa.edi": "x12.isa_unreadable",
    "bad_empty.edi": "x12.no_interchange",
    "bad_isa_elements_missing.edi": "x12.isa_unreadable",
    "bad_isa_without_component_separator.edi": "x12.isa_unreadable",
    "bad_no_edi.edi": "x12.no_interchange",
}


def test_every_sample_is_tested() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == GOOD.keys() | BAD.keys() | UNREADABLE.keys()


@pytest.mark.parametrize("name", GOOD)
def test_good_samples_are_taken_whole(name: str) -> None:
    found = outcome((SAMPLES / name).read_bytes(), profile("north" if "cr_" in name else "central"))
    assert found.refused == []
    assert found.rows.height == found.report.records_accepted == found.report.records_delivered == GOOD[name]
    assert found.report.sets_refused == 0
    assert found.rows["sku"].null_count() == 0


@pytest.mark.parametrize("name", BAD)
def test_bad_samples_are_refused_for_their_reason_and_no_further(name: str) -> None:
    rows, delivered, reasons = BAD[name]
    found = outcome((SAMPLES / name).read_bytes())
    assert found.reasons == reasons
    assert found.rows.height == found.report.records_accepted == rows
    assert (found.report.records_delivered, found.report.records_refused) == (delivered, delivered - rows)
    assert all(each.findings and each.text for each in found.refused)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_at_all(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        outcome((SAMPLES / name).read_bytes())
    assert caught.value.finding.rule == UNREADABLE[name]


def test_everything_that_a_line_may_say() -> None:
    here, there = outcome((SAMPLES / "good_everything_a_line_may_say.edi").read_bytes()).rows.to_dicts()
    assert here["as_of_at"] == datetime(2026, 11, 2, 11, 30, 15, tzinfo=UTC)
    assert (here["as_of_zone"], there["as_of_zone"]) == ("America/Chicago", "America/New_York")
    assert (here["vendor_sku"], here["location"], there["location"]) == ("V-77", "DE-LEJ-2", "DE-LEJ-9")
    assert (here["quantity_available"], there["quantity_available"]) == (Decimal(40), Decimal("0.5"))
    assert (there["quantity_on_hand"], there["unit"], there["line_number"]) == (Decimal(3), "CA", None)
    assert (here["currency_code"], here["document_action"]) == ("EUR", "04")
    for text in (
        'Teapot, \\"Grete\\"; <b>glazed</b>',
        "LOT-9",
        '["QTY", "87", "75"]',
        "NIGHT SHIFT",
        "STOCK OFFICE",
    ):
        assert text in here["unmapped"]


def many(sets: int, lines: int) -> bytes:
    return documents.as_bytes(
        documents.interchange(
            documents.group(
                *(
                    documents.stock_set(
                        *(documents.stock_line(line) for line in range(lines)), number=f"{number:05}"
                    )
                    for number in range(sets)
                )
            )
        )
    )


def test_batches_are_no_larger_than_asked_by_more_than_a_set() -> None:
    found = outcome(many(20, 10), batch_size=45)
    assert [frame.height for frame in found.frames] == [50, 50, 50, 50]
    assert found.rows["set_control_number"].n_unique() == 20


def test_rows_that_wait_on_disk_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = many(20, 10)
    expected = outcome(data, batch_size=45).rows
    monkeypatch.setattr(read, "ROWS_IN_MEMORY", 60)
    monkeypatch.setattr(read.tempfile, "tempdir", str(tmp_path))
    assert outcome(data, batch_size=45).rows.equals(expected)
    assert outcome(data.replace(b"IEA*1", b"IEA*2"), batch_size=45).rows.height == 0
    assert list(tmp_path.iterdir()) == []


def test_the_report_carries_what_the_acknowledgement_needs() -> None:
    report = outcome((SAMPLES / "bad_counts.edi").read_bytes()).report
    (result,) = report.interchanges
    assert [x12.group_answer(end) for end in result.groups] == [x12.Answer.PARTIALLY]
    assert (report.sets_delivered, report.sets_accepted, report.sets_refused) == (2, 1, 1)


def test_acknowledgements_of_what_we_sent_are_counted_apart() -> None:
    report = outcome((SAMPLES / "good_acknowledgement_inside.edi").read_bytes()).report
    assert (report.other_sets, report.sets_delivered) == (1, 1)


def test_remarks_refuse_nothing_and_are_told() -> None:
    notes = outcome((SAMPLES / "good_text_between_interchanges.edi").read_bytes()).report.notes
    assert [(each.rule, each.is_fatal) for each in notes] == [("x12.bytes_outside", False)]


def test_a_tolerated_deviation_is_told_and_taken() -> None:
    tolerant = replace(profile(), tolerates=frozenset({"x12.segment_out_of_order"}))
    found = outcome((SAMPLES / "bad_segment_order.edi").read_bytes(), tolerant)
    assert found.refused == []
    assert [each.rule for each in found.report.notes] == ["x12.segment_out_of_order"]


def test_a_contract_gets_columns_of_text() -> None:
    (batch,) = batches([(SAMPLES / "bad_quantity.edi").read_bytes()], profile())
    assert batch.frame.columns[:5] == [LINE, "sku", "ean", "vendor_sku", "quantity_on_hand"]
    assert not {"partner_sku", "buyer_sku", "segment_position", "segment_in_file"} & set(batch.frame.columns)
    assert set(batch.frame.drop(LINE).dtypes) == {pl.String()}
    assert batch.frame[LINE].to_list() == [8, 16]
    assert batch.frame["as_of_at"].to_list() == ["2026-11-02T04:30:00Z"] * 2
    assert batch.frame["quantity_available"].to_list() == ["40", "7"]
    (refused,) = batch.refused
    assert (refused.line, refused.text.split("\n")[0]) == (12, "LIN*2*SK*LQ-1002*UP*4006381333948")


def test_a_number_as_text_is_the_number() -> None:
    data = documents.stock_bytes("LIN*1*SK*A", "QTY*33*100*EA", "QTY*17*0*EA", "QTY*29*-1.50*EA")
    (batch,) = batches([data], profile())
    row = batch.frame.row(0, named=True)
    assert (row["quantity_available"], row["quantity_on_hand"], row["quantity_committed"]) == (
        "100",
        "0",
        "-1.5",
    )


def test_a_file_of_which_nothing_is_accepted_is_unreadable_for_a_contract() -> None:
    with pytest.raises(Unreadable) as caught:
        list(batches([(SAMPLES / "bad_missing_iea.edi").read_bytes()], profile()))
    assert caught.value.finding.code == "023"


def test_blocks_of_any_size_give_the_same_records() -> None:
    data = (SAMPLES / "good_two_groups.edi").read_bytes()
    whole = outcome(data).rows
    for size in (1, 7, 106, 300):
        parts = list(read_stock(documents.cut(data, [size]), profile()))
        assert pl.concat([part.records for part in parts if isinstance(part, StockBatch)]).equals(whole)
