"""``parse`` on EDIFACT: read by people, by programs, and answered."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from conftest import Answer, Seamline

from include.formats import edifact
from tests.include.formats.edifact import edifact_documents as documents


def only(answer: Answer) -> dict:
    """The one file of a ``--json`` answer."""
    (found,) = answer.document["files"]
    return found


@pytest.fixture
def handed_in(tmp_path: Path):
    """Bytes as a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "orders.edi"
        path.write_bytes(content)
        return path

    return write


def test_people_read_what_who_when_the_lines_and_the_totals(seamline: Seamline, handed_in):
    answer = seamline("parse", handed_in(documents.order_bytes()))
    lines = [line.rstrip() for line in answer.out.splitlines()]
    assert answer.code == 0
    assert (
        "interchange 77 from 4012345500004:14 to 5412345000013:14, prepared 2026-11-02 04:30, UNOC version 3, accepted"
    ) in lines
    assert "ORDERS D:96A:UN:EAN008 1: 17 segments, accepted" in lines
    shown = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in lines if "  " in line}
    assert shown["document"] == "purchase order PO-1"
    assert shown["function"] == "original"
    assert shown["dates"] == "dated 2026-11-02; reference dated 2026-10-01"
    assert shown["parties"] == "buyer 5412345000013; supplier 4012345500004"
    assert shown["references"] == "contract 652744"
    assert shown["currencies"] == "EUR"
    table = lines.index(next(line for line in lines if line.startswith("line  item")))
    assert lines[table].split() == ["line", "item", "other", "numbers", "quantities", "prices"]
    first, second = (line.split("  ") for line in lines[table + 1 : table + 3])
    assert [each for each in map(str.strip, first) if each] == [
        "1",
        "4000862141404",
        "ABC1234 SA",
        "48 PCE ordered",
        "14.58 per 1 PCE net",
    ]
    assert [each for each in map(str.strip, second) if each] == ["2", "4000862141411", "2.5 KGM ordered"]
    assert shown["totals"] == "lines 2"
    assert "no findings" in lines


def test_programs_get_everything_in_one_document(seamline: Seamline, handed_in):
    one, other = (
        documents.order(),
        documents.order("BGM+220+PO-2", "DTM+137:20261102:102", "UNS+S", reference="2"),
    )
    content = documents.as_bytes(documents.interchange(one, other))
    answer = seamline("parse", handed_in(content), "--json")
    found = only(answer)
    assert (answer.code, found["format"], found["finding_count"]) == (0, "edifact", 0)
    (interchange,) = found["interchanges"]
    assert (interchange["control_reference"], interchange["sender"]) == ("77", "4012345500004:14")
    assert interchange["is_accepted"]
    first, second = interchange["messages"]
    assert (first["type"], first["version"], first["segments"]) == ("ORDERS", "D:96A:UN:EAN008", 17)
    assert first["is_accepted"] is second["is_accepted"] is True
    assert [row["document_number"] for row in first["records"]["documents"]] == ["PO-1"]
    assert [row["document_number"] for row in second["records"]["documents"]] == ["PO-2"]
    assert [(row["quantity"], row["unit"]) for row in first["records"]["quantities"]] == [
        ("48.000000", "PCE"),
        ("2.500000", "KGM"),
    ]
    assert [row["begins_at"] for row in second["records"]["dates"]] == ["2026-11-02T00:00:00+00:00"]
    # The document says enough to write the message again.
    definition = edifact.message_definition("ORDERS")
    assert definition is not None
    again = edifact.segments_of_document(first["document"], definition)
    assert [(each.tag, each.elements) for each in again] == [(each.tag, each.elements) for each in one]


def test_errors_stand_at_the_level_that_they_belong_to(seamline: Seamline, handed_in):
    bad = documents.order("BGM+220", "DTM+137:20261102:102", "LIN+1", "QTY+21:many", "UNS+S", reference="2")
    content = documents.as_bytes(documents.interchange(documents.order(), bad)).replace(b"UNZ+2", b"UNZ+3")
    answer = seamline("parse", handed_in(content), "--json")
    found = only(answer)
    assert (answer.code, found["error_count"]) == (1, 2)
    (interchange,) = found["interchanges"]
    assert not interchange["is_accepted"]
    assert [each["rule"] for each in interchange["findings"]] == ["edifact.interchange_count"]
    good, refused = interchange["messages"]
    assert (good["is_accepted"], good["findings"]) == (True, [])
    assert (refused["is_accepted"], refused["records"]) == (False, {})
    (finding,) = refused["findings"]
    assert (finding["rule"], finding["code"]) == ("edifact.invalid_type_of_character", "37")
    assert finding["place"] == "line 1, message 2, segment 5 (QTY), element 01, component 2"
    assert refused["document"]["groups"]["LIN"][0]["QTY"]
    assert "refused" in seamline("parse", handed_in(content)).out


def test_numbers_that_no_column_holds_refuse_the_records_and_not_the_reading(seamline: Seamline, handed_in):
    content = documents.order_bytes("BGM+220", "DTM+137:20261102:102", "LIN+1", "QTY+21:1.1234567", "UNS+S")
    answer = seamline("parse", handed_in(content), "--json")
    (message,) = only(answer)["interchanges"][0]["messages"]
    assert answer.code == 1
    assert [each["rule"] for each in message["findings"]] == ["edifact.number_too_long"]
    assert (message["is_accepted"], message["records"]) == (False, {})


