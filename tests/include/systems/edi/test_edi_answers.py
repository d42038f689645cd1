"""What TA1, 997, 999, 824, CONTRL and APERAK say, statement by statement."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from edi_answers import AT, EDIFACT, X12, aperak, contrl, functional, x12_file

from include.formats import edifact, x12
from include.formats.findings import Unreadable
from include.systems.edi.acknowledgements import ControlNumbers, acknowledgement_file, results
from include.systems.edi.answers import Answer, Level, Unusable, Verdict, answers
from include.systems.edi.partners import partner_profile
from tests.include.formats.x12 import x12_documents as documents


def said(data: bytes, profile=X12) -> list[tuple]:
    return [
        (a.kind, str(a.level), str(a.verdict), a.interchange, a.group, a.document, a.errors)
        for a in answers([data], profile)
    ]


def test_a_ta1_speaks_of_the_transport_alone() -> None:
    good, bad = "TA1*000000041*261102*0500*A*000", "TA1*000000042*261102*0500*R*009"
    assert said(x12_file(notes=(good, bad))) == [
        ("TA1", "transport", "received", "41", None, None, ()),
        ("TA1", "transport", "rejected", "42", None, None, ("TA1 note 009",)),
    ]


def test_a_997_speaks_of_each_set_and_then_of_its_group() -> None:
    lines = (
        "AK1*PO*41", "AK2*850*0001", "AK5*A", "AK2*850*0002", "AK3*PO1*7**8", "AK4*2:1*330*7*XX",
        "AK5*R*5", "AK2*850*0003", "AK5*E*5", "AK9*P*3*3*2",
    )  # fmt: skip
    assert said(x12_file(functional(*lines))) == [
        ("997", "syntax", "accepted", None, "41", "0001", ()),
        (
            "997", "syntax", "rejected", None, "41", "0002",
            ("segment 7 (PO1): AK304 8", "segment 7 (PO1), element 2-1: AK403 7", "set: AK502 5"),
        ),
        ("997", "syntax", "accepted_with_errors", None, "41", "0003", ("set: AK502 5",)),
        ("997", "syntax", "accepted", None, "41", None, ()),
    ]  # fmt: skip


def test_a_999_says_the_same_in_its_own_segments() -> None:
    lines = ("AK1*PO*41", "AK2*850*0001", "IK3*PO1*7**8", "IK4*2*330*7", "IK5*R*5", "AK9*R*1*1*0")
    found = said(x12_file(functional(*lines, kind="999")))
    assert [(kind, verdict, document) for kind, _, verdict, _, _, document, _ in found] == [
        ("999", "rejected", "0001"),
        ("999", "rejected", None),
    ]
    assert found[0][-1] == ("segment 7 (PO1): IK304 8", "segment 7 (PO1), element 2: IK403 7", "set: IK502 5")


def test_an_824_speaks_of_business_by_the_number_of_the_order() -> None:
    advice = x12.transaction_set(
        "824",
        "0001",
        [
            x12.segment("BGN", "00", "1", "20261102"),
            x12.segment("OTI", "TR", "PO", "4711", "", "", "", "", "41", "0001", "850"),
            x12.segment("TED", "007", "Article unknown"),
            x12.segment("OTI", "TA", "PO", "4712"),
        ],
    )
    found = list(answers([x12_file(advice, functional_id="AG")], X12))
    assert [(a.level, a.verdict, a.document_number, a.document, a.group) for a in found] == [
        (Level.BUSINESS, Verdict.REJECTED, "4711", "0001", "41"),
        (Level.BUSINESS, Verdict.ACCEPTED, "4712", None, None),
    ]
    assert found[0].errors == ("TED 007 Article unknown",)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("4", ("CONTRL", "syntax", "rejected", "41", None, None, ())),
        ("7", ("CONTRL", "syntax", "accepted", "41", None, None, ())),
        ("8", ("CONTRL", "transport", "received", "41", None, None, ())),
    ],
)
def test_a_contrl_may_speak_of_the_interchange_alone(action: str, expected: tuple) -> None:
    assert said(contrl(f"UCI+41+LINDQVIST:ZZ+NORDKAP:ZZ+{action}"), EDIFACT) == [expected]


def test_a_contrl_names_messages_and_their_errors() -> None:
    lines = (
        "UCI+41+LINDQVIST:ZZ+NORDKAP:ZZ+7", "UCM+1+ORDERS:D:96A:UN+7", "UCM+2+ORDERS:D:96A:UN+4+13",
        "UCS+5+15", "UCD+12+2:1",
    )  # fmt: skip
    assert said(contrl(*lines), EDIFACT) == [
        ("CONTRL", "syntax", "accepted", "41", None, "1", ()),
        ("CONTRL", "syntax", "rejected", "41", None, "2", ("error 13", "segment 5: error 15", "element 2: error 12")),
        ("CONTRL", "syntax", "accepted", "41", None, None, ()),
    ]  # fmt: skip


def test_an_aperak_speaks_of_the_business_of_one_document() -> None:
    good = aperak("BGM+312+1+29", "DTM+137:20261102:102", "RFF+ACW:1", "RFF+ON:4711")
    bad = aperak("BGM+313+2", "RFF+ON:4712", "ERC+42", "FTX+AAO+++Article unknown")
    found = [answer for data in (good, bad) for answer in answers([data], EDIFACT)]
    assert [(a.verdict, a.document, a.document_number, a.errors) for a in found] == [
        (Verdict.ACCEPTED, "1", "4711", ()),
        (Verdict.REJECTED, None, "4712", ("ERC 42", "Article unknown")),
    ]


def test_one_that_breaks_the_standard_is_unusable_and_its_neighbours_are_not() -> None:
    broken = [*functional("AK1*PO*41", "AK9*A*1*1*1", number="0001")[:-1], x12.segment("SE", 9, "0001")]
    whole = functional("AK1*PO*42", "AK9*A*1*1*1", number="0002")
    first, second = answers([x12_file(broken, whole)], X12)
    assert isinstance(first, Unusable)
    assert [finding.rule for finding in first.findings] == ["x12.segment_count"]
    assert isinstance(second, Answer)
    assert second.group == "42"


def test_what_is_no_interchange_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        list(answers([b"sku;quantity\n"], X12))


def test_other_documents_say_nothing() -> None:
    assert list(answers([documents.as_bytes(documents.interchange())], X12)) == []


NUMBERS = ControlNumbers(interchange=41, group=42)


def test_our_own_999_is_read_without_a_remark_and_says_what_we_found() -> None:
    answer = {"kind": "999", "version": "005010X231A1", "control_version": "00501"}
    facts = {
        "description": "x", "owner": "y", "sets": {"846": ["004010"]}, "acknowledgement": answer,
        "partner": {"qualifier": "ZZ", "identifier": "CENTRALWMS", "application": "CENTRALWMS"},
        "us": {"qualifier": "ZZ", "identifier": "LINDQVIST", "application": "LINDQVIST"},
        "separators": {"repetition": "^"},
    }  # fmt: skip
    profile = partner_profile("central", facts, "central.yml")
    data = documents.stock_bytes("LIN*1*SK*A", "QTY*33*x*EA")
    made = acknowledgement_file(results([data], profile), profile, NUMBERS, AT)
    assert documents.findings(made.content) == []
    assert b"ST*999*0001*005010X231A1~" in made.content
    found = list(answers([made.content], mirrored(profile)))
    assert [(a.kind, a.verdict, a.group) for a in found] == [("999", "rejected", "101")] * 2
    assert any("IK403 6" in error for error in found[0].errors)


def test_a_partner_of_edifact_gets_a_contrl_for_each_interchange() -> None:
    wrong = aperak("BGM+313+2", "XXX+1")
    made = acknowledgement_file(results([wrong + wrong], _with_aperak()), _with_aperak(), NUMBERS, AT)
    assert made.name == "CONTRL_fjell_000000041.edi"
    events = list(edifact.read([made.content]))
    begin, end = events[0], events[-1]
    assert isinstance(begin, edifact.Interchange)
    assert (begin.sender.identifier, begin.recipient.identifier) == ("LINDQVIST", "NORDKAP")
    assert isinstance(end, edifact.InterchangeEnd)
    assert (end.received, [verdict.is_accepted for verdict in end.verdicts]) == (2, [True, True])
    found = list(answers([made.content], mirrored(_with_aperak())))
    assert [(a.verdict, a.document) for a in found] == [("rejected", "1"), ("accepted", None)] * 2


def _with_aperak():
    return replace(EDIFACT, sets={"APERAK": frozenset({"D96A"})})


def mirrored(profile):
    """The same exchange as the partner sees it."""
    return replace(profile, partner=profile.us, us=profile.partner)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ((b"ZZ*NORDKAP ", b"ZZ*SOMEBODY"), "x12.unknown_sender"),
        ((b"IEA*1", b"IEA*2"), "x12.group_count"),
        ((b"GE*1", b"GE*2"), "x12.set_count"),
    ],
)
def test_nobody_is_believed_whose_envelope_is_refused(change: tuple[bytes, bytes], rule: str) -> None:
    data = x12_file(functional("AK1*PO*41", "AK9*A*1*1*1"))
    assert change[0] in data
    (found,) = answers([data.replace(*change)], X12)
    assert isinstance(found, Unusable)
    assert [finding.rule for finding in found.findings] == [rule]


def test_what_came_before_is_not_read_again() -> None:
    data = x12_file(functional("AK1*PO*41", "AK9*A*1*1*1")) + x12_file(
        functional("AK1*PO*42", "AK9*A*1*1*1"), number=901
    )
    found = list(answers([data], X12, frozenset({1})))
    assert [answer.group for answer in found] == ["42"]


def test_nothing_that_was_ever_sent_makes_the_reader_stumble(shared: Path) -> None:
    found = []
    for path in sorted((shared / "data" / "edi").rglob("*.*")):
        data = path.read_bytes()
        for profile in (X12, EDIFACT):
            with suppress(Unreadable):
                found += answers([data], profile)
    assert {each.kind for each in found} >= {"997", "CONTRL"}
    assert not any(isinstance(each, Answer) for each in found), "they come from nobody whom we know"
