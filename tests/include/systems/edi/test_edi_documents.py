"""Documents to records: what stands where, what is inherited, what has no column, and what is refused with what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import yaml

from include.delivery import LandedDelivery, LandedFile
from include.errors import Misconfigured
from include.flow import PullFlow, flows, resolved
from include.formats.batches import Batch
from include.formats.findings import Unreadable
from include.systems.edi import documents
from include.systems.edi.mapping import RECORDS, RecordMapping, facts_of, kinds_of, record_mapping
from include.systems.edi.partners import PartnerProfile, partner_profile
from tests.include.formats.x12 import x12_documents

FACTS: dict[str, Any] = {
    "description": "A supplier",
    "owner": "supplier-relations",
    "partner": {"qualifier": "ZZ", "identifier": "CENTRALWMS", "application": "CENTRALWMS"},
    "us": {"qualifier": "ZZ", "identifier": "LINDQVIST", "application": "LINDQVIST"},
    "sets": {"846": ["004010"], "855": ["004010"], "856": ["004010"], "997": ["004010"]},
    "time_zone": "Europe/Oslo",
}
ADVICE = ("LIN*1*SK*A*VN*NK-1", "QTY*33*5*EA", "LIN*2*SK*B*VN*NK-2", "QTY*33*7*EA")


def profile(**changes: Any) -> PartnerProfile:
    return partner_profile("they", {**FACTS, **changes}, "they.yml")


def delivery(
    *contents: bytes, kind: str = "interchange", repeated: frozenset[int] = frozenset()
) -> LandedDelivery:
    files = tuple(
        LandedFile(
            entity="stock", name=f"{number}", sha256="", blocks=partial(iter, [data]), repeated=repeated
        )
        for number, data in enumerate(contents)
    )
    return LandedDelivery(
        delivery_id=1, flow="f", source_system="supplier_edi", account="they", kind=kind, name="d",
        as_of=datetime(2026, 11, 2, tzinfo=UTC), full_entities=(), files=files,
    )  # fmt: skip


def read(
    *contents: bytes,
    agreed: PartnerProfile | None = None,
    name: str = "supplier_stock",
    others: Any = (),
    **facts: Any,
) -> list[Batch]:
    return list(documents.read(delivery(*contents, **facts), "stock", name, agreed or profile(), others))


def rows(batches: list[Batch]) -> list[dict[str, Any]]:
    found = [row for batch in batches for row in batch.frame.to_dicts()]
    return [{name: value for name, value in row.items() if value is not None} for row in found]


def rules(batches: list[Batch]) -> list[str]:
    return [one.findings[0].rule for batch in batches for one in batch.refused]


def x12(body: list[str], set_id: str = "846", functional_id: str = "IB", number: int = 101) -> bytes:
    segments = [
        x12_documents.x12.segment(tag, *values) for tag, *values in (line.split("*") for line in body)
    ]
    made = x12_documents.x12.transaction_set(set_id, "0001", segments)
    group = x12_documents.group(made, functional_id=functional_id, number=number)
    return x12_documents.as_bytes(x12_documents.interchange(group, number=number))


class TestMapping:
    @pytest.mark.parametrize("name", sorted(path.stem for path in RECORDS.glob("*.yml")))
    def test_every_mapping_names_columns_and_documents_that_exist(self, name: str) -> None:
        for standard in ("x12", "edifact"):
            facts = {**FACTS, "standard": standard}
            made = record_mapping(name, partner_profile("they", facts, "they.yml"))
            assert tuple(made.documents) == kinds_of(name)
            assert set(made.columns.values()) <= {"text", "decimal", "date", "timestamp", "list"}
            assert {"unmapped", "document_unmapped"} <= set(made.columns)

    def test_a_flow_takes_the_documents_of_its_mapping(self) -> None:
        found = [flow for flow in flows().values() if isinstance(flow, PullFlow) and flow.documents]
        readers = {flow.dag_id: resolved(flow.reader) for flow in found}
        mapped = {flow: reader for flow, reader in readers.items() if isinstance(reader, partial)}
        assert {flow: kinds_of(reader.args[2]) for flow, reader in mapped.items()} == {
            flow.dag_id: flow.documents for flow in found if flow.dag_id in mapped
        }
        assert len(mapped) >= 1

    def test_what_an_inner_scope_states_is_the_better_word_and_the_other_is_not_lost(self) -> None:
        body = ["BIA*00*SI*D1*20261102", "N1*WH**92*HERE", "LIN*1*VN*NK-1", "QTY*33*5*EA", "N1*WH**92*THERE"]
        (row,) = rows(read(x12(body)))
        assert row["location"] == "THERE"
        left = json.loads(row["document_unmapped"])
        assert left == [{"segment": "N1", "elements": ["WH", "", "92", "HERE"]}]

    def test_what_stands_higher_in_the_mapping_counts(self) -> None:
        body = ["BIA*00*SI*D1*20261102*0430", "DTM*007*20261101*2200*UT", "LIN*1*VN*NK-1", "QTY*33*5*EA"]
        (row,) = rows(read(x12(body)))
        assert row["as_of_at"] == "2026-11-01T22:00:00Z"

    def test_a_moment_without_a_zone_is_the_partners(self) -> None:
        body = ["BIA*00*SI*D1*20261102*0430", "LIN*1*VN*NK-1", "QTY*33*5*EA", "DTM*018*20261231"]
        (row,) = rows(read(x12(body)))
        assert row["as_of_at"] == "2026-11-02T03:30:00Z"
        assert row["available_date"] == "2026-12-31"

    def test_a_partner_adds_codes_and_takes_some_away(self) -> None:
        agreed = profile(tables={"quantities": {"QH": "quantity_on_hand", "33": ""}})
        body = ["BIA*00*SI*D1*20261102*0430", "LIN*1*VN*NK-1", "QTY*33*5*EA", "QTY*QH*9*EA"]
        (row,) = rows(read(x12(body), agreed=agreed))
        assert row["quantity_on_hand"] == "9"
        assert "quantity_available" not in row
        assert json.loads(row["unmapped"]) == [{"segment": "QTY", "elements": ["33", "5", "EA"]}]

    def test_a_column_that_no_document_has_is_found_before_any_data(self) -> None:
        with pytest.raises(Misconfigured, match="quantity_in_space"):
            record_mapping("supplier_stock", profile(quantities={"33": "quantity_in_space"}))

    def test_a_mapping_that_names_an_unknown_column_is_found(self) -> None:
        facts = yaml.safe_load(yaml.safe_dump(facts_of("supplier_stock")))
        facts["documents"]["846"]["scopes"][""]["CUR"] = {"elements": {2: "currency_of_the_moon"}}
        with pytest.raises(Misconfigured, match="currency_of_the_moon"):
            RecordMapping(facts, profile())


class TestReading:
    def test_the_envelope_stands_in_every_record(self) -> None:
        first, second = rows(read(x12_documents.stock_bytes(*ADVICE)))
        facts = (
            "document_kind",
            "interchange_control_number",
            "group_control_number",
            "document_control_number",
        )
        assert [first[name] for name in facts] == ["846", "000000101", "101", "0001"]
        assert first["sent_at"] == "2026-11-02T03:30:00Z"
        assert (first["_line"], second["_line"]) == (6, 8)

    def test_kinds_of_other_flows_are_passed_over_and_unknown_ones_refused(self) -> None:
        other = x12(["BAK*00*AC*4711*20261102", "PO1*1*5*EA"], "855", "PR")
        assert rules(read(other, others={"855"})) == []
        assert rules(read(other)) == ["document_not_taken"]
        assert rules(read(other, kind="part")) == []

    def test_what_came_before_is_passed_over(self) -> None:
        content = x12_documents.stock_bytes(*ADVICE)
        again = content.replace(b"000000101", b"000000102")
        found = rows(read(content + again, repeated=frozenset({1})))
        assert {row["interchange_control_number"] for row in found} == {"000000102"}

    def test_a_set_that_is_refused_leaves_its_neighbours_alone(self) -> None:
        wrong = [*x12_documents.stock_set(number="0001")[:-1], x12_documents.x12.segment("SE", 99, "0001")]
        group = x12_documents.group(wrong, x12_documents.stock_set(number="0002"))
        found = read(x12_documents.as_bytes(x12_documents.interchange(group)))
        assert rules(found) == ["x12.segment_count"]
        assert [row["document_control_number"] for row in rows(found)] == ["0002"]

    @pytest.mark.parametrize(("change", "rule"), [((b"GE*1", b"GE*2"), "x12.set_count")])
    def test_a_group_that_is_refused_is_refused_with_all_that_is_in_it(
        self, change: tuple[bytes, bytes], rule: str
    ) -> None:
        found = read(x12_documents.stock_bytes(*ADVICE).replace(*change))
        assert (rows(found), rules(found)) == ([], [rule])

    def test_an_interchange_that_is_refused_alone_is_unreadable(self) -> None:
        with pytest.raises(Unreadable, match="IEA01"):
            read(x12_documents.stock_bytes(*ADVICE).replace(b"IEA*1", b"IEA*2"))

    def test_an_interchange_that_is_refused_beside_a_good_one_is_a_refusal(self) -> None:
        good = x12_documents.stock_bytes(*ADVICE)
        found = read(good.replace(b"IEA*1", b"IEA*2") + good.replace(b"000000101", b"000000102"))
        assert rules(found) == ["x12.group_count"]
        assert len(rows(found)) == 2

    def test_a_line_that_is_wrong_is_refused_alone(self) -> None:
        found = read(x12_documents.stock_bytes("LIN*1*SK*A", "QTY*33*x*EA", "LIN*2*SK*B", "QTY*33*7*EA"))
        assert rules(found) == ["x12.invalid_character"]
        assert [row["sku"] for row in rows(found)] == ["B"]

    def test_a_unit_that_was_not_agreed_refuses_its_record_and_others_become_ours(self) -> None:
        found = read(x12_documents.stock_bytes(*ADVICE), agreed=profile(units={"EA": "PC"}))
        assert [row["unit"] for row in rows(found)] == ["PC", "PC"]
        assert (
            rules(read(x12_documents.stock_bytes(*ADVICE), agreed=profile(units={"CA": "CA"})))
            == ["unknown_unit"] * 2
        )

    def test_many_records_come_in_batches_and_none_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documents, "BATCH_SIZE", 3)
        lines = [line for number in range(10) for line in (f"LIN*{number}*SK*S{number}", "QTY*33*1*EA")]
        batches = read(x12_documents.stock_bytes(*lines))
        assert [row["sku"] for row in rows(batches)] == [f"S{number}" for number in range(10)]
        assert len({tuple(batch.frame.columns) for batch in batches}) == 1

    def test_nothing_but_frames_is_read_of_a_file_without_documents(self) -> None:
        acknowledgement = x12(["AK1*OW*5", "AK9*A*1*1*1"], "997", "FA")
        assert (rows(read(acknowledgement)), rules(read(acknowledgement))) == ([], [])

    def test_bytes_that_do_not_decode_are_refused_and_stop_nobody(self) -> None:
        content = x12_documents.stock_bytes(*ADVICE).replace(b"NK-1", b"N\xff-1")
        found = read(content, agreed=replace(profile(), encoding="utf-8"))
        assert rules(found) == ["x12.invalid_character"]
        assert [row["sku"] for row in rows(found)] == ["B"]
