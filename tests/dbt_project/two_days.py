"""Two days of deliveries. On the second one every case happens once, each to records of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from purchase_rows import (
    changed_orders_of_the_erp,
    changed_supplier_stock,
    corrected_retailer_sales,
    invoices,
    item,
    later_notices,
    later_responses,
    notices,
    orders_of_the_erp,
    receipts,
    responses,
    responses_to_the_erp,
    retailer_sales,
    shipment,
    stock_change,
    supplier_stock,
    unordered_invoice,
)
from raw_rows import (
    PIM,
    SHOP,
    agreed_price,
    asked_return,
    basket_line,
    campaign,
    cart,
    cart_line,
    category,
    coupon,
    event,
    exchange_rate,
    family,
    ledger_line,
    line,
    listing,
    marketplace_customer,
    marketplace_item,
    marketplace_order,
    marketplace_payment,
    money,
    offer,
    order,
    panel_product,
    payment,
    pim_product,
    redemption,
    refund,
    refund_line,
    return_line,
    seller,
    sent,
    settlement_line,
    stock,
)
from small_warehouse import MORNING, Delivery, Row

CHANGED_AT = "2026-11-02T20:00:00+00:00"
TAKEN_SKU = "N"
TAKING_UUID = "11111111-2222-3333-4444-555555555555"


def first_day() -> list[Delivery]:
    """Everything that the systems hold in the beginning."""
    items = [marketplace_item("m1", 1, "100.00"), marketplace_item("m2", 1, "70.00")]
    payments = [marketplace_payment("m1", 1, "105.00"), marketplace_payment("m2", 1, "80.00")]
    listings = [listing(), listing("bare", None), listing("odd", "coisas_diversas")]
    north = [stock("A-1", 4, location="SE-MMX-1"), stock("Q", 9, location="SE-MMX-1")]
    return [
        Delivery("akeneo", "families", PIM, [family("shirts", "Shirts")]),
        Delivery("akeneo", "categories", PIM, categories("Apparel")),
        Delivery("akeneo", "products", PIM, pim_products()),
        Delivery("supplier_sftp", "catalog", "nordhaus", offers(), is_complete=True),
        Delivery("warehouse_edi", "stock", "central", central_stock(), is_complete=True),
        Delivery("warehouse_edi", "stock", "north", north),
        Delivery("supplier_edi", "stock", "nordkap", supplier_stock()),
        Delivery(
            "supplier_edi", "catalog", "nordkap", [item("NK-1"), item("NK-2", price_basis_quantity=None)]
        ),
        Delivery("erp_sftp", "purchase_orders", "main", orders_of_the_erp()),
        Delivery("erp_sftp", "exchange_rates", "main", exchange_rates()),
        Delivery("erp_sftp", "prices", "main", agreed_prices()),
        Delivery("supplier_edi", "order_responses", "nordkap", [*responses(), *responses_to_the_erp()]),
        Delivery("supplier_edi", "ship_notices", "nordkap", notices()),
        Delivery("supplier_edi", "invoices", "nordkap", invoices()),
        Delivery(
            "warehouse_edi",
            "shipments",
            "central",
            [shipment(40, 2), shipment(50, 1), wrong_shipment("1007")],
        ),
        Delivery(
            "warehouse_edi",
            "stock_changes",
            "central",
            [stock_change(-3), stock_change(1, document_position=4)],
        ),
        Delivery("retailer_edi", "sales", "harbor", retailer_sales()),
        Delivery("shopify", "orders", SHOP, orders(), is_complete=True),
        Delivery("shopify", "carts", SHOP, carts()),
        Delivery("klaviyo", "events", "main", events()),
        Delivery("adyen_sftp", "settlement_lines", "lindqvist-ecom", settled()),
        Delivery("ledger_sftp", "lines", "gifts", ledger()),
        Delivery("panel_sftp", "transactions", "harvest", baskets()),
        Delivery(
            "panel_sftp", "products", "harvest", [panel_product("11", "BREAD"), panel_product("12", "MILK")]
        ),
        *campaigns([campaign(), campaign("8", starts_on="2026-12-01", ends_on="2026-12-05")]),
        Delivery("marketplace_sftp", "sellers", "feira", [seller()]),
        Delivery("marketplace_sftp", "orders", "feira", [marketplace_order("m1")]),
        Delivery("marketplace_sftp", "order_items", "feira", items),
        Delivery("marketplace_sftp", "order_payments", "feira", payments),
        Delivery("marketplace_sftp", "customers", "feira", [marketplace_customer("m1", "ana")]),
        Delivery("marketplace_sftp", "products", "feira", listings),
    ]


def second_day() -> list[Delivery]:
    """What changed, came late, came again or went."""
    before, later, last = (
        MORNING - timedelta(days=1),
        MORNING + timedelta(days=1),
        MORNING + timedelta(hours=25),
    )
    cheap = [offer("b", "one", sku="B", list_price_amount="1.00")]
    plenty = [stock("A-1", 999, as_of_at="2026-10-01T00:00:00+00:00")]
    huge = [order(1003, [line(31, "U", 9, "49.90")], total="449.10", updated_at="2026-10-30T22:40:00+00:00")]
    return [
        Delivery("akeneo", "families", PIM, [family("shirts", "Shirts and blouses")], later),
        Delivery("akeneo", "categories", PIM, categories("Clothes"), later),
        Delivery("akeneo", "products", PIM, changed_products(), later),
        Delivery("supplier_sftp", "catalog", "nordhaus", changed_offers(), later, is_complete=True),
        Delivery("supplier_sftp", "catalog", "nordhaus", cheap, before),
        Delivery("warehouse_edi", "stock", "central", changed_stock(), later, is_complete=True),
        Delivery("warehouse_edi", "stock", "central", plenty, last),
        Delivery("supplier_edi", "stock", "nordkap", changed_supplier_stock(), later),
        Delivery("erp_sftp", "purchase_orders", "main", changed_orders_of_the_erp(), later),
        Delivery("erp_sftp", "exchange_rates", "main", changed_exchange_rates(), later),
        Delivery("erp_sftp", "prices", "main", changed_agreed_prices(), later),
        Delivery("shopify", "carts", SHOP, changed_carts(), later),
        Delivery("klaviyo", "events", "main", later_events(), later),
        Delivery("adyen_sftp", "settlement_lines", "lindqvist-ecom", settled_later(), later),
        Delivery("supplier_edi", "order_responses", "nordkap", later_responses(), later),
        Delivery("supplier_edi", "ship_notices", "nordkap", later_notices(), later),
        Delivery("supplier_edi", "invoices", "nordkap", [unordered_invoice()], later),
        Delivery("warehouse_edi", "receipts", "central", receipts(), later),
        Delivery("warehouse_edi", "shipments", "central", shipments_of_the_shop(), later),
        Delivery("retailer_edi", "sales", "harbor", corrected_retailer_sales(), later),
        Delivery("shopify", "orders", SHOP, changed_orders(), later, is_complete=True),
        Delivery("shopify", "orders", SHOP, huge, last),
        Delivery("ledger_sftp", "lines", "gifts", changed_ledger(), later),
        Delivery(
            "panel_sftp",
            "transactions",
            "harvest",
            [
                basket_line("b1", "11", 3, "9.99", retail="0.01"),
                basket_line("b2", "13", 1, "0.99", retail="0.10"),
                *later_baskets(),
            ],
            later,
        ),
        Delivery("panel_sftp", "products", "harvest", [panel_product("13", "EGGS")], later),
        Delivery("panel_sftp", "campaigns", "harvest", [campaign(starts_on="2026-11-02")], later),
        Delivery("marketplace_sftp", "orders", "feira", [marketplace_order("m2")], later),
        Delivery("marketplace_sftp", "customers", "feira", [marketplace_customer("m2", "ana")], later),
    ]


def ledger() -> list[Row]:
    """A document whose second line stands twice, one of a stranger, what was written off, and a correction."""
    return [
        ledger_line("536365", 1, "71053", 6, "3.39"),
        ledger_line("536365", 2, "85123A", 6, "2.55"),
        ledger_line("536365", 3, "85123A", 6, "2.55"),
        ledger_line("536366", 1, "71053", 1, "3.39", customer_number=None),
        ledger_line("536367", 1, "21777", -10, "0", description=None),
        ledger_line("C536368", 1, "71053", -2, "3.39"),
    ]


def changed_ledger() -> list[Row]:
    """The first document with another quantity, a customer who has moved, and an article under another name."""
    moved = {"country_name": "EIRE", "booked_at": "2026-11-02T10:00:00+00:00"}
    return [
        ledger_line("536365", 2, "85123A", 5, "2.55"),
        ledger_line("536369", 1, "71053", 2, "3.10", description="LANTERN, WHITE", **moved),
        ledger_line("C536370", 1, "71053", -1, "3.10", **moved),
    ]


def baskets() -> list[Row]:
    """A discount that does not divide, a line that counts nothing, and an article that is not listed."""
    return [
        basket_line("b1", "11", 3, "9.98", retail="0.01", added="0.01"),
        basket_line("b1", "12", 1, "3.19"),
        basket_line("b2", "12", 0, "0.00"),
        basket_line("b2", "13", 2, "1.98", coupon="0.50"),
    ]


def later_baskets() -> list[Row]:
    """On a day of the campaign, of a household that it reached and of another one, and of the latter before."""
    bought = {"sold_at": "2026-11-03T15:00:00+00:00"}
    return [
        basket_line("b3", "11", 1, "3.33") | bought,
        basket_line("b4", "12", 1, "3.19") | bought | {"household_number": "902"},
        basket_line("b5", "12", 1, "2.00", retail="1.19", coupon="0.40") | {"household_number": "902"},
    ]


def campaigns(known: list[Row]) -> list[Delivery]:
    """One household got coupons; one coupon was taken, and three were handed in for what nobody finds in a basket."""
    reached = [{"campaign_number": "7", "household_number": "900"}]
    coupons = [coupon("5001", "13"), coupon("5002", "99"), coupon("5003", "11")]
    used = [redemption("900", f"500{last}") for last in (1, 2, 3)] + [redemption("901", "5001")]
    return [
        Delivery("panel_sftp", "campaigns", "harvest", known),
        Delivery("panel_sftp", "campaign_households", "harvest", reached),
        Delivery("panel_sftp", "coupons", "harvest", coupons),
        Delivery("panel_sftp", "coupon_redemptions", "harvest", used),
    ]


def events() -> list[Row]:
    """A message and an order of somebody, an article that the PIM learns later, and an event that nobody listed."""
    return [
        event("e1", "Received Email", campaign_key="C1", campaign_name="Autumn"),
        event("e2", "Placed Order", value_amount="99.80", currency_code="EUR"),
        event("e3", "Viewed Product", sku="P"),
        event("e4", "Spun the Wheel"),
    ]


def later_events() -> list[Row]:
    """The first once more, the fourth deleted, and another."""
    again = "2026-11-03T09:00:00+00:00"
    return [
        event("e1", "Received Email", campaign_key="C1", campaign_name="Autumn", synced_at=again),
        event("e4", "Spun the Wheel", synced_at=again, is_deleted=True),
        event("e5", "Clicked Email", synced_at=again, sku="A-1"),
    ]


def carts() -> list[Row]:
    """One that is left, one that was paid after all, and one in dollars of a customer who never ordered.

    In the second lies an article that the PIM knows on the second day alone.
    """
    paid = [cart_line(21, "B", 1, "49.90"), cart_line(22, "P", 1, "0.00")]
    left = [cart_line(11, "A-1", 2, "49.90"), cart_line(12, "NEW-1", 1, "10.00")]
    dollars = {
        "presentment_currency_code": "USD",
        "total_presentment_amount": "54.00",
        "customer_gid": "gid://shopify/Customer/77",
    }
    return [
        cart(1, "114.70", left, gross_shop_amount="109.80"),
        cart(2, "49.90", paid, completed_at="2026-10-31T08:00:00+00:00"),
        cart(3, "49.90", [cart_line(31, "B", 1, "49.90")], **dollars),
    ]


def changed_carts() -> list[Row]:
    """The first is paid, in the third lies a piece more, and a guest leaves another."""
    left = [cart_line(11, "A-1", 2, "49.90"), cart_line(12, "NEW-1", 1, "10.00")]
    more = [cart_line(31, "B", 2, "49.90")]
    return [
        cart(1, "114.70", left, updated_at=CHANGED_AT, completed_at=CHANGED_AT),
        cart(3, "99.80", more, updated_at=CHANGED_AT, customer_gid="gid://shopify/Customer/77"),
        cart(4, "20.00", [cart_line(41, None, 1, "20.00")], customer_gid=None, customer_email=None),
    ]


def categories(apparel: str) -> list[Row]:
    return [
        category("master", None, "All"),
        category("apparel", "master", apparel),
        category("apparel_shirts", "apparel", "Shirts"),
        category("around", "and_around", "Around"),
        category("and_around", "around", "And around"),
    ]


def pim_products() -> list[Row]:
    return [
        pim_product("A-1", parent_code="A", color_code="navy", size_code="xl"),
        pim_product("A-2", parent_code="A", color_code="navy", size_code="m", price="59.90"),
        pim_product("B"),
        pim_product("C", is_enabled=False),
        pim_product("D", price=None),
        pim_product("E-1"),
        pim_product("E-2"),
        pim_product("F", url_key="wanted"),
        pim_product("G", url_key="wanted", created_at="2026-02-05T08:00:00+00:00"),
        pim_product("H", price="10.00"),
        pim_product("I"),
        pim_product("J-1", parent_code="J", size_code="s"),
        pim_product("J-2", parent_code="J", size_code="m"),
        pim_product("L-1", parent_code="L", size_code="l"),
        pim_product("M"),
        pim_product(TAKEN_SKU, family_code="knitwear"),
        pim_product("O-1", parent_code="O"),
        pim_product("O-2", parent_code="O"),
        pim_product("U", family_code="knitwear"),
    ]


def changed_products() -> list[Row]:
    changed = [
        pim_product("E-1", ean=None),
        pim_product("E-2", ean=pim_product("E-1")["ean"]),
        pim_product("H", price="12.00"),
        pim_product("I", prices=[]),
        pim_product("J-2", parent_code="K", size_code="m"),
        pim_product("L-1", parent_code="K", size_code="l"),
        pim_product("M", is_enabled=False),
        pim_product(
            TAKEN_SKU, uuid=TAKING_UUID, family_code="knitwear", created_at="2026-11-02T10:00:00+00:00"
        ),
        pim_product("P"),
        pim_product("ghost"),
    ]
    return [row | {"updated_at": CHANGED_AT} for row in changed]


def offers() -> list[Row]:
    return [
        offer("a-shirt", "XL", barcode=pim_product("A-1")["ean"]),
        offer("b", "one", sku="B"),
        offer("e", "one", barcode=pim_product("E-1")["ean"]),
        offer("gone", "one", sku="U"),
        offer("new", "M", sku="NH-1", barcode=pim_product("P")["ean"]),
    ]


def changed_offers() -> list[Row]:
    changed = [row for row in offers() if row["handle"] != "gone"]
    return [row | ({"list_price_amount": "85.00"} if row["handle"] == "b" else {}) for row in changed]


def central_stock() -> list[Row]:
    return [
        stock("A-1", 5),
        stock("B", None),
        stock("C", 2, unit="CA"),
        stock("H", 2, unit="DZ"),
        stock("ghost", 3),
        stock("U", 7),
    ]


def changed_stock() -> list[Row]:
    changed = [row for row in central_stock() if row["sku"] != "U"]
    return [
        row
        | {
            "as_of_at": "2026-11-02T22:00:00+00:00",
            "quantity_available": 6 if row["sku"] == "A-1" else row["quantity_available"],
        }
        for row in changed
    ]


def orders() -> list[Row]:
    return through_the_provider(ordered())


def through_the_provider(rows: list[Row]) -> list[Row]:
    """The orders, some of them paid through the payment provider."""
    for row in rows:
        number = row["order_gid"].rpartition("/")[2]
        if number in ("1002", "1003", "1004", "1005"):
            paid = {"gateway": "adyen", "paymentId": f"r{number}"}
            row["transactions"] = [one | paid for one in row["transactions"]]
    return rows


def settled() -> list[Row]:
    """One payment as it was, one with less, one of no shop; those of 1004 and 1005 are missing."""
    with_fee = {"net_credit_amount": "98.50", "markup_amount": "0.30", "interchange_amount": "1.00"}
    return [
        settlement_line(1, 2, "Settled", "99.80", merchant_reference="r1002", **with_fee),
        settlement_line(1, 3, "Settled", "40.00", merchant_reference="r1003"),
        settlement_line(1, 4, "Settled", "25.00", merchant_reference="PL-1"),
        settlement_line(1, 5, "Fee", "-4.20", modification_reference="Transaction Fees"),
        settlement_line(1, 6, "MerchantPayout", "-159.30", written_at="2026-11-02 03:30:00+00:00"),
    ]


def settled_later() -> list[Row]:
    """What was missing comes, a bank takes a payment back, and the payout is not in the report."""
    back = {"line_type": "Chargeback", "net_debit_amount": "47.50", "commission_amount": "7.50"}
    return [
        settlement_line(2, 2, "Settled", "119.00", merchant_reference="r1005"),
        settlement_line(2, 3, "Chargeback", "-40.00", merchant_reference="r1003", **back),
    ]


def ordered() -> list[Row]:
    return [
        order(
            1001,
            [line(11, "A-1", 2, "49.90"), line(12, "B", 1, "49.90")],
            total="149.70",
            fulfillments=[sent(1001, {11: 2, 12: 1})],
            returns=[
                asked_return(1, "REQUESTED", [return_line(1, 11, 1), return_line(2, None, 1)]),
                asked_return(2, "DECLINED", [return_line(3, 12, 1, returnReasonDefinition=None)]),
            ],
        ),
        order(1002, [line(21, "A-1", 1, "49.90"), line(22, "B", 1, "49.90")], total="99.80", customer=2),
        order(1003, [line(31, "U", 1, "49.90")], total="49.90"),
        order(1004, [line(41, "U", 1, "49.90")], total="49.90"),
        order(
            1005,
            [line(51, "A-1", 1, "100.00")],
            total="119.00",
            tax="19.00",
            subtotal="100.00",
            is_tax_included=False,
        ),
        order(1006, [line(61, "ghost", 1, "5.00")], total="5.00"),
        order(1007, [line(71, "B", 1, "49.90")], total="49.90"),
        order(1008, [line(81, "B", 1, "49.90")], total="49.90", is_test=True),
        order(
            1009,
            [line(91, "B", 1, "49.90")],
            total="49.90",
            cancelled_at="2026-10-31T08:00:00+00:00",
            financial_status="VOIDED",
        ),
        dollar_order(),
        order(
            1011,
            [line(111, "B", 1, "49.90"), line(111, "B", 1, "49.90")],
            total="49.90",
            shipping_country_code="SE",
            customer=7,
            customer_updated_at="2026-10-20T00:00:00+00:00",
            customer_email="new@example.com",
        ),
        order(
            1013,
            [line(131, "B", 1, "49.90")],
            total="52.40",
            fulfillments=[sent(1013, {131: 1}), sent(10131, {131: 1}, status="CANCELLED")],
        ),
    ]


def dollar_order() -> Row:
    """Seen and paid in dollars: 50 EUR are 55 USD."""
    dollars = money("50.00", "55.00", "USD")
    in_dollars = {f"{name}_presentment_amount": "55.00" for name in ("subtotal", "total")}
    bought = line(101, "B", 1, "50.00", originalUnitPriceSet=dollars, discountedTotalSet=dollars)
    return order(
        1010,
        [bought],
        total="50.00",
        shipping_street=None,
        shipping_city=None,
        presentment_currency_code="USD",
        transactions=[payment(1010, "SALE", "50.00", amountSet=dollars)],
        **in_dollars,
    )


def changed_orders() -> list[Row]:
    kept = {
        row["order_gid"].rpartition("/")[2]: row for row in orders() if not row["order_gid"].endswith("/1004")
    }
    kept["1002"] = order(
        1002, [line(21, "A-1", 2, "49.90")], total="99.80", customer=2, updated_at=CHANGED_AT
    )
    closed = {"closedAt": "2026-11-02T19:00:00Z", "requestApprovedAt": "2026-11-02T08:00:00Z"}
    kept["1001"] |= {
        "returns": [
            asked_return(
                1, "CLOSED", [return_line(1, 11, 1, processedQuantity=1, refundedQuantity=1)], **closed
            ),
            asked_return(3, "OPEN", [return_line(4, 11, 1, returnReasonDefinition=None)]),
            asked_return(4, "DECLINED", [return_line(5, 12, 1)]),
        ],
        "updated_at": CHANGED_AT,
    }
    kept["1005"] |= {
        "refunds": [refund(1, "59.50", [refund_line(1, 51, 1, "50.00")])],
        "refunded_shop_amount": "59.50",
        "refunded_presentment_amount": "59.50",
        "financial_status": "PARTIALLY_REFUNDED",
        "updated_at": CHANGED_AT,
        "lines": [kept["1005"]["lines"][0] | {"currentQuantity": 0}],
    }
    kept["1005"]["refunds"][0]["refundLineItems"]["nodes"][0]["totalTaxSet"] = money("9.50")
    kept["1007"] |= {"processed_at": "2026-10-28T12:00:00+00:00", "updated_at": CHANGED_AT}
    older_customer = {"customer_updated_at": "2026-10-10T00:00:00+00:00", "customer_email": "old@example.com"}
    kept["1012"] = order(1012, [line(121, "B", 1, "49.90")], total="49.90", customer=7) | older_customer
    return through_the_provider(list(kept.values()))


def agreed_prices() -> list[Row]:
    """B is on offer, and cheaper for a customer who takes many; A-1 costs what its orders say.

    G will be on offer; nobody knows the ghost yet.
    """
    contract = {"customer_number": "20014"}
    return [
        agreed_price("L-A1", "list", "A-1", "49.90"),
        agreed_price("L-B", "list", "B", "54.90"),
        agreed_price("P-B0", "promotion", "B", "44.90", channel="ecommerce"),
        agreed_price("L-G", "list", "G", "54.90"),
        agreed_price("P-B", "promotion", "B", "39.90", channel="ecommerce", valid_from="2026-10-01"),
        agreed_price(
            "P-G",
            "promotion",
            "G",
            "29.90",
            channel="ecommerce",
            valid_from="2126-01-01",
            valid_to="2126-01-31",
        ),
        agreed_price("C-B1", "contract", "B", "44.00", **contract),
        agreed_price(
            "C-B2", "contract", "B", "4150", price_quantity="100", minimum_quantity="48", **contract
        ),
        agreed_price("L-ghost", "list", "ghost", "54.90"),
        agreed_price("C-H", "contract", "H", "9.00", **contract),
    ]


def changed_agreed_prices() -> list[Row]:
    """The offer of B ends early, the customer's price of many is another one, and H is not agreed any more."""
    changed = {"changed_at": CHANGED_AT, "customer_number": "20014"}
    return [
        agreed_price(
            "P-B", "promotion", "B", "39.90",
            channel="ecommerce", valid_from="2026-10-01", is_withdrawn=True, changed_at=CHANGED_AT,
        ),
        agreed_price(
            "P-B0", "promotion", "B", "44.90", channel="ecommerce", is_withdrawn=True, changed_at=CHANGED_AT
        ),
        agreed_price("C-B2", "contract", "B", "4300", price_quantity="100", minimum_quantity="48", **changed),
        agreed_price("C-H", "contract", "H", "9.00", is_withdrawn=True, **changed),
    ]  # fmt: skip


