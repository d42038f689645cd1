"""Records of documents that suppliers and warehouses send, as the contracts let them into raw."""

from __future__ import annotations

from typing import Any

from small_warehouse import Row

LATER = "2026-11-02T22:00:00+00:00"


def envelope(kind: str, number: int, position: int = 3, **changed: Any) -> Row:
    """What every document has, by the number of its interchange."""
    return {
        "document_kind": kind,
        "document_position": position,
        "interchange_control_number": f"{number:09}",
        "group_control_number": str(number),
        "document_control_number": "0001",
        "sent_at": "2026-11-01T22:00:00+00:00",
        "is_test": False,
    } | changed


def stock_of(article: str, **changed: Any) -> Row:
    return (
        envelope("846", 501)
        | {
            "article": article,
            "location": "TROMSO",
            "vendor_sku": article,
            "ean": "4006381333931",
            "unit": "EA",
            "as_of_at": "2026-11-01T22:00:00+00:00",
            "document_number": "NK-1",
        }
        | changed
    )


def supplier_stock() -> list[Row]:
    return [
        stock_of("NK-1", quantity_available=140, quantity_on_order=60),
        stock_of("NK-2", quantity_on_hand=25),
        stock_of("NK-3", quantity_available=3, unit="XX"),
    ]


def changed_supplier_stock() -> list[Row]:
    """One changed, one older than what is known, one as before."""
    return [
        stock_of("NK-1", quantity_available=90, quantity_on_order=60, as_of_at=LATER),
        stock_of("NK-2", quantity_on_hand=1, as_of_at="2026-10-01T00:00:00+00:00"),
        stock_of("NK-3", quantity_available=3, unit="XX"),
    ]
