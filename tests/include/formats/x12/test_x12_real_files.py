from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.formats import x12
from include.formats.findings import Unreadable
from include.formats.recognition import Format, recognize
from include.formats.x12.separators import LENGTH
from include.systems.warehouse_edi.read import stock_mapping_facts
from tests.include.formats.x12 import x12_documents as documents
from tests.include.formats.x12.test_x12_records import TABLES

MANIFEST = documents.REAL_FILES / "manifest.csv"
READING = x12.Reading(encoding="latin-1")
needs_real_files = pytest.mark.skipif(
    not MANIFEST.is_file(), reason=f"no real EDI files in {documents.REAL_FILES}"
)

# What refuses each of the real files that are not sound; every other one is accepted in all its parts.
REFUSED = {
    "X12__ApplicationAdvice.txt": {"x12.element_too_short", "x12.set_count"},
    "X12__CorruptSt.txt": {"x12.set_header_missing"},
    "X12__MixedTransactions.txt": {"x12.element_too_long"},
    "X12__PriceCatalog.txt": {
        "x12.all_records_wrong",
        "x12.element_condition",
        "x12.element_too_short",
        "x12.set_count",
    },
    "X12__PurchaseOrderCustom1.txt": {"x12.too_many_elements"},
    "X12__PurchaseOrderCustom2.txt": {"x12.segment_out_of_order", "x12.too_many_elements"},
    "X12__PurchaseOrderInvalid.txt": {"x12.element_too_long", "x12.segment_count"},
    "X12__PurchaseOrderModified.txt": {"x12.element_too_long", "x12.too_many_elements"},
    "X12__PurchaseOrderMultiLine.txt": {"x12.segment_count"},
    "X12__PurchaseOrders.txt": {"x12.element_too_long"},
    "X12__PurchaseOrdersAcknowledgement.txt": {"x12.set_count"},
    "X12__ReceivingAdvice.txt": {"x12.set_count"},
    "X12__ShipBillNotice.txt": {"x12.segment_count", "x12.set_count"},
    "X12__ShipmentStatus.txt": {"x12.set_count"},
    "X12__WarehouseShippingAdvice.txt": {"x12.element_too_long", "x12.invalid_date", "x12.set_count"},
    "ORD___816__Steinmart_Example1.txt": {"x12.interchange_control_number"},
    "WAR___940__simplot.txt": {"x12.group_control_number", "x12.interchange_control_number"},
    # DTM05 without DTM06: a format, and no period that is written in it.
    "x12__850_fixed__x12_850tofixed__850__850-004010-03.x12": {"x12.element_condition"},
    "x12__850_fixed__x12_850tofixed__850__850-004010-05.x12": {"x12.element_condition"},
    "x12__850_fixed__x12_850tofixed__850__850-004010-07.x12": {"x12.element_condition"},
    "x12__850_fixed__x12_850tofixed__850__850-004010-08.x12": {"x12.element_condition"},
    "x12__850_fixed__x12_850tofixed__850__850-004010-09.x12": {"x12.element_condition"},
    "x12__850_fixed__x12_850tofixed__850__850-004010.16.x12": {"x12.element_condition"},
    "x12__to_xml_supplier_version_850-856-810-997__x12_demo__inbound__850-004010-05.x12": {
        "x12.element_condition"
    },
    "x12__to_xml_supplier_version_850-856-810-997__x12_demo__inbound__850-004010-07.x12": {
        "x12.element_condition"
    },
    # CTT01 says 1 where there are five lines, and six.
    "x12__850_fixed__x12_850tofixed__850__850-004010-04.x12": {"x12.total"},
    "x12__850_fixed__x12_850tofixed__850__850-004010-06.x12": {"x12.total"},
    # Quantities with a unit and no price, which an invoice must state (IT1, P020304).
    "x12__to_xml_supplier_version_850-856-810-997__outfile__x12_demo__outbound_810__810_3.x12": {
        "x12.element_condition"
    },
}


def manifest() -> list[dict[str, str]]:
    if not MANIFEST.is_file():
        return []
    with MANIFEST.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def x12_files() -> list[Path]:
    return [documents.SHARED / "data" / row["file"] for row in manifest() if row["standard"] == "X12"]


def documents_of(path: Path) -> str:
    """The documents in a file as the manifest lists them."""
    found: dict[str, int] = {}
    for event in x12.read([path.read_bytes()], READING):
        if isinstance(event, x12.TransactionSet) and event.has_header:
            found[event.set_id] = found.get(event.set_id, 0) + 1
    return " ".join(f"{set_id}x{count}" for set_id, count in found.items()) or "(none parsed)"


