"""A storefront to push to, and outbound rows to push.

    outbound.build(stock_row("A-1", 5), stock_row("A-2", 3))     # a complete build in which these rows changed
    outbound.push(PUSH_STOCK)                                    # check_gate, fill_outbox, push and look
    shop.quantity("A-1")

The shop is the sandbox's, over a real socket; ``Shop`` is also the merchant who changes things there by hand. The
outbound tables are made as ``dbt_project`` makes them.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any
from uuid import UUID

import psycopg
from databases import Database

from include.delivery import Endpoint
from include.environment import WAREHOUSE
from include.flow import Flow, PushFlow
from include.stores import gates
from include.stores.landing_files import LandingFiles
from include.workspace import Workspace
from sandbox.faults import Fault, FaultKind
from sandbox.shopify.tables import Level, Product, ShopTables, Variant, gid
from sandbox.systems import Sandbox
from sandbox.world.stock import WAREHOUSES

SHOP = "lindqvist-amara"
CENTRAL, NORTH = (warehouse.name for warehouse in WAREHOUSES)
LOCATION_NUMBERS = {warehouse.name: warehouse.shop_location_id for warehouse in WAREHOUSES}
LONG_AGO = "2026-01-05T08:00:00Z"
CHAIN = ("check_gate", "fill_outbox", "push", "collect_acknowledgements")

Row = dict[str, Any]

TABLES = """
create table if not exists outbound.shopify__products (
    product_id text, shop text, handle text, title text, body_html text, vendor text, product_type text, status text,
    tags_owned jsonb, options jsonb, variants jsonb, currency_code text, min_price_amount numeric,
    max_price_amount numeric, variant_count integer, content_hash text, _build_id bigint,
    unique (product_id, shop)
);
create table if not exists outbound.shopify__stock (
    sku text, shop text, location_name text, quantity integer, as_of_at timestamptz, product_id text,
    content_hash text, _build_id bigint,
    unique (sku, shop, location_name)
);
create table if not exists outbound.supplier_edi__purchase_orders (
    account text, order_number text, order_date date, currency_code text, ship_to_location text,
    requested_delivery_date date, is_cancelled boolean, line_count bigint, unknown_unit_count bigint,
    free_line_count bigint, total_amount numeric, lines jsonb, as_of_at timestamptz, content_hash text,
    _build_id bigint,
    unique (account, order_number)
);
create table if not exists outbound.warehouse_edi__orders (
    order_id text, account text, order_number text, shop text, placed_at timestamptz, order_date date,
    recipient_name text, company_name text, street text, street_extra text, postal_code text, city text,
    province_code text, country_code text, is_cancelled boolean, line_count bigint, unit_count bigint,
    unknown_article_count bigint, lines jsonb, as_of_at timestamptz, content_hash text, _build_id bigint,
    unique (order_id)
);
create table if not exists outbound.retailer_edi__catalog (
    account text, sku text, gtin text, title text, is_listed boolean, currency_code text, net_price text,
    retail_price text, as_of_at timestamptz, content_hash text, _build_id bigint,
    unique (account, sku)
);
create table if not exists outbound.retailer_edi__stock (
    account text, sku text, gtin text, quantity integer, as_of_at timestamptz,
    content_hash text, _build_id bigint,
    unique (account, sku)
);
grant select on all tables in schema outbound to seamline_pipeline;
"""


def ago(**span: float) -> datetime:
    """A moment in the past; with negative numbers one in the future."""
    return datetime.now(UTC) - timedelta(**span)


@dataclass(frozen=True)
class OutboundRow:
    """A row for an outbound table, and the columns that name it."""

    table: str
    key: tuple[str, ...]
    values: Row


def stock_row(
    sku: str,
    quantity: int | None,
    *,
    as_of: datetime | None = None,
    location: str | None = CENTRAL,
    shop: str | None = SHOP,
) -> OutboundRow:
    """What the model says of the stock of an article; by default as of an hour ago."""
    content = "\x1f".join(str(part) for part in (sku, shop, location, quantity))
    values = {
        "sku": sku,
        "shop": shop,
        "location_name": location,
        "quantity": quantity,
        "as_of_at": as_of or ago(hours=1),
        "product_id": "p",
        "content_hash": md5(content.encode()).hexdigest(),
    }
    return OutboundRow("shopify__stock", ("sku", "shop", "location_name"), values)


def order_line(number: int, quantity: str = "24", **facts: Any) -> Row:
    """A line of an order to a supplier."""
    return {
        "line_number": number,
        "sku": f"A-{number}",
        "vendor_sku": f"V-{number}",
        "gtin": "04006381333931",
        "description": "Hemd *Größe* M",
        "quantity": quantity,
        "unit_code": "EA",
        "price_amount": "12.5",
        "requested_delivery_date": "2026-11-20",
    } | facts


def order_row(order_number: str, *lines: Row, account: str = "nordkap", **facts: Any) -> OutboundRow:
    """What the model says of an order to a supplier; without lines it is taken back."""
    total = sum(Decimal(one["quantity"]) * Decimal(one["price_amount"]) for one in lines)
    values = {
        "account": account,
        "order_number": order_number,
        "order_date": "2026-11-02",
        "currency_code": "EUR",
        "ship_to_location": "DE-LEJ-1",
        "requested_delivery_date": "2026-11-20",
        "is_cancelled": not lines,
        "line_count": len(lines),
        "unknown_unit_count": 0,
        "free_line_count": 0,
        "total_amount": total,
        "lines": list(lines),
    } | facts
    values["content_hash"] = md5(json.dumps(values, default=str).encode()).hexdigest()
    values.setdefault("as_of_at", ago(hours=1))
    return OutboundRow("supplier_edi__purchase_orders", ("account", "order_number"), values)


def article(sku: str | None, quantity: int = 2, **facts: Any) -> Row:
    """A line of an order to a warehouse."""
    known = {"line_number": 1, "sku": sku, "gtin": "04006381333931", "title": "Hemd * blå"}
    return known | {"quantity": str(quantity), "unit_code": "EA"} | facts


def shipping_row(order_number: str, *lines: Row, account: str = "central", **facts: Any) -> OutboundRow:
    """What the model says of an order that a warehouse sends; without lines it is taken back."""
    values = {
        "order_id": f"id-{order_number}",
        "account": account,
        "order_number": order_number,
        "shop": SHOP,
        "placed_at": "2026-11-02T08:00:00+00:00",
        "order_date": "2026-11-02",
        "recipient_name": "Åsa Ström",
        "company_name": None,
        "street": "Gröna gatan 1",
        "street_extra": None,
        "postal_code": "211 20",
        "city": "Malmö",
        "province_code": None,
        "country_code": "SE",
        "is_cancelled": not lines,
        "line_count": len(lines),
        "unit_count": sum(int(one["quantity"]) for one in lines),
        "unknown_article_count": sum(one["sku"] is None for one in lines),
        "lines": list(lines),
    } | facts
    values["content_hash"] = md5(json.dumps(values, default=str).encode()).hexdigest()
    values.setdefault("as_of_at", ago(hours=1))
    return OutboundRow("warehouse_edi__orders", ("order_id",), values)


GTINS = {"A-1": "04006381333931", "A-2": "00012345678905", "A-3": "14006381333938"}


def listed_row(
    sku: str, net_price: str | None = "12.50", *, account: str = "harbor", **facts: Any
) -> OutboundRow:
    """What the model says of an article that a retailer lists; without a price it is taken off."""
    values = {
        "account": account,
        "sku": sku,
        "gtin": GTINS.get(sku),
        "title": "Hemd * blå: 100 % 'Lin'",
        "is_listed": net_price is not None,
        "currency_code": "USD" if account == "harbor" else "EUR",
        "net_price": net_price,
        "retail_price": "39.90",
    } | facts
    values["content_hash"] = md5(json.dumps(values, default=str).encode()).hexdigest()
    values.setdefault("as_of_at", ago(hours=1))
    return OutboundRow("retailer_edi__catalog", ("account", "sku"), values)


def available_row(sku: str, quantity: int | None, *, account: str = "harbor", **facts: Any) -> OutboundRow:
    """What the model says of how much a retailer can order of an article."""
    values = {"account": account, "sku": sku, "gtin": GTINS.get(sku), "quantity": quantity} | facts
    values["content_hash"] = md5(json.dumps(values, default=str).encode()).hexdigest()
    values.setdefault("as_of_at", ago(hours=1))
    return OutboundRow("retailer_edi__stock", ("account", "sku"), values)


def variant(sku: str, price: str = "10.00", **facts: Any) -> Row:
    """A variant of an outbound product; its options as ``options={"Color": "Red"}``."""
    options = facts.pop("options", {}) or {"Title": "Default Title"}
    return {
        "sku": sku,
        "barcode": None,
        "price": price,
        "compare_at_price": None,
        "option_values": [{"option_name": name, "name": value} for name, value in options.items()],
        "weight": None,
        "weight_unit": None,
        "is_taxable": True,
    } | facts


def product_row(product_id: str, *variants: Row, **facts: Any) -> OutboundRow:
    """What the model says of a product."""
    prices = [Decimal(one["price"]) for one in variants if one["price"] is not None]
    values = {
        "product_id": product_id,
        "shop": SHOP,
        "handle": product_id.lower(),
        "title": f"Product {product_id}",
        "body_html": f"<p>All about {product_id}</p>",
        "vendor": "Lindqvist",
        "product_type": "Bags",
        "status": "ACTIVE",
        "tags_owned": ["brand:lindqvist", "category:bags"],
        "options": _options(variants),
        "variants": list(variants),
        "currency_code": "EUR",
        "min_price_amount": min(prices, default=None),
        "max_price_amount": max(prices, default=None),
        "variant_count": len(variants),
    } | facts
    values["content_hash"] = md5(json.dumps(values, default=str).encode()).hexdigest()
    return OutboundRow("shopify__products", ("product_id", "shop"), values)


def _options(variants: Iterable[Row]) -> list[Row]:
    values: dict[str, dict[str, None]] = {}
    for one in variants:
        for option in one["option_values"]:
            values.setdefault(option["option_name"], {})[option["name"]] = None
    return [{"name": name, "values": list(names)} for name, names in values.items()]


@dataclass(frozen=True)
class Shop:
    """The sandbox's shop, and the merchant who works in it by hand."""

    box: Sandbox

    @property
    def tables(self) -> ShopTables:
        return self.box.tables

    @property
    def endpoint(self) -> Endpoint:
        """The connection to it."""
        return Endpoint(
            host=self.box.shopify_url,
            password=self.box.credentials.shopify_access_token,
            extra={"account": SHOP, "api_version": "2026-07"},
        )

    def fault(self, kind: FaultKind, operation: str, **facts: Any) -> int:
        """Let requests meet a fault."""
        return self.box.faults.add(Fault(system="shopify", kind=kind, operation=operation, **facts))

    def add_product(self, handle: str, *variants: tuple[str, Mapping[str, str]], **document: Any) -> Product:
        """A product that somebody made by hand: each variant is its article number and its options."""
        options: dict[str, dict[str, None]] = {}
        for _, values in variants:
            for name, value in values.items():
                options.setdefault(name, {})[value] = None
        made = Product(
            id=self.tables.next_number(),
            handle=handle,
            updated_at=LONG_AGO,
            document={
                "title": f"Handmade {handle}",
                "descriptionHtml": "",
                "vendor": "",
                "productType": "",
                "status": "ACTIVE",
                "tags": [],
                "seo": {"title": None, "description": None},
                "options": [
                    self._option(name, list(values), place)
                    for place, (name, values) in enumerate(options.items(), 1)
                ],
                "metafields": [],
                "media": [],
                "collections": [],
                "createdAt": LONG_AGO,
                "publishedAt": LONG_AGO,
                "templateSuffix": None,
                "requiresSellingPlan": False,
                **document,
            },
        )
        self.tables.save_product(made)
        for sku, values in variants:
            self.add_variant(made, sku, values)
        return made

    def add_variant(self, product: Product, sku: str, values: Mapping[str, str], **document: Any) -> Variant:
        """One more variant, made by hand; its option values are added to the product's."""
        known = {option["name"]: option for option in product.document["options"]}
        for name, value in values.items():
            if name not in known:
                product.document["options"].append(self._option(name, [value], len(known) + 1))
            elif value not in {one["name"] for one in known[name]["values"]}:
                known[name]["values"].append(self._value(value))
        self.tables.save_product(product)
        made = Variant(
            id=self.tables.next_number(),
            product_id=product.id,
            position=len(self.tables.variants_of(product.id)) + 1,
            sku=sku,
            updated_at=LONG_AGO,
            document={
                "optionValues": dict(values),
                "price": "199.00",
                "compareAtPrice": None,
                "barcode": None,
                "taxable": True,
                "taxCode": None,
                "inventoryPolicy": "DENY",
                "tracked": True,
                "requiresShipping": True,
                "cost": None,
                "weight": {"unit": "GRAMS", "value": 0.0},
                "metafields": [],
                "media": None,
                "createdAt": LONG_AGO,
            }
            | document,
        )
        self.tables.save_variant(made)
        return made

    def _option(self, name: str, values: Sequence[str], position: int) -> Row:
        return {
            "id": gid("ProductOption", self.tables.next_number()),
            "name": name,
            "position": position,
            "values": [self._value(value) for value in values],
        }

    def _value(self, name: str) -> Row:
        return {"id": gid("ProductOptionValue", self.tables.next_number()), "name": name}

    def metafield(self, key: str, value: str) -> Row:
        """A metafield as a product's document keeps it."""
        facts = {"namespace": "custom", "key": key, "type": "single_line_text_field", "value": value}
        return {
            "number": self.tables.next_number(),
            **facts,
            "createdAt": LONG_AGO,
            "updatedAt": LONG_AGO,
        }

    def image(self, name: str) -> Row:
        """An image as a product's document keeps it."""
        return {
            "id": gid("MediaImage", self.tables.next_number()),
            "url": f"https://cdn.example.com/{name}.jpg",
            "alt": name,
            "createdAt": LONG_AGO,
        }

    def add_article(self, sku: str, quantity: int | None = 0, *, at: str = CENTRAL) -> Variant:
        """A product with one variant, stocked at a location since long ago; nowhere if the quantity is None."""
        product = self.add_product(f"handmade-{sku.lower()}", (sku, {"Title": "Default Title"}))
        (made,) = self.tables.variants_of(product.id)
        if quantity is not None:
            self.stock(made, quantity, at=at)
        return made

    def stock(self, article: Variant, quantity: int, *, at: str = CENTRAL) -> None:
        """What has been there since long ago."""
        place = {"item_id": article.id, "location_id": LOCATION_NUMBERS[at]}
        times = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
        self.tables.save_level(Level(**place, available=quantity, committed=0, **times))

    def sell(self, sku: str, quantity: int = 1, *, at: str = CENTRAL) -> None:
        """A sale at the storefront."""
        self.box.sell(sku, quantity, LOCATION_NUMBERS[at])

    def quantity(self, sku: str, *, at: str = CENTRAL) -> int | None:
        """What may be sold; None where the article is not stocked."""
        (article,) = self.tables.variants_with_sku(sku)
        level = self.tables.level(article.id, LOCATION_NUMBERS[at])
        return None if level is None else level.available

    def product(self, handle: str) -> Product:
        """What the shop shows under a handle."""
        found = self.tables.product_by_handle(handle)
        assert found is not None, handle
        return found

    def variants(self, handle: str) -> dict[str, Variant]:
        """Its variants by article number."""
        return {one.sku: one for one in self.tables.variants_of(self.product(handle).id)}

    def effects(self, operation: str, key: str | None = None) -> list[Row]:
        """What requests and sales changed, oldest first."""
        return self.box.state.effects(operation, key)

    def stock_effects(self, sku: str, *, at: str = CENTRAL) -> list[int]:
        """The quantities that were set for an article, in order."""
        key = f"{sku}@{LOCATION_NUMBERS[at]}"
        return [one["after"]["available"] for one in self.effects("inventorySetQuantities", key)]


