"""Acknowledgements as partners write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from include.formats import edifact, x12
from include.systems.edi.partners import PartnerProfile, partner_profile

AT = datetime(2026, 11, 2, 6, 0)
FACTS: dict[str, Any] = {
    "description": "A supplier",
    "owner": "supplier-relations",
    "partner": {"qualifier": "ZZ", "identifier": "NORDKAP", "application": "NORDKAP"},
    "us": {"qualifier": "ZZ", "identifier": "LINDQVIST", "application": "LINDQVIST"},
    "sets": {"855": ["004010"]},
}
X12 = partner_profile("nordkap", FACTS, "nordkap.yml")
EDIFACT = partner_profile(
    "fjell", {**FACTS, "standard": "edifact", "sets": {"ORDRSP": ["D96A"]}}, "fjell.yml"
)
SEPARATORS = x12.Separators(line_break=b"\n")


def segments(*lines: str) -> list[x12.Segment]:
    """Segments of lines like ``AK9*A*1*1*1``; components stand behind ``:``."""
    return [
        x12.segment(tag, *(tuple(value.split(":")) if ":" in value else value for value in values))
        for tag, *values in (line.split("*") for line in lines)
    ]


def x12_file(
    *sets: list[x12.Segment], notes: tuple[str, ...] = (), number: int = 900, functional_id: str = "FA"
) -> bytes:
    """An interchange from the partner with some sets, and notes as TA1 between ISA and GS."""
    header = x12.InterchangeHeader(
        sender=X12.partner.party, receiver=X12.us.party, control_number=number, prepared_at=AT
    )
    group = x12.GroupHeader(
        functional_id=functional_id,
        sender="NORDKAP",
        receiver="LINDQVIST",
        control_number=number,
        prepared_at=AT,
    )
    groups = [x12.functional_group(group, sets)] if sets else []
    return x12.write(x12.interchange(header, groups, segments(*notes)), SEPARATORS)


def functional(*lines: str, kind: str = "997", number: str = "0001") -> list[x12.Segment]:
    """A 997 of the lines between ST and SE."""
    return x12.transaction_set(kind, number, segments(*lines))


def edifact_file(kind: edifact.MessageType, *lines: str, reference: str = "77") -> bytes:
    """An interchange from the partner with one message; elements are separated by ``+``."""
    body = [
        edifact.segment(tag, *(tuple(value.split(":")) if ":" in value else value for value in values))
        for tag, *values in (line.split("+") for line in lines)
    ]
    header = edifact.InterchangeHeader(
        sender=EDIFACT.partner.edifact_party,
        recipient=EDIFACT.us.edifact_party,
        control_reference=reference,
        prepared_at=AT,
    )
    return edifact.write(edifact.interchange(header, [edifact.message(kind, "1", body)]))


def contrl(*lines: str) -> bytes:
    """An interchange with one CONTRL of syntax version 3."""
    return edifact_file(edifact.MessageType("CONTRL", "D", "3", "UN"), *lines)


def aperak(*lines: str) -> bytes:
    """An interchange with one APERAK."""
    return edifact_file(edifact.MessageType("APERAK", "D", "96A", "UN"), *lines)


def profile_of(system: str, account: str) -> PartnerProfile:
    """What was agreed with the partners of these tests."""
    return {"nordkap": X12, "fjell": EDIFACT}[account]