def test_groups_hold_their_messages(seamline: Seamline, shared: Path):
    answer = seamline("parse", shared / "data/edi/edifabric/EDIFACT__DuplicateGroup.txt", "--json")
    (interchange,) = only(answer)["interchanges"]
    assert interchange["messages"] == []
    assert [len(group["messages"]) for group in interchange["groups"]] == [1, 1]


def test_a_message_that_is_not_described_is_no_error_and_not_passed_off_as_checked(
    seamline: Seamline, shared: Path
):
    path = shared / "data/edi/edifabric/EANCOM__Instruction.txt"
    answer = seamline("parse", path, "--json")
    found = only(answer)
    (message,) = found["interchanges"][0]["messages"]
    assert (answer.code, message["is_checked"], message["is_accepted"]) == (0, False, None)
    assert found["not_checked"][0].startswith("1 message IFTMIN: not described here")
    assert message["document"]["segments"]
    assert "not checked" in seamline("parse", path).out


def test_every_real_file_is_read_by_people_and_programs(seamline: Seamline, shared: Path):
    begins = (b"UNA", b"UNB", b"UNH")
    files = [path for path in sorted((shared / "data/edi").rglob("*")) if path.is_file()]
    paths = [path for path in files if path.read_bytes().removeprefix(b"\xef\xbb\xbf").startswith(begins)]
    assert len(paths) == 60
    found = seamline("parse", *paths, "--json").document["files"]
    for path, one in zip(paths, found, strict=True):
        said = [message for each in one["interchanges"] for message in each["messages"]]
        said += [
            message
            for each in one["interchanges"]
            for group in each["groups"]
            for message in group["messages"]
        ]
        assert said, path.name
        assert all(message["segments"] and message["summary"] and message["document"] for message in said)
        assert all(message["records"] for message in said if message["is_accepted"])
    text = seamline("parse", *paths).out
    assert all(f"{path}: edifact" in text for path in paths)


def test_the_acknowledgement_is_a_contrl_that_can_be_sent(seamline: Seamline, handed_in):
    bad = documents.order("BGM+220", "DTM+137:20261102:102", "LIN+1", "QTY+21:many", "UNS+S", reference="2")
    path = handed_in(documents.as_bytes(documents.interchange(documents.order(), bad)))
    answer = seamline("parse", path, "--ack")
    assert answer.code == 1
    assert documents.findings(answer.out.encode()) == []
    contrl = documents.first_message(answer.out.encode())
    assert contrl.interchange.sender == documents.RECIPIENT
    assert contrl.interchange.recipient == documents.SENDER
    assert [(each.tag, *each.elements) for each in contrl.segments[1:-1]] == [
        ("UCI", "77", documents.SENDER, documents.RECIPIENT, "7"),
        ("UCM", "1", ("ORDERS", "D", "96A", "UN", "EAN008"), "7"),
        ("UCM", "2", ("ORDERS", "D", "96A", "UN", "EAN008"), "4"),
        ("UCS", "5"),
        ("UCD", "37", ("2", "2")),
    ]
    found = only(seamline("parse", path, "--ack", "--json"))
    assert len(found["acknowledgements"]) == 1
    assert "UCM+2+ORDERS:D:96A:UN:EAN008+4'" in found["acknowledgements"][0]


def test_a_contrl_gets_no_acknowledgement_and_a_table_neither(
    seamline: Seamline, shared: Path, tmp_path: Path
):
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    for path in (shared / "data/edi/edifabric/EDIFACT__CONTRL.txt", table):
        answer = seamline("parse", path, "--ack")
        assert answer.out == ""
        assert answer.err == f"{path} would get no acknowledgement.\n"


def test_an_answer_in_syntax_version_4_is_read_without_a_remark(seamline: Seamline, handed_in):
    answer = seamline("parse", handed_in(documents.order_bytes(syntax_version=4)), "--ack")
    assert documents.findings(answer.out.encode()) == []
    assert str(documents.first_message(answer.out.encode()).type) == "CONTRL:4:1:UN"


def test_a_compressed_interchange_is_read_like_any(seamline: Seamline, handed_in):
    answer = seamline("parse", handed_in(gzip.compress(documents.order_bytes())))
    assert answer.code == 0
    assert "purchase order PO-1" in answer.out


def test_people_are_shown_some_of_many_and_told_so(seamline: Seamline, handed_in):
    lines = [f"LIN+{number}" for number in range(1, 131)]
    order = documents.order("BGM+220", "DTM+137:20261102:102", *lines, "UNS+S")
    many = [documents.order(reference=str(number)) for number in range(2, 150)]
    out = seamline("parse", handed_in(documents.as_bytes(documents.interchange(order, *many)))).out
    assert "… and 30 lines more; --json has them all." in out
    assert "… and 49 messages more; --json has them all." in out


def test_what_stands_in_an_interchange_cannot_steer_the_terminal(seamline: Seamline, handed_in):
    content = documents.order_bytes("BGM+220+\x1b[2Jx", "DTM+137:20261102:102", "UNS+S")
    path = handed_in(content)
    assert "\x1b" not in seamline("parse", path).out + seamline("parse", path, "--ack").out


def test_a_file_that_is_no_interchange_after_all(seamline: Seamline, handed_in):
    answer = seamline("parse", handed_in(b"UNA:+.? 'and nothing of the kind"), "--json")
    assert answer.code in (1, 2)
    assert only(answer)["findings"]
