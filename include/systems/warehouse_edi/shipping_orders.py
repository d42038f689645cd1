"""Orders of customers as documents for warehouses: X12 940.

What a warehouse has acknowledged is replaced as a whole, or taken back. Source: X12 004010, transaction set 940.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.delivery import Endpoint
from include.flow import PushFlow
from include.interchange import Interchanges
from include.outcome import Message
from include.systems.edi.partners import PartnerProfile
from include.systems.edi.sending import Document, DocumentSender, alone
from include.systems.edi.writing import fitting

ORIGINAL, REPLACEMENT, CANCELLATION = "N", "R", "F"
"""W0501 (X12 element 473)."""

Facts = dict[str, Any]


def sender(flow: PushFlow, endpoint: Endpoint, interchanges: Interchanges) -> DocumentSender:
    """Sends orders to warehouses."""
    return DocumentSender(flow, endpoint, interchanges, alone(document))


def document(message: Message, profile: PartnerProfile) -> Document | None:
    """The order as the warehouse is to send it; None for one to be taken back of which it never heard.

    Args:
        message: a row of ``outbound.warehouse_edi__orders``.
    """
    order, known = message.payload, message.shown
    has_it = known is not None and not known["is_cancelled"]
    if order["is_cancelled"] and not has_it:
        return None
    # What is taken back is named by the lines that the warehouse has.
    lines = order["lines"] or (known or {}).get("lines", [])
    status = CANCELLATION if order["is_cancelled"] else REPLACEMENT if has_it else ORIGINAL
    number = str(order["order_number"])
    facts = {
        "W05": {"order_status_code": status, "depositor_order_number": number, "purchase_order_number": number},
        "G62": _days(order),
        "groups": {
            "N1": [_recipient(order, profile), _party("WH", profile.partner.identifier)],
            "LX": [{"LX": {"assigned_number": str(place)}, "groups": {"W01": [_item(line, profile)]}}
                   for place, line in enumerate(lines, 1)],
        },
        "W76": {"quantity_ordered": _sum(lines)},
    }  # fmt: skip
    return Document(kind="940", number=number, facts=facts)


def _days(order: Mapping[str, Any]) -> list[Facts]:
    return [{"date_qualifier": "04", "date": str(order["order_date"]).replace("-", "")}]


def _recipient(order: Mapping[str, Any], profile: PartnerProfile) -> Facts:
    """Name, street and place of whoever gets the goods, in letters that the warehouse's system has."""
    names = (
        [order["company_name"], order["recipient_name"]]
        if order["company_name"]
        else [order["recipient_name"]]
    )
    first, *more = [fitting(name or "", profile, 60) for name in names]
    streets = [
        line
        for text in (order["street"], order["street_extra"])
        if (line := fitting(text or "", profile, 55))
    ]
    facts: Facts = {"N1": {"entity_identifier_code": "ST", "name": first}}
    if more:
        facts["N2"] = [{"name": more[0]}]
    if streets:
        facts["N3"] = [dict(zip(("address_information", "address_information_2"), streets, strict=False))]
    city = fitting(order["city"] or "", profile, 30)
    place = {
        # Å has one letter, and N401 at least two: its postal code finds it.
        "city_name": city if len(city) > 1 else None,
        "state_or_province_code": order["province_code"],
        "postal_code": order["postal_code"],
        "country_code": order["country_code"],
    }
    facts["N4"] = {name: value for name, value in place.items() if value}
    return facts


def _party(code: str, identifier: str) -> Facts:
    named = {"identification_code_qualifier": "92", "identification_code": identifier}
    return {"N1": {"entity_identifier_code": code, **named}}


def _item(line: Mapping[str, Any], profile: PartnerProfile) -> Facts:
    """An article by our number, and by its GTIN where it has 13 digits or fewer."""
    facts: Facts = {
        "quantity_ordered": line["quantity"],
        "unit_or_basis_for_measurement_code": profile.unit_of(line["unit_code"]),
        "product_service_id_qualifier": "SK",
        "product_service_id": line["sku"],
    }
    if line["gtin"] and line["gtin"].startswith("0"):
        facts |= {"product_service_id_qualifier_2": "EN", "product_service_id_2": line["gtin"][1:]}
    text = fitting(line["title"] or "", profile, 45)
    item: Facts = {"W01": facts}
    if text:
        item["G69"] = [{"free_form_description": text}]
    return item


def _sum(lines: list[Mapping[str, Any]]) -> str:
    return str(sum(int(line["quantity"]) for line in lines))
