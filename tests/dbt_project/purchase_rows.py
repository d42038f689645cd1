"""Records of documents that suppliers and warehouses send, as the contracts let them into raw."""

from __future__ import annotations

from typing import Any

from small_warehouse import Row

LATER = "2026-11-02T22:00:00+00:00"


def envelope(kind: str, number: int, position: int = 3, **changed: Any) -> Row:
    """What every document has, by the number of its interchange."""
    return {
        "document_id": f"{number:09}/{number}/0001",
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


def response(number: int, position: int, line: str, **changed: Any) -> Row:
    """A status of a line of order PO-1, in the response with the interchange of a number."""
    return (
        envelope("855", number, position)
        | {
            "order_number": "PO-1",
            "order_date": "2026-10-30",
            "responded_at": "2026-11-01T22:00:00+00:00",
            "currency_code": "NOK",
            "line_number": line,
            "vendor_sku": f"NK-{line}",
            "ordered_quantity": 100,
            "unit": "EA",
            "price_amount": "12.50",
            "status_code": "IA",
        }
        | changed
    )


def responses() -> list[Row]:
    """One line as ordered, one in two parts, one refused; and a test that counts nowhere."""
    return [
        response(601, 3, "1"),
        response(601, 5, "2", status_code="IQ", confirmed_quantity=60, confirmed_ship_date="2026-11-10"),
        response(601, 6, "2", status_code="IB", confirmed_quantity=40),
        response(601, 8, "3", status_code="IR"),
        response(602, 3, "1", is_test=True, status_code="IR", responded_at=LATER),
    ]


def later_responses() -> list[Row]:
    """The second line is confirmed whole; what comes late about the first says less than what is known."""
    return [
        response(603, 3, "2", responded_at=LATER, sent_at=LATER),
        response(600, 3, "1", status_code="IR", responded_at="2026-10-31T00:00:00+00:00"),
    ]


def notice(number: int, position: int, quantity: int, **changed: Any) -> Row:
    """An item of shipment S-1."""
    return (
        envelope("856", number, position)
        | {
            "shipment_number": "S-1",
            "order_number": "PO-1",
            "line_number": str(position),
            "vendor_sku": "NK-1",
            "shipped_quantity": quantity,
            "unit": "EA",
            "package_code": f"{position:020}",
            "stated_at": "2026-11-01T22:00:00+00:00",
        }
        | changed
    )


def notices() -> list[Row]:
    return [notice(701, 9, 60), notice(701, 12, 40)]


def later_notices() -> list[Row]:
    """The same shipment again, corrected; and the first of what the ERP ordered, in time."""
    of_the_erp = {"shipment_number": "S-2", "order_number": "PO-20", "vendor_sku": "NK-10"}
    return [
        notice(702, 9, 55, stated_at=LATER, sent_at=LATER),
        notice(703, 10, 30, shipped_at="2026-11-03T10:00:00+00:00", **of_the_erp),
    ]


def invoice(number: int, position: int, quantity: int, **changed: Any) -> Row:
    """A line of invoice R-1."""
    return (
        envelope("810", number, position)
        | {
            "invoice_number": "R-1",
            "invoice_date": "2026-11-02",
            "order_number": "PO-1",
            "currency_code": "NOK",
            "invoice_total_amount": "1562.50",
            "line_number": str(position),
            "vendor_sku": "NK-1",
            "invoiced_quantity": quantity,
            "unit": "EA",
            "price_amount": "1250.00",
            "price_basis_quantity": 100,
            "stated_at": "2026-11-01T22:00:00+00:00",
        }
        | changed
    )


def invoices() -> list[Row]:
    return [invoice(801, 9, 100), invoice(801, 12, 25, line_amount="300.00")]


def item(article: str, **changed: Any) -> Row:
    return (
        envelope("832", 901)
        | {
            "article": article,
            "vendor_sku": article,
            "purchase_price_amount": "1250.00",
            "list_price_amount": "3000.00",
            "price_basis_quantity": 100,
            "currency_code": "NOK",
            "stated_at": "2026-11-01T22:00:00+00:00",
        }
        | changed
    )


def unordered_invoice() -> Row:
    """An invoice for an order that we do not know."""
    return invoice(
        803, 9, 5, invoice_number="R-2", order_number="PO-9", vendor_sku="NK-9", price_amount="10.00"
    )


def receipt(number: int, position: int, quantity: int, **changed: Any) -> Row:
    """An article of receipt W-1 of order PO-1."""
    return (
        envelope("944", number, position)
        | {
            "receipt_number": "W-1",
            "received_at": LATER,
            "order_number": "PO-1",
            "sku": "LQ-1",
            "vendor_sku": "NK-1",
            "received_quantity": quantity,
            "unit": "EA",
        }
        | changed
    )


def receipts() -> list[Row]:
    """All of the first line arrived, and something that nobody ordered."""
    return [receipt(851, 4, 125), receipt(851, 5, 6, vendor_sku="NK-8", sku=None)]


def shipment(position: int, quantity: int, **changed: Any) -> Row:
    """An article in a package of shipment SH-1."""
    return (
        envelope("945", 951, position)
        | {
            "order_number": "SO-1",
            "shipment_number": "SH-1",
            "sku": "A-1",
            "shipped_quantity": quantity,
            "unit": "EA",
            "package_code": f"{position:020}",
            "stated_at": "2026-11-01T22:00:00+00:00",
        }
        | changed
    )


def stock_change(quantity: int, **changed: Any) -> Row:
    return (
        envelope("947", 961)
        | {
            "adjustment_number": "ADJ-1",
            "changed_at": "2026-11-01T22:00:00+00:00",
            "location": "DE-LEJ-1",
            "reason_code": "55",
            "changed_quantity": quantity,
            "unit": "EA",
            "sku": "A-1",
        }
        | changed
    )


def ordered(order: str, line: int, quantity: int, **changed: Any) -> Row:
    """A line of an order as the ERP has it."""
    return {
        "order_number": order,
        "line_number": line,
        "supplier_number": "70010",
        "order_date": "2026-11-01",
        "requested_delivery_date": "2026-11-20",
        "ship_to_location": "DE-LEJ-1",
        "currency_code": "NOK",
        "sku": f"A-{line}",
        "vendor_sku": f"NK-{line}",
        "ean": "4006381333931",
        "description": "Hemd",
        "ordered_quantity": quantity,
        "unit": "ST",
        "price_amount": "12.50",
        "is_cancelled": None,
        "changed_at": "2026-11-01T20:00:00+00:00",
    } | changed


def orders_of_the_erp() -> list[Row]:
    """Two to a supplier that is known, one to nobody, one in a unit that nobody knows."""
    return [
        ordered("PO-20", 10, 24),
        ordered("PO-20", 20, 12, requested_delivery_date="2026-11-12"),
        ordered("PO-21", 10, 36),
        ordered("PO-30", 10, 5, supplier_number="79999"),
        ordered("PO-40", 10, 2, unit="KRT", price_amount="0"),
    ]


def changed_orders_of_the_erp() -> list[Row]:
    """More of one line, the other taken back; an order goes to another supplier; what is older changes nothing."""
    return [
        ordered("PO-20", 10, 48, changed_at=LATER, description="Hemd, blau"),
        ordered("PO-20", 20, 12, changed_at=LATER, is_cancelled=True),
        ordered("PO-21", 10, 36, changed_at=LATER, supplier_number="70020"),
        ordered("PO-40", 10, 99, changed_at="2026-10-01T20:00:00+00:00"),
    ]


def responses_to_the_erp() -> list[Row]:
    """The supplier writes our line numbers in its own way, or names the article alone."""
    return [
        response(611, 3, "000010", order_number="PO-20", price_amount="12.75", ordered_quantity=24),
        response(611, 5, "20", order_number="PO-20", line_number=None, vendor_sku="NK-20", status_code="IQ",
                 confirmed_quantity=6, ordered_quantity=12),
    ]  # fmt: skip


def retailer_sale(number: int, position: int, quantity: int, **changed: Any) -> Row:
    """What a retailer says of article A-1 in a shop and a week."""
    return (
        envelope("852", number, position)
        | {
            "document_part": 1,
            "period_start_date": "2026-10-25",
            "period_end_date": "2026-10-31",
            "activity_code": "QS",
            "quantity": quantity,
            "unit": "EA",
            "location": "0101",
            "sku": "A-1",
            "price_amount": "49.90",
            "currency_code": "USD",
        }
        | changed
    )


def retailer_sales() -> list[Row]:
    """Two parts of a shop's sales, what it holds, another shop, a code that nobody knows, and a test."""
    return [
        retailer_sale(971, 6, 12),
        retailer_sale(971, 8, 3),
        retailer_sale(971, 10, 40, activity_code="QA", price_amount=None),
        retailer_sale(971, 6, 7, document_part=2, location="0102"),
        retailer_sale(971, 12, 1, activity_code="ZZ"),
        retailer_sale(972, 6, 999, is_test=True, sent_at=LATER),
    ]


def corrected_retailer_sales() -> list[Row]:
    """The shop's week again, corrected; an older report turns up late."""
    return [
        retailer_sale(973, 6, 14, sent_at=LATER),
        retailer_sale(970, 6, 1, location="0102", sent_at="2026-10-01T00:00:00+00:00"),
    ]
