"""Records as the contracts let them into raw."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from small_warehouse import Row

SHOP = "lindqvist-amara"
PIM = "pim"


def pim_product(sku: str, *, price: str | None = "49.90", **changed: Any) -> Row:
    """A product of the PIM, EAN made from the SKU's digits."""
    number = int(hashlib.sha256(sku.encode()).hexdigest()[:8], 16)
    prices = [{"scope": "ecommerce", "data": [{"amount": price, "currency": "EUR"}]}]
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, sku)),
        "sku": sku,
        "is_enabled": True,
        "family_code": "shirts",
        "category_codes": ["apparel_shirts"],
        "ean": f"4{number % 10**12:012d}",
        "brand_code": "oak_and_iron",
        "url_key": sku.lower(),
        "weight": "200",
        "weight_unit": "GRAM",
        "is_taxable": True,
        "names": [
            {"locale": "en_US", "scope": None, "data": f"Shirt {sku}"},
            {"locale": "de_DE", "scope": None, "data": f"Hemd {sku}"},
        ],
        "descriptions": [
            {"locale": "en_US", "scope": "ecommerce", "data": "<p>Soft.</p>"},
            {"locale": "en_US", "scope": "print", "data": "Soft, in print."},
        ],
        "prices": prices if price else [],
        "created_at": "2026-01-05T08:00:00+00:00",
        "updated_at": "2026-11-01T08:00:00+00:00",
    } | changed


def category(code: str, parent: str | None, english: str) -> Row:
    return {"code": code, "parent_code": parent, "labels": {"en_US": english, "de_DE": f"{english} (de)"}}


def family(code: str, english: str) -> Row:
    return {"code": code, "attribute_codes": ["sku"], "labels": {"en_US": english}}


def offer(handle: str, option: str, **changed: Any) -> Row:
    """A line of a supplier's catalogue: a variant that is also the first row of its product."""
    return {
        "handle": handle,
        "row_key": f"variant:{option}",
        "is_first_row": True,
        "currency_code": "EUR",
        "title": f"Supplier's {handle}",
        "body_html": "<b>Supplier text</b>",
        "vendor": "Nordhaus",
        "option1_name": "Size",
        "option1_value": option,
        "list_price_amount": "80.00",
        "compare_at_amount": "90.00",
        "purchase_price_amount": "31.5000",
        "weight_unit": "g",
    } | changed


def stock(sku: str, available: int | None, **changed: Any) -> Row:
    return {
        "sku": sku,
        "location": "DE-LEJ-1",
        "quantity_available": available,
        "quantity_on_hand": 20,
        "quantity_committed": 3,
        "unit": "EA",
        "as_of_at": "2026-11-01T22:00:00+00:00",
        "as_of_zone": "Europe/Berlin",
        "document_number": "ADV1",
        "document_action": "00",
        "interchange_control_number": "000000001",
        "group_control_number": "1",
        "set_control_number": "0001",
    } | changed


def money(shop: str, presentment: str | None = None, currency: str = "EUR") -> Row:
    """A MoneyBag of the storefront's API."""
    return {
        "shopMoney": {"amount": shop, "currencyCode": "EUR"},
        "presentmentMoney": {"amount": presentment or shop, "currencyCode": currency},
    }


def line(number: int, sku: str, quantity: int, price: str, **changed: Any) -> Row:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": sku,
        "title": f"Article {sku}",
        "variantTitle": None,
        "quantity": quantity,
        "currentQuantity": quantity,
        "taxable": True,
        "product": {"id": "gid://shopify/Product/1"},
        "variant": {"id": f"gid://shopify/ProductVariant/{number}"},
        "originalUnitPriceSet": money(price),
        "discountedTotalSet": money(f"{quantity * float(price):.2f}"),
        "totalDiscountSet": money("0.00"),
        "taxLines": [{"title": "VAT", "ratePercentage": 19, "priceSet": money("1.00")}],
    } | changed


def payment(number: int, kind: str, amount: str, **changed: Any) -> Row:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "card",
        "createdAt": "2026-10-30T22:31:00Z",
        "processedAt": "2026-10-30T22:31:00Z",
        "amountSet": money(amount),
        "test": False,
    } | changed


