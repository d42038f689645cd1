"""Of several prices the one that the rules say, for whom, where, from how many pieces on and when it is said."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import psycopg
import pytest
from conftest import Stage
from raw_rows import agreed_price, category, family, pim_product
from small_warehouse import DBT_PROJECT, Delivery, Row, Warehouse
from two_days import CHANGED_AT, PIM

from include.stores import builds

EFFECTIVE, PRODUCTS = "conformed.effective_prices", "outbound.shopify__products"
CHECKS = (
    "effective_prices_are_keyed_and_filled",
    "effective_prices_follow_each_other",
    "stated_prices_are_weighed",
)
RANKS = {"contract": 1, "promotion": 2, "channel": 3, "list": 4}
BERLIN = ZoneInfo("Europe/Berlin")
CHANGE = datetime.fromisoformat(CHANGED_AT)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def prices(stage: Stage, sku: str, **facts: Any) -> list[Row]:
    found = stage.all(EFFECTIVE, variant_id=stage.skus[sku], currency_code="EUR", **facts)
    return sorted(found, key=lambda row: row["valid_from"])


def price(stage: Stage, sku: str, customer: str = "", channel: str = "ecommerce", step: int = 1) -> Row:
    """What holds at the second day's end."""
    here = {"customer_number": customer, "channel_scope": channel, "minimum_quantity": step}
    (found,) = (
        row
        for row in prices(stage, sku, **here)
        if row["valid_from"] <= NOW and (row["valid_to"] is None or row["valid_to"] > NOW)
    )
    return found


def test_a_promotion_takes_the_place_of_the_channels_price_and_says_so(day_one: Stage) -> None:
    found = price(day_one, "B")
    assert (found["rule"], str(found["price_amount"]), found["condition_number"]) == (
        "promotion",
        "39.9000",
        "P-B",
    )
    assert [(one["rule"], one["price_amount"]) for one in found["lost"]] == [
        ("promotion", 44.9),
        ("channel", 49.9),
        ("list", 54.9),
    ]
    assert str(found["instead_of_amount"]) == "49.9000"
    (shown,) = day_one.shown("B")["variants"]
    assert (shown["price"], shown["compare_at_price"]) == ("39.90", "49.90")


def test_a_channel_of_which_nothing_is_said_has_the_list_price(day_one: Stage) -> None:
    assert (price(day_one, "B", channel="all")["rule"], price(day_one, "G")["rule"]) == ("list", "channel")
    assert price(day_one, "B", channel="all")["lost"] == []


def test_a_customer_has_what_was_agreed_and_less_for_many_pieces(day_one: Stage) -> None:
    one, many = price(day_one, "B", "20014"), price(day_one, "B", "20014", step=48)
    assert (one["rule"], str(one["price_amount"])) == ("contract", "44.0000")
    assert (many["condition_number"], str(many["price_amount"])) == ("C-B2", "41.5000")
    assert [lost["condition_number"] for lost in many["lost"]] == ["C-B1", "P-B", "P-B0", None, "L-B"]


def test_what_begins_later_is_known_and_not_shown(day_one: Stage) -> None:
    before, meanwhile, after = prices(day_one, "G", channel_scope="ecommerce")[-3:]
    assert [row["rule"] for row in (before, meanwhile, after)] == ["channel", "promotion", "channel"]
    assert meanwhile["valid_from"] == datetime(2126, 1, 1, tzinfo=BERLIN)
    assert meanwhile["valid_to"] == datetime(2126, 2, 1, tzinfo=BERLIN)
    assert day_one.shown("G")["variants"][0]["price"] == "49.90"


def test_what_was_taken_back_holds_until_then_and_what_was_before_stays_known(day_two: Stage) -> None:
    *_, offered, after = prices(
        day_two, "B", customer_number="", channel_scope="ecommerce", minimum_quantity=1
    )
    assert (offered["rule"], offered["valid_to"]) == ("promotion", CHANGE)
    assert (after["rule"], after["valid_from"], after["valid_to"]) == ("channel", CHANGE, None)
    (shown,) = day_two.shown("B")["variants"]
    assert (shown["price"], shown["compare_at_price"]) == ("49.90", None)
    assert str(price(day_two, "B", "20014", step=48)["price_amount"]) == "43.0000"
    assert not [row for row in prices(day_two, "H", customer_number="20014") if row["valid_to"] is None]


