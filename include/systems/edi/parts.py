"""Pieces of documents that several flows write, by the names of the standard: parties, articles, moments, counts."""

from __future__ import annotations

from typing import Any

from include.systems.edi.partners import Identity

Facts = dict[str, Any]

OF_GS1, OF_BUYER = "9", "92"
"""Who assigned an identifier (EDIFACT element 3055): GS1 a GLN, or the buyer its own."""
GLN = "14"
"""Qualifier of a GLN in UNB (EDIFACT element 0007)."""
DAY, MINUTE = "102", "203"
"""How a moment is written (EDIFACT element 2379): CCYYMMDD, CCYYMMDDHHMM."""


def trade_number(gtin: str | None, of_13: str, of_14: str) -> tuple[str, str | None]:
    """A GTIN as it is written where it has 13 digits, or 14; its qualifier first."""
    if gtin is None:
        return of_13, None
    return (of_13, gtin[1:]) if gtin.startswith("0") else (of_14, gtin)


def edifact_item(number: str, kind: str) -> Facts:
    """C212: an article number and what kind it is of (element 7143)."""
    return {"item_identifier": number, "item_type_identification_code": kind}


def edifact_party(role: str, party: str, agency: str = OF_BUYER) -> Facts:
    """A group with NAD: who takes part as what (element 3035)."""
    named = {"party_identifier": party, "code_list_responsible_agency_code": agency}
    return {"NAD": {"party_function_code_qualifier": role, "party_identification": named}}


def edifact_side(role: str, side: Identity) -> Facts:
    """One side of the exchange as a party: by its GLN where that is how the envelope names it."""
    return edifact_party(role, side.identifier, OF_GS1 if side.qualifier == GLN else OF_BUYER)


def edifact_moment(qualifier: str, text: str, written_as: str = DAY) -> Facts:
    """DTM: what happens when (element 2005)."""
    return {
        "date_or_time_or_period": {
            "date_or_time_or_period_function_code_qualifier": qualifier,
            "date_or_time_or_period_text": text,
            "date_or_time_or_period_format_code": written_as,
        }
    }


def edifact_line_count(count: int) -> list[Facts]:
    """CNT: how many lines there are (element 6069, 2)."""
    return [{"control": {"control_total_type_code_qualifier": "2", "control_total_quantity": str(count)}}]