def refund(number: int, amount: str, lines: list[Row], processed_at: str = "2026-11-01T09:00:00Z") -> Row:
    return {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": processed_at,
        "processedAt": processed_at,
        "note": "damaged",
        "totalRefundedSet": money(amount),
        "refundLineItems": {"nodes": lines},
    }


def asked_return(number: int, status: str, lines: list[Row], **changed: Any) -> Row:
    """A return that the storefront tells of, asked for late in the evening of its calendar."""
    return {
        "id": f"gid://shopify/Return/{number}",
        "name": f"#{number}-R1",
        "status": status,
        "createdAt": "2026-11-01T22:30:00Z",
        "requestApprovedAt": None,
        "closedAt": None,
        "returnLineItems": {"nodes": lines},
    } | changed


def return_line(number: int, line_number: int | None, quantity: int, **changed: Any) -> Row:
    """Pieces of a line that are to come back; without a line, what the storefront cannot tell."""
    sent = {
        "id": "gid://shopify/FulfillmentLineItem/1",
        "lineItem": {"id": f"gid://shopify/LineItem/{line_number}"},
    }
    return {
        "id": f"gid://shopify/ReturnLineItem/{number}",
        "quantity": quantity,
        "processedQuantity": 0,
        "refundedQuantity": 0,
        "returnReasonDefinition": {"handle": "size-too-small", "name": "Size too small"},
        "returnReasonNote": "",
        "fulfillmentLineItem": sent if line_number else None,
    } | changed


def refund_line(number: int, line_number: int, quantity: int, subtotal: str) -> Row:
    return {
        "id": f"gid://shopify/RefundLineItem/{number}",
        "quantity": quantity,
        "restockType": "RETURN",
        "lineItem": {"id": f"gid://shopify/LineItem/{line_number}"},
        "subtotalSet": money(subtotal),
        "totalTaxSet": money("0.00"),
    }


def sent(number: int, lines: dict[int, int], **changed: Any) -> Row:
    """A shipment of the storefront: pieces by line."""
    node = {
        "id": f"gid://shopify/Fulfillment/{number}",
        "name": f"#{number}-F1",
        "status": "SUCCESS",
        "createdAt": "2026-11-01T09:30:00Z",
        "updatedAt": "2026-11-01T09:30:00Z",
        "deliveredAt": None,
        "location": {"id": "gid://shopify/Location/1"},
        "trackingInfo": [{"company": "DHL", "number": f"JD{number}", "url": None}],
        "fulfillmentLineItems": {
            "nodes": [
                {
                    "id": f"gid://shopify/FulfillmentLineItem/{number}{key}",
                    "quantity": quantity,
                    "lineItem": {"id": f"gid://shopify/LineItem/{key}"},
                }
                for key, quantity in lines.items()
            ]
        },
    }
    return node | changed


def order(number: int, lines: list[Row], *, total: str, **changed: Any) -> Row:
    """A paid order of the storefront, tax included, without shipping; business date 31 October 2026 in Berlin."""
    subtotal = changed.pop("subtotal", total)
    amounts = {
        "subtotal": subtotal,
        "discount": "0",
        "shipping": "0",
        "tax": "0",
        "total": total,
        "refunded": "0",
    }
    amounts |= {name: changed.pop(name) for name in list(amounts) if name in changed}
    customer = changed.pop("customer", 1)
    return (
        {
            "order_gid": f"gid://shopify/Order/{number}",
            "order_name": f"#{number}",
            "created_at": "2026-10-30T22:30:00+00:00",
            "processed_at": "2026-10-30T23:30:00+00:00",
            "updated_at": "2026-10-30T23:30:00+00:00",
            "is_test": False,
            "source_name": "web",
            "is_tax_included": True,
            "financial_status": "PAID",
            "fulfillment_status": "UNFULFILLED",
            "shop_currency_code": "EUR",
            "presentment_currency_code": "EUR",
            "customer_gid": f"gid://shopify/Customer/{customer}",
            "customer_updated_at": "2026-10-01T00:00:00+00:00",
            "customer_email": f"customer{customer}@example.com",
            "shipping_country_code": "DE",
            "shipping_name": "Anna Berg",
            "shipping_street": "Lindenweg 3",
            "shipping_zip": "04103",
            "shipping_city": "Leipzig",
            "lines": lines,
            "transactions": [payment(number, "SALE", total)],
            "refunds": [],
        }
        | {f"{name}_shop_amount": amount for name, amount in amounts.items()}
        | {f"{name}_presentment_amount": amount for name, amount in amounts.items()}
        | changed
    )