@dataclass(frozen=True)
class Outbound:
    """A warehouse with outbound tables, and the steps that push them."""

    database: Database
    landing: LandingFiles
    shop: Endpoint
    places: dict[str, Endpoint] = field(default_factory=dict)

    def make_tables(self) -> None:
        """The outbound tables, empty, made by the role that makes them in production."""
        self.database.execute(f"set role seamline_builder; {TABLES}")

    def blamed(self, flow: PushFlow) -> dict[str, list[str | None]]:
        """The keys that each rule blames in the newest batch, whose gate is shut."""
        *_, batch = self.batches(flow)
        assert batch["status"] == "shut", batch["verdict"]
        return {
            one["rule"]: sorted((example["_key"] for example in one.get("examples", ())), key=str)
            for one in batch["verdict"]["broken"]
        }

    def channel_has(self, flow: PushFlow, *rows: OutboundRow) -> None:
        """The channel shows these already, as far as we know."""
        self.fill(flow, *rows)
        self.database.execute(
            "insert into outbox.channel_state (channel, entity, key, content_hash, payload, message_id, applied_at)"
            " select channel, entity, key, content_hash, payload, message_id, now() from outbox.messages"
        )
        self.database.execute("update outbox.messages set status = 'applied', settled_at = now()")

    @property
    def workspace(self) -> Workspace:
        """The places of a step, as role seamline_pipeline."""
        return Workspace(
            warehouse=self.database.dsn("seamline_pipeline"), landing=self.landing, endpoint=self._endpoint
        )

    def _endpoint(self, connection_id: str) -> Endpoint:
        if connection_id in self.places:
            return self.places[connection_id]
        return self.shop if connection_id == "shopify" else self.as_role("seamline_pipeline", connection_id)

    def as_role(self, role: str, connection_id: str = WAREHOUSE) -> Endpoint:
        """The warehouse as a connection of Airflow's describes it."""
        server = self.database.server
        return Endpoint(
            host="127.0.0.1",
            port=server.port,
            login=role,
            password=server.passwords[role],
            schema=self.database.name,
        )

    def begin_build(self) -> int:
        """A build that runs."""
        return self.database.value(
            "insert into build.builds (project_sha256) values ('test') returning build_id"
        )

    def close_build(self, build_id: int) -> None:
        """It is complete."""
        self.database.execute(
            "update build.builds set status = 'built', finished_at = now() where build_id = %s", build_id
        )

    def write(self, build_id: int, *rows: OutboundRow) -> None:
        """Rows that a build changed."""
        with psycopg.connect(self.database.dsn(), autocommit=True) as connection:
            for row in rows:
                values = row.values | {"_build_id": build_id}
                columns = ", ".join(values)
                others = [name for name in values if name not in row.key]
                assignments = ", ".join(f"{name} = excluded.{name}" for name in others)
                connection.execute(
                    f"insert into outbound.{row.table} ({columns}) values ({', '.join(['%s'] * len(values))})"
                    f" on conflict ({', '.join(row.key)}) do update set {assignments}",
                    [json.dumps(value) if isinstance(value, list) else value for value in values.values()],
                )

    def build(self, *rows: OutboundRow) -> int:
        """A complete build in which these rows changed."""
        build_id = self.begin_build()
        self.write(build_id, *rows)
        self.close_build(build_id)
        return build_id

    def run(self, step: str, flow: Flow, **options: Any) -> Row:
        """Run a step."""
        function = getattr(importlib.import_module(f"include.steps.{step}"), step)
        return function(flow, self.workspace, **options)

    def push(self, flow: Flow, *rows: OutboundRow, steps: Sequence[str] = CHAIN) -> dict[str, Row]:
        """Build rows, if any are given, and run the steps of a push; what each of them said."""
        if rows:
            self.build(*rows)
        return {step: self.run(step, flow) for step in steps}

    def let_through(self, flow: PushFlow, *rows: OutboundRow) -> None:
        """Build rows, and leave what ``check_gate`` leaves where all of them are good, without its seconds."""
        build_id = self.build(*rows)
        with psycopg.connect(self.database.dsn("seamline_pipeline")) as connection:
            batch, _ = gates.make_batch(connection, flow, build_id)
            gates.set_verdict(
                connection,
                batch.batch_id,
                is_open=True,
                verdict={},
                evidence_page="",
                seal=gates.seal(connection, batch),
            )

    def fill(self, flow: Flow, *rows: OutboundRow) -> list[Row]:
        """Put rows into the outbox, through the gate; the messages that wait then."""
        self.push(flow, *rows, steps=("check_gate", "fill_outbox"))
        return self.messages(status="pending")

    def time_passes(self, seconds: float = 3600) -> None:
        """What waits for a moment does not wait any more; the same for everything that is leased or open."""
        self.database.execute(
            f"""
            update outbox.messages set next_attempt_at = next_attempt_at - interval '{seconds} s',
                lease_until = lease_until - interval '{seconds} s';
            update outbox.channels set open_until = open_until - interval '{seconds} s'
            """
        )

    def messages(self, **facts: Any) -> list[Row]:
        """Messages, oldest first."""
        return self._chosen("outbox.messages", "sequence", facts)

    def message(self, **facts: Any) -> Row:
        """The one message of which something is true."""
        (found,) = self.messages(**facts)
        return found

    def receipts(self, message_id: UUID) -> list[str]:
        """What the channel said of a message, in order."""
        return [
            row["outcome"]
            for row in self._chosen("outbox.receipts", "receipt_id", {"message_id": message_id})
        ]

    def letters(self, **facts: Any) -> list[Row]:
        """Dead letters, oldest first."""
        return self._chosen("dead_letter.letters", "dead_letter_id", facts)

    def batches(self, flow: Flow) -> list[Row]:
        """Batches of a flow, oldest first."""
        return self._chosen("gate.batches", "batch_id", {"flow": flow.dag_id})

    def alerts(self, flow: Flow) -> list[Row]:
        """Alerts of a flow, oldest first."""
        return self._chosen("seam.alerts", "alert_id", {"flow": flow.dag_id})

    def mismatches(self, **facts: Any) -> list[Row]:
        """Mismatches, oldest first."""
        return self._chosen("reconciliation.mismatches", "mismatch_id", facts)

    def states(self, flow: Flow) -> dict[str, Row]:
        """What the channel is known to show, by key."""
        rows = self._chosen("outbox.channel_state", "key", {"entity": flow.entity})
        return {row["key"]: row["payload"] for row in rows}

    def ids(self, kind: str) -> dict[str, str]:
        """The channel's identifiers that hold, by our key."""
        rows = self._chosen("outbox.channel_ids", "our_key", {"kind": kind})
        return {row["our_key"]: row["channel_id"] for row in rows if row["valid_to"] is None}

    def channel(self) -> Row:
        """How the shop does."""
        (found,) = self._chosen("outbox.channels", "channel", {"channel": "shopify"})
        return found

    def _chosen(self, table: str, order: str, facts: Mapping[str, Any]) -> list[Row]:
        where = " and ".join(f"{name} = %s" for name in facts) or "true"
        return self.database.rows(f"select * from {table} where {where} order by {order}", *facts.values())


def stock_key(sku: str, *, at: str = CENTRAL) -> str:
    """How ``push_stock_to_shopify`` names a message."""
    return f"{sku}@{at}@{SHOP}"


def product_key(product_id: str) -> str:
    """How ``push_products_to_shopify`` names a message."""
    return f"{product_id}@{SHOP}"
