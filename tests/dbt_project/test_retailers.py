"""What retailers list, at which prices, and how much of it they can order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from conftest import Stage
from raw_rows import PIM, agreed_price, category, family, pim_product, stock
from small_warehouse import MORNING, Delivery, Row, Warehouse
from two_days import CHANGED_AT

ARTICLES, CATALOG, STOCK = (
    "conformed.retailer_articles",
    "outbound.retailer_edi__catalog",
    "outbound.retailer_edi__stock",
)


def article(stage: Stage, sku: str, table: str = ARTICLES) -> Any:
    return stage.one(table, account="warenring", sku=sku)


def test_what_is_on_sale_is_listed_at_the_terms_of_its_family(day_one: Stage) -> None:
    found = article(day_one, "A-1")
    assert (found["is_listed"], found["missing"], found["title"]) == (True, None, "Shirt A-1")
    assert (str(found["net_amount"]), str(found["retail_amount"])) == ("29.9400", "49.9000")
    told = article(day_one, "A-1", CATALOG)
    assert (told["net_price"], told["retail_price"], told["currency_code"]) == ("29.94", "49.90", "EUR")
    assert told["gtin"] == found["gtin"] and len(told["gtin"]) == 14


def test_what_cannot_be_offered_says_why_and_is_told_to_nobody(day_one: Stage) -> None:
    assert article(day_one, "C")["missing"] == "not on sale"
    assert article(day_one, "D")["missing"] == "no price"
    assert not day_one.all(ARTICLES, sku="U"), "it is of a family that nobody lists"
    # The PIM has no price in the currency that this retailer pays in.
    assert {row["missing"] for row in day_one.all(ARTICLES, account="harbor")} == {"no price", "not on sale"}
    for table in (CATALOG, STOCK):
        assert not day_one.all(table, account="harbor")
        assert not {"C", "D"} & {row["sku"] for row in day_one[table]}


def test_what_several_places_hold_is_added(day_one: Stage) -> None:
    by_place = day_one.all("conformed.stock_levels", sku="A-1")
    assert len(by_place) > 1
    assert article(day_one, "A-1", STOCK)["quantity"] == int(sum(row["available_units"] for row in by_place))


def test_of_what_no_warehouse_has_nothing_can_be_ordered(day_one: Stage) -> None:
    stocked = {row["sku"] for row in day_one["conformed.stock_levels"]}
    empty = [row for row in day_one.all(STOCK, account="warenring") if row["sku"] not in stocked]
    assert empty
    assert {row["quantity"] for row in empty} == {0}


def test_what_changes_is_told_and_what_goes_is_taken_off(day_one: Stage, day_two: Stage) -> None:
    assert (article(day_one, "H", CATALOG)["net_price"], article(day_two, "H", CATALOG)["net_price"]) == (
        "9.00", "7.20",
    )  # fmt: skip
    # What was agreed with the retailer is not agreed any more.
    assert (article(day_one, "H")["net_rule"], article(day_two, "H")["net_rule"]) == ("contract", "listing")
    for sku, reason in (("I", "no price"), ("M", "not on sale"), ("E-1", "no GTIN")):
        assert article(day_one, sku, CATALOG)["is_listed"]
        assert article(day_two, sku)["missing"] == reason
        assert not article(day_two, sku, CATALOG)["is_listed"]
        assert article(day_two, sku, STOCK)["quantity"] == 0
    assert article(day_two, "P", CATALOG)["is_listed"]


def test_other_terms_and_places_reach_every_article_once(another_warehouse: Warehouse) -> None:
    warehouse = another_warehouse
    warehouse.empty()
    warehouse.deliver(
        Delivery("akeneo", "families", PIM, [family("shirts", "Shirts")]),
        Delivery("akeneo", "categories", PIM, [category("apparel_shirts", None, "Shirts")]),
        Delivery(
            "akeneo",
            "products",
            PIM,
            [pim_product("A", price="10.00"), pim_product("B", price="20.00", family_code="knitwear")],
        ),
        Delivery("warehouse_edi", "stock", "central", [stock("A", 7), stock("B", 1)], is_complete=True),
    )
    try:
        built(warehouse, "seed")
        assert told(warehouse) == {"A": ("6.00", True, 7)}

        warehouse.execute(
            "update seeds.retailer_listings set discount_percent = 50 where account = 'warenring';"
            "insert into seeds.retailer_listings values ('warenring', '*', 'EUR', 20)"
        )
        built(warehouse)
        assert told(warehouse) == {"A": ("5.00", True, 7), "B": ("16.00", True, 1)}
        assert untouched_by_another_build(warehouse)

        warehouse.execute("delete from seeds.retailer_locations where source_account = 'central'")
        built(warehouse)
        assert told(warehouse) == {"A": ("5.00", True, 0), "B": ("16.00", True, 0)}
        assert untouched_by_another_build(warehouse)

        warehouse.execute("delete from seeds.retailer_listings where account = 'warenring'")
        built(warehouse)
        assert {row[1] for row in told(warehouse).values()} == {False}
        assert untouched_by_another_build(warehouse)
    finally:
        warehouse.dbt("seed")


def test_what_is_agreed_with_a_retailer_takes_the_place_of_its_discount(another_warehouse: Warehouse) -> None:
    """From its first day to its last, of a single piece, in its currency, and of nobody else's contract."""
    warehouse, customer = another_warehouse, {"customer_number": "20014"}
    warehouse.empty()
    warehouse.deliver(
        Delivery("akeneo", "products", PIM, [pim_product(sku, price="10.00") for sku in "ABCD"]),
        Delivery(
            "erp_sftp",
            "prices",
            "main",
            [
                agreed_price("1", "contract", "A", "4.155", **customer),
                agreed_price("2", "contract", "B", "5.00", minimum_quantity="48", **customer),
                agreed_price("3", "contract", "C", "5.00", customer_number="20015"),
                agreed_price("4", "contract", "D", "5.00", currency_code="USD", **customer),
            ],
        ),
    )
    build_in(warehouse, "2026-11-02T06:00:00Z", "seed")
    assert net_prices(warehouse) == {"A": "4.155", "B": "6.00", "C": "6.00", "D": "6.00"}

    ends = agreed_price(
        "1", "contract", "A", "4.155", valid_to="2026-11-10", changed_at=CHANGED_AT, **customer
    )
    begins = agreed_price(
        "5", "contract", "C", "3.00", valid_from="2026-11-20", changed_at=CHANGED_AT, **customer
    )
    warehouse.deliver(Delivery("erp_sftp", "prices", "main", [ends, begins], MORNING + timedelta(hours=20)))
    build_in(warehouse, "2026-11-03T06:00:00Z")
    assert net_prices(warehouse) == {"A": "4.155", "B": "6.00", "C": "6.00", "D": "6.00"}
    # Nobody says anything of prices; one ends and another one begins.
    for day, expected in (("12", ("6.00", "6.00")), ("21", ("6.00", "3.00"))):
        warehouse.deliver(Delivery("akeneo", "families", PIM, [family(day, "Shirts")]))
        build_in(warehouse, f"2026-11-{day}T06:00:00Z")
        found = net_prices(warehouse)
        assert (found["A"], found["C"]) == expected


