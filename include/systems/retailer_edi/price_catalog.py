"""What retailers can order and what it costs them, as documents: X12 832, EDIFACT PRICAT (EANCOM).

A document has the articles that changed: new ones, ones with another price or name, and those that cannot be ordered
any more. Sources: X12 004010, transaction set 832; GS1 EANCOM 2002 S3, PRICAT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from include.delivery import Endpoint
from include.flow import PushFlow
from include.interchange import Interchanges
from include.outcome import Message
from include.systems.edi.partners import PartnerProfile, Standard
from include.systems.edi.parts import Facts, edifact_line_count
from include.systems.edi.sending import Document, DocumentSender
from include.systems.edi.writing import fitting
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
ADDED, DELETED, CHANGED = "added", "deleted", "changed"
MAINTENANCE = {ADDED: "021", DELETED: "002", CHANGED: "001"}
"""X12 element 875."""
ACTIONS = {ADDED: "1", DELETED: "2", CHANGED: "3"}
"""EDIFACT element 1229."""
NET, RECOMMENDED = "AAA", "AAE"
"""EDIFACT element 5125: what is paid, and for information with taxes; with SRP (5387) as suggested to customers."""


@dataclass(frozen=True, slots=True)
class Article:
    """An article in a document, and what becomes of it; one that is taken off the list has no prices."""

    action: str
    gtin: str
    sku: str
    title: str
    currency_code: str
    net_price: str | None = None
    retail_price: str | None = None


def sender(flow: PushFlow, endpoint: Endpoint, interchanges: Interchanges) -> DocumentSender:
    """Sends catalogues to retailers."""
    return DocumentSender(flow, endpoint, interchanges, document, lines=LINES)


def document(messages: Sequence[Message], profile: PartnerProfile) -> Document | None:
    """The catalogue; None where it would have no article, as one to be taken off a list on which it never stood.

    Args:
        messages: rows of ``outbound.retailer_edi__catalog`` of one retailer.
    """
    articles = [article for message in messages for article in _articles(message)]
    if not articles:
        return None
    return (_x12 if profile.standard is Standard.X12 else _edifact)(messages, articles, profile)


def _articles(message: Message) -> Iterator[Article]:
    """What becomes of an article; of one whose GTIN changed the old one goes and the new one comes."""
    facts, known = message.payload, message.shown
    now, before = gtins(message)
    has_it = known is not None and known["is_listed"]
    named = {"sku": str(facts["sku"]), "title": str(facts["title"])}
    currency = str(facts["currency_code"] or (known or {}).get("currency_code"))
    if has_it and (before or not facts["is_listed"]):
        gone = before or now
        assert gone is not None
        yield Article(action=DELETED, gtin=gone, currency_code=currency, **named)
    if facts["is_listed"]:
        yield Article(
            action=CHANGED if has_it and not before else ADDED,
            gtin=str(now),
            currency_code=currency,
            net_price=str(facts["net_price"]),
            retail_price=str(facts["retail_price"]),
            **named,
        )


def _x12(messages: Sequence[Message], articles: list[Article], profile: PartnerProfile) -> Document:
    number = document_number(messages)
    facts = {
        "BCT": {
            "catalog_purpose_code": "PC",
            "catalog_number": number,
            "transaction_set_purpose_code": "04",
        },
        "CUR": _x12_currency(articles[0]),
        "DTM": [x12_minute("007", max(message.made_at for message in messages), profile)],
        "groups": {
            "LIN": [
                _x12_line(article, place, profile, articles[0]) for place, article in enumerate(articles, 1)
            ]
        },
        "CTT": {"number_of_line_items": str(len(articles))},
    }
    return Document(kind="832", number=number, facts=facts)


def _x12_currency(article: Article) -> Facts:
    return {"entity_identifier_code": "SE", "currency_code": article.currency_code}


def _x12_line(article: Article, place: int, profile: PartnerProfile, first: Article) -> Facts:
    """The first article says the currency; one in another has its own."""
    line: Facts = {
        "LIN": {"assigned_identification": str(place), **x12_numbers(article.gtin, article.sku)},
        "G53": {"maintenance_type_code": MAINTENANCE[article.action]},
    }
    text = fitting(article.title, profile, 80)
    if text:
        line["PID"] = [
            {"item_description_type": "F", "product_process_characteristic_code": "08", "description": text}
        ]
    if article.currency_code != first.currency_code:
        line["CUR"] = _x12_currency(article)
    unit = {"unit_or_basis_for_measurement_code": profile.unit_of("EA")}
    piece = {"quantity": "1", "composite_unit_of_measure": unit}
    prices = [
        {"CTP": {"price_identifier_code": kind, "unit_price": price, **piece}}
        for kind, price in (("UCP", article.net_price), ("MSR", article.retail_price))
        if price is not None
    ]
    return line | {"groups": {"CTP": prices}}


def _edifact(messages: Sequence[Message], articles: list[Article], profile: PartnerProfile) -> Document:
    number = document_number(messages)
    first = articles[0]
    lines = [_edifact_line(article, place, profile, first) for place, article in enumerate(articles, 1)]
    facts = {
        "BGM": {
            "document_name": {"document_name_code": "9"},
            "document_identification": {"document_identifier": number},
            "message_function_code": "9",
        },
        "DTM": [edifact_minute("137", max(message.made_at for message in messages), profile)],
        "groups": {"NAD": parties(profile), "CUX": [{"CUX": _edifact_currency(first)}], "LIN": lines},
        "CNT": edifact_line_count(len(lines)),
    }
    return Document(kind="PRICAT", number=number, facts=facts)


def _edifact_currency(article: Article) -> Facts:
    details = {
        "currency_usage_code_qualifier": "2",
        "currency_identification_code": article.currency_code,
        "currency_type_code_qualifier": "8",
    }
    return {"currency_details": details}


def _edifact_line(article: Article, place: int, profile: PartnerProfile, first: Article) -> Facts:
    """The first article says the currency; one in another has its own beside each price."""
    numbers, ours = edifact_numbers(article.gtin, article.sku)
    text = fitting(article.title, profile, 35)
    own = [] if article.currency_code == first.currency_code else [_edifact_currency(article)]
    prices = [
        {
            "PRI": {"price_information": {"price_code_qualifier": kind, "price_amount": price, **more}},
            "CUX": own,
        }
        for kind, price, more in (
            (NET, article.net_price, {}),
            (RECOMMENDED, article.retail_price, {"price_specification_code": "SRP"}),
        )
        if price is not None
    ]
    described = {"description_format_code": "F", "item_description": {"item_description": text}}
    return {
        "LIN": {"line_item_identifier": str(place), "action_code": ACTIONS[article.action], **numbers},
        "PIA": ours,
        "IMD": [described] if text else [],
        "groups": {"PRI": prices},
    }
