"""What retailers can order of each article, as documents: X12 846, EDIFACT INVRPT (EANCOM).

A document has the articles whose stock changed, each with all that can be ordered of it. Sources: X12 004010,
transaction set 846; GS1 EANCOM 2002 S3, INVRPT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from include.delivery import Endpoint
from include.flow import PushFlow
from include.interchange import Interchanges
from include.outcome import Message
from include.systems.edi.partners import PartnerProfile, Standard
from include.systems.edi.parts import edifact_line_count
from include.systems.edi.sending import Document, DocumentSender
from include.systems.retailer_edi.articles import (
    document_number,
    edifact_minute,
    edifact_numbers,
    gtins,
    parties,
    x12_minute,
    x12_numbers,
)

LINES = 500
AVAILABLE, ON_HAND = "33", "145"
"""X12 element 673 and EDIFACT element 6063: what can be ordered."""


def sender(flow: PushFlow, endpoint: Endpoint, interchanges: Interchanges) -> DocumentSender:
    """Sends stock reports to retailers."""
    return DocumentSender(flow, endpoint, interchanges, document, lines=LINES)


def document(messages: Sequence[Message], profile: PartnerProfile) -> Document | None:
    """The report; None where a retailer never heard of any of the articles and can order none.

    Args:
        messages: rows of ``outbound.retailer_edi__stock`` of one retailer.
    """
    articles = [article for message in messages for article in _articles(message)]
    if not articles:
        return None
    return (_x12 if profile.standard is Standard.X12 else _edifact)(messages, articles, profile)


def _articles(message: Message) -> Iterator[tuple[str, str, str]]:
    """GTIN, our number and quantity; nothing is left of a GTIN that the article had before."""
    now, before = gtins(message)
    sku = str(message.payload["sku"])
    if before:
        yield before, sku, "0"
    if now:
        yield now, sku, str(message.payload["quantity"])


def _x12(
    messages: Sequence[Message], articles: list[tuple[str, str, str]], profile: PartnerProfile
) -> Document:
    at, number = _as_of(messages), document_number(messages)
    unit = {"unit_or_basis_for_measurement_code": profile.unit_of("EA")}
    lines = [
        {
            "LIN": {"assigned_identification": str(place), **x12_numbers(gtin, sku)},
            "groups": {
                "QTY": [
                    {
                        "QTY": {
                            "quantity_qualifier": AVAILABLE,
                            "quantity": quantity,
                            "composite_unit_of_measure": unit,
                        }
                    }
                ]
            },
        }
        for place, (gtin, sku, quantity) in enumerate(articles, 1)
    ]
    moment = x12_minute("007", at, profile)
    heading = {
        "transaction_set_purpose_code": "00",
        "report_type_code": "SI",
        "reference_identification": number,
        "date": moment["date"],
        "time": moment["time"],
    }
    facts = {
        "BIA": heading,
        "DTM": [moment],
        "groups": {"LIN": lines},
        "CTT": {"number_of_line_items": str(len(lines))},
    }
    return Document(kind="846", number=number, facts=facts)


def _edifact(
    messages: Sequence[Message], articles: list[tuple[str, str, str]], profile: PartnerProfile
) -> Document:
    number = document_number(messages)
    lines = []
    for place, (gtin, sku, quantity) in enumerate(articles, 1):
        numbers, ours = edifact_numbers(gtin, sku)
        details = {
            "quantity_type_code_qualifier": ON_HAND,
            "quantity": quantity,
            "measurement_unit_code": profile.unit_of("EA"),
        }
        lines.append(
            {
                "LIN": {"line_item_identifier": str(place), **numbers},
                "PIA": ours,
                "groups": {"QTY": [{"QTY": {"quantity_details": details}}]},
            }
        )
    made_at = max(message.made_at for message in messages)
    facts = {
        "BGM": {
            "document_name": {"document_name_code": "35"},
            "document_identification": {"document_identifier": number},
            "message_function_code": "9",
        },
        "DTM": [edifact_minute("137", made_at, profile), edifact_minute("366", _as_of(messages), profile)],
        "groups": {"NAD": parties(profile), "LIN": lines},
        "CNT": edifact_line_count(len(lines)),
    }
    return Document(kind="INVRPT", number=number, facts=facts)


def _as_of(messages: Sequence[Message]) -> datetime:
    """Of which moment the newest of the quantities speaks."""
    return max(message.as_of_at or message.made_at for message in messages)
