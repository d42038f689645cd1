"""The edge cases of commerce: from what the source says to the business status and the metric that come of it.

The scenarios are data (``tests/samples/scenarios``); all of them are played in one warehouse, over three builds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row
from raw_rows import (
    PIM,
    SHOP,
    asked_return,
    category,
    exchange_rate,
    family,
    key,
    line,
    listing,
    marketplace_customer,
    marketplace_item,
    marketplace_order,
    marketplace_payment,
    money,
    offer,
    order,
    payment,
    pim_product,
    refund,
    refund_line,
    return_line,
    sent,
    stock,
)
from small_warehouse import PROJECT, Delivery, Row, Warehouse

SCENARIOS: list[Row] = yaml.safe_load(
    (PROJECT / "tests" / "samples" / "scenarios" / "orders.yml").read_text(encoding="utf-8")
)
PHASES = ("first", "then", "later")
BUILT = (
    "customers", "daily_sales", "fulfillment_lines", "refund_lines", "order_differences", "order_states", "taxes",
    "promotions", "return_lines", "order_ledger", "shopify__stock", "retailer_edi__catalog", "warehouse_edi__orders",
)  # fmt: skip
OF_ORDERS = {
    "payments": "conformed.payments",
    "refunds": "conformed.refunds",
    "refund_lines": "conformed.refund_lines",
    "returns": "conformed.returns",
    "return_lines": "conformed.return_lines",
    "fulfillments": "conformed.fulfillments",
    "fulfillment_lines": "conformed.fulfillment_lines",
    "order_differences": "conformed.order_differences",
    "taxes": "conformed.taxes",
    "promotion_applications": "conformed.promotion_applications",
    "warehouse_orders": "outbound.warehouse_edi__orders",
}
"""Tables whose rows are found by the orders of a scenario."""
OTHERS = {
    "financial_states": "select * from conformed.order_states where subject = 'financial' and order_id in"
    " (select order_id from conformed.orders where order_key = any(%(orders)s))",
    "customers": "select * from conformed.customers where email = any(%(emails)s)",
    "promotions": "select * from conformed.promotions where promotion_type = 'code'",
    "products": "select product.*, variant.sku from conformed.products as product"
    " join conformed.product_variants as variant using (product_id)"
    " where variant.source_system = 'akeneo' and variant.sku = any(%(skus)s)",
    "offers": "select * from conformed.product_variants"
    " where source_system = 'supplier_sftp' and product_key = any(%(handles)s)",
    "offered": "select * from outbound.retailer_edi__catalog"
    " where account = 'warenring' and sku = any(%(skus)s) and is_listed",
    "stock_levels": "select * from conformed.stock_levels where sku = any(%(skus)s)",
    "published_stock": "select * from outbound.shopify__stock where sku = any(%(skus)s)",
    "order": "select * from conformed.orders where order_key = any(%(orders)s)",
    "marketplace_order": "select * from conformed.orders where order_key = any(%(listed)s)",
    "daily_sales": "select * from metrics.daily_sales where business_date = %(day)s and source_account = %(shop)s",
    "marketplace_sales": "select * from metrics.daily_sales where business_date = %(day)s and source_account = 'feira'",
}


class Source:
    """What the source systems say, phase by phase: what changed is stated on top of what was."""

    def __init__(self) -> None:
        self._orders: dict[int, Row] = {}
        self._products = {sku: pim_product(sku) for sku in ("A", "B")}

    def deliveries(self, phase: str) -> Iterator[Delivery]:
        """Everything that arrives before the build of a phase."""
        place = PHASES.index(phase)
        said = [(scenario, event) for scenario in SCENARIOS for event in scenario.get(phase, ())]
        orders, loose = [], []
        for scenario, event in said:
            ((kind, facts),) = event.items()
            match kind:
                case "order":
                    known = self._orders.setdefault(facts["number"], {"day": scenario["day"]})
                    known |= facts
                    orders.append(_order(known, place))
                case "product":
                    self._products[facts["sku"]] = _product(facts)
                case "without_product":
                    del self._products[facts]
                case "offer":
                    loose.append(("supplier_sftp", "catalog", "nordhaus", _offer(facts), None))
                case "stock":
                    level = stock(facts["sku"], facts["available"])
                    loose.append(("warehouse_edi", "stock", "central", level, _moment(facts["as_of"])))
                case "marketplace":
                    loose += [
                        ("marketplace_sftp", entity, "feira", row, None)
                        for entity, row in _marketplace(facts, scenario["day"])
                    ]
        yield Delivery("akeneo", "products", PIM, list(self._products.values()), is_complete=True)
        for row in orders:
            yield Delivery("shopify", "orders", SHOP, [row], _moment(row["updated_at"]))
        for system, entity, account, row, as_of in loose:
            yield Delivery(system, entity, account, [row], *([as_of] if as_of else []))


def _order(facts: Row, place: int) -> Row:
    """An order of the storefront as its API states it."""
    number, day = facts["number"], facts["day"]
    placed = facts.get("processedAt", f"{day}T10:00:00Z")
    shown = facts.get("presentment")
    lines = [
        line(
            number * 10 + at,
            one["sku"],
            one["quantity"],
            one["price"],
            **_rest(one),
        )
        for at, one in enumerate(facts["lines"], 1)
    ]
    refunds = facts.get("refunds", [])
    given_back = sum((Decimal(one["amount"]) for one in refunds), Decimal(0))
    made = order(
        number,
        lines,
        total=facts["total"],
        refunded=str(given_back),
        tax=facts.get("tax", "0"),
        subtotal=facts.get("subtotal", facts["total"]),
        discount=facts.get("discount", "0"),
        is_tax_included=facts.get("isTaxIncluded", True),
        customer=facts.get("customer", number),
        processed_at=placed,
        created_at=placed,
        updated_at=facts.get("updatedAt", (_moment(placed) + timedelta(days=place)).isoformat()),
        financial_status=facts.get("financialStatus", "PAID"),
        fulfillment_status=facts.get("fulfillmentStatus", "UNFULFILLED"),
        cancelled_at=facts.get("cancelledAt"),
        is_customer_tax_exempt=facts.get("isCustomerTaxExempt", False),
        is_deleted=facts.get("deleted", False),
        transactions=[
            _payment(number * 10 + at, one, placed)
            for at, one in enumerate(facts.get("payments", [{"kind": "SALE", "amount": facts["total"]}]), 1)
        ],
        refunds=[_refund(number, at, one, day) for at, one in enumerate(refunds, 1)],
        returns=[_asked_return(number, at, one) for at, one in enumerate(facts.get("returns", []), 1)],
        fulfillments=[_sent(number, at, one, day) for at, one in enumerate(facts.get("sent", []), 1)],
    )
    if "customerEmail" in facts:
        made["customer_email"] = facts["customerEmail"]
    return made | (_presented(made, facts["total"], shown) if shown else {})


def _presented(made: Row, total: str, shown: Row) -> Row:
    """The order as the customer saw it, in the customer's currency."""
    both = money(total, shown["total"], shown["currency"])
    return {
        "presentment_currency_code": shown["currency"],
        "lines": [one | {"originalUnitPriceSet": both, "discountedTotalSet": both} for one in made["lines"]],
        "transactions": [one | {"amountSet": both} for one in made["transactions"]],
        **{f"{name}_presentment_amount": shown["total"] for name in ("subtotal", "total")},
    }


