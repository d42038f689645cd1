"""How articles of ours are named in documents to retailers, and what each document begins and ends with.

Sources: X12 element 235 (UP, EN and UK are trade numbers of 12, 13 and 14 digits, VN is the vendor's); EDIFACT code
list 7143 (EN, SA).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from include.outcome import Message
from include.systems.edi.partners import PartnerProfile

Facts = dict[str, Any]


def gtins(message: Message) -> tuple[str | None, str | None]:
    """The GTIN under which an article goes now, and the one by which the retailer knew it where that was another."""
    now, known = message.payload["gtin"], (message.shown or {}).get("gtin")
    return now or known, known if now and known and known != now else None


def document_number(messages: Sequence[Message]) -> str:
    """A number that no other document has, within the 15 characters of X12 element 684: the day of the newest of its
    messages, and the end of that one's identifier."""
    newest = max(messages, key=lambda message: message.made_at)
    return f"{newest.made_at:%y%m%d}{newest.message_id.hex[-9:].upper()}"


def x12_numbers(gtin: str, sku: str) -> Facts:
    """An article in LIN: by its trade number, and by ours."""
    kind, number = _trade_number(gtin)
    return {
        "product_service_id_qualifier": kind,
        "product_service_id": number,
        "product_service_id_qualifier_2": "VN",
        "product_service_id_2": sku,
    }


def edifact_numbers(gtin: str, sku: str) -> Iterator[tuple[str, Any]]:
    """An article in LIN and PIA: by its trade number, and by ours."""
    number = gtin[1:] if gtin.startswith("0") else gtin
    yield "LIN", {"item_number_identification": _item(number, "EN")}
    named = {"product_identifier_code_qualifier": "1", "item_number_identification": _item(sku, "SA")}
    yield "PIA", [named]


def parties(profile: PartnerProfile) -> list[Facts]:
    """Who supplies and who buys, by the numbers of the envelope: GLNs where those are (qualifier 14)."""
    return [
        {
            "NAD": {
                "party_function_code_qualifier": role,
                "party_identification": {
                    "party_identifier": side.identifier,
                    "code_list_responsible_agency_code": "9" if side.qualifier == "14" else "92",
                },
            }
        }
        for role, side in (("SU", profile.us), ("BY", profile.partner))
    ]


def edifact_moment(qualifier: str, moment: datetime, profile: PartnerProfile) -> Facts:
    """A DTM to the minute, in the retailer's own time."""
    return {
        "date_or_time_or_period": {
            "date_or_time_or_period_function_code_qualifier": qualifier,
            "date_or_time_or_period_text": f"{moment.astimezone(profile.zone):%Y%m%d%H%M}",
            "date_or_time_or_period_format_code": "203",
        }
    }


def x12_moment(qualifier: str, moment: datetime, profile: PartnerProfile) -> Facts:
    """A DTM to the minute, in the retailer's own time."""
    local = moment.astimezone(profile.zone)
    return {"date_time_qualifier": qualifier, "date": f"{local:%Y%m%d}", "time": f"{local:%H%M}"}


def line_count(lines: Sequence[Facts]) -> list[Facts]:
    """CNT: how many lines there are."""
    control = {"control_total_type_code_qualifier": "2", "control_total_quantity": str(len(lines))}
    return [{"control": control}]


def _trade_number(gtin: str) -> tuple[str, str]:
    """12 digits as they stand in America, 13 elsewhere, 14 for what is no single piece."""
    for zeros, kind in (("00", "UP"), ("0", "EN")):
        if gtin.startswith(zeros):
            return kind, gtin[len(zeros) :]
    return "UK", gtin


def _item(number: str, kind: str) -> Facts:
    return {"item_identifier": number, "item_type_identification_code": kind}
