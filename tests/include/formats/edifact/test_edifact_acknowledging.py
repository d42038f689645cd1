from __future__ import annotations

import pytest
from hypothesis import given, settings

from include.formats import edifact
from tests.include.formats.edifact import edifact_documents as documents
from tests.include.formats.edifact.edifact_documents import end_of, order_bytes


def answer(data: bytes, version: int | None = None) -> list[str]:
    """The CONTRL that answers the bytes, a line for each segment."""
    written = edifact.write(edifact.acknowledgement(end_of(data), "9", version))
    return written.decode().split("'")[:-1]


def test_a_sound_interchange_is_acknowledged_with_every_message() -> None:
    data = documents.as_bytes(documents.interchange(documents.order(), documents.order(reference="2")))
    assert answer(data) == [
        "UNH+9+CONTRL:D:3:UN",
        "UCI+77+4012345500004:14+5412345000013:14+7",
        "UCM+1+ORDERS:D:96A:UN:EAN008+7",
        "UCM+2+ORDERS:D:96A:UN:EAN008+7",
        "UNT+5+9",
    ]


def test_a_refused_message_is_rejected_with_its_errors() -> None:
    wrong = documents.order("BGM+220+PO-1", "LIN+1", "QTY+21:many:PCE", "XXX+1", "UNS+S", reference="2")
    data = documents.as_bytes(documents.interchange(documents.order(), wrong))
    assert answer(data)[2:-1] == [
        "UCM+1+ORDERS:D:96A:UN:EAN008+7",
        "UCM+2+ORDERS:D:96A:UN:EAN008+4",
        "UCS+3+13",
        "UCS+4",
        "UCD+37+2:2",
        "UCS+5+15",
    ]


def test_an_error_of_the_message_as_a_whole_stands_in_ucm() -> None:
    data = order_bytes().replace(b"UNT+17", b"UNT+18")
    assert answer(data)[2] == "UCM+1+ORDERS:D:96A:UN:EAN008+4+29+UNT+2"


def test_a_broken_interchange_is_rejected_as_a_whole() -> None:
    assert answer(order_bytes().replace(b"UNZ+1+77", b"UNZ+2+77"))[1:-1] == [
        "UCI+77+4012345500004:14+5412345000013:14+4+29+UNZ+2"
    ]


def test_an_interchange_of_syntax_version_4_is_answered_in_it() -> None:
    assert answer(order_bytes(syntax_version=4))[0] == "UNH+9+CONTRL:4:1:UN"
    assert answer(order_bytes(), version=4)[0] == "UNH+9+CONTRL:4:1:UN"


def test_the_repetition_is_named_from_version_4_on() -> None:
    lines = ("BGM+220", "DTM+137:20261102:102", "NAD+BY", "CTA+OC", "COM+a:TE*b:LONG", "LIN+1", "UNS+S")
    data = order_bytes(*lines, syntax_version=4)
    assert "UCD+39+2:2:2" in answer(data)
    assert "UCD+39+2:2" in answer(data, version=3)


def test_groups_are_answered_one_by_one() -> None:
    body = documents.as_bytes(documents.order()).decode()
    header = "UNG+ORDERS+S:14+R:14+261102:0430+{}+UN+D:96A'"
    groups = header.format(5) + body + "UNE+1+5'" + header.format(6) + body + "UNE+2+6'"
    data = f"UNB+UNOC:3+4012345500004:14+5412345000013:14+261102:0430+77'{groups}UNZ+2+77'".encode()
    assert answer(data)[2:-1] == [
        "UCF+5+S:14+R:14+7",
        "UCM+1+ORDERS:D:96A:UN:EAN008+7",
        "UCF+6+S:14+R:14+4+29+UNE+2",
    ]


def test_an_acknowledgement_is_never_acknowledged() -> None:
    contrl = edifact.acknowledgement(end_of(order_bytes()), "1")
    data = documents.as_bytes(documents.interchange(contrl))
    assert documents.findings(data) == []
    assert not edifact.is_to_be_acknowledged(end_of(data))
    assert edifact.is_to_be_acknowledged(end_of(order_bytes()))


@pytest.mark.parametrize("version", [3, 4])
@settings(max_examples=40, deadline=None)
@given(drawn=documents.sound_interchanges())
def test_every_answer_is_read_without_a_remark(version: int, drawn: tuple) -> None:
    data = documents.as_bytes(*drawn)
    for broken in (data, data.replace(b"21", b"2199999", 1), data.replace(b"UNS", b"UNX"), data[:-4]):
        end = end_of(broken)
        contrl = edifact.acknowledgement(end, "1", version)
        written = documents.as_bytes(
            documents.interchange(contrl, syntax_version=version, syntax_identifier="UNOY")
        )
        assert documents.findings(written) == []
