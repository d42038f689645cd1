"""What the first day's deliveries become."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from conftest import GROUPS, Stage
from raw_rows import pim_product
from small_warehouse import Warehouse


def test_every_group_builds_and_passes_its_tests_on_an_empty_warehouse(day_one: Stage) -> None:
    assert [run.returncode for run in day_one.runs] == [0] * len(GROUPS), [run.output for run in day_one.runs]
    assert all(len(run.results) > 3 for run in day_one.runs)
    assert not any("eprecat" in run.output for run in day_one.runs)


def test_variants_of_one_model_are_one_product(day_one: Stage) -> None:
    shirt = day_one.one("conformed.products", product_id=day_one.product_of("A-1"))

    assert day_one.product_of("A-1") == day_one.product_of("A-2")
    assert (shirt["product_key"], shirt["variant_count"], shirt["status"]) == ("A", 2, "active")
    assert (shirt["name_en"], shirt["name_de"], shirt["description_en"]) == (
        "Shirt A-1",
        "Hemd A-1",
        "<p>Soft.</p>",
    )


def test_a_suppliers_variant_is_matched_by_ean_and_else_by_sku(day_one: Stage) -> None:
    rules = {
        row["product_key"]: (row["status"], row["match_rule"], row["matched_variant_id"])
        for row in day_one.all("conformed.product_variants", source_system="supplier_sftp")
    }

    assert rules["a-shirt"] == ("matched", "ean", day_one.skus["A-1"])
    assert rules["b"] == ("matched", "sku", day_one.skus["B"])
    assert rules["new"] == ("proposal", None, None)


def test_a_suppliers_texts_stay_proposals(day_one: Stage) -> None:
    unknown = day_one.one("conformed.products", source_system="supplier_sftp", product_key="new")
    ours = day_one.one("conformed.products", product_id=day_one.product_of("B"))
    shown = {row["product_id"] for row in day_one["outbound.shopify__products"]}

    assert unknown["status"] == "proposal"
    assert unknown["product_id"] not in shown
    assert ours["names"] == {"en_US": "Shirt B", "de_DE": "Hemd B"}
    assert "Supplier" not in day_one.shown("B")["body_html"] + day_one.shown("B")["title"]


def test_a_suppliers_prices_are_the_matched_variants(day_one: Stage) -> None:
    prices = day_one.all("conformed.prices", variant_id=day_one.skus["B"])

    assert {(row["price_type"], row["source_account"], row["price_amount"]) for row in prices} == {
        ("sale", "pim", Decimal("49.90")),
        ("list", "nordhaus", Decimal("80.00")),
        ("compare_at", "nordhaus", Decimal("90.00")),
        ("purchase", "nordhaus", Decimal("31.50")),
    }


def test_identifiers_of_a_supplier_name_the_matched_variant(warehouse: Warehouse, day_one: Stage) -> None:
    rows = warehouse.rows(
        "select identifier_type, identifier, our_id, environment, valid_to from conformed.product_ids"
        " where source_system = 'supplier_sftp' and identifier like '%%' || %s",
        pim_product("A-1")["ean"],
    )

    assert [row["our_id"] for row in rows] == [day_one.skus["A-1"]]
    assert (rows[0]["identifier_type"], rows[0]["environment"], rows[0]["valid_to"]) == (
        "ean",
        "production",
        None,
    )


def test_identifiers_that_the_channel_gave_stand_beside_those_of_sources(
    warehouse: Warehouse, day_one: Stage
) -> None:
    warehouse.execute(
        "insert into outbox.channel_ids (channel, shop, kind, our_key, channel_id)"
        " values ('shopify', 'lindqvist-amara', 'variant', 'U', 'gid://shopify/ProductVariant/77')"
    )
    (row,) = warehouse.rows("select * from conformed.product_ids where source_system = 'shopify'")

    assert (row["our_id"], row["identifier_type"]) == (day_one.skus["U"], "variant_id")


def test_categories_know_their_path_and_circles_do_not_loop(day_one: Stage) -> None:
    paths = {row["category_code"]: row["path_name_en"] for row in day_one["conformed.categories"]}

    assert paths["apparel_shirts"] == "All / Apparel / Shirts"
    assert paths["around"] == "Around"


def test_a_category_without_translation_is_seen(day_one: Stage) -> None:
    (unknown,) = day_one.all("conformed.categories", is_translated=False)
    warned = [name for run in day_one.runs for name in run.with_status("warn")]

    assert (unknown["category_code"], unknown["path_name_en"]) == ("coisas_diversas", "coisas_diversas")
    assert "categories_without_translation" in warned


def test_business_dates_follow_the_shops_own_calendar(day_one: Stage) -> None:
    assert day_one.order(1001)["business_date"] == date(2026, 10, 31)
    assert day_one.one("conformed.orders", source_account="feira")["business_date"] == date(2026, 10, 30)


def test_an_order_keeps_both_currencies(day_one: Stage) -> None:
    placed = day_one.order(1010)
    (sold,) = day_one.belonging("conformed.order_lines", 1010)

    assert (placed["currency_code"], placed["total_amount"]) == ("EUR", Decimal(50))
    assert (placed["presentment_currency_code"], placed["total_presentment_amount"]) == ("USD", Decimal(55))
    assert (sold["net_amount"], sold["net_presentment_amount"]) == (Decimal(50), Decimal(55))


def test_a_line_that_paging_brought_twice_is_one_line(day_one: Stage) -> None:
    assert len(day_one.belonging("conformed.order_lines", 1011)) == 1
    assert day_one.order(1011)["gross_amount"] == Decimal("49.90")


def test_lines_wait_for_their_order(day_one: Stage) -> None:
    assert [row["gross_amount"] for row in day_one.all("conformed.order_lines", source_account="feira")] == [
        100
    ]
    warned = [name for run in day_one.runs for name in run.with_status("warn")]
    assert "order_lines_wait_for_their_order" in warned


def test_differences_of_the_source_are_rows_with_a_reason(day_one: Stage) -> None:
    found = {
        (row["order_key"].rpartition("/")[2][:4], row["reason"], row["difference_amount"])
        for row in day_one["conformed.order_differences"]
    }

    order_of_feira = day_one.one("conformed.orders", source_account="feira")["order_key"][:4]
    assert found == {
        ("1013", "lines_do_not_make_subtotal", Decimal("-2.50")),
        (order_of_feira, "payments_do_not_make_total", Decimal("-5.00")),
    }


def test_sales_of_a_day_count_neither_tests_nor_orders_cancelled_unpaid(day_one: Stage) -> None:
    day = day_one.one("metrics.daily_sales", business_date=date(2026, 10, 31), source_system="shopify")
    counted = [
        row
        for row in day_one.all("conformed.orders", source_system="shopify")
        if row["order_name"] not in ("#1008", "#1009")
    ]

    assert day["order_count"] == len(counted) == 10
    assert day["total_amount"] == sum(row["total_amount"] for row in counted)
    assert (day["tax_amount"], day["tax_on_top_amount"], day["refund_count"]) == (19, 19, 0)


@pytest.mark.parametrize(("sku", "status"), [("A-1", "ACTIVE"), ("C", "ARCHIVED"), ("D", "DRAFT")])
def test_what_is_switched_off_is_archived_and_what_has_no_price_is_a_draft(
    day_one: Stage, sku: str, status: str
) -> None:
    assert day_one.shown(sku)["status"] == status


def test_a_shown_product_lists_its_options_and_variants(day_one: Stage) -> None:
    shirt = day_one.shown("A-1")

    assert shirt["options"] == [
        {"name": "Color", "values": ["Navy"]},
        {"name": "Size", "values": ["XL", "M"]},
    ]
    assert shirt["variants"][1] == {
        "sku": "A-2",
        "barcode": pim_product("A-2")["ean"],
        "price": "59.90",
        "compare_at_price": None,
        "option_values": [{"option_name": "Color", "name": "Navy"}, {"option_name": "Size", "name": "M"}],
        "weight": 200,
        "weight_unit": "GRAMS",
        "is_taxable": True,
    }
    assert (shirt["min_price_amount"], shirt["max_price_amount"]) == (Decimal("49.90"), Decimal("59.90"))
    assert shirt["tags_owned"] == ["brand:oak_and_iron", "category:apparel_shirts", "family:shirts"]
    assert (shirt["vendor"], shirt["product_type"]) == ("Oak And Iron", "Shirts")


def test_variants_that_no_option_tells_apart_go_by_their_sku(day_one: Stage) -> None:
    assert day_one.shown("O-1")["options"] == [{"name": "Article", "values": ["O-1", "O-2"]}]
    assert day_one.shown("B")["options"] == [{"name": "Title", "values": ["Default Title"]}]


def test_a_handle_belongs_to_the_older_product(day_one: Stage) -> None:
    younger = day_one.shown("G")

    assert day_one.shown("F")["handle"] == "wanted"
    assert younger["handle"] == f"wanted-{younger['product_id'][:8]}"


def test_stock_is_published_in_pieces_and_only_where_it_is_known(day_one: Stage) -> None:
    shown = {
        (row["sku"], row["location_name"]): row["quantity"] for row in day_one["outbound.shopify__stock"]
    }

    assert shown == {
        ("A-1", "Central Warehouse Leipzig"): 5,
        ("A-1", "North Warehouse Malmö"): 4,
        ("B", "Central Warehouse Leipzig"): 17,
        ("H", "Central Warehouse Leipzig"): 24,
        ("U", "Central Warehouse Leipzig"): 7,
    }


def test_stock_that_cannot_be_published_is_kept_and_seen(day_one: Stage) -> None:
    in_cases = day_one.one("conformed.stock_levels", sku="C")
    unknown = day_one.one("conformed.stock_levels", sku="ghost")
    warned = [name for run in day_one.runs for name in run.with_status("warn")]

    assert (in_cases["available_quantity"], in_cases["available_units"], in_cases["unit"]) == (
        2,
        None,
        "unknown",
    )
    assert (unknown["available_units"], unknown["variant_id"]) == (3, None)
    assert {"stock_in_unknown_units", "stock_of_unknown_articles"} <= set(warned)
