"""Orders to suppliers as documents: X12 850 and 860, EDIFACT ORDERS and ORDCHG (EANCOM).

What the supplier has acknowledged last is what a change is told against, line by line. Sources: X12 004010,
transaction sets 850 and 860; GS1 EANCOM 2002 S3, ORDERS and ORDCHG.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from include.delivery import Endpoint
from include.flow import PushFlow
from include.interchange import Interchanges
from include.outcome import Message
from include.systems.edi.partners import PartnerProfile, Standard
from include.systems.edi.parts import (
    edifact_item,
    edifact_line_count,
    edifact_moment,
    edifact_party,
    edifact_side,
    trade_number,
)
from include.systems.edi.sending import Document, DocumentSender, alone
from include.systems.edi.writing import fitting

Line = Mapping[str, Any]
Facts = dict[str, Any]

ADDED, REMOVED, MORE, LESS, PRICE, CHANGED = "AI", "DI", "QI", "QD", "PC", "CA"
"""What becomes of a line, in the codes of X12 element 670."""


def sender(flow: PushFlow, endpoint: Endpoint, interchanges: Interchanges) -> DocumentSender:
    """Sends orders to suppliers."""
    return DocumentSender(flow, endpoint, interchanges, alone(document))


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a line of an order that the supplier has; the line as it is now, or was."""

    action: str
    line: Line


def document(message: Message, profile: PartnerProfile) -> Document | None:
    """The order, or its change against what the supplier has; None for one to be taken back of which it never heard.

    Args:
        message: a row of ``outbound.supplier_edi__purchase_orders``.
    """
    order, known = message.payload, message.shown
    has_it = known is not None and not known["is_cancelled"]
    if order["is_cancelled"] and not has_it:
        return None
    written = (_X12 if profile.standard is Standard.X12 else _Edifact)(order, profile)
    if has_it:
        assert known is not None
        return written.change(list(changes(known["lines"], order["lines"])))
    return written.order()


def changes(before: Sequence[Line], now: Sequence[Line]) -> Iterator[Change]:
    """What becomes of the lines of an order, in the order of their numbers."""
    old = {line["line_number"]: line for line in before}
    new = {line["line_number"]: line for line in now}
    for number in sorted({*old, *new}):
        action = _action(old.get(number), new.get(number))
        if action is not None:
            yield Change(action, new.get(number) or old[number])


def _action(old: Line | None, new: Line | None) -> str | None:
    if old is None:
        return ADDED
    if new is None:
        return REMOVED
    differing = {name for name in new if name != "description" and new[name] != old.get(name)}
    if differing == {"quantity"}:
        return MORE if Decimal(new["quantity"]) > Decimal(old["quantity"]) else LESS
    if differing == {"price_amount"}:
        return PRICE
    return CHANGED if differing else None


class _X12:
    """An order as 850, and its change as 860."""

    def __init__(self, order: Mapping[str, Any], profile: PartnerProfile):
        self._order = order
        self._profile = profile
        self._number = str(order["order_number"])

    def order(self) -> Document:
        """850: an original, stand-alone order."""
        heading = {
            "transaction_set_purpose_code": "00",
            "purchase_order_type_code": "SA",
            "purchase_order_number": self._number,
            "date": _day(self._order["order_date"]),
        }
        lines = [
            {
                "PO1": {
                    "assigned_identification": str(line["line_number"]),
                    **self._priced(line),
                    **_numbers(line),
                }
            }
            | self._rest(line)
            for line in self._order["lines"]
        ]
        return self._document("850", {"BEG": heading}, "PO1", lines)

    def change(self, found: Sequence[Change]) -> Document:
        """860: the lines that change, or the whole order taken back."""
        heading = {
            "transaction_set_purpose_code": "01" if self._order["is_cancelled"] else "04",
            "purchase_order_type_code": "SA",
            "purchase_order_number": self._number,
            "date": _day(self._order["order_date"]),
            "date_3": _day(self._order["as_of_at"]),
        }
        lines = [{"POC": self._changed(each)} | self._rest(each.line) for each in found]
        return self._document("860", {"BCH": heading}, "POC", lines)

    def _changed(self, change: Change) -> Facts:
        priced = self._priced(change.line)
        quantity = "0" if change.action == REMOVED else priced["quantity_ordered"]
        return {
            "assigned_identification": str(change.line["line_number"]),
            "change_or_response_type_code": change.action,
            "quantity_ordered": quantity,
            "quantity_left_to_receive": quantity,
            "composite_unit_of_measure": {
                "unit_or_basis_for_measurement_code": priced["unit_or_basis_for_measurement_code"]
            },
            "unit_price": priced["unit_price"],
            **_numbers(change.line),
        }

    def _priced(self, line: Line) -> Facts:
        return {
            "quantity_ordered": line["quantity"],
            "unit_or_basis_for_measurement_code": self._profile.unit_of(line["unit_code"]),
            "unit_price": line["price_amount"],
        }

    def _rest(self, line: Line) -> Facts:
        """Text and day of a line, where it has them."""
        text = fitting(line["description"] or "", self._profile, 80)
        rest: Facts = {}
        if text:
            rest["groups"] = {"PID": [{"PID": {"item_description_type": "F", "description": text}}]}
        if line["requested_delivery_date"]:
            rest["DTM"] = [{"date_time_qualifier": "002", "date": _day(line["requested_delivery_date"])}]
        return rest

    def _document(self, kind: str, heading: Facts, name: str, lines: list[Facts]) -> Document:
        wanted = self._order["requested_delivery_date"]
        parties = [
            {
                "N1": {
                    "entity_identifier_code": code,
                    "identification_code_qualifier": "92",
                    "identification_code": party,
                }
            }
            for code, party in (("BY", self._profile.us.identifier), ("ST", self._order["ship_to_location"]))
        ]
        facts = heading | {
            "CUR": {"entity_identifier_code": "BY", "currency_code": self._order["currency_code"]},
            "DTM": [{"date_time_qualifier": "002", "date": _day(wanted)}] if wanted else [],
            "groups": {
                "N1": parties,
                name: lines,
                "CTT": [{"CTT": {"number_of_line_items": str(len(lines))}}],
            },
        }
        return Document(kind=kind, number=self._number, facts=facts)


