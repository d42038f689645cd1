"""Tables of the model that readers are shown, and the readers.

    model.build(sale("2026-11-02", 10), order("O-1"))    # a complete build in which these rows changed
    model.publish()                                      # write_aside, audit_aside, swap_views
    model.read("daily_sales")

The tables have the columns that the audits judge, and are made by the role that makes them in production.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from databases import Database
from psycopg import sql
from psycopg.rows import dict_row

from include.systems.bi.push import PUSH_METRICS
from include.workspace import Workspace

Row = dict[str, Any]
STEPS = ("write_aside", "audit_aside", "swap_views")

TABLES = """
create table metrics.daily_sales (
    business_date date, source_system text, source_account text, currency_code text, order_count bigint,
    unit_count numeric, gross_amount numeric, discount_amount numeric, refunded_goods_amount numeric,
    refund_amount numeric, net_amount numeric, _build_id bigint,
    unique (business_date, source_system, source_account, currency_code)
);
create table conformed.products (
    product_id text unique, source_system text, source_account text, status text, _build_id bigint
);
create table conformed.product_variants (
    variant_id text unique, product_id text, source_system text, source_account text, _build_id bigint
);
create table conformed.orders (
    order_id text unique, source_system text, source_account text, business_date date, currency_code text,
    total_amount numeric, _build_id bigint
);
create table conformed.order_lines (
    order_line_id text unique, order_id text, source_system text, source_account text, _build_id bigint
);
create table conformed.refunds (
    refund_id text unique, source_system text, source_account text, business_date date, currency_code text,
    refund_amount numeric, _build_id bigint
);
create table metrics.channels (
    channel_id text unique, channel text, source_system text, source_account text, currency_code text,
    _build_id bigint
);
create table metrics.customer_orders (
    order_id text unique, customer_id text, business_date date, purchase_number integer, cohort_month date,
    _build_id bigint
);
create table metrics.customer_cohorts (
    source_system text, source_account text, cohort_month date, months_since_first integer,
    customer_count integer, cohort_customer_count integer, _build_id bigint,
    unique (source_system, source_account, cohort_month, months_since_first)
);
create table metrics.purchase_arrivals (
    source_system text, source_account text, order_number text, order_date date, ordered_quantity numeric,
    filled_quantity numeric, _build_id bigint, unique (source_system, source_account, order_number)
);
create table metrics.daily_seams (
    day date, flow text, delivery_count bigint, delivered_count bigint, accepted_count bigint, refused_count bigint,
    _build_id bigint, unique (day, flow)
);
create table metrics.daily_stock (
    day date, source_system text, source_account text, sku_count integer, out_of_stock_count integer,
    _build_id bigint, unique (day, source_system, source_account)
);
create table conformed.refund_lines (
    refund_line_id text unique, refund_id text, source_system text, source_account text, business_date date,
    goods_amount numeric, _build_id bigint
);
create table conformed.fulfillments (
    fulfillment_id text unique, order_id text, source_system text, source_account text, business_date date,
    _build_id bigint
);
create table conformed.fulfillment_lines (
    fulfillment_line_id text unique, fulfillment_id text, order_id text, order_date date, quantity numeric,
    _build_id bigint
);
create table metrics.platform_differences (
    source_system text, source_account text, order_key text, platform_amount numeric, counted_amount numeric,
    difference_amount numeric, cause text, _build_id bigint, unique (source_system, source_account, order_key)
);
create table metrics.price_checks (
    order_line_id text unique, order_id text, variant_id text, business_date date, charged_amount numeric,
    effective_amount numeric, finding text, _build_id bigint
);
create table metrics.payment_settlements (
    payment_settlement_id text unique, provider_account text, payment_reference text, direction text,
    business_date date, paid_amount numeric, settled_amount numeric, finding text, _build_id bigint
);
create table conformed.settlements (
    settlement_id text unique, merchant_account text, batch_number bigint, currency_code text, captured_amount numeric,
    refunded_amount numeric, charged_back_amount numeric, fee_amount numeric, other_amount numeric,
    paid_out_amount numeric, balance_amount numeric, status text, _build_id bigint
);
create table conformed.settlement_lines (
    settlement_line_id text unique, settlement_id text, kind text, business_date date, currency_code text,
    net_amount numeric, fee_amount numeric, _build_id bigint
);
create table conformed.effective_prices (
    variant_id text, channel_scope text, customer_number text, minimum_quantity numeric, currency_code text,
    price_amount numeric, rule text, valid_from timestamptz, valid_to timestamptz, _build_id bigint,
    unique (variant_id, channel_scope, customer_number, minimum_quantity, currency_code, valid_from)
);
create table conformed.analytics_events (
    analytics_event_id text unique, source_system text, source_account text, event_type text,
    occurred_at timestamptz, business_date date, _build_id bigint
);
create table conformed.carts (
    cart_id text unique, source_system text, source_account text, cart_status text, begun_at timestamptz,
    completed_at timestamptz, business_date date, total_amount numeric, _build_id bigint
);
create table conformed.cart_lines (
    cart_line_id text unique, cart_id text, business_date date, quantity integer, gross_amount numeric,
    _build_id bigint
);
create table conformed.returns (
    return_id text unique, order_id text, return_status text, requested_at timestamptz, business_date date,
    unit_count integer, _build_id bigint
);
create table conformed.return_lines (
    return_line_id text unique, return_id text, order_id text, business_date date, quantity integer, reason_code text,
    _build_id bigint
);
create table metrics.promotion_days (
    promotion_id text, business_date date, title text, starts_on date, ends_on date, period text, _build_id bigint,
    unique (promotion_id, business_date)
);
create table conformed.promotions (
    promotion_id text unique, source_system text, source_account text, promotion_type text, promotion_key text,
    title text, starts_on date, ends_on date, _build_id bigint
);
create table conformed.promotion_applications (
    promotion_application_id text unique, promotion_id text, order_id text, business_date date, paid_by text,
    discount_amount numeric, _build_id bigint
);
create table conformed.coupon_redemptions (
    coupon_redemption_id text unique, promotion_id text, coupon_key text, customer_id text, redeemed_on date,
    order_line_id text, unmatched_reason text, _build_id bigint
);
create table conformed.taxes (
    tax_id text unique, order_id text, order_line_id text, title text, business_date date, currency_code text,
    tax_amount numeric, _build_id bigint
);
insert into metrics.channels values ('shopify/lindqvist-amara', 'Amara', 'shopify', 'lindqvist-amara', 'EUR', 0);
grant select on all tables in schema metrics, conformed to seamline_pipeline;
"""
SOURCE = {"source_system": "shopify", "source_account": "lindqvist-amara"}
KEYS = {
    "metrics.daily_sales": ("business_date", "source_system", "source_account", "currency_code"),
    "conformed.products": ("product_id",),
    "conformed.product_variants": ("variant_id",),
    "conformed.orders": ("order_id",),
    "conformed.order_lines": ("order_line_id",),
    "conformed.refunds": ("refund_id",),
    "conformed.refund_lines": ("refund_line_id",),
    "conformed.fulfillments": ("fulfillment_id",),
    "conformed.fulfillment_lines": ("fulfillment_line_id",),
    "metrics.purchase_arrivals": ("source_system", "source_account", "order_number"),
    "metrics.daily_seams": ("day", "flow"),
    "metrics.daily_stock": ("day", "source_system", "source_account"),
    "metrics.promotion_days": ("promotion_id", "business_date"),
    "metrics.platform_differences": ("source_system", "source_account", "order_key"),
    "metrics.price_checks": ("order_line_id",),
    "metrics.payment_settlements": ("payment_settlement_id",),
    "conformed.settlements": ("settlement_id",),
    "conformed.settlement_lines": ("settlement_line_id",),
    "conformed.effective_prices": (
        "variant_id",
        "channel_scope",
        "customer_number",
        "minimum_quantity",
        "currency_code",
        "valid_from",
    ),
    "conformed.analytics_events": ("analytics_event_id",),
    "conformed.carts": ("cart_id",),
    "conformed.cart_lines": ("cart_line_id",),
    "conformed.returns": ("return_id",),
    "conformed.return_lines": ("return_line_id",),
    "conformed.promotions": ("promotion_id",),
    "conformed.promotion_applications": ("promotion_application_id",),
    "conformed.coupon_redemptions": ("coupon_redemption_id",),
    "conformed.taxes": ("tax_id",),
    "metrics.channels": ("channel_id",),
    "metrics.customer_orders": ("order_id",),
    "metrics.customer_cohorts": ("source_system", "source_account", "cohort_month", "months_since_first"),
}


@dataclass(frozen=True)
class ModelRow:
    """A row of a table of the model."""

    table: str
    values: Row


def sale(business_date: str, gross: Any = 100, **facts: Any) -> ModelRow:
    """The sales of a day, without discounts and refunds."""
    amounts = {"gross_amount": gross, "discount_amount": 0, "refunded_goods_amount": 0, "refund_amount": 0}
    counts = {"order_count": 1, "unit_count": 1, "net_amount": gross}
    values = {"business_date": business_date, **SOURCE, "currency_code": "EUR", **counts, **amounts}
    return ModelRow("metrics.daily_sales", values | facts)


def product(product_id: str | None, **facts: Any) -> ModelRow:
    values = {"product_id": product_id, **SOURCE, "status": "active"}
    return ModelRow("conformed.products", values | facts)


def product_variant(variant_id: str | None, **facts: Any) -> ModelRow:
    values = {"variant_id": variant_id, "product_id": "P-1", **SOURCE}
    return ModelRow("conformed.product_variants", values | facts)


def order(order_id: str | None, **facts: Any) -> ModelRow:
    money = {"business_date": "2026-11-02", "currency_code": "EUR", "total_amount": 100}
    return ModelRow("conformed.orders", {"order_id": order_id, **SOURCE, **money, **facts})


def order_line(order_line_id: str | None, **facts: Any) -> ModelRow:
    values = {"order_line_id": order_line_id, "order_id": "O-1", **SOURCE}
    return ModelRow("conformed.order_lines", values | facts)


def refund(refund_id: str | None, **facts: Any) -> ModelRow:
    money = {"business_date": "2026-11-02", "currency_code": "EUR", "refund_amount": 10}
    return ModelRow("conformed.refunds", {"refund_id": refund_id, **SOURCE, **money, **facts})


def refund_line(refund_line_id: str | None, **facts: Any) -> ModelRow:
    given_back = {"refund_id": "R-1", "business_date": "2026-11-02", "goods_amount": 10}
    return ModelRow(
        "conformed.refund_lines", {"refund_line_id": refund_line_id, **SOURCE, **given_back, **facts}
    )


def channel(channel_id: str | None, **facts: Any) -> ModelRow:
    values = {"channel_id": channel_id, "channel": "Amara", **SOURCE, "currency_code": "EUR"}
    return ModelRow("metrics.channels", values | facts)


def purchase(order_id: str | None, **facts: Any) -> ModelRow:
    """The first purchase of a customer of its own."""
    bought = {"business_date": "2026-11-02", "purchase_number": 1, "cohort_month": "2026-11-01"}
    return ModelRow(
        "metrics.customer_orders", {"order_id": order_id, "customer_id": order_id, **bought, **facts}
    )


def cohort(months_since_first: int | None, **facts: Any) -> ModelRow:
    counts = {"cohort_month": "2026-11-01", "customer_count": 1, "cohort_customer_count": 2}
    return ModelRow(
        "metrics.customer_cohorts", {**SOURCE, "months_since_first": months_since_first, **counts, **facts}
    )


def fulfillment(fulfillment_id: str | None, **facts: Any) -> ModelRow:
    values = {"fulfillment_id": fulfillment_id, "order_id": "O-1", **SOURCE, "business_date": "2026-11-02"}
    return ModelRow("conformed.fulfillments", values | facts)


def fulfillment_line(fulfillment_line_id: str | None, **facts: Any) -> ModelRow:
    sent = {"fulfillment_id": "F-1", "order_id": "O-1", "order_date": "2026-11-01", "quantity": 1}
    return ModelRow(
        "conformed.fulfillment_lines", {"fulfillment_line_id": fulfillment_line_id, **sent, **facts}
    )


def arrival(order_number: str | None, **facts: Any) -> ModelRow:
    ordered = {"order_date": "2026-11-01", "ordered_quantity": 10, "filled_quantity": 5}
    return ModelRow("metrics.purchase_arrivals", {"order_number": order_number, **SOURCE, **ordered, **facts})


def seam(flow: str | None, **facts: Any) -> ModelRow:
    counts = {"delivery_count": 1, "delivered_count": 3, "accepted_count": 2, "refused_count": 1}
    return ModelRow("metrics.daily_seams", {"day": "2026-11-02", "flow": flow, **counts, **facts})


def stock_day(day: str | None, **facts: Any) -> ModelRow:
    counts = {"sku_count": 10, "out_of_stock_count": 2}
    return ModelRow("metrics.daily_stock", {"day": day, **SOURCE, **counts, **facts})


def platform_difference(order_key: str | None, **facts: Any) -> ModelRow:
    """A test order: the platform counts it, and we do not."""
    amounts = {"platform_amount": 50, "counted_amount": 0, "difference_amount": 50}
    values = {**SOURCE, "order_key": order_key, **amounts, "cause": "test_order"}
    return ModelRow("metrics.platform_differences", values | facts)


def price_check(order_line_id: str | None, **facts: Any) -> ModelRow:
    """A line that was sold at the price that held."""
    line = {"order_id": "O-1", "variant_id": "V-1", "business_date": "2026-11-02"}
    values = {"order_line_id": order_line_id, **line, "charged_amount": 50, "effective_amount": 50}
    return ModelRow("metrics.price_checks", {**values, "finding": "agrees", **facts})


def payment_settlement(payment_settlement_id: str | None, **facts: Any) -> ModelRow:
    """A payment that was settled as it was paid."""
    said = {"provider_account": "lindqvist-ecom", "payment_reference": "r1", "direction": "charge"}
    amounts = {"business_date": "2026-11-02", "paid_amount": 50, "settled_amount": 50, "finding": "agrees"}
    values = {"payment_settlement_id": payment_settlement_id, **said, **amounts, **facts}
    return ModelRow("metrics.payment_settlements", values)


def settlement(settlement_id: str | None, **facts: Any) -> ModelRow:
    """A batch of one payment that was paid out."""
    said = {
        "merchant_account": "LindqvistEcom",
        "batch_number": 41,
        "currency_code": "EUR",
        "status": "paid_out",
    }
    nothing = {"refunded_amount": 0, "charged_back_amount": 0, "other_amount": 0, "balance_amount": 0}
    amounts = {"captured_amount": 50, "fee_amount": 1, "paid_out_amount": 49, **nothing}
    return ModelRow("conformed.settlements", {"settlement_id": settlement_id, **said, **amounts, **facts})


def settlement_line(settlement_line_id: str | None, **facts: Any) -> ModelRow:
    """A payment in a batch."""
    said = {"settlement_id": "S-1", "kind": "captured", "business_date": "2026-11-02", "currency_code": "EUR"}
    values = {"settlement_line_id": settlement_line_id, **said, "net_amount": 49, "fee_amount": 1, **facts}
    return ModelRow("conformed.settlement_lines", values)


def effective_price(variant_id: str | None, **facts: Any) -> ModelRow:
    """What everybody pays for a piece from the first of November on."""
    asked = {
        "channel_scope": "ecommerce",
        "customer_number": "",
        "minimum_quantity": 1,
        "currency_code": "EUR",
    }
    won = {"price_amount": 50, "rule": "channel", "valid_from": "2026-11-01T00:00:00Z"}
    return ModelRow("conformed.effective_prices", {"variant_id": variant_id, **asked, **won, **facts})


def analytics_event(analytics_event_id: str | None, **facts: Any) -> ModelRow:
    """A message that somebody opened."""
    account = {"source_system": "klaviyo", "source_account": "main"}
    day = {"occurred_at": "2026-11-02T10:00:00Z", "business_date": "2026-11-02"}
    values = {"analytics_event_id": analytics_event_id, **account, "event_type": "message_opened", **day}
    return ModelRow("conformed.analytics_events", values | facts)


def left_cart(cart_id: str | None, **facts: Any) -> ModelRow:
    """A cart that was not paid."""
    shop = {"source_system": "shopify", "source_account": "lindqvist-amara"}
    begun = {"begun_at": "2026-11-02T10:00:00Z", "completed_at": None, "business_date": "2026-11-02"}
    values = {"cart_id": cart_id, **shop, "cart_status": "abandoned", **begun, "total_amount": 50}
    return ModelRow("conformed.carts", values | facts)


def cart_line(cart_line_id: str | None, **facts: Any) -> ModelRow:
    """Two pieces of an article."""
    values = {"cart_line_id": cart_line_id, "cart_id": "C-1", "business_date": "2026-11-02", "quantity": 2}
    return ModelRow("conformed.cart_lines", values | {"gross_amount": 50} | facts)


def asked_return(return_id: str | None, **facts: Any) -> ModelRow:
    asked = {"order_id": "O-1", "return_status": "open", "requested_at": "2026-11-02T10:00:00Z"}
    values = {"return_id": return_id, **asked, "business_date": "2026-11-02", "unit_count": 1}
    return ModelRow("conformed.returns", values | facts)


def return_line(return_line_id: str | None, **facts: Any) -> ModelRow:
    asked = {"return_id": "B-1", "order_id": "O-1", "business_date": "2026-11-02", "quantity": 1}
    values = {"return_line_id": return_line_id, **asked, "reason_code": "defective"}
    return ModelRow("conformed.return_lines", values | facts)


def promotion_day(business_date: str, period: str | None = "before", **facts: Any) -> ModelRow:
    """A day of a campaign in November."""
    told = {"title": "Campaign 7", "starts_on": "2026-11-01", "ends_on": "2026-11-30", "period": period}
    return ModelRow(
        "metrics.promotion_days", {"promotion_id": "C-7", "business_date": business_date, **told, **facts}
    )


def promotion(promotion_id: str | None, **facts: Any) -> ModelRow:
    told = {"promotion_type": "campaign", "promotion_key": "7", "title": "Campaign 7"}
    return ModelRow("conformed.promotions", {"promotion_id": promotion_id, **SOURCE, **told, **facts})


def application(promotion_application_id: str | None, **facts: Any) -> ModelRow:
    taken = {"promotion_id": "C-7", "order_id": "O-1", "business_date": "2026-11-02", "paid_by": "us"}
    values = {"promotion_application_id": promotion_application_id, **taken, "discount_amount": 5}
    return ModelRow("conformed.promotion_applications", values | facts)


def redemption(coupon_redemption_id: str | None, **facts: Any) -> ModelRow:
    used = {"promotion_id": "C-7", "coupon_key": "5001", "customer_id": "K-1", "redeemed_on": "2026-11-02"}
    values = {"coupon_redemption_id": coupon_redemption_id, **used, "order_line_id": "L-1"}
    return ModelRow("conformed.coupon_redemptions", values | facts)


def tax(tax_id: str | None, **facts: Any) -> ModelRow:
    on_line = {"order_id": "O-1", "order_line_id": "L-1", "title": "VAT", "business_date": "2026-11-02"}
    return ModelRow(
        "conformed.taxes", {"tax_id": tax_id, **on_line, "currency_code": "EUR", "tax_amount": 1, **facts}
    )


@dataclass(frozen=True)
class Model:
    """A warehouse with tables to be published, and the steps that publish them."""

    database: Database
    workspace: Workspace

    def make_tables(self) -> None:
        """The tables, empty."""
        self.database.execute(f"set role seamline_builder; {TABLES}")

    def begin_build(self) -> int:
        """A build that runs."""
        return self.database.value(
            "insert into build.builds (project_sha256) values ('test') returning build_id"
        )

    def end_build(self, build_id: int, status: str = "built") -> None:
        """It is complete, or stopped."""
        self.database.execute(
            "update build.builds set status = %s, finished_at = now() where build_id = %s", status, build_id
        )

    def write(self, build_id: int, *rows: ModelRow) -> None:
        """Rows that a build changed."""
        with psycopg.connect(self.database.dsn()) as connection:
            for row in rows:
                values = row.values | {"_build_id": build_id}
                made = sql.SQL(
                    "insert into {} ({}) values ({}) on conflict ({}) do update set ({}) = row({})"
                ).format(
                    sql.Identifier(*row.table.split(".")),
                    _names(values),
                    sql.SQL(", ").join(map(sql.Placeholder, values)),
                    _names(KEYS[row.table]),
                    _names(values),
                    sql.SQL(", ").join(
                        sql.SQL("excluded.{}").format(sql.Identifier(name)) for name in values
                    ),
                )
                connection.execute(made, values)

    def remove(self, build_id: int, row: ModelRow) -> None:
        """A row that a build removed, noted as a build notes it."""
        key = {name: row.values[name] for name in KEYS[row.table]}
        where = " and ".join(f"{name} = %s" for name in key)
        self.database.execute(f"delete from {row.table} where {where}", *key.values())
        self.database.execute(
            "insert into build.removed_rows values (%s, %s, %s)",
            build_id,
            row.table,
            psycopg.types.json.Jsonb(key),
        )

    def build(self, *rows: ModelRow) -> int:
        """A complete build in which these rows changed."""
        build_id = self.begin_build()
        self.write(build_id, *rows)
        self.end_build(build_id)
        return build_id

    def run(self, step: str) -> Row:
        """Run a step of the publication."""
        return getattr(importlib.import_module(f"include.steps.{step}"), step)(PUSH_METRICS, self.workspace)

    def publish(self, steps: Sequence[str] = STEPS) -> dict[str, Row]:
        """Run steps of the publication; what each of them said."""
        return {step: self.run(step) for step in steps}

    def publications(self) -> list[Row]:
        """Publications, oldest first."""
        return self.database.rows("select * from seam.publications order by publication_id")

    def alerts(self) -> list[Row]:
        """Alerts, oldest first."""
        return self.database.rows("select * from seam.alerts order by alert_id")

    def read(self, view: str, columns: str = "*") -> list[Row]:
        """What an analyst sees."""
        with psycopg.connect(self.database.dsn("seamline_analyst"), row_factory=dict_row) as connection:
            return connection.execute(f"select {columns} from bi.{view} order by 1").fetchall()


def _names(names: Any) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
