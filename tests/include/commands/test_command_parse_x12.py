"""``parse`` on X12: read by people, by programs, and answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Answer, Seamline

from include.formats import x12
from include.formats.recognition import Format, recognize
from tests.include.formats.x12 import x12_documents as documents

HandIn = Callable[[bytes], Path]
ORDER = [
    x12.segment("BEG", "00", "SA", "PO-4711", None, "20261102"),
    x12.segment("CUR", "BY", "EUR"),
    x12.segment("REF", "CT", "C-9"),
    x12.segment("DTM", "002", "20261201"),
    x12.segment("N1", "ST", "Central", "92", "C1"),
    x12.segment("N4", "Kempten", None, "87435", "DE"),
    x12.segment("PO1", "1", "12", "EA", "9.95", None, "UP", "4006381333931", "VN", "NK-1"),
    x12.segment("PID", "F", None, None, None, "Parka, navy"),
    x12.segment("PO1", "2", "3", "EA", "1", None, "VN", "NK-2"),
    x12.segment("SAC", "C", "D240", None, None, "1500"),
    x12.segment("CTT", "2"),
]


def order_bytes(*body: x12.Segment, count: int | None = None) -> bytes:
    """An interchange with one purchase order."""
    sets = [x12.transaction_set("850", "0001", body or ORDER)]
    group = documents.group(*sets, functional_id="PO")
    if count is not None:
        group[-1] = x12.segment("GE", count, "101")
    return documents.as_bytes(documents.interchange(group))


def only(answer: Answer) -> dict:
    """The one file of a ``--json`` answer."""
    (found,) = answer.document["files"]
    return found


@pytest.fixture
def handed_in(tmp_path: Path) -> HandIn:
    """Bytes as a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "order.edi"
        path.write_bytes(content)
        return path

    return write


def test_people_read_what_who_when_the_lines_and_the_totals(seamline: Seamline, handed_in: HandIn) -> None:
    answer = seamline("parse", handed_in(order_bytes()))
    lines = [line.rstrip() for line in answer.out.splitlines()]
    assert answer.code == 0
    assert (
        "interchange 000000101 from ZZ:CENTRALWMS to ZZ:LINDQVIST, prepared 2026-11-02 04:30, version 00401, accepted"
        in lines
    )
    assert "group 101 of PO 004010, accepted" in lines
    assert "850 0001: 13 segments, accepted" in lines
    shown = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in lines if "  " in line}
    assert shown["document"] == "purchase order PO-4711"
    assert shown["function"] == "original, stand-alone order"
    assert shown["dates"] == "dated 2026-11-02; requested delivery 2026-12-01"
    assert shown["parties"] == "ship to Central C1, Kempten 87435 DE"
    assert shown["references"] == "contract C-9"
    assert shown["currencies"] == "EUR"
    table = lines.index(next(line for line in lines if line.startswith("line  item")))
    rows = [[each.strip() for each in line.split("  ") if each.strip()] for line in lines[table : table + 3]]
    assert rows[0] == ["line", "item", "quantities", "prices", "description", "allowances and charges"]
    assert rows[1] == ["1", "4006381333931 UPC; NK-1 vendor's", "12 EA ordered", "9.95", "Parka, navy"]
    assert rows[2] == ["2", "NK-2 vendor's", "3 EA ordered", "1", "charge D240 15.00"]
    assert shown["totals"] == "lines 2"
    assert "no findings" in lines