def exchange_rates() -> list[Row]:
    """Of dollars nobody says anything yet."""
    return [exchange_rate("BRL", "6.25"), exchange_rate("GBP", "0.8")]


def changed_exchange_rates() -> list[Row]:
    """Reais were mistyped, dollars come late."""
    return [
        exchange_rate("BRL", "6.4", changed_at=CHANGED_AT),
        exchange_rate("USD", "0.8", base_currency_code="USD", currency_code="EUR", changed_at=CHANGED_AT),
    ]


def shipments_of_the_shop() -> list[Row]:
    """The warehouse sends less than the shop says it did, and one article that nobody ordered."""
    of_shop = {"order_number": "1001", "shipment_number": "SH-2", "shipped_at": "2026-11-02T14:00:00+00:00"}
    return [
        shipment(60, 1, line_number="1", **of_shop),
        shipment(70, 1, line_number="9", sku="C", **of_shop),
        wrong_shipment("1006", document_id="000000952/952/0001", sent_at="2026-11-02T22:00:00+00:00"),
    ]


def wrong_shipment(order_number: str, **changed: Any) -> Row:
    """A shipment that the warehouse tells for one order and then for another."""
    facts = {
        "order_number": order_number,
        "shipment_number": "SH-9",
        "shipped_at": "2026-11-02T09:00:00+00:00",
    }
    return shipment(90, 1, sku="B", **facts, **changed)
