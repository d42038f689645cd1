from __future__ import annotations

import pytest

from include.formats import edifact
from tests.include.formats.edifact import edifact_documents as documents


def summary(kind: str, *lines: str) -> edifact.Summary:
    """What a person reads in a message of these lines."""
    message = documents.order(*lines, kind=edifact.MessageType(kind, "D", "96A", "UN"))
    return edifact.summary(documents.first_message(documents.as_bytes(documents.interchange(message))))


def test_an_order_is_read_in_words() -> None:
    made = summary("ORDERS", *documents.ORDER)
    assert (made.document, made.function) == ("purchase order PO-1", "original")
    assert made.dates == ["dated 2026-11-02", "reference dated 2026-10-01"]
    assert made.parties == ["buyer 5412345000013", "supplier 4012345500004"]
    assert made.references == ["contract 652744"]
    assert made.lines == [
        {
            "line": "1",
            "item": "4000862141404",
            "other_numbers": "ABC1234 SA",
            "quantities": "48 PCE ordered",
            "prices": "14.58 per 1 PCE net",
        },
        {"line": "2", "item": "4000862141411", "quantities": "2.5 KGM ordered"},
    ]
    assert made.totals == ["lines 2"]


def test_amounts_of_allowances_and_references_of_parties_stand_with_what_they_are_of() -> None:
    made = summary(
        "INVOIC",
        "BGM+380+INV-1+9",
        "DTM+137:202611021530:203",
        "RFF+ON:PO-1",
        "NAD+SU+4012345500004::9",
        "RFF+VA:DE1",
        "ALC+A++++DI",
        "MOA+8:600",
        "LIN+1++4000862141404:EN",
        "MOA+203:13",
        "ALC+C++++FC",
        "MOA+8:1.5:EUR",
        "UNS+S",
        "MOA+77:286.2",
    )
    assert made.document == "commercial invoice INV-1"
    assert made.dates == ["dated 2026-11-02 15:30"]
    assert made.references == ["order PO-1"]
    assert made.parties == ["supplier 4012345500004 (VAT number DE1)"]
    assert made.allowances_and_charges == ["allowance DI 600"]
    assert made.lines[0]["allowances_and_charges"] == "charge FC 1.5 EUR"
    assert made.lines[0]["amounts"] == "line 13"
    assert made.totals == ["invoice 286.2"]


def test_sales_are_read_with_their_place() -> None:
    made = summary(
        "SLSRPT",
        "BGM+73E+1",
        "LOC+162+SHOP1",
        "LIN+1++A:EN",
        "QTY+153:2",
        "LOC+162+SHOP2",
        "LIN+2++B:EN",
        "QTY+153:-1",
    )
    assert [(line["item"], line["places"], line["quantities"]) for line in made.lines] == [
        ("A", "162 SHOP1", "2 sold"),
        ("B", "162 SHOP2", "-1 sold"),
    ]


def test_a_remittance_has_a_line_for_each_document() -> None:
    made = summary(
        "REMADV",
        "BGM+481+R-1",
        "DOC+380+INV-1",
        "MOA+12:100",
        "DOC+381+CN-1",
        "MOA+12:-5",
        "UNS+S",
        "MOA+9:95",
    )
    assert [(line["document"], line["amounts"]) for line in made.lines] == [
        ("commercial invoice INV-1", "paid 100"),
        ("credit note CN-1", "paid -5"),
    ]
    assert made.totals == ["due 95"]


def test_an_answer_says_what_was_refused_and_why() -> None:
    made = summary(
        "CONTRL", "UCI+77+A+B+7", "UCM+1+ORDERS:D:96A:UN+7", "UCM+2+ORDERS:D:96A:UN+4", "UCS+5", "UCD+37+2:2"
    )
    assert (made.document, made.function) == ("answer to interchange 77", "acknowledged")
    assert made.lines == [
        {"message": "ORDERS:D:96A:UN 1", "answer": "acknowledged"},
        {
            "message": "ORDERS:D:96A:UN 2",
            "answer": "rejected",
            "errors": "segment 5; element 2-2 invalid type of character (37)",
        },
    ]


@pytest.mark.parametrize(
    ("segment", "read"),
    [
        ("DTM+137:20261301:102", "dated 20261301"),
        ("DTM+999:20261101:102", "999 2026-11-01"),
        ("DTM+263:2026110120261130:718", "invoicing period 2026-11-01 to 2026-11-30"),
        ("DTM+137:3:803", "dated 3"),
        ("DTM+137", "dated"),
    ],
)
def test_what_has_no_name_or_is_no_date_is_shown_as_it_came(segment: str, read: str) -> None:
    assert summary("ORDERS", "BGM+220", segment).dates == [read]


def test_a_message_that_is_not_described_is_read_all_the_same() -> None:
    made = summary("IFTMIN", "BGM+610+T-1", "DTM+137:20261102:102", "NAD+CA+1", "LIN+1")
    assert (made.document, made.dates, made.parties) == ("610 T-1", ["dated 2026-11-02"], ["carrier 1"])


def test_every_meaning_is_text_of_a_code_that_is_text() -> None:
    """YAML reads ON, NO and bare numbers as something else."""
    from include.formats.edifact.summarizing import _meanings

    for element, codes in _meanings().items():
        assert isinstance(element, str)
        assert all(isinstance(code, str) and isinstance(text, str) for code, text in codes.items())