def test_a_price_holds_as_soon_as_the_article_is_known(day_one: Stage, day_two: Stage) -> None:
    assert "ghost" not in day_one.skus
    assert price(day_two, "ghost")["lost"][0]["rule"] == "list"


def test_what_the_shop_charged_is_held_against_the_price_of_that_moment(
    day_one: Stage, day_two: Stage
) -> None:
    """B was on offer while the shop charged the full price; what was said of it later changes nothing of that."""
    lines = {row["order_line_id"]: row for row in day_two["conformed.order_lines"]}
    placed = {row["order_id"]: row["placed_at"] for row in day_two["conformed.orders"]}
    checks = day_two["metrics.price_checks"]
    sold = {
        key
        for key, line in lines.items()
        if line["source_system"] == "shopify" and line["variant_id"] is not None
    }
    assert {row["order_line_id"] for row in checks} == sold
    for row in checks:
        moment = placed[row["order_id"]]
        held = [
            one
            for one in day_two.all(
                EFFECTIVE, variant_id=row["variant_id"], customer_number="", minimum_quantity=1
            )
            if one["channel_scope"] == "ecommerce" or one["channel_scope"] == "all"
            if one["currency_code"] == row["currency_code"] and one["valid_from"] <= moment
            if one["valid_to"] is None or moment < one["valid_to"]
        ]
        held.sort(key=lambda one: one["channel_scope"] == "all")
        expected = held[0]["price_amount"] if held else None
        assert row["effective_amount"] == expected
        charged = lines[row["order_line_id"]]["unit_price_amount"]
        finding = "no_price" if expected is None else "agrees" if charged == expected else "other_price"
        assert row["finding"] == finding
    assert {row["finding"] for row in checks} == {"agrees", "other_price", "no_price"}
    assert {row["rule"] for row in day_one["metrics.price_checks"] if row["finding"] == "other_price"} >= {
        "promotion"
    }


@dataclass(frozen=True)
class Statement:
    """Something that is said of a price, for the independent reckoning."""

    sku: str
    rule: str
    channel: str
    customer: str
    step: int
    amount: Decimal
    begins_at: datetime
    ends_at: datetime
    number: str

    def applies(self, channel: str, customer: str, quantity: int, moment: datetime) -> bool:
        return (
            self.channel in (channel, "all")
            and self.customer in (customer, "")
            and self.step <= quantity
            and self.begins_at <= moment < self.ends_at
        )

    def place(self) -> tuple[Any, ...]:
        return (RANKS[self.rule], self.channel == "all", -self.step, -self.begins_at.timestamp(), self.number)


def begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)


def said_of(sku: str, dice: random.Random) -> Iterator[tuple[Row, Statement]]:
    for place in range(dice.randint(1, 7)):
        kind = dice.choice(["list", "contract", "promotion"])
        first = date(2026, 1, 1) + timedelta(days=dice.randint(0, 300))
        last = dice.choice([None, first + timedelta(days=dice.randint(0, 120))])
        channel, number = dice.choice(["all", "ecommerce", "print"]), f"{sku}-{place}"
        customer = dice.choice(["20014", "20015"]) if kind == "contract" else ""
        step, amount = dice.choice([1, 1, 6, 48]), Decimal(dice.randint(100, 9999)) / 100
        row = agreed_price(
            number, kind, sku, str(amount),
            channel=None if channel == "all" else channel, customer_number=customer or None, minimum_quantity=str(step),
            valid_from=str(first), valid_to=last and str(last), changed_at=f"{first}T06:00:00+00:00",
        )  # fmt: skip
        ends = begins(last + timedelta(days=1)) if last else datetime.max.replace(tzinfo=UTC)
        yield row, Statement(sku, kind, channel, customer, step, amount, begins(first), ends, number)


