"""Organisations in their roles, and texts of products by language and channel."""

from __future__ import annotations

from conftest import Stage


def test_companies_are_sellers_suppliers_and_retailers(day_one: Stage) -> None:
    roles: dict[str, set[str]] = {}
    for row in day_one["conformed.companies"]:
        roles.setdefault(row["company_role"], set()).add(row["company_key"])
    assert {"70010", "70020"} <= roles["supplier"]
    assert {"harbor", "warenring"} == roles["retailer"]


def test_a_seller_is_where_the_marketplace_says(day_one: Stage) -> None:
    (seller,) = day_one.all("conformed.companies", company_role="seller")
    assert (seller["country_code"], seller["province_code"], seller["city"]) == ("BR", "SP", "sao paulo")
    assert seller["company_key"] in {row["seller_key"] for row in day_one["conformed.order_lines"]}


def test_a_product_has_a_text_for_each_language_and_channel_that_has_one(day_one: Stage) -> None:
    product = day_one.product_of("B")
    texts = {
        (row["field"], row["locale_code"], row["content_scope"]): row["content_text"]
        for row in day_one.all("conformed.contents", product_id=product)
    }
    known = day_one.one("conformed.products", product_id=product)
    assert {key[1]: text for key, text in texts.items() if key[0] == "name"} == known["names"]
    told = {(one["locale"], one["scope"]): one["data"] for one in known["descriptions"]}
    assert {key[1:]: text for key, text in texts.items() if key[0] == "description"} == told
    assert len(texts) > 2


def test_nothing_is_touched_when_nothing_is_new(nothing_new: Stage) -> None:
    assert not nothing_new.changed("conformed.companies")
    assert not nothing_new.changed("conformed.contents")
