"""Orders from a connector's tables: the same as by the API, and nothing lost however the connector writes them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import connector_tables as connector
import polars as pl
import psycopg
import pytest
from connector_tables import SYNCED, Rows, shredded
from databases import Database
from stand_ins import Remembered, endpoint_of
from standard_pull_suite import NOW, Kept, examined, landed

from include.delivery import Arrival, LandedDelivery
from include.errors import AccessDenied, Misconfigured, SystemUnavailable
from include.formats.json_documents import json_text
from include.steps.check_contract import check_contract
from include.steps.land import land
from include.steps.load_raw import load_raw
from include.stores.landing_files import LandingFiles
from include.systems.connector.tables import landed_tables
from include.systems.shopify import changed_records, landed_orders, pull
from include.systems.shopify.kinds import ORDERS
from include.systems.shopify.pull import PULL_LANDED_ORDERS, PULL_ORDERS
from include.workspace import Workspace
from sandbox.stack.ports import any_free_port
from sandbox.systems import Sandbox

SCHEMA = "shopify"
SEEDS = "data/seeds-dbt_shopify"
ROLE = "seamline_pipeline"
Document = dict[str, Any]


def _both(shop: str, presentment: str) -> str:
    """Amounts as REST has them in one column."""
    return json.dumps(
        {
            "shop_money": {"amount": shop, "currency_code": "EUR"},
            "presentment_money": {"amount": presentment, "currency_code": "USD"},
        }
    )


AT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
REST_ORDER: Rows = {
    table: [{**row, "_fivetran_synced": SYNCED} for row in rows]
    for table, rows in {
        "order": [
            {
                "id": 5,
                "name": "#5",
                "currency": "EUR",
                "presentment_currency": "USD",
                "created_at": AT,
                "updated_at": AT,
                "financial_status": "partially_refunded",
                "fulfillment_status": "partial",
                "total_price": "25.00",
                "total_price_set": _both("25.00", "27.50"),
                "total_shipping_price_set": _both("5.00", "5.50"),
            }
        ],
        "order_line": [
            {
                "id": 6,
                "order_id": 5,
                "title": "Coat",
                "quantity": 2,
                "fulfillable_quantity": 1,
                "price": "12.50",
                "price_set": _both("12.50", "13.75"),
                "total_discount": "0.00",
            }
        ],
        "discount_application": [{"order_id": 5, "index": 0, "type": "discount_code", "code": "WELCOME"}],
        "discount_allocation": [
            {
                "order_line_id": 6,
                "index": 0,
                "discount_application_index": 0,
                "amount": "5.00",
                "amount_set_shop_money_amount": "5.00",
                "amount_set_presentment_money_amount": "5.50",
            }
        ],
        "transaction": [
            {
                "id": 11,
                "order_id": 5,
                "kind": "sale",
                "status": "success",
                "amount": "27.50",
                "currency": "USD",
                "currency_exchange_currency": "EUR",
                "currency_exchange_final_amount": "25.00",
                "created_at": AT,
            },
            {
                "id": 12,
                "order_id": 5,
                "kind": "refund",
                "status": "success",
                "amount": "10.00",
                "currency": "USD",
                "currency_exchange_currency": "EUR",
                "currency_exchange_final_amount": "9.09",
                "parent_id": 11,
                "refund_id": 7,
                "created_at": AT + timedelta(days=1),
            },
        ],
        "refund": [{"id": 7, "order_id": 5, "created_at": AT, "processed_at": AT + timedelta(days=1)}],
        "order_line_refund": [
            {
                "id": 8,
                "refund_id": 7,
                "order_line_id": 6,
                "quantity": 1,
                "restock_type": "return",
                "subtotal": "9.09",
                "subtotal_set": _both("9.09", "10.00"),
                "total_tax": "0.00",
            }
        ],
        "fulfillment": [
            {
                "id": 9,
                "order_id": 5,
                "status": "success",
                "created_at": AT,
                "tracking_company": "DHL",
                "tracking_number": "00340",
            }
        ],
        "fulfillment_event": [
            {"id": 10, "fulfillment_id": 9, "status": "delivered", "happened_at": AT + timedelta(days=1)}
        ],
    }.items()
}


@pytest.fixture
def memory() -> Remembered:
    return Remembered()


def documents(arrival: Arrival) -> list[Document]:
    """The orders of an arrival."""
    return [
        order
        for file in arrival.files
        for order in json.loads(b"".join(file.blocks()))["data"]["orders"]["nodes"]
    ]


def look(
    database: Database, memory: Remembered, now: datetime = NOW, **extra: Any
) -> dict[str, list[Document]]:
    """What a look at the tables brings, by shop."""
    found: dict[str, list[Document]] = {}
    for arrival in landed_orders.arrivals(connector.endpoint(database.dsn(), **extra), memory, now):
        found[arrival.account] = documents(arrival)
        assert arrival.next_watermark is not None
        memory.known[arrival.account] = json.loads(json.dumps(arrival.next_watermark))
    return found


@pytest.fixture(scope="module")
def orders(box: Sandbox) -> list[Document]:
    """Orders of the storefront, by its API, each with everything that belongs to it."""
    for arrival in pull.changed_orders(endpoint_of(box, "shopify"), Remembered(), NOW):
        files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
        delivery = landed(PULL_ORDERS, arrival.account, files)
        found = [order for page in changed_records.completed(ORDERS, delivery.files) for order in page.values]
        assert all(isinstance(order, dict) for order in found)
        return [json.loads(json_text(order)) for order in found]
    raise AssertionError("the shop has no orders")


def comparable(order: Document) -> Document:
    """What both ways say of an order, in one form; without what connectors do not land."""
    lost = {"pageInfo", "paymentId", "taxExempt", "updatedAt", "deleted", "index"}
    several = sum(shipment["status"] == "SUCCESS" for shipment in order["fulfillments"]) != 1

    def plain(value: Any, key: str, path: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {
                name: plain(inner, name, (*path, name))
                for name, inner in value.items()
                if name not in lost or (name == "taxExempt" and "customer" in path)
            }
        if isinstance(value, list):
            return [plain(inner, key, path) for inner in value]
        if key == "amount" or key == "ratePercentage":
            return round(Decimal(str(value)), 4)
        if key.endswith("At") and value is not None:
            return datetime.fromisoformat(value)
        return value

    found = plain(order, "", ())
    found["version"] = datetime.fromisoformat(order["updatedAt"])
    for line in found["shippingLines"]["nodes"]:
        line.pop("discountAllocations")
    for line in found["lineItems"]["nodes"]:
        for allocation in line["discountAllocations"]:
            allocation["discountApplication"].pop("title", None)
            allocation["discountApplication"].setdefault("code", None)
        line.setdefault("product", None)
        line.setdefault("variant", None)
    for shipment in found["fulfillments"]:
        sent = shipment["fulfillmentLineItems"]["nodes"]
        shipment["fulfillmentLineItems"] = (
            [] if several else [{k: v for k, v in one.items() if k != "id"} for one in sent]
        )
    # Of the same moment, they stand in any order.
    found["transactions"].sort(key=lambda payment: (payment["createdAt"], payment["id"]))
    for refund in found["refunds"]:
        refund.pop("processedAt")
    for asked in found["returns"]["nodes"]:
        for name in ("createdAt", "requestApprovedAt", "closedAt"):
            asked.pop(name)
        for line in asked["returnLineItems"]["nodes"]:
            line.pop("returnReasonDefinition")
            line.pop("processedQuantity")
            line["fulfillmentLineItem"].pop("id", None)
    return found


class TestTheSameOrderByBothWays:
    def test_what_the_connector_landed_says_what_the_api_says(
        self, database: Database, memory: Remembered, orders: list[Document], shared: Path
    ) -> None:
        rows = shredded(orders)
        allowed = {
            table: connector.columns_of(shared / SEEDS / f"shopify_gql_{table}_data.csv") for table in rows
        }
        connector.write(database.dsn(), SCHEMA, rows, allowed)
        (found,) = look(database, memory).values()
        assert {o["id"] for o in found} == {o["id"] for o in orders}
        ours, theirs = ({o["id"]: comparable(o) for o in some} for some in (found, orders))
        for order in ours:
            assert ours[order] == theirs[order]
        # The sample holds all of it: what is missing would be equal as well.
        for part in ("refunds", "fulfillments", "transactions"):
            assert any(order[part] for order in found)
        assert any(order["returns"]["nodes"] for order in found)
        assert any(line["discountAllocations"] for order in found for line in order["lineItems"]["nodes"])
        assert any(order["currencyCode"] != order["presentmentCurrencyCode"] for order in found)

    def test_the_contract_takes_them_all(
        self, database: Database, memory: Remembered, orders: list[Document]
    ) -> None:
        connector.write(database.dsn(), SCHEMA, shredded(orders))
        for arrival in landed_orders.arrivals(connector.endpoint(database.dsn()), memory, NOW):
            kept = examined(PULL_LANDED_ORDERS, delivery_of(arrival))["orders"]
            assert (kept.accepted_count, kept.refused) == (len(orders), [])


def delivery_of(arrival: Arrival) -> LandedDelivery:
    files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
    return landed(PULL_LANDED_ORDERS, arrival.account, files)


def seeds(folder: Path, prefix: str) -> dict[str, Path]:
    """Small tables of one generation of the connector, by name."""
    found = {path.stem.removeprefix(prefix).removesuffix("_data"): path for path in folder.glob(f"{prefix}*")}
    return {table: path for table, path in found.items() if not table.startswith("gql_")}


def taken(database: Database, memory: Remembered) -> Kept:
    """What the contract makes of all that is there."""
    for arrival in landed_orders.arrivals(connector.endpoint(database.dsn()), memory, NOW):
        return examined(PULL_LANDED_ORDERS, delivery_of(arrival))["orders"]
    return Kept()


class TestBothGenerations:
    def test_the_small_tables_of_the_rest_generation_are_read_and_judged_by_what_they_say(
        self, database: Database, memory: Remembered, shared: Path
    ) -> None:
        connector.load_seeds(database.dsn(), SCHEMA, seeds(shared / SEEDS, "shopify_"))
        kept = taken(database, memory)
        # Three of them hide the country behind a hash.
        assert (kept.accepted_count, len(kept.refused), kept.rules) == (5, 3, {"pattern"})
        totals = pl.concat(kept.accepted)["total_shop_amount"].to_list()
        assert sorted(totals) == [Decimal(text) for text in ("50", "100.01", "100.02", "160", "205")]
        (shop,) = look(database, memory).values()
        found = {order["id"]: order for order in shop}
        (line,) = found["gid://shopify/Order/2669516488801"]["lineItems"]["nodes"]
        assert (line["id"], line["quantity"]) == ("gid://shopify/LineItem/5699758784609", 1)
        assert Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"]) == Decimal("2.8")

    def test_the_small_tables_of_the_graphql_generation_are_read_and_judged_by_what_they_say(
        self, database: Database, memory: Remembered, shared: Path
    ) -> None:
        # Their values are made up: most orders were changed before they were created.
        connector.load_seeds(database.dsn(), SCHEMA, seeds(shared / SEEDS, "shopify_gql_"))
        kept = taken(database, memory)
        assert (kept.accepted_count, len(kept.refused)) == (1, 8)
        assert kept.rules == {"updated_not_before_created", "currencies_known"}

    def test_an_order_of_rest_with_everything_that_rest_says_in_its_own_way(
        self, database: Database, memory: Remembered
    ) -> None:
        connector.write(database.dsn(), SCHEMA, REST_ORDER)
        ((order,),) = look(database, memory).values()
        euros, dollars = {"currencyCode": "EUR"}, {"currencyCode": "USD"}
        assert order["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
        assert (order["currencyCode"], order["presentmentCurrencyCode"]) == ("EUR", "USD")
        assert order["totalPriceSet"] == {
            "shopMoney": {"amount": "25.00", **euros},
            "presentmentMoney": {"amount": "27.50", **dollars},
        }
        assert order["totalShippingPriceSet"]["shopMoney"]["amount"] == "5.00"
        assert order["totalRefundedSet"] == {
            "shopMoney": {"amount": "9.09", **euros},
            "presentmentMoney": {"amount": "10.00", **dollars},
        }
        (line,) = order["lineItems"]["nodes"]
        assert (line["quantity"], line["currentQuantity"]) == (2, 1)
        assert line["originalUnitPriceSet"]["presentmentMoney"]["amount"] == "13.75"
        assert line["totalDiscountSet"]["shopMoney"]["amount"] == "5.00"
        assert line["discountAllocations"][0]["discountApplication"] == {
            "__typename": "DiscountCodeApplication",
            "code": "WELCOME",
            "title": None,
        }
        sale, back = order["transactions"]
        assert (sale["kind"], sale["status"], sale["amountSet"]["shopMoney"]["amount"]) == (
            "SALE",
            "SUCCESS",
            "25.00",
        )
        assert sale["amountSet"]["presentmentMoney"]["amount"] == "27.50"
        assert back["parentTransaction"] == {"id": "gid://shopify/OrderTransaction/11"}
        assert order["refunds"][0]["totalRefundedSet"]["shopMoney"]["amount"] == "9.09"
        (shipment,) = order["fulfillments"]
        assert shipment["trackingInfo"] == [{"company": "DHL", "number": "00340"}]
        assert [one["quantity"] for one in shipment["fulfillmentLineItems"]["nodes"]] == [1]
        assert shipment["deliveredAt"] == "2026-11-03T12:00:00+00:00"

    def test_a_shop_that_has_sold_nothing_but_an_order_of_two_columns(
        self, database: Database, memory: Remembered
    ) -> None:
        connector.write(
            database.dsn(), SCHEMA, {"order": [{"id": 1, "name": "#1", "_fivetran_synced": SYNCED}]}
        )
        ((order,),) = look(database, memory).values()
        assert (order["id"], order["lineItems"], order["refunds"]) == (
            "gid://shopify/Order/1",
            {"nodes": []},
            [],
        )
        assert taken(database, Remembered()).refused[0].findings


NEWEST = 99


def besides_the_newest(found: dict[str, list[Document]]) -> list[Document]:
    """Orders of the one shop, without the one that lies in the overlap."""
    return [order for order in found[SCHEMA] if connector.number(order["id"]) != NEWEST]


class TestWhatIsReadAgain:
    @pytest.fixture
    def two(self, database: Database, orders: list[Document]) -> Rows:
        """Two orders with several lines each, all of whose rows were written at one moment, and another a day later."""
        chosen = sorted(orders, key=lambda order: -len(order["lineItems"]["nodes"]))[:2]
        rows = shredded(chosen)
        newest = {"id": NEWEST, "_fivetran_synced": SYNCED + timedelta(hours=26)}
        connector.write(database.dsn(), SCHEMA, {**rows, "order": [*rows["order"], newest]})
        return rows

    def test_nothing_when_nothing_was_written(
        self, database: Database, memory: Remembered, two: Rows
    ) -> None:
        assert len(look(database, memory)[SCHEMA]) == 3
        assert look(database, memory, NOW + timedelta(hours=1)) == {}

    def test_the_order_of_a_line_that_came_later_and_that_order_alone(
        self, database: Database, memory: Remembered, orders: list[Document], two: Rows
    ) -> None:
        late = two["order_line"][0]
        database.execute(f"delete from {SCHEMA}.order_line where id = {late['id']}")
        before = {order["id"]: order for order in look(database, memory)[SCHEMA]}
        connector.write(
            database.dsn(),
            SCHEMA,
            {"order_line": [{**late, "_fivetran_synced": SYNCED + timedelta(hours=30)}]},
        )
        (order,) = besides_the_newest(look(database, memory))
        assert connector.number(order["id"]) == late["order_id"]
        known = {line["id"] for line in before[order["id"]]["lineItems"]["nodes"]}
        now = {line["id"] for line in order["lineItems"]["nodes"]}
        assert now - known == {f"gid://shopify/LineItem/{late['id']}"}

    @pytest.mark.parametrize("table", ["transaction", "tax_line", "order_shipping_line", "fulfillment"])
    def test_the_order_of_a_row_that_is_gone_in_the_shop(
        self, database: Database, memory: Remembered, two: Rows, table: str
    ) -> None:
        before = {order["id"]: order for order in look(database, memory)[SCHEMA]}
        database.execute(f"alter table {SCHEMA}.{table} add column _fivetran_deleted boolean")
        database.execute(
            f"update {SCHEMA}.{table} set _fivetran_deleted = true, _fivetran_synced = %s "
            f"where ctid = (select min(ctid) from {SCHEMA}.{table})",
            SYNCED + timedelta(hours=30),
        )
        (order,) = besides_the_newest(look(database, memory))
        assert len(json.dumps(order)) < len(json.dumps(before[order["id"]]))

    def test_a_row_that_became_visible_after_newer_ones(
        self, database: Database, memory: Remembered, two: Rows
    ) -> None:
        look(database, memory)
        row = {**two["order"][0], "id": 77, "_fivetran_synced": SYNCED + timedelta(hours=3)}
        connector.write(database.dsn(), SCHEMA, {"order": [row]})
        assert "gid://shopify/Order/77" in {order["id"] for order in look(database, memory)[SCHEMA]}
        assert look(database, memory) == {}

    def test_every_shop_by_its_own_name(self, database: Database, memory: Remembered, two: Rows) -> None:
        shop = {"id": 1, "myshopify_domain": "lindqvist-us.myshopify.com", "_fivetran_synced": SYNCED}
        connector.write(database.dsn(), "shopify_us", {**two, "shop": [shop]})
        assert set(look(database, memory, schemas="shopify,shopify_us")) == {SCHEMA, "lindqvist-us"}

    def test_not_what_belongs_to_an_order_that_is_still_to_come(
        self, database: Database, memory: Remembered, orders: list[Document]
    ) -> None:
        rows = shredded(orders[:1])
        connector.write(database.dsn(), SCHEMA, rows)
        database.execute(f'delete from {SCHEMA}."order"')
        assert look(database, memory) == {}
        connector.write(database.dsn(), SCHEMA, {"order": rows["order"]})
        (order,) = look(database, memory)[SCHEMA]
        assert comparable(order) == comparable(orders[0])

    def test_of_a_connector_that_keeps_history_the_newest_rows(
        self, database: Database, memory: Remembered, orders: list[Document]
    ) -> None:
        rows = shredded(orders[:1])
        past = {
            table: [{**row, "_fivetran_active": False} for row in held]
            for table, held in rows.items()
            if table in ("order", "order_line", "transaction")
        }
        connector.write(database.dsn(), SCHEMA, past)
        for table in past:
            database.execute(f'update {SCHEMA}."{table}" set id = -id')
        now = {
            t: [{**row, "_fivetran_active": True} for row in held] for t, held in rows.items() if t in past
        }
        connector.write(database.dsn(), SCHEMA, rows | now)
        for table in past:
            database.execute(f'update {SCHEMA}."{table}" set id = -id where id < 0')
        (order,) = look(database, memory)[SCHEMA]
        assert comparable(order) == comparable(orders[0])


class TestThroughTheSteps:
    def test_a_deleted_order_is_marked_and_repeats_change_nothing(
        self, database: Database, landing_files: LandingFiles, orders: list[Document]
    ) -> None:
        connector.write(database.dsn(), SCHEMA, shredded(orders))
        workspace = Workspace(
            warehouse=database.dsn(ROLE),
            landing=landing_files,
            endpoint={"shopify_connector": connector.endpoint(database.dsn())}.__getitem__,
        )

        def run() -> dict[str, Any]:
            land(PULL_LANDED_ORDERS, workspace)
            check_contract(PULL_LANDED_ORDERS, workspace)
            loaded = load_raw(PULL_LANDED_ORDERS, workspace)
            database.execute("update landing.deliveries set status = 'closed', closed_at = now()")
            return loaded

        assert run()["new"] == len(orders)
        assert run()["loaded"] == 0
        gone = connector.number(orders[0]["id"])
        database.execute(
            f'update {SCHEMA}."order" set _fivetran_deleted = true, _fivetran_synced = %s where id = %s',
            SYNCED + timedelta(hours=1),
            gone,
        )
        loaded = run()
        assert (loaded["changed"], loaded["new"], loaded["deleted"]) == (1, 0, 0)
        marked = database.rows("select order_gid from raw.shopify__orders where is_deleted")
        assert [row["order_gid"] for row in marked] == [orders[0]["id"]]


class TestABadConnection:
    def test_a_wrong_password_is_said_so(self, database: Database) -> None:
        wrong = replace(connector.endpoint(database.dsn()), password="wrong")
        with pytest.raises(AccessDenied):
            list(landed_orders.arrivals(wrong, Remembered(), NOW))

    def test_no_server_is_asked_again_later(self, database: Database) -> None:
        nobody = replace(connector.endpoint(database.dsn()), port=any_free_port())
        with pytest.raises(SystemUnavailable):
            list(landed_orders.arrivals(nobody, Remembered(), NOW))

    def test_a_line_that_breaks_between_two_pages_is_tried_again_later(
        self, database: Database, orders: list[Document], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("include.systems.connector.arrivals.RECORDS_PER_PAGE", 1)
        connector.write(database.dsn(), SCHEMA, shredded(orders[:3]))
        source = landed_orders.arrivals(connector.endpoint(database.dsn()), Remembered(), NOW)
        files = iter(next(source).files)
        next(files)
        database.hang_up()
        with pytest.raises(SystemUnavailable):
            next(files)

    def test_a_schema_that_is_not_there_is_named(self, database: Database) -> None:
        with pytest.raises(Misconfigured, match="'shopify_uk' has no table 'order'"):
            list(
                landed_orders.arrivals(
                    connector.endpoint(database.dsn(), schemas=["shopify_uk"]), Remembered(), NOW
                )
            )

    def test_tables_that_we_may_not_read_are_named(self, database: Database, orders: list[Document]) -> None:
        connector.write(database.dsn(), SCHEMA, shredded(orders[:1]))
        stranger = connector.endpoint(database.dsn("seamline_analyst"))
        with pytest.raises(Misconfigured, match="may our role read it"):
            list(landed_orders.arrivals(stranger, Remembered(), NOW))

    def test_a_database_that_does_not_exist_is_said_so(self, database: Database) -> None:
        with pytest.raises(Misconfigured):
            list(
                landed_orders.arrivals(
                    replace(connector.endpoint(database.dsn()), schema="none"), Remembered(), NOW
                )
            )

    def test_a_key_of_another_type_than_what_it_names_is_said_so(
        self, database: Database, orders: list[Document]
    ) -> None:
        connector.write(database.dsn(), SCHEMA, shredded(orders[:1]))
        database.execute(f"alter table {SCHEMA}.order_line alter column order_id type text")
        with pytest.raises(Misconfigured, match="other than we know them"):
            list(landed_orders.arrivals(connector.endpoint(database.dsn()), Remembered(), NOW))

    def test_a_text_where_an_amount_should_be_is_said_so(
        self, database: Database, orders: list[Document]
    ) -> None:
        connector.write(database.dsn(), SCHEMA, shredded(orders[:1]))
        amount = "original_total_set_shop_amount"
        database.execute(f"alter table {SCHEMA}.order_line alter column {amount} type text")
        database.execute(f"update {SCHEMA}.order_line set {amount} = 'many'")
        with pytest.raises(Misconfigured, match='"many"'):
            list(landed_orders.arrivals(connector.endpoint(database.dsn()), Remembered(), NOW))

    def test_an_overlap_that_is_no_number_is_said_so(self, database: Database) -> None:
        wrong = connector.endpoint(database.dsn(), overlap_hours="a day")
        with pytest.raises(Misconfigured, match=r"overlap_hours of the connection is 'a day'"):
            list(landed_orders.arrivals(wrong, Remembered(), NOW))

    def test_nothing_of_it_can_be_changed(self, database: Database) -> None:
        with landed_tables(connector.endpoint(database.dsn())) as connection, pytest.raises(psycopg.Error):
            connection.execute("create table made_by_us ()")
