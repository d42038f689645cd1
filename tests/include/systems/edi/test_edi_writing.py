"""What we write for a partner: read back by ourselves, by parsers of other people, and refused where it is wrong."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.parser import Parser
from pyx12.x12file import X12Reader

from include.errors import NotPossible
from include.formats import edifact, x12
from include.formats.findings import Unreadable
from include.systems.edi.partners import PartnerProfile, partner_profile
from include.systems.edi.writing import Envelope, write
from tests.include.formats.x12 import x12_documents

SYSTEMS = Path(__file__).parents[4] / "include" / "systems"
PROFILES = sorted(SYSTEMS.glob("*_edi/partners/*.yml"))
AT = datetime(2026, 11, 2, 4, 30)
ENVELOPE = Envelope(control_number=77, group_control_number=12, prepared_at=AT)
REAL_FILES = sorted(
    path for path in x12_documents.REAL_FILES.rglob("*") if path.suffix != ".csv" and path.is_file()
)
needs_real_files = pytest.mark.skipif(
    not REAL_FILES, reason=f"no real EDI files in {x12_documents.REAL_FILES}"
)

Facts = dict[str, Any]


def profile(**facts: Any) -> PartnerProfile:
    """A partner of X12, unless something else is said."""
    side = {"qualifier": "ZZ", "application": "APP"}
    least = {
        "description": "Somebody",
        "owner": "supplier-relations",
        "partner": {**side, "identifier": "THEM"},
        "us": {**side, "identifier": "US"},
        "sets": {"997": ["004010"]},
        "writes": {"850": "004010"},
    }
    return partner_profile("somebody", {**least, **facts}, "somebody.yml")


def edifact_profile(**facts: Any) -> PartnerProfile:
    """A partner of EDIFACT."""
    side = {"qualifier": "14"}
    parties = {"partner": {**side, "identifier": "THEM"}, "us": {**side, "identifier": "US"}}
    return profile(
        standard="edifact",
        sets={"CONTRL": ["3"]},
        **{"writes": {"ORDERS": "D:96A:UN:EAN008"}, **parties, **facts},
    )


def order(*skus: str) -> Facts:
    """A purchase order by the names of X12."""
    lines = [
        {
            "PO1": {
                "assigned_identification": str(number),
                "quantity_ordered": "2",
                "unit_or_basis_for_measurement_code": "EA",
                "unit_price": "9.95",
                "product_service_id_qualifier": "VN",
                "product_service_id": sku,
            }
        }
        for number, sku in enumerate(skus, 1)
    ]
    begin = {
        "transaction_set_purpose_code": "00",
        "purchase_order_type_code": "SA",
        "purchase_order_number": "PO-4711",
        "date": "20261102",
    }
    return {"BEG": begin, "groups": {"PO1": lines}}


def sets(content: bytes, agreed: PartnerProfile) -> list[x12.TransactionSet]:
    """The transaction sets in what was written."""
    reading = x12.Reading(encoding=agreed.encoding)
    return [event for event in x12.read([content], reading) if isinstance(event, x12.TransactionSet)]


def messages(content: bytes) -> list[edifact.Message]:
    """The messages in what was written."""
    return [event for event in edifact.read([content]) if isinstance(event, edifact.Message)]


def without_envelope(facts: Facts) -> Facts:
    """A document as it is given to be written."""
    return {name: value for name, value in facts.items() if name not in ("ST", "SE", "UNH", "UNT")}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_every_profile_agrees_on_documents_that_can_be_written(path: Path) -> None:
    agreed = partner_profile(path.stem, yaml.safe_load(path.read_text())["edi"], path.name)
    assert agreed.writes
    for kind, version in agreed.writes.items():
        described = edifact.message_definition(kind) or x12.set_definition(kind, version[:6])
        assert described is not None, f"{kind} {version}"


def test_an_order_has_the_envelope_that_was_agreed() -> None:
    separators = {"element": "|", "component": ">", "segment": "\r"}
    made = write("850", [order("A", "B"), order("C")], profile(separators=separators), ENVELOPE)
    assert made.findings == []
    lines = made.content.decode().split("\r")
    assert lines[0] == (
        "ISA|00|          |00|          |ZZ|US             |ZZ|THEM           |261102|0430|U|00401|000000077|0|P|>"
    )
    assert lines[1] == "GS|PO|APP|APP|20261102|0430|12|X|004010"
    assert lines[2:4] == ["ST|850|0001", "BEG|00|SA|PO-4711||20261102"]
    assert lines[4:7] == ["PO1|1|2|EA|9.95||VN|A", "PO1|2|2|EA|9.95||VN|B", "SE|5|0001"]
    assert lines[7] == "ST|850|0002"
    assert lines[-3:] == ["GE|2|12", "IEA|1|000000077", ""]


def test_a_test_says_so() -> None:
    envelope = Envelope(control_number=1, group_control_number=1, prepared_at=AT, is_test=True)
    assert b"*000000001*0*T*" in write("850", [order("A")], profile(), envelope).content


@settings(max_examples=60, deadline=None)
@given(
    st.lists(x12_documents.values(1, 30), min_size=1, max_size=5).map(lambda skus: order(*skus)),
    x12_documents.separators(),
)
def test_reading_what_was_written_gives_what_was_meant(facts: Facts, marks: x12.Separators) -> None:
    named = {
        name: getattr(marks, name).decode("latin-1")
        for name in ("element", "component", "segment", "line_break")
    }
    agreed = profile(separators=named)
    made = write("850", [facts], agreed, ENVELOPE)
    assert made.findings == []
    (found,) = sets(made.content, agreed)
    assert without_envelope(x12.document(found)) == facts


def reference(value: str) -> Facts:
    """A change of an order: a contract's number."""
    return {"REF": [{"reference_identification_qualifier": "CT", "reference_identification": value}]}


