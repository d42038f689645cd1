from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from include.formats import x12
from include.systems.edi.acknowledgements import (
    ControlNumbers,
    acknowledgement_file,
    is_answer_due,
    results,
)
from include.systems.edi.partners import (
    AcknowledgementKind,
    InterchangeAcknowledgement,
    PartnerProfile,
    load_partner,
)
from tests.include.formats.x12 import x12_documents as documents

PARTNERS = Path(__file__).parents[4] / "include" / "systems" / "warehouse_edi" / "partners"
CENTRAL = load_partner(PARTNERS / "central.yml")
NUMBERS = ControlNumbers(interchange=77, group=78)
AT = datetime(2026, 11, 2, 5, 0)
GOOD = documents.as_bytes(documents.interchange())


def agreed(kind: str = "997", interchange: str = "as_requested") -> PartnerProfile:
    changed = replace(
        CENTRAL.acknowledgement,
        kind=AcknowledgementKind(kind),
        interchange=InterchangeAcknowledgement(interchange),
    )
    return replace(CENTRAL, acknowledgement=changed, tolerates=frozenset())


def answered(data: bytes, profile: PartnerProfile) -> list[str]:
    """The tags of the answer, but for its envelope; nothing where none is due."""
    found = results([data], profile)
    if not is_answer_due(found, profile):
        return []
    content = acknowledgement_file(found, profile, NUMBERS, AT).content.decode()
    tags = [line.split("*")[0] for line in content.split("~\n") if line]
    return [tag for tag in tags if tag not in ("ISA", "GS", "ST", "SE", "GE", "IEA")]


def test_the_answer_is_an_interchange_of_ours_to_the_partner() -> None:
    answer = acknowledgement_file(results([GOOD], agreed()), agreed(), NUMBERS, AT)
    assert answer.name == "997_central_000000077.edi"
    assert answer.control_numbers == NUMBERS
    begin, group, found, _, end = x12.read([answer.content])
    assert isinstance(begin, x12.Interchange)
    assert isinstance(group, x12.Group)
    assert isinstance(found, x12.TransactionSet)
    assert isinstance(end, x12.InterchangeEnd)
    assert (begin.sender, begin.receiver) == (documents.RECEIVER, documents.SENDER)
    assert (begin.control_number, group.control_number, group.functional_id) == ("000000077", "78", "FA")
    assert (begin.prepared_at, found.findings, end.findings) == (AT, (), ())
    assert [(each.group_control_number, each.answer) for each in answer.answers] == [
        ("101", x12.Answer.ACCEPTED)
    ]


def test_every_group_of_every_interchange_is_answered() -> None:
    data = documents.as_bytes(
        documents.interchange(documents.group(), documents.group(number=102))
    ) + documents.as_bytes(documents.interchange(number=102))
    assert answered(data, agreed()) == ["AK1", "AK2", "AK5", "AK9"] * 3


def test_the_partners_own_separators_are_used() -> None:
    north = load_partner(PARTNERS / "north.yml")
    profile = replace(north, partner=CENTRAL.partner)
    content = acknowledgement_file(results([GOOD], profile), profile, NUMBERS, AT).content
    assert content.count(b"\r") == 10
    assert b"\rAK1|IB|101\r" in content
    assert documents.findings(content) == []


def test_a_partner_that_wants_none_gets_none() -> None:
    assert answered(GOOD, agreed("none")) == []


def test_an_acknowledgement_is_not_answered() -> None:
    sets = [
        x12.transaction_set("997", "0001", [x12.segment("AK1", "OW", 1), x12.segment("AK9", "A", 1, 1, 1)])
    ]
    data = documents.as_bytes(documents.interchange(documents.group(*sets, functional_id="FA")))
    assert answered(data, agreed()) == []


@pytest.mark.parametrize(
    ("asked", "interchange", "good", "noted", "rejected"),
    [
        ("0", "as_requested", [], [], []),
        ("1", "as_requested", ["TA1"], ["TA1"], ["TA1"]),
        ("2", "as_requested", [], [], ["TA1"]),
        ("3", "as_requested", [], ["TA1"], ["TA1"]),
        ("0", "also_when_rejected", [], [], ["TA1"]),
        ("1", "never", [], [], []),
    ],
)
def test_when_the_interchange_itself_is_answered(
    asked: str, interchange: str, good: list[str], noted: list[str], rejected: list[str]
) -> None:
    profile = agreed("none", interchange)
    data = GOOD.replace(b"*0*P*:", f"*{asked}*P*:".encode())
    assert answered(data, profile) == good
    assert answered(data.replace(b"*U*00401", b"*X*00401"), profile) == noted
    assert answered(data.replace(b"IEA*1", b"IEA*2"), profile) == rejected


def test_the_groups_of_a_rejected_interchange_are_not_answered() -> None:
    assert answered(GOOD.replace(b"IEA*1", b"IEA*2"), agreed("997", "also_when_rejected")) == ["TA1"]


def test_a_note_alone_is_an_interchange_without_a_group() -> None:
    profile = agreed("none")
    data = GOOD.replace(b"*0*P*:", b"*1*P*:")
    content = acknowledgement_file(results([data], profile), profile, NUMBERS, AT).content
    assert content.endswith(b"TA1*000000101*261102*0430*A*000~\nIEA*0*000000077~\n")
    assert documents.findings(content) == []


def test_test_data_is_answered_as_test_data() -> None:
    content = acknowledgement_file(
        results([GOOD.replace(b"*0*P*:", b"*0*T*:")], agreed()), agreed(), NUMBERS, AT
    ).content
    assert b"*0*T*:" in content


def test_what_is_no_interchange_gets_no_answer() -> None:
    assert results([b"sku;quantity\n"], agreed()) == []
    assert not is_answer_due([], agreed())