def test_a_table_of_an_older_version_is_refused_with_what_to_do(another_warehouse: Warehouse) -> None:
    warehouse = another_warehouse
    warehouse.empty()
    warehouse.deliver(Delivery("akeneo", "products", PIM, [pim_product("A")]))
    built(warehouse, "seed")
    warehouse.execute("alter table conformed.retailers drop column customer_number")
    warehouse.deliver(Delivery("akeneo", "products", PIM, [pim_product("B")]))
    with warehouse.building() as build:
        build.dbt("run", "--select", "retailers")
        assert not build.has_succeeded
        assert "dbt build --full-refresh --select retailers+" in build.runs[-1].output
        build.dbt("run", "--full-refresh", "--select", "retailers")
    assert build.runs[-1].returncode == 0, build.runs[-1].output


def build_in(warehouse: Warehouse, moment: str, *before: str) -> None:
    """A build that began at a moment."""
    with warehouse.building() as build:
        warehouse.execute("update build.builds set started_at = %s where status = 'running'", moment)
        for command in before:
            build.dbt(command)
        build.dbt("run", "--select", "+retailer_edi__catalog")
    assert build.has_succeeded, build.runs[-1].output


def net_prices(warehouse: Warehouse) -> dict[str, str]:
    rows = warehouse.rows(f"select sku, net_price from {CATALOG} where account = 'warenring'")
    return {row["sku"]: row["net_price"] for row in rows}