KRONER = {"entity_identifier_code": "BY", "currency_code": "KRONER"}


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        ({"BEG": {}}, "x12.element_missing", "Transaction Set Purpose Code"),
        ({"XYZ": {}}, "edi.invalid_document", "850 has no segment XYZ"),
        ({"CUR": KRONER}, "x12.element_too_long", "Currency Code"),
        (reference("a*b"), "x12.unwritable", "'a*b' holds a separator"),
        (reference("Ø"), "x12.unwritable", "cannot be written as ascii"),
    ],
)
def test_wrong_records_are_told_and_nothing_is_written(change: Facts, rule: str, said: str) -> None:
    made = write("850", [{**order("A"), **change}], profile(), ENVELOPE)
    (finding, *_) = made.findings
    assert finding.rule == rule
    assert said in finding.message


@pytest.mark.parametrize(
    ("kind", "agreed", "said"),
    [
        ("860", {}, "Documents 860 were not agreed with somebody; agreed are 850."),
        ("830", {"writes": {"830": "004010"}}, "Documents 830 are not described here for version 004010"),
        ("850", {"writes": {"850": "002040"}}, "Documents 850 are not described here for version 002040"),
    ],
)
def test_what_was_not_agreed_or_is_not_described_is_not_written(kind: str, agreed: Facts, said: str) -> None:
    with pytest.raises(NotPossible, match=re.escape(said)):
        write(kind, [order("A")], profile(**agreed), ENVELOPE)


@needs_real_files
def test_documents_of_real_x12_files_are_written_again_and_a_parser_of_others_reads_them() -> None:
    written: dict[str, int] = {}
    for found in _sound(x12.read, x12.TransactionSet):
        facts = json.loads(json.dumps(without_envelope(x12.document(found))))
        agreed = profile(
            writes={found.set_id: found.group.version}, encoding="utf-8", separators=_unused(found.text)
        )
        made = write(found.set_id, [facts], agreed, ENVELOPE)
        assert made.findings == [], found.set_id
        (again,) = sets(made.content, agreed)
        assert without_envelope(x12.document(again)) == facts
        assert _other_x12(made.content) == [each.tag for each in again.segments]
        written[found.set_id] = written.get(found.set_id, 0) + 1
    assert written.keys() >= {"810", "820", "846", "850", "852", "856", "867", "940", "997"}
    assert sum(written.values()) > 140


@needs_real_files
@pytest.mark.filterwarnings("ignore:segments.xml not found")
def test_messages_of_real_edifact_files_are_written_again_and_a_parser_of_others_reads_them() -> None:
    written: dict[str, int] = {}
    for found in _sound(edifact.read, edifact.Message):
        facts = json.loads(json.dumps(without_envelope(edifact.document(found))))
        kind = found.type.id
        agreed = edifact_profile(
            writes={kind: ":".join(found.type[1:]).rstrip(":")}, acknowledgement={"syntax": "UNOY:3"}
        )
        made = write(kind, [facts], agreed, ENVELOPE)
        assert made.findings == [], kind
        (again,) = messages(made.content)
        assert without_envelope(edifact.document(again)) == facts
        others = [each.tag for each in Parser().parse(made.content.decode())]
        assert others[others.index("UNH") : others.index("UNT") + 1] == [each.tag for each in again.segments]
        written[kind] = written.get(kind, 0) + 1
    assert written.keys() >= {"ORDERS", "ORDRSP", "DESADV", "INVOIC", "PRICAT", "SLSRPT", "APERAK"}
    assert sum(written.values()) > 140


def _sound(read: Callable[..., Any], kind: type) -> Iterator[Any]:
    """The documents of the real files that are described and without a remark."""
    for path in REAL_FILES:
        try:
            events = list(read([path.read_bytes()]))
        except Unreadable:
            continue
        for event in events:
            if isinstance(event, kind) and event.definition is not None and not event.findings:
                yield event


def _unused(text: str) -> dict[str, str]:
    """Separators that do not stand in a text."""
    marks = [mark for mark in "*|~:>^'!" if mark not in text]
    return dict(zip(("element", "component", "segment"), marks, strict=False))


def _other_x12(content: bytes) -> list[str]:
    """The segments of the one transaction set as pyx12 reads them, which has no error to tell."""
    reader = X12Reader(io.StringIO(content.decode()))
    tags = [each.get_seg_id() for each in reader]
    assert list(reader.pop_errors()) == []
    return tags[tags.index("ST") : tags.index("SE") + 1]