@needs_real_files
def test_every_real_file_is_recognized() -> None:
    for row in manifest():
        data = (documents.SHARED / "data" / row["file"]).read_bytes()
        assert recognize(data) == row["standard"].lower(), row["file"]


@needs_real_files
def test_every_real_file_is_accepted_or_refused_for_the_right_reason() -> None:
    assert len(x12_files()) >= 136
    for path in x12_files():
        refused = {each.rule for each in documents.findings(path.read_bytes(), READING) if each.is_fatal}
        assert refused == REFUSED.get(path.name, set()), path.name


@needs_real_files
def test_every_document_in_the_real_files_is_found() -> None:
    for row in manifest():
        if row["standard"] == "X12":
            assert documents_of(documents.SHARED / "data" / row["file"]) == row["documents"], row["file"]


@needs_real_files
def test_real_files_one_byte_at_a_time_give_the_same() -> None:
    for path in x12_files()[::3]:
        data = path.read_bytes()
        whole = [repr(event) for event in x12.read([data], READING)]
        assert [repr(event) for event in x12.read(documents.cut(data, [1]), READING)] == whole, path.name


@needs_real_files
def test_real_files_are_written_as_they_were_read() -> None:
    written = 0
    for path in x12_files():
        data = path.read_bytes()
        events = list(x12.read([data], READING))
        begins = [event for event in events if isinstance(event, x12.Interchange)]
        if len(begins) == 1 and isinstance(events[0], x12.Interchange):
            again = x12.write(x12.envelope_segments(iter(events)), begins[0].separators, "latin-1")
            assert bare(again) == bare(data), path.name
            written += again == data
    assert written > 60


def bare(data: bytes) -> bytes:
    """Without white space around segments, which is no data: what is left must be the same to the byte."""
    if b"\n" in data[: LENGTH - 1]:
        data = data.translate(None, b"\r\n")
    end = data[LENGTH - 1 : LENGTH]
    return re.sub(rb"\s*" + re.escape(end) + rb"\s*", b"~", data).rstrip(b"~")


@needs_real_files
def test_the_real_stock_report_becomes_records() -> None:
    (path,) = (path for path in x12_files() if "846" in path.name)
    tables = {**TABLES, "item_numbers": {"BP": "buyer_sku"}, "quantities": {"34": "quantity_available"}}
    table = x12.RecordTable(x12.record_mapping(stock_mapping_facts(), tables))
    found = documents.first_set(path.read_bytes(), READING)
    assert found.findings == ()
    assert table.add(found) == []
    (row,) = table.frame().to_dicts()
    assert row["buyer_sku"] == found.segments[6].value(3)
    assert row["quantity_available"] == int(found.segments[7].value(2))
    assert (row["unit"], row["currency_code"]) == ("EA", found.segments[2].value(2))
    assert str(row["as_of_at"]) == "2004-08-11 23:00:00+00:00"
    for each in found.segments[1:]:
        if each.tag in ("N1", "LIN") or (each.tag == "QTY" and each.value(1) != "34"):
            assert all(f'"{element}"' in row["unmapped"] for element in each.elements if element)


# An envelope checked once more, by code that shares nothing with the reader.


def is_sound(data: bytes) -> bool:
    """Whether one interchange fills the bytes and every count and control number of it is right."""
    data = data.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n\t ")
    for candidate in (data, data.translate(None, b"\r\n")):
        head = candidate[:LENGTH].decode("latin-1")
        if head[-2:-1] == head[-1:]:
            return False
        if (
            len(head) == LENGTH
            and [place for place, char in enumerate(head[:-1]) if char == head[3]] == SEPARATOR_PLACES
        ):
            return counts_close(candidate)
    return False


MARKS = {
    **{tag: tag for tag in ("ISA", "GS", "ST", "SE", "GE", "IEA")},
    **dict.fromkeys(("TA1", "TA3", "ISB", "ISE"), "note"),
}
SEPARATOR_PLACES = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103]