def _payment(number: int, facts: Row, placed: str) -> Row:
    at = facts.get("processedAt", placed)
    status = facts.get("status", "SUCCESS")
    return payment(number, facts["kind"], facts["amount"], status=status, createdAt=at, processedAt=at)


def _refund(number: int, at: int, facts: Row, day: date) -> Row:
    lines = [
        refund_line(
            number * 100 + at * 10 + place, number * 10 + one["line"], one["quantity"], one["subtotal"]
        )
        | {"restockType": one.get("restockType", "RETURN")}
        for place, one in enumerate(facts["lines"], 1)
    ]
    return refund(number * 10 + at, facts["amount"], lines, f"{day}T16:00:00Z")


def _asked_return(number: int, at: int, facts: Row) -> Row:
    lines = [
        return_line(number * 10 + place, number * 10 + one["line"], one["quantity"], **_counted(one))
        for place, one in enumerate(facts["lines"], 1)
    ]
    return asked_return(number * 10 + at, facts["status"], lines)


def _counted(facts: Row) -> Row:
    return {name: value for name, value in facts.items() if name not in ("line", "quantity")}


def _sent(number: int, at: int, facts: Row, day: date) -> Row:
    moment = f"{day}T14:00:00Z"
    pieces = {number * 10 + place: quantity for place, quantity in facts["lines"].items()}
    location = {"id": f"gid://shopify/Location/{facts.get('location', 1)}"}
    return sent(number * 10 + at, pieces, location=location, createdAt=moment, updatedAt=moment)


def _product(facts: Row) -> Row:
    made = pim_product(facts["sku"], **({"price": facts["price"]} if "price" in facts else {}))
    if "names" in facts:
        made["names"] = [{"locale": at, "scope": None, "data": text} for at, text in facts["names"].items()]
    if "ean" in facts:
        made["ean"] = facts["ean"]
    return made | ({"updated_at": facts["updatedAt"]} if "updatedAt" in facts else {})


def _offer(facts: Row) -> Row:
    return offer(facts["handle"], "one", barcode=facts["ean"])


def _marketplace(facts: Row, day: date) -> Iterator[tuple[str, Row]]:
    name = facts["name"]
    yield (
        "orders",
        marketplace_order(name, purchased_at=f"{day}T15:00:00+00:00", approved_at=f"{day}T15:30:00+00:00"),
    )
    yield "order_items", marketplace_item(name, 1, facts["price"], facts["freight"])
    yield "order_payments", marketplace_payment(name, 1, facts["payment"])
    yield "customers", marketplace_customer(name, f"buyer of {name}")
    yield "products", listing()


