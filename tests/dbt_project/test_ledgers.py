"""What a ledger of lines becomes: orders, refunds, customers, articles, and findings."""

from __future__ import annotations

from decimal import Decimal

from conftest import Stage

LEDGER = {"source_system": "ledger_sftp", "source_account": "gifts"}


def test_the_lines_of_a_document_are_an_order(day_one: Stage) -> None:
    order = day_one.one("conformed.orders", order_key="536365")
    assert (order["line_count"], order["unit_count"], order["total_amount"]) == (3, 18, Decimal("50.94"))
    assert (order["order_status"], order["financial_status"], order["fulfillment_status"]) == (
        "closed", "not_stated", "not_stated",
    )  # fmt: skip
    # London was back on standard time.
    assert (str(order["business_date"]), order["currency_code"], order["shipping_country_code"]) == (
        "2026-10-31", "GBP", "GB",
    )  # fmt: skip
    lines = day_one.all("conformed.order_lines", order_id=order["order_id"])
    assert sorted((line["line_key"], line["sku"], line["quantity"]) for line in lines) == [
        ("1", "71053", 6), ("2", "85123A", 6), ("3", "85123A", 6),
    ]  # fmt: skip


def test_a_correction_is_a_refund_of_no_known_order(day_one: Stage) -> None:
    refund = day_one.one("conformed.refunds", order_key="C536368")
    assert (refund["order_id"], refund["unit_count"], refund["goods_amount"]) == (None, 2, Decimal("6.78"))
    assert day_one.all("conformed.orders", order_key="C536368") == []


def test_what_is_odd_about_a_line_is_named_and_the_line_counts(day_one: Stage) -> None:
    found = {
        (row["order_key"], row["line_key"], row["reason"])
        for row in day_one.all("conformed.order_line_findings", **LEDGER)
    }
    assert found == {
        ("536365", "3", "repeated_line"),
        ("536366", "1", "without_customer"),
        ("536367", "1", "below_zero"),
        ("536367", "1", "without_price"),
    }


def test_a_corrected_line_is_repeated_no_more(day_two: Stage) -> None:
    assert day_two.all("conformed.order_line_findings", order_key="536365") == []
    assert day_two.one("conformed.orders", order_key="536365")["total_amount"] == Decimal("48.39")


def test_the_newest_document_says_where_a_customer_lives_and_what_an_article_is_called(
    day_one: Stage, day_two: Stage
) -> None:
    for stage, country, name in ((day_one, "GB", "ARTICLE 71053"), (day_two, "IE", "LANTERN, WHITE")):
        assert stage.one("conformed.customers", customer_key="17850")["country_code"] == country
        article = stage.one("conformed.products", product_key="71053", **LEDGER)
        assert (article["status"], article["names"]) == ("listed", {"und": name})


def test_sales_and_refunds_of_a_day_are_counted(day_two: Stage) -> None:
    (day,) = (
        row
        for row in day_two.all("metrics.daily_sales", **LEDGER)
        if str(row["business_date"]) == "2026-11-02"
    )
    assert (day["order_count"], day["refund_count"], day["net_amount"]) == (1, 1, Decimal("3.10"))


def test_a_basket_is_an_order_whose_lines_add_up_though_their_prices_are_rounded(day_one: Stage) -> None:
    order = day_one.one("conformed.orders", order_key="b1")
    assert (order["gross_amount"], order["discount_amount"], order["total_amount"]) == (
        Decimal("13.19"), Decimal("0.02"), Decimal("13.17"),
    )  # fmt: skip
    # Half past ten in the evening of the day before, by the clock of New York.
    assert str(order["business_date"]) == "2026-11-01"
    line = day_one.one("conformed.order_lines", order_key="b1", line_key="11")
    assert (line["unit_price_amount"], line["gross_amount"], line["net_amount"], line["line_number"]) == (
        Decimal("3.3333"), Decimal("10.00"), Decimal("9.98"), None,
    )  # fmt: skip


def test_an_article_that_nobody_listed_gets_its_name_when_it_is(day_one: Stage, day_two: Stage) -> None:
    for stage, names in ((day_one, {}), (day_two, {"und": "EGGS, 1 EA"})):
        assert stage.one("conformed.products", source_system="panel_sftp", product_key="13")["names"] == names
    found = day_one.all("conformed.order_line_findings", source_system="panel_sftp")
    assert {(row["order_key"], row["line_key"], row["reason"]) for row in found} == {
        ("b2", "12", "without_price"), ("b2", "12", "without_quantity"),
    }  # fmt: skip
