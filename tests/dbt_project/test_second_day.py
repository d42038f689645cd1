"""What the second day's deliveries change, and what they leave alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from conftest import Stage
from raw_rows import pim_product
from small_warehouse import Row
from two_days import TAKEN_SKU

CHANGED = datetime(2026, 11, 2, 20, tzinfo=UTC)


def as_shown(row: Row) -> Row:
    """A row without the marks of its writing."""
    return {name: value for name, value in row.items() if name not in ("_xmin", "_build_id")}


def test_the_build_passes(day_two: Stage) -> None:
    (run,) = day_two.runs
    assert run.returncode == 0, run.output


def test_a_changed_order_touches_its_own_rows_alone(day_one: Stage, day_two: Stage) -> None:
    for table in ("orders", "order_lines", "payments"):
        for number in (1001, 1003, 1010, 1011):
            name = f"conformed.{table}"
            assert day_two.belonging(name, number) == day_one.belonging(name, number)

    assert day_two.order(1002)["_build_id"] > day_one.build_id
    assert [row["quantity"] for row in day_two.belonging("conformed.order_lines", 1002)] == [2]


def test_a_line_that_went_is_removed_and_on_record(day_one: Stage, day_two: Stage) -> None:
    (gone,) = [
        row for row in day_one.belonging("conformed.order_lines", 1002) if row["line_key"].endswith("/22")
    ]
    removed = [row["key"] for row in day_two.removed if row["table_name"] == "conformed.order_lines"]

    assert {"order_line_id": gone["order_line_id"]} in removed


def test_an_older_version_that_comes_later_changes_nothing(day_one: Stage, day_two: Stage) -> None:
    assert day_two.order(1003) == day_one.order(1003)
    assert (
        day_two.one("conformed.stock_levels", sku="A-1", source_account="central")["available_quantity"] == 6
    )


def test_an_order_that_its_source_deleted_is_gone_everywhere(day_one: Stage, day_two: Stage) -> None:
    gone = day_one.order(1004)
    sold = day_two.one("metrics.daily_sales", business_date=gone["business_date"], source_system="shopify")

    for table in ("orders", "order_lines", "payments"):
        assert day_two.belonging(f"conformed.{table}", 1004) == []
    assert gone["order_id"] in {row["key"].get("order_id") for row in day_two.removed}
    assert sold["total_amount"] == sum(
        row["total_amount"]
        for row in day_two.all(
            "conformed.orders", business_date=gone["business_date"], source_system="shopify"
        )
        if row["is_sale"]
    )


def test_a_refund_counts_on_its_own_day(day_one: Stage, day_two: Stage) -> None:
    (given_back,) = day_two.belonging("conformed.refunds", 1005)
    day = day_two.one("metrics.daily_sales", business_date=date(2026, 11, 1), source_system="shopify")

    assert (given_back["refund_amount"], given_back["goods_amount"]) == (Decimal("59.50"), 50)
    assert (given_back["tax_amount"], given_back["adjustment_amount"]) == (Decimal("9.50"), 0)
    assert (day["order_count"], day["refund_amount"], day["net_amount"]) == (0, Decimal("59.50"), -50)
    assert day_two.order(1005)["financial_status"] == "partially_refunded"


def test_an_order_that_moves_to_another_day_leaves_the_old_one(day_one: Stage, day_two: Stage) -> None:
    before = day_one.one("metrics.daily_sales", business_date=date(2026, 10, 31), source_system="shopify")
    after = day_two.one("metrics.daily_sales", business_date=date(2026, 10, 31), source_system="shopify")
    new_day = day_two.one("metrics.daily_sales", business_date=date(2026, 10, 28), source_system="shopify")

    # 1004 was deleted, 1007 moved, 1012 is new.
    assert (before["order_count"], after["order_count"], new_day["order_count"]) == (10, 9, 1)


def test_lines_appear_with_their_order(day_two: Stage) -> None:
    (late,) = [
        row
        for row in day_two.all("conformed.order_lines", source_account="feira")
        if row["gross_amount"] == 70
    ]
    placed = day_two.one("conformed.orders", order_id=late["order_id"])

    assert placed["total_amount"] == 80
    assert len(day_two.all("conformed.payments", order_id=late["order_id"])) == 1
    assert [
        row for row in day_two["conformed.order_differences"] if row["order_id"] == late["order_id"]
    ] == []


def test_an_article_that_the_pim_learns_of_later_is_found_by_what_was_sold(
    day_one: Stage, day_two: Stage
) -> None:
    (before,), (after,) = (stage.belonging("conformed.order_lines", 1006) for stage in (day_one, day_two))

    assert before["variant_id"] is None
    assert after["variant_id"] == day_two.skus["ghost"]
    assert day_two.one("outbound.shopify__stock", sku="ghost")["quantity"] == 3


def test_the_newest_statement_about_a_customer_counts(day_two: Stage) -> None:
    emails = {row["email"] for row in day_two["conformed.customers"] if row["customer_key"].endswith("/7")}

    assert emails == {"new@example.com"}
    assert len(day_two.all("conformed.customers", source_account="feira")) == 1


def test_a_changed_price_closes_the_old_one(day_two: Stage) -> None:
    history = sorted(
        day_two.all("conformed.prices", source_variant_id=day_two.skus["H"]),
        key=lambda row: row["valid_from"],
    )

    assert [(row["price_amount"], row["valid_to"]) for row in history] == [(10, CHANGED), (12, None)]
    assert day_two.shown("H")["variants"][0]["price"] == "12.00"


def test_a_price_that_went_is_closed_and_its_product_a_draft(day_two: Stage) -> None:
    (history,) = day_two.all("conformed.prices", source_variant_id=day_two.skus["I"])

    assert history["valid_to"] == CHANGED
    assert day_two.shown("I")["status"] == "DRAFT"


def test_an_offer_that_went_closes_its_prices_and_identifiers(day_two: Stage) -> None:
    gone = day_two.one("conformed.product_variants", source_system="supplier_sftp", product_key="gone")

    assert gone["status"] == "deleted"
    for table, holder in (("prices", "source_variant_id"), ("source_product_ids", "holder_id")):
        rows = day_two.all(f"conformed.{table}", **{holder: gone["variant_id"]})
        assert rows
        assert all(row["valid_to"] is not None for row in rows)


def test_a_late_older_price_list_changes_nothing(day_two: Stage) -> None:
    offered = day_two.one("conformed.product_variants", source_system="supplier_sftp", product_key="b")
    prices = day_two.all("conformed.prices", source_variant_id=offered["variant_id"], price_type="list")

    assert sorted((row["price_amount"], row["valid_to"] is None) for row in prices) == [
        (80, False),
        (85, True),
    ]


def test_a_proposal_is_matched_when_the_pim_has_the_article(day_two: Stage) -> None:
    offered = day_two.one("conformed.product_variants", source_system="supplier_sftp", product_key="new")
    product = day_two.one("conformed.products", source_system="supplier_sftp", product_key="new")

    assert (offered["status"], offered["matched_variant_id"]) == ("matched", day_two.skus["P"])
    assert product["status"] == "matched"


def test_an_identifier_that_moves_closes_the_old_row(day_two: Stage) -> None:
    ean = "0" + pim_product("E-1")["ean"]
    held = {
        (row["holder_id"], row["valid_to"] is None)
        for row in day_two.all("conformed.source_product_ids", identifier=ean, source_system="akeneo")
    }
    offered = day_two.one("conformed.product_variants", source_system="supplier_sftp", product_key="e")
    named = day_two.all(
        "conformed.source_product_ids", holder_id=offered["variant_id"], identifier_type="ean"
    )

    assert held == {(day_two.skus["E-1"], False), (day_two.skus["E-2"], True)}
    assert {(row["our_id"], row["valid_to"] is None) for row in named} == held


def test_a_sku_that_another_article_takes_supersedes_the_first(day_one: Stage, day_two: Stage) -> None:
    first = day_two.one("conformed.product_variants", variant_id=day_one.skus[TAKEN_SKU])
    closed, opened = sorted(
        day_two.all("conformed.source_product_ids", identifier=TAKEN_SKU, identifier_type="sku"),
        key=lambda row: row["valid_to"] is None,
    )

    assert first["status"] == "superseded"
    assert (closed["our_id"], opened["our_id"]) == (first["variant_id"], day_two.skus[TAKEN_SKU])
    assert day_two.one("outbound.shopify__products", product_id=first["product_id"])["status"] == "ARCHIVED"
    assert day_two.shown(TAKEN_SKU)["status"] == "ACTIVE"


def test_a_variant_that_moves_changes_both_products(day_one: Stage, day_two: Stage) -> None:
    left = day_two.one("outbound.shopify__products", product_id=day_one.product_of("J-1"))

    assert [variant["sku"] for variant in left["variants"]] == ["J-1"]
    assert [variant["sku"] for variant in day_two.shown("J-2")["variants"]] == ["J-2", "L-1"]


def test_a_product_that_lost_every_variant_is_archived_as_it_was(day_one: Stage, day_two: Stage) -> None:
    product_id = day_one.product_of("L-1")
    before, after = (
        stage.one("outbound.shopify__products", product_id=product_id) for stage in (day_one, day_two)
    )

    assert day_two.one("conformed.products", product_id=product_id)["status"] == "deleted"
    assert (before["status"], after["status"]) == ("ACTIVE", "ARCHIVED")
    assert after["variants"] == before["variants"]


def test_a_product_that_is_switched_off_is_archived(day_two: Stage) -> None:
    assert day_two.shown("M")["status"] == "ARCHIVED"


def test_a_renamed_category_shows_in_the_paths_below_it(day_one: Stage, day_two: Stage) -> None:
    shirts = day_two.one("conformed.categories", category_code="apparel_shirts")
    root = day_two.one("conformed.categories", category_code="master")

    assert shirts["path_name_en"] == "All / Clothes / Shirts"
    assert root == day_one.one("conformed.categories", category_code="master")


def test_a_renamed_family_shows_in_its_products_alone(day_one: Stage, day_two: Stage) -> None:
    assert day_two.shown("B")["product_type"] == "Shirts and blouses"
    assert day_two.shown("U") == day_one.shown("U")


def test_stock_that_the_warehouse_does_not_list_any_more_is_sold_out(day_two: Stage) -> None:
    level = day_two.one("conformed.stock_levels", sku="U")

    assert (level["available_quantity"], level["is_deleted"]) == (0, True)
    assert day_two.one("outbound.shopify__stock", sku="U")["quantity"] == 0


def test_stock_stated_again_unchanged_is_not_sent_again(day_one: Stage, day_two: Stage) -> None:
    """The moment moves on, because reconciliation asks what the warehouse said last; the content does not."""
    b_before, b_after = (stage.one("conformed.stock_levels", sku="B") for stage in (day_one, day_two))
    shown_before, shown_after = (
        stage.one("outbound.shopify__stock", sku="B") for stage in (day_one, day_two)
    )

    assert b_after["source_as_of_at"] > b_before["source_as_of_at"]
    assert shown_after["content_hash"] == shown_before["content_hash"]
    assert shown_after["as_of_at"] == b_after["source_as_of_at"]


def test_what_changed_says_so_and_the_rest_does_not(day_one: Stage, day_two: Stage) -> None:
    """A row has a new build exactly where its content is new."""
    for table, rows in day_two.tables.items():
        known = [as_shown(row) for row in day_one[table]]
        for row in rows:
            assert (row["_build_id"] > day_one.build_id) == (as_shown(row) not in known), (table, row)