def test_programs_get_everything_in_one_document(seamline: Seamline, handed_in: HandIn) -> None:
    answer = seamline("parse", handed_in(order_bytes()), "--json")
    found = only(answer)
    assert (answer.code, found["format"], found["finding_count"]) == (0, "x12", 0)
    (interchange,) = found["interchanges"]
    assert (interchange["control_number"], interchange["sender"]) == ("000000101", "ZZ:CENTRALWMS")
    assert interchange["separators"] == {"element": "*", "component": ":", "repetition": "", "segment": "~"}
    (group,) = interchange["groups"]
    assert (group["functional_id"], group["version"]) == ("PO", "004010")
    (one,) = group["sets"]
    assert (one["set_id"], one["segments"], one["is_accepted"]) == ("850", 13, True)
    assert interchange["is_accepted"] is group["is_accepted"] is True
    assert [line["PO1"]["quantity_ordered"] for line in one["document"]["groups"]["PO1"]] == ["12", "3"]
    # The document says enough to write the set again.
    definition = x12.set_definition("850", "004010")
    assert definition is not None
    again = x12.segments_of_document(one["document"], definition)
    assert [(each.tag, each.elements) for each in again[1:-1]] == [
        (each.tag, each.elements) for each in ORDER
    ]


def test_errors_stand_at_the_level_that_they_belong_to(seamline: Seamline, handed_in: HandIn) -> None:
    body = [*ORDER[:6], x12.segment("PO1", "1", "many", "EA"), x12.segment("CTT", "1")]
    content = order_bytes(*body, count=2)
    answer = seamline("parse", handed_in(content), "--json")
    (interchange,) = only(answer)["interchanges"]
    (group,) = interchange["groups"]
    (one,) = group["sets"]
    assert answer.code == 1
    assert (interchange["is_accepted"], interchange["findings"]) == (True, [])
    assert [each["rule"] for each in group["findings"]] == ["x12.set_count"]
    (finding,) = one["findings"]
    assert (finding["rule"], finding["code"]) == ("x12.invalid_character", "6")
    assert (group["is_accepted"], one["is_accepted"]) == (False, False)
    assert "850 0001: 10 segments, refused" in seamline("parse", handed_in(content)).out


@pytest.mark.parametrize("count", [None, 2])
def test_the_acknowledgement_is_one_that_we_accept_ourselves(
    seamline: Seamline, handed_in: HandIn, count: int | None
) -> None:
    answer = seamline("parse", handed_in(order_bytes(count=count)), "--ack")
    data = answer.out.encode()
    assert documents.is_all_accepted(data)
    acknowledgement = documents.first_set(data)
    assert acknowledgement.set_id == "997"
    (response,) = (each for each in acknowledgement.segments if each.tag == "AK9")
    assert response.elements[:4] == (("A", "1", "1", "1") if count is None else ("R", "2", "1", "0"))
    begin = acknowledgement.group.interchange
    assert (begin.sender, begin.receiver) == (documents.RECEIVER, documents.SENDER)


def test_a_sender_whose_code_holds_a_usual_separator_is_answered(
    seamline: Seamline, handed_in: HandIn
) -> None:
    separators = x12.Separators(element=b"|", component=b">", segment=b"~")
    group = documents.group(x12.transaction_set("850", "0001", ORDER), functional_id="PO", sender="A*B")
    content = documents.as_bytes(documents.interchange(group), separators)
    data = seamline("parse", handed_in(content), "--ack").out.encode()
    assert documents.first_set(data).group.receiver == "A*B"


def test_an_acknowledgement_gets_none(seamline: Seamline, handed_in: HandIn) -> None:
    first = seamline("parse", handed_in(order_bytes()), "--ack")
    answer = seamline("parse", handed_in(first.out.encode()), "--ack")
    assert (answer.code, answer.out) == (0, "")


def test_every_real_file_is_read_by_people_and_answered(
    seamline: Seamline, shared: Path, tmp_path: Path
) -> None:
    paths = [
        path
        for path in sorted((shared / "data/edi").rglob("*"))
        if path.is_file() and recognize(path.read_bytes()[:4096]) is Format.X12
    ]
    assert len(paths) > 100
    shown = seamline("parse", *paths)
    assert shown.out.count("interchange ") >= len(paths)
    answered = seamline("parse", *paths, "--ack", "--json").document["files"]
    answers = [text for one in answered for text in one["acknowledgements"]]
    assert len(answers) > 100
    for text in answers:
        assert documents.is_all_accepted(text.encode()), text