@pytest.fixture(scope="module")
def priced(another_warehouse: Warehouse) -> tuple[Warehouse, list[Statement]]:
    """Two hundred articles of which all kinds of things are said."""
    dice, rows, statements = random.Random(20260101), [], []
    skus = [f"X{number}" for number in range(200)]
    for sku in skus:
        for row, statement in said_of(sku, dice):
            rows.append(row)
            statements.append(statement)
    stated_at, for_ever = datetime(2026, 11, 1, 8, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    statements += [
        Statement(sku, "channel", "ecommerce", "", 1, Decimal("49.90"), stated_at, for_ever, "")
        for sku in skus[::2]
    ]
    products = [pim_product(sku, price="49.90" if place % 2 == 0 else None) for place, sku in enumerate(skus)]
    another_warehouse.empty()
    another_warehouse.deliver(
        Delivery("akeneo", "families", PIM, [family("shirts", "Shirts")]),
        Delivery("akeneo", "categories", PIM, [category("apparel_shirts", None, "Shirts")]),
        Delivery("akeneo", "products", PIM, products),
        Delivery("erp_sftp", "prices", "main", rows),
    )
    build_prices(another_warehouse)
    return another_warehouse, statements


def build_prices(warehouse: Warehouse) -> None:
    with warehouse.building() as build:
        build.dbt("run", "--select", "+effective_prices", "+shopify__products")
        build.dbt("test", "--select", *CHECKS)
    assert build.has_succeeded, build.runs[-1].output


ASKED = """
select variant.sku, channel.channel_scope, customer.customer_number, quantity.quantity, moment.moment,
    price.price_amount, price.rule, price.lost
from conformed.product_variants as variant
cross join unnest(%s::text[]) as channel (channel_scope)
cross join unnest(%s::text[]) as customer (customer_number)
cross join unnest(%s::integer[]) as quantity (quantity)
cross join unnest(%s::timestamptz[]) as moment (moment)
left join lateral {price} as price on true
"""


def as_the_models_ask() -> str:
    """The macro by which models look a price up, over the columns of ``ASKED``."""
    macros = (DBT_PROJECT / "macros" / "model" / "prices.sql").read_text()
    known = jinja2.Environment().from_string(macros, globals={"ref": "conformed.{}".format}).module
    return known.price_of(
        "variant.variant_id",
        "channel.channel_scope",
        "'EUR'",
        "moment.moment",
        "customer.customer_number",
        "quantity.quantity",
    )


def test_who_wins_is_who_an_independent_reckoning_names(priced: tuple[Warehouse, list[Statement]]) -> None:
    """Whatever was said, for whomever, wherever, from how many pieces on, and whenever one asks."""
    warehouse, statements = priced
    moments = [begins(date(2026, 1, 1)) + timedelta(days=days, hours=11) for days in range(0, 450, 25)]
    edges = [begins(date(2026, 11, 1)) + timedelta(hours=8), begins(date(2026, 3, 29))]
    asked = warehouse.rows(
        ASKED.format(price=as_the_models_ask()),
        ["ecommerce", "print", "elsewhere"],
        ["", "20014", "20015", "20016"],
        [1, 5, 6, 100],
        [*moments, *edges],
    )
    assert len(asked) == 200 * 3 * 4 * 4 * 20
    of_sku: dict[str, list[Statement]] = {}
    for one in statements:
        of_sku.setdefault(one.sku, []).append(one)
    found = 0
    for row in asked:
        heard = [
            one
            for one in of_sku[row["sku"]]
            if one.applies(row["channel_scope"], row["customer_number"], row["quantity"], row["moment"])
        ]
        heard.sort(key=Statement.place)
        wanted = (heard[0].amount, heard[0].rule) if heard else (None, None)
        assert (row["price_amount"], row["rule"]) == wanted, row
        found += bool(heard)
    assert 0.3 < found / len(asked) < 0.95


def test_a_promotion_begins_by_itself(priced: tuple[Warehouse, list[Statement]]) -> None:
    """Nobody delivers anything, the day comes, and the next build shows it."""
    warehouse, _ = priced
    tomorrow = datetime.now(BERLIN).date() + timedelta(days=1)
    offer = agreed_price(
        "P-X0",
        "promotion",
        "X0",
        "5.00",
        channel="ecommerce",
        valid_from=str(tomorrow),
        changed_at=NOW.isoformat(),
    )
    warehouse.deliver(Delivery("erp_sftp", "prices", "main", [offer]))
    build_prices(warehouse)
    shown = "select variants -> 0 ->> 'price' from outbound.shopify__products where handle = 'x0'"
    before = warehouse.value(shown)
    assert before != "5.00"
    project = warehouse.value("select project_sha256 from build.builds order by build_id desc limit 1")
    assert not has_work(warehouse, project), "nothing came and nothing began"

    # A day and a bit go by: everything that was, was so much earlier.
    for table, columns in (
        ("conformed.effective_prices", ("valid_from", "valid_to")),
        ("build.builds", ("started_at", "finished_at")),
    ):
        moved = ", ".join(f"{column} = {column} - interval '25 hours'" for column in columns)
        warehouse.execute(f"update {table} set {moved}")
    assert has_work(warehouse, project), "time is news"
    build_prices(warehouse)
    assert warehouse.value(shown) == "5.00"


def test_a_price_that_is_dated_before_what_it_replaces_is_shown_by_the_build_that_brings_it(
    priced: tuple[Warehouse, list[Statement]],
) -> None:
    """The PIM's clock went wrong for a while: the price that holds now begins with the build, not after it."""
    warehouse, _ = priced
    warehouse.deliver(Delivery("akeneo", "products", PIM, [pim_product("Y", price="50.00")]))
    build_prices(warehouse)
    warehouse.execute("""
        update conformed.prices set valid_from = now() - interval '1 minute'
        where source_variant_id = (select variant_id from conformed.product_variants where sku = 'Y')
    """)
    changed = pim_product("Y", price="61.00", updated_at="2026-11-10T08:00:00+00:00")
    warehouse.deliver(Delivery("akeneo", "products", PIM, [changed]))
    build_prices(warehouse)
    shown = "select variants -> 0 ->> 'price' from outbound.shopify__products where handle = 'y'"
    assert warehouse.value(shown) == "61.00"


def has_work(warehouse: Warehouse, project: str) -> bool:
    """Whether a build would begin; it does not."""
    with psycopg.connect(warehouse.dsn("seamline_pipeline")) as connection:
        begun = builds.begin(connection, project)
        connection.rollback()
    return begun is not None


def test_a_new_version_of_the_rules_decides_every_price_anew_from_its_day_on(
    priced: tuple[Warehouse, list[Statement]],
) -> None:
    """From 2200 on the list price goes first; until then nothing changes."""
    warehouse, _ = priced
    latest = """
        select variant.sku, price.rule, price.rules_version, price.valid_from
        from conformed.effective_prices as price join conformed.product_variants as variant using (variant_id)
        where customer_number = '' and valid_to is null and channel_scope = 'ecommerce' and minimum_quantity = 1
    """
    before = {row["sku"]: row for row in warehouse.rows(latest)}
    warehouse.execute("""
        insert into seeds.price_precedence
        select 2, date '2200-01-01', 5 - rank, rule, source_system, price_type, because from seeds.price_precedence
    """)
    try:
        build_anew(warehouse)
        after = {row["sku"]: row for row in warehouse.rows(latest)}
    finally:
        warehouse.execute("delete from seeds.price_precedence where version = 2")
        build_anew(warehouse)
    assert before.keys() == after.keys()
    assert {(row["rules_version"], row["valid_from"]) for row in after.values()} == {
        (2, begins(date(2200, 1, 1)))
    }
    assert {row["rule"] for row in after.values()} == {"list", "promotion", "channel"}
    assert any(before[sku]["rule"] != after[sku]["rule"] for sku in before)
    again = {row["sku"]: row for row in warehouse.rows(latest)}
    assert {sku: row["rule"] for sku, row in again.items()} == {
        sku: row["rule"] for sku, row in before.items()
    }


def build_anew(warehouse: Warehouse) -> None:
    """Without the seeds, which say again what the files say."""
    with warehouse.building() as build:
        build.dbt("run", "--select", "price_rules", "effective_prices")
    assert build.has_succeeded, build.runs[-1].output