def counts_close(data: bytes) -> bool:
    element, end = data[3:4], data[LENGTH - 1 : LENGTH]
    lines = [each.strip(b"\r\n\t ") for each in data.split(end)]
    segments = [each.decode("latin-1").split(element.decode("latin-1")) for each in lines if each]
    shape = " ".join(MARKS.get(each[0], ".") for each in segments)
    if not re.fullmatch(r"ISA( note)*( GS( ST( \.| note)* SE)+ GE)* IEA", shape):
        return False
    groups = sets = count = 0
    numbers = {"ISA": segments[0][13]}
    closings = []
    for each in segments:
        tag, values = each[0], [*each[1:], *[""] * 8]
        count += 1
        if tag == "GS":
            groups, sets, numbers["GS"] = groups + 1, 0, values[5]
        elif tag == "ST":
            sets, count, numbers["ST"] = sets + 1, 1, values[1]
        elif tag == "SE":
            closings += [is_number(values[0], count), values[1].strip() == numbers["ST"].strip()]
        elif tag == "GE":
            closings += [is_number(values[0], sets), is_same(values[1], numbers["GS"])]
        elif tag == "IEA":
            closings += [is_number(values[0], groups), is_same(values[1], numbers["ISA"])]
    return all(closings)


def is_number(text: str, expected: int) -> bool:
    return re.fullmatch(" *[0-9]{1,18} *", text) is not None and int(text) == expected


def is_same(one: str, other: str) -> bool:
    one, other = one.strip(" "), other.strip(" ")
    return one == other or (one.isdecimal() and other.isdecimal() and one.lstrip("0") == other.lstrip("0"))


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The bytes after one to three changes of the kinds that lines, disks and people make."""
    for _ in range(dice.randint(1, 3)):
        place, length = dice.randrange(len(data) + 1), dice.choice((1, 1, 1, 2, 5, 40))
        other = dice.randrange(len(data) + 1)
        match dice.randrange(7):
            case 0:
                data = data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]
            case 1:
                data = data[:place] + data[place + length :]
            case 2:
                data = data[:place] + data[other : other + length] + data[place:]
            case 3:
                data = data[:place]
            case 4:
                data = (
                    data[:place]
                    + dice.choice((b"\n", b"\r\n", b"~", b"*", b"\x00", b"\xff", b"ISA*", b"SE*1*1~"))
                    + data[place:]
                )
            case 5:
                data = data[:place] + bytes(dice.choices(b"0123456789", k=1)) + data[place + 1 :]
            case _:
                data = data + data[place : place + 200]
        if not data:
            break
    return data


def assert_safe(data: bytes) -> None:
    """Nothing but the documented exception, and nothing accepted in silence whose envelope is broken."""
    try:
        events = list(x12.read([data], READING))
    except Unreadable:
        # A line break within the three letters themselves hides the interchange.
        assert not is_sound(data) or not data.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"ISA"), data
        return
    said = [each for event in events for each in getattr(event, "findings", ())]
    if not is_sound(data) and len([event for event in events if isinstance(event, x12.Interchange)]) == 1:
        assert any(each.is_fatal or each.rule in REMARKED for each in said), data
    table = x12.RecordTable(x12.record_mapping(stock_mapping_facts(), TABLES))
    for event in events:
        if isinstance(event, x12.TransactionSet):
            x12.loop_tree(event)
            if event.set_id == "846" and event.is_accepted and event.definition:
                table.add(event)
        elif isinstance(event, x12.GroupEnd):
            x12.functional_acknowledgement(event, "0001")
        elif isinstance(event, x12.InterchangeEnd):
            x12.interchange_acknowledgement(event)
    table.frame().write_ipc(None)


# What may stand around or in an interchange that is sound otherwise, and is always reported.
REMARKED = {"x12.byte_order_mark", "x12.bytes_outside", "x12.empty_segment", "x12.last_terminator_missing"}


@needs_real_files
def test_mutations_of_real_files_are_never_accepted_in_silence() -> None:
    dice = random.Random(846)
    sound = [data for path in x12_files() if is_sound(data := path.read_bytes()[:6000])]
    assert len(sound) > 90
    for _ in range(2500):
        assert_safe(mutated(dice.choice(sound), dice))


@settings(max_examples=80, deadline=None)
@given(documents.stock_interchanges(), documents.separators(), st.integers(0, 2**32))
def test_mutations_of_drawn_interchanges_are_never_accepted_in_silence(
    segments: list[x12.Segment], separators: x12.Separators, seed: int
) -> None:
    data = documents.as_bytes(segments, separators)
    assert is_sound(data)
    dice = random.Random(seed)
    for _ in range(4):
        assert_safe(mutated(data, dice))


def test_the_second_opinion_is_no_rubber_stamp() -> None:
    good = documents.as_bytes(documents.interchange())
    assert is_sound(good)
    for old, new in (
        (b"SE*7", b"SE*8"),
        (b"GE*1", b"GE*2"),
        (b"IEA*1", b"IEA*0"),
        (b"ST*846*0001", b"ST*846*0002"),
    ):
        assert not is_sound(good.replace(old, new))
    assert recognize(good) is Format.X12