def _numbers(line: Line) -> Facts:
    """Whatever the article is called: by the supplier, by us, by everybody (X12 element 235)."""
    known = [("VN", line["vendor_sku"]), ("BP", line["sku"]), trade_number(line["gtin"], "EN", "UK")]
    facts: Facts = {}
    for place, (qualifier, number) in enumerate(((q, n) for q, n in known if n), 1):
        ending = "" if place == 1 else f"_{place}"
        facts[f"product_service_id_qualifier{ending}"] = qualifier
        facts[f"product_service_id{ending}"] = number
    return facts


class _Edifact:
    """An order as ORDERS, and its change as ORDCHG."""

    def __init__(self, order: Mapping[str, Any], profile: PartnerProfile):
        self._order = order
        self._profile = profile
        self._number = str(order["order_number"])

    def order(self) -> Document:
        """ORDERS: an original order."""
        lines = [self._line(line, None) for line in self._order["lines"]]
        return self._document("ORDERS", ("220", self._number, "9"), self._order["order_date"], lines)

    def change(self, found: Sequence[Change]) -> Document:
        """ORDCHG: the lines that change, or the whole order taken back."""
        at = str(self._order["as_of_at"])
        number = f"{self._number}-{''.join(filter(str.isdigit, at))[2:14]}"
        lines = [self._line(each.line, each.action) for each in found]
        function = "1" if self._order["is_cancelled"] else "4"
        return self._document("ORDCHG", ("230", number, function), at, lines)

    def _line(self, line: Line, action: str | None) -> Facts:
        """Action codes are those of element 1229: added, deleted, changed."""
        qualifier, number = trade_number(line["gtin"], "EN", "EN")
        item: Facts = {"line_item_identifier": str(line["line_number"])}
        if action is not None:
            item["action_code"] = {ADDED: "1", REMOVED: "2"}.get(action, "3")
        if number:
            item["item_number_identification"] = edifact_item(number, qualifier)
        text = fitting(line["description"] or "", self._profile, 35)
        others = [("SA", line["vendor_sku"]), ("BP", line["sku"])]
        quantity = "0" if action == REMOVED else line["quantity"]
        price = {"price_code_qualifier": "AAA", "price_amount": line["price_amount"]}
        return {
            "LIN": item,
            "PIA": [
                {
                    "product_identifier_code_qualifier": "1" if number else "5",
                    "item_number_identification": edifact_item(other, kind),
                }
                for kind, other in others
                if other
            ],
            "IMD": [{"description_format_code": "F", "item_description": {"item_description": text}}]
            if text
            else [],
            "QTY": [
                {
                    "quantity_details": {
                        "quantity_type_code_qualifier": "21",
                        "quantity": quantity,
                        "measurement_unit_code": self._profile.unit_of(line["unit_code"]),
                    }
                }
            ],
            "DTM": _moments(("2", line["requested_delivery_date"])),
            "groups": {"PRI": [{"PRI": {"price_information": price}}]},
        }

    def _document(self, kind: str, named: tuple[str, str, str], at: str, lines: list[Facts]) -> Document:
        code, number, function = named
        currency = {
            "currency_usage_code_qualifier": "2",
            "currency_identification_code": self._order["currency_code"],
            "currency_type_code_qualifier": "9",
        }
        reference = {"reference_code_qualifier": "ON", "reference_identifier": self._number}
        facts = {
            "BGM": {
                "document_name": {"document_name_code": code},
                "document_identification": {"document_identifier": number},
                "message_function_code": function,
            },
            "DTM": _moments(("137", at), ("2", self._order["requested_delivery_date"])),
            "groups": {
                "RFF": [{"RFF": {"reference": reference}}] if kind == "ORDCHG" else [],
                "NAD": list(self._parties()),
                "CUX": [{"CUX": {"currency_details": currency}}],
                "LIN": lines,
            },
            "UNS": {"section_identification": "S"},
            "CNT": edifact_line_count(len(lines)),
        }
        return Document(kind=kind, number=self._number, facts=facts)

    def _parties(self) -> Iterator[Facts]:
        """Buyer and supplier as the envelope names them; places as we call them."""
        yield edifact_side("BY", self._profile.us)
        yield edifact_side("SU", self._profile.partner)
        yield edifact_party("DP", self._order["ship_to_location"])


def _moments(*moments: tuple[str, Any]) -> list[Facts]:
    return [edifact_moment(qualifier, _day(moment)) for qualifier, moment in moments if moment]


def _day(moment: Any) -> str:
    """CCYYMMDD of an ISO date or time."""
    return str(moment)[:10].replace("-", "")