def _rest(facts: Row) -> Row:
    """What else is said of a line; taxes as the API has them."""
    told_otherwise = ("sku", "quantity", "price", "taxLines", "discountAllocations")
    more = {name: value for name, value in facts.items() if name not in told_otherwise}
    taxes = [
        {"title": tax["title"], "ratePercentage": tax["ratePercentage"], "priceSet": money(tax["amount"])}
        for tax in facts.get("taxLines", [])
    ]
    allocations = [_allocation(one) for one in facts.get("discountAllocations", [])]
    return more | {"taxLines": taxes, "discountAllocations": allocations}


def _allocation(facts: Row) -> Row:
    """What took something off, as the API has it."""
    if "code" in facts:
        application = {"__typename": "DiscountCodeApplication", "code": facts["code"]}
    else:
        application = {"__typename": "ManualDiscountApplication", "title": facts["manual"]}
    return {"allocatedAmountSet": money(facts["amount"]), "discountApplication": application}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def played(another_warehouse: Warehouse) -> Warehouse:
    """Every scenario from its beginning to its end."""
    warehouse, source = another_warehouse, Source()
    warehouse.empty()
    days = sorted({scenario["day"] for scenario in SCENARIOS})
    warehouse.deliver(
        Delivery("akeneo", "families", PIM, [family("shirts", "Shirts")]),
        Delivery("akeneo", "categories", PIM, [category("apparel_shirts", None, "Shirts")]),
        Delivery(
            "erp_sftp",
            "exchange_rates",
            "main",
            [exchange_rate("BRL", "6.10", rate_date=str(day)) for day in days],
        ),
    )
    for phase in PHASES:
        warehouse.deliver(*source.deliveries(phase))
        with warehouse.building() as build:
            build.dbt("run", "--select", *(f"+{name}" for name in BUILT))
        assert build.has_succeeded, build.runs[-1].output
    return warehouse


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_a_scenario_ends_as_it_should(played: Warehouse, scenario: Row) -> None:
    found = {}
    for name, wanted in scenario["ends"].items():
        rows = rows_of(played, name, scenario)
        if wanted == "none":
            found[name] = rows or "none"
        elif isinstance(wanted, dict):
            found[name] = shown(rows[0], wanted) if rows else None
        else:
            names = {column for row in wanted for column in row}
            found[name] = sorted((shown(row, names) for row in rows), key=str)
    assert found == {name: plain(wanted) for name, wanted in scenario["ends"].items()}


def test_the_ledger_balances_whatever_happened(played: Warehouse) -> None:
    run = played.dbt("test", "--select", "order_ledger_balances", "--vars", "{all_rows: true}")
    assert run.returncode == 0, run.output


def test_no_two_scenarios_share_a_day_or_an_order() -> None:
    days = [scenario["day"] for scenario in SCENARIOS]
    numbers = [event["order"]["number"] for one in SCENARIOS for event in one["first"] if "order" in event]
    assert (len(set(days)), len(set(numbers))) == (len(days), len(numbers))


def rows_of(warehouse: Warehouse, name: str, scenario: Row) -> list[Row]:
    """The rows that a scenario speaks of."""
    events = [event for phase in PHASES for event in scenario.get(phase, ())]
    of = {
        kind: [event[kind] for event in events if kind in event]
        for kind in ("order", "product", "offer", "stock", "marketplace")
    }
    facts = {
        "day": scenario["day"],
        "shop": SHOP,
        "orders": [f"gid://shopify/Order/{one['number']}" for one in of["order"]],
        "listed": [key(one["name"]) for one in of["marketplace"]],
        "emails": [one["customerEmail"] for one in of["order"] if "customerEmail" in one],
        "skus": [one["sku"] for one in (*of["product"], *of["stock"])],
        "handles": [one["handle"] for one in of["offer"]],
    }
    query = OTHERS.get(name) or (
        f"select * from {OF_ORDERS[name]} where order_id in"
        " (select order_id from conformed.orders where order_key = any(%(orders)s))"
    )
    with psycopg.connect(warehouse.dsn(), row_factory=dict_row) as connection:
        return connection.execute(query, facts).fetchall()


def shown(row: Row, names: Any) -> Row:
    """Some columns of a row, as the scenarios write them."""
    return {name: plain(row[name]) for name in sorted(names)}


def plain(value: Any) -> Any:
    match value:
        case list():
            return sorted((plain(one) for one in value), key=str)
        case dict():
            return {name: plain(value[name]) for name in sorted(value)}
        case bool() | None:
            return value
        case int() | float() | Decimal():
            return f"{Decimal(str(value)).normalize():f}"
        case str() if _is_number(value):
            return f"{Decimal(value).normalize():f}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return value


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