def cart(number: int, total: str, lines: list[Row], **changed: Any) -> Row:
    """A cart of the storefront that nobody has paid; business date 31 October 2026 in Berlin."""
    amounts = dict.fromkeys(("gross", "subtotal", "total"), total) | {"discount": "0", "tax": "0"}
    return (
        {
            "cart_gid": f"gid://shopify/AbandonedCheckout/{number}",
            "cart_name": f"#{number}",
            "created_at": "2026-10-30T23:40:00+00:00",
            "updated_at": "2026-10-30T23:40:00+00:00",
            "completed_at": None,
            "is_tax_included": True,
            "discount_codes": [],
            "customer_gid": "gid://shopify/Customer/1",
            "customer_email": "customer1@example.com",
            "shipping_country_code": "DE",
            "shop_currency_code": "EUR",
            "presentment_currency_code": "EUR",
            "lines": lines,
        }
        | {f"{name}_shop_amount": amount for name, amount in amounts.items()}
        | {f"{name}_presentment_amount": amount for name, amount in amounts.items()}
        | changed
    )


def cart_line(number: int, sku: str | None, quantity: int, price: str) -> Row:
    """A line of a cart."""
    return {
        "id": f"gid://shopify/AbandonedCheckoutLineItem/{number}",
        "sku": sku,
        "title": f"Article {sku}",
        "variantTitle": None,
        "quantity": quantity,
        "product": {"id": "gid://shopify/Product/1"},
        "variant": {"id": "gid://shopify/ProductVariant/1"},
        "originalUnitPriceSet": money(price),
        "discountedTotalPriceSet": money(price),
    }


def event(key: str, name: str, **changed: Any) -> Row:
    """Something that a customer did, an hour before midnight in UTC."""
    return {
        "event_key": key,
        "event_name": name,
        "occurred_at": "2026-10-31T23:00:00+00:00",
        "synced_at": "2026-11-01T09:00:00+00:00",
        "is_deleted": False,
        "person_key": "P-1",
        "person_email": "customer1@example.com",
        "properties": {"property_value": 1},
    } | changed


