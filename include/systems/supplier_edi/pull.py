"""Flows from suppliers over EDI: what they can deliver, cost, confirm, ship and invoice. One mapping each, in
``edi/records``; the reader is the same for all."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from include.flow import LatencyClass, Pattern, PullFlow
from include.systems.edi import exchange
from include.systems.edi.partners import PartnerProfile

SYSTEM = "supplier_edi"
OWNER = "supplier-relations"
EXCHANGE = "include.systems.supplier_edi.pull:exchange_with"

stock_arrivals = partial(exchange.arrivals, SYSTEM, "stock")
read_stock = partial(exchange.read, SYSTEM, "stock", "supplier_stock")

PULL_STOCK = PullFlow(
    dag_id="pull_stock_from_supplier_edi",
    summary="Brings what suppliers can deliver of each of their articles.",
    system=SYSTEM,
    objects=("inventory",),
    pattern=Pattern.EDI,
    because="Suppliers state their stock in X12 846 or EDIFACT INVRPT; it counts and acknowledges what it carries.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="*/15 * * * *",
    late_after=timedelta(hours=26),
    entities=("stock",),
    documents=("846", "INVRPT"),
    source="include.systems.supplier_edi.pull:stock_arrivals",
    reader="include.systems.supplier_edi.pull:read_stock",
    exchange=EXCHANGE,
)


catalog_arrivals = partial(exchange.arrivals, SYSTEM, "catalog")
read_catalog = partial(exchange.read, SYSTEM, "catalog", "supplier_catalog")

PULL_CATALOG = PullFlow(
    dag_id="pull_catalog_from_supplier_edi",
    summary="Brings articles and prices of suppliers.",
    system=SYSTEM,
    objects=("product", "price"),
    pattern=Pattern.EDI,
    because="Suppliers send their lists as X12 832 or EDIFACT PRICAT, with prices by kind and validity.",
    latency=LatencyClass.NEXT_CYCLE,
    owner=OWNER,
    schedule="7-59/15 * * * *",
    late_after=timedelta(hours=50),
    entities=("catalog",),
    documents=("832", "PRICAT"),
    source="include.systems.supplier_edi.pull:catalog_arrivals",
    reader="include.systems.supplier_edi.pull:read_catalog",
    exchange=EXCHANGE,
)

order_responses_arrivals = partial(exchange.arrivals, SYSTEM, "order_responses")
read_order_responses = partial(exchange.read, SYSTEM, "order_responses", "order_responses")

PULL_ORDER_RESPONSES = PullFlow(
    dag_id="pull_order_responses_from_supplier_edi",
    summary="Brings what suppliers confirm, change or refuse of our orders.",
    system=SYSTEM,
    objects=("order",),
    pattern=Pattern.EDI,
    because="Suppliers answer orders with X12 855 or EDIFACT ORDRSP, line by line, with quantities and days.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="3-59/15 * * * *",
    late_after=timedelta(hours=26),
    entities=("order_responses",),
    documents=("855", "ORDRSP"),
    source="include.systems.supplier_edi.pull:order_responses_arrivals",
    reader="include.systems.supplier_edi.pull:read_order_responses",
    exchange=EXCHANGE,
)

ship_notices_arrivals = partial(exchange.arrivals, SYSTEM, "ship_notices")
read_ship_notices = partial(exchange.read, SYSTEM, "ship_notices", "ship_notices")

PULL_SHIP_NOTICES = PullFlow(
    dag_id="pull_ship_notices_from_supplier_edi",
    summary="Brings what suppliers say is on its way, by package and item.",
    system=SYSTEM,
    objects=("fulfillment",),
    pattern=Pattern.EDI,
    because="Suppliers announce shipments with X12 856 or EDIFACT DESADV, with the codes that stand on the packages.",
    latency=LatencyClass.SAME_DAY,
    owner=OWNER,
    schedule="5-59/15 * * * *",
    late_after=timedelta(hours=26),
    entities=("ship_notices",),
    documents=("856", "DESADV"),
    source="include.systems.supplier_edi.pull:ship_notices_arrivals",
    reader="include.systems.supplier_edi.pull:read_ship_notices",
    exchange=EXCHANGE,
)

invoices_arrivals = partial(exchange.arrivals, SYSTEM, "invoices")
read_invoices = partial(exchange.read, SYSTEM, "invoices", "supplier_invoices")

PULL_INVOICES = PullFlow(
    dag_id="pull_invoices_from_supplier_edi",
    summary="Brings what suppliers invoice, by line.",
    system=SYSTEM,
    objects=("payment",),
    pattern=Pattern.EDI,
    because="Suppliers invoice with X12 810 or EDIFACT INVOIC, which name order, shipment, charges and taxes.",
    latency=LatencyClass.FINANCE_CLOSE,
    owner="finance",
    schedule="9-59/15 * * * *",
    late_after=timedelta(hours=50),
    entities=("invoices",),
    documents=("810", "INVOIC"),
    source="include.systems.supplier_edi.pull:invoices_arrivals",
    reader="include.systems.supplier_edi.pull:read_invoices",
    exchange=EXCHANGE,
)


def exchange_with(account: str) -> PartnerProfile:
    """What was agreed with a supplier; see ``edi.exchange.exchange_with``."""
    return exchange.exchange_with(SYSTEM, account)