def test_a_place_that_serves_no_more_makes_no_statement_older(another_warehouse: Warehouse) -> None:
    """The gate would take an older statement for one that overtook its successor."""
    warehouse, evening = another_warehouse, MORNING + timedelta(hours=12)
    warehouse.empty()
    warehouse.deliver(
        Delivery("akeneo", "products", PIM, [pim_product("A")]),
        Delivery("warehouse_edi", "stock", "central", [stock("A", 7)]),
        Delivery("warehouse_edi", "stock", "north", [stock("A", 2, location="SE-MMX-1")], evening),
    )
    try:
        built(warehouse, "seed")
        before = warehouse.value(f"select max(as_of_at) from {STOCK}")
        warehouse.execute("delete from seeds.retailer_locations where source_account = 'north'")
        built(warehouse)
        assert told(warehouse)["A"][2] == 7
        assert warehouse.value(f"select max(as_of_at) from {STOCK}") == before
    finally:
        warehouse.dbt("seed")


def test_a_retailer_without_any_article_costs_nothing_in_later_builds(another_warehouse: Warehouse) -> None:
    """Its settings count once, also where nothing came of them; then only what changes is made anew."""
    warehouse = another_warehouse
    warehouse.empty()
    products = [pim_product("A"), pim_product("B")]
    warehouse.deliver(Delivery("akeneo", "products", PIM, products))
    try:
        built(warehouse, "seed")
        warehouse.execute("insert into seeds.retailer_listings values ('nobody', 'hats', 'EUR', 10)")
        built(warehouse)
        newest = warehouse.value("select max(_build_id) from conformed.retailers")
        # Whatever is read anew would take this back.
        warehouse.execute(f"update {ARTICLES} set title = 'untouched'")
        warehouse.deliver(
            Delivery("akeneo", "products", PIM, [pim_product("B", price="9.00", updated_at=CHANGED_AT)])
        )
        built(warehouse)
        assert warehouse.value("select max(_build_id) from conformed.retailers") == newest
        titles = warehouse.rows(f"select sku, title from {ARTICLES} where account = 'warenring' order by sku")
        assert [row["title"] for row in titles] == ["untouched", "Shirt B"]
    finally:
        warehouse.dbt("seed")


def test_a_number_that_no_article_bears_any_more_is_taken_off(another_warehouse: Warehouse) -> None:
    warehouse = another_warehouse
    warehouse.empty()
    warehouse.deliver(Delivery("akeneo", "products", PIM, [pim_product("OLD", price="10.00")]))
    built(warehouse, "seed")
    renamed = pim_product("OLD", price="10.00") | {"sku": "NEW", "updated_at": CHANGED_AT}
    warehouse.deliver(
        Delivery("akeneo", "products", PIM, [renamed], MORNING + timedelta(hours=12)),
    )
    built(warehouse)
    assert {sku: is_listed for sku, (_, is_listed, _) in told(warehouse).items()} == {
        "OLD": False,
        "NEW": True,
    }
    assert untouched_by_another_build(warehouse)


def built(warehouse: Warehouse, *before: str) -> None:
    with warehouse.building() as build:
        for command in before:
            build.dbt(command)
        build.dbt("run", "--select", *(f"+{table.partition('.')[2]}" for table in (CATALOG, STOCK)))
    assert build.has_succeeded, build.runs[-1].output


def untouched_by_another_build(warehouse: Warehouse) -> bool:
    before = photograph(warehouse)
    built(warehouse)
    return photograph(warehouse) == before


def photograph(warehouse: Warehouse) -> list[list[Row]]:
    return [
        warehouse.rows(f"select xmin::text as _xmin, * from {table} order by account, sku")
        for table in (ARTICLES, CATALOG, STOCK)
    ]


def told(warehouse: Warehouse) -> dict[str, tuple[str, bool, int]]:
    """Price, whether it is listed and how much there is, by article."""
    rows = warehouse.rows(
        f"select sku, net_price, is_listed, quantity from {CATALOG} join {STOCK} using (account, sku)"
        " where account = 'warenring'"
    )
    return {row["sku"]: (row["net_price"], row["is_listed"], row["quantity"]) for row in rows}