def key(text: str) -> str:
    """32 hexadecimal digits, as the marketplace writes its identifiers."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def marketplace_order(name: str, **changed: Any) -> Row:
    return {
        "order_id": key(name),
        "customer_id": key(f"customer of {name}"),
        "order_status": "delivered",
        "purchased_at": "2026-10-31T02:30:00+00:00",
        "approved_at": "2026-10-31T03:00:00+00:00",
        "handed_to_carrier_at": "2026-10-31T16:00:00+00:00",
        "delivered_at": "2026-11-01T15:00:00+00:00",
        "estimated_delivery_at": "2026-11-10T03:00:00+00:00",
    } | changed


def marketplace_item(order_name: str, number: int, price: str, freight: str = "10.00") -> Row:
    return {
        "order_id": key(order_name),
        "order_item_number": number,
        "product_id": key("listing"),
        "seller_id": key("seller"),
        "shipping_limit_at": "2026-11-03T00:00:00+00:00",
        "price_amount": price,
        "freight_amount": freight,
    }


def marketplace_payment(order_name: str, number: int, amount: str) -> Row:
    return {
        "order_id": key(order_name),
        "payment_number": number,
        "payment_type": "credit_card",
        "installment_count": 1,
        "payment_amount": amount,
    }


def marketplace_customer(order_name: str, person: str) -> Row:
    return {
        "customer_id": key(f"customer of {order_name}"),
        "customer_unique_id": key(person),
        "zip_code_prefix": "01310",
        "city": "sao paulo",
        "state_code": "SP",
    }


def listing(name: str = "listing", category_name: str | None = "esporte_lazer") -> Row:
    return {"product_id": key(name), "category_name": category_name, "photo_count": 1, "weight_grams": "300"}


def ledger_line(document: str, number: int, article: str, quantity: int, price: str, **changed: Any) -> Row:
    """A line of a document in the ledger of a shop in the United Kingdom."""
    return {
        "document_number": document,
        "line_number": str(number),
        "article_number": article,
        "description": f"ARTICLE {article}",
        "quantity": str(quantity),
        "booked_at": "2026-10-31T23:30:00+00:00",
        "unit_price_amount": price,
        "customer_number": "17850",
        "country_name": "United Kingdom",
    } | changed


def basket_line(
    basket: str,
    article: str,
    quantity: int,
    sales: str,
    retail: str = "0",
    coupon: str = "0",
    added: str = "0",
) -> Row:
    """An article in a basket of a household in the panel of a grocer."""
    return {
        "basket_number": basket,
        "article_number": article,
        "household_number": "900",
        "store_number": "330",
        "quantity": str(quantity),
        "sales_amount": sales,
        "retail_discount_amount": retail,
        "coupon_discount_amount": coupon,
        "coupon_match_discount_amount": added,
        "week": "1",
        "sold_at": "2026-11-02T03:30:00+00:00",
    }


def seller() -> Row:
    """Who sells everything on the marketplace."""
    place = {"zip_code_prefix": "01310", "city": "sao paulo", "state_code": "SP"}
    return {"seller_id": key("seller"), **place}


def campaign(number: str = "7", **changed: Any) -> Row:
    """A campaign of the grocer, on the days around its baskets."""
    return {
        "campaign_number": number,
        "campaign_type": "Type A",
        "starts_on": "2026-11-01",
        "ends_on": "2026-11-03",
    } | changed


def coupon(number: str, article: str) -> Row:
    """A coupon of the campaign, and an article for which it is good."""
    return {"coupon_number": number, "campaign_number": "7", "article_number": article}


def redemption(household: str, number: str) -> Row:
    """A coupon of the campaign, handed in on the day of the baskets by the grocer's clock."""
    return {
        "household_number": household,
        "coupon_number": number,
        "campaign_number": "7",
        "redeemed_on": "2026-11-01",
    }


def panel_product(article: str, kind: str) -> Row:
    """An article in a grocer's list."""
    return {
        "article_number": article,
        "manufacturer_number": "2",
        "department": "GROCERY",
        "brand": "National",
        "product_category": kind,
        "product_type": kind,
        "package_size": "1 EA",
    }


def agreed_price(number: str, price_type: str, sku: str, amount: str, **changed: Any) -> Row:
    """An agreement of the ERP that holds from the beginning of 2026 on."""
    return {
        "condition_number": number,
        "price_type": price_type,
        "sku": sku,
        "currency_code": "EUR",
        "price_amount": amount,
        "valid_from": "2026-01-01",
        "changed_at": "2026-10-01T06:00:00+00:00",
    } | changed


def settlement_line(batch: int, number: int, kind: str, amount: str, **changed: Any) -> Row:
    """A line of a report in euros without fees; below zero it is taken from us."""
    side = "debit" if amount.startswith("-") else "credit"
    is_of_a_payment = kind not in ("Fee", "MerchantPayout", "Balancetransfer")
    gross = (
        {"gross_currency_code": "EUR", f"gross_{side}_amount": amount.lstrip("-")} if is_of_a_payment else {}
    )
    return (
        {
            "merchant_account": "LindqvistEcom",
            "batch_number": batch,
            "line_number": number,
            "psp_reference": f"8816{batch:04d}{number:04d}" if is_of_a_payment else None,
            "payment_method": "visa" if is_of_a_payment else None,
            "written_at": "2026-11-02 03:00:00+00:00",
            "time_zone": "CET",
            "line_type": kind,
            "modification_reference": f"8826{batch:04d}{number:04d}",
            "net_currency_code": "EUR",
            f"net_{side}_amount": amount.lstrip("-"),
        }
        | gross
        | changed
    )


def exchange_rate(currency: str, rate: str, **changed: Any) -> Row:
    """What one euro bought from 30 October 2026, a Friday, on."""
    return {
        "base_currency_code": "EUR",
        "currency_code": currency,
        "rate_date": "2026-10-30",
        "rate": rate,
        "changed_at": "2026-10-30T15:30:00+00:00",
    } | changed
