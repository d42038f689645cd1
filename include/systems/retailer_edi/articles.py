"""How articles of ours, parties and moments are named in documents to retailers.

Sources: X12 element 235 (UP, EN and UK are trade numbers of 12, 13 and 14 digits, VN is the vendor's); EDIFACT code
list 7143 (EN, SA).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from include.outcome import Message
from include.systems.edi.partners import PartnerProfile
from include.systems.edi.parts import MINUTE, Facts, edifact_item, edifact_moment, edifact_side, trade_number


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
    kind, number = _x12_trade_number(gtin)
    return {
        "product_service_id_qualifier": kind,
        "product_service_id": number,
        "product_service_id_qualifier_2": "VN",
        "product_service_id_2": sku,
    }


def edifact_numbers(gtin: str, sku: str) -> tuple[Facts, list[Facts]]:
    """What LIN and PIA say of an article: its trade number, and ours."""
    kind, number = trade_number(gtin, "EN", "EN")
    ours = {"product_identifier_code_qualifier": "1", "item_number_identification": edifact_item(sku, "SA")}
    return {"item_number_identification": edifact_item(str(number), kind)}, [ours]


def parties(profile: PartnerProfile) -> list[Facts]:
    """Who supplies and who buys."""
    return [edifact_side("SU", profile.us), edifact_side("BY", profile.partner)]


def edifact_minute(qualifier: str, moment: datetime, profile: PartnerProfile) -> Facts:
    """A DTM to the minute, in the retailer's own time."""
    return edifact_moment(qualifier, f"{moment.astimezone(profile.zone):%Y%m%d%H%M}", MINUTE)


def x12_minute(qualifier: str, moment: datetime, profile: PartnerProfile) -> Facts:
    """A DTM to the minute, in the retailer's own time."""
    local = moment.astimezone(profile.zone)
    return {"date_time_qualifier": qualifier, "date": f"{local:%Y%m%d}", "time": f"{local:%H%M}"}


def _x12_trade_number(gtin: str) -> tuple[str, str | None]:
    """12 digits as they stand in America, 13 elsewhere, 14 for what is no single piece."""
    return ("UP", gtin[2:]) if gtin.startswith("00") else trade_number(gtin, "EN", "UK")
