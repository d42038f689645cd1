from __future__ import annotations

from typing import Any

import pytest
from standard_pull_suite import SAMPLES, examined, landed, standard_pull_suite

from include.systems.retailer_edi.pull import PULL_SALES

TestStandards = standard_pull_suite(
    PULL_SALES,
    accounts={"": "harbor", "warenring": "warenring"},
    mailbox={"harbor/out/852_700.edi": "sales/good_852.edi"},
    refusals={
        "sales/bad_count.edi": "x12.segment_count",
        "sales/bad_no_article.edi": "some_article",
        "sales/bad_period.edi": "period_in_order",
        "sales/bad_quantity.edi": "x12.invalid_character",
        "sales/bad_unit.edi": "unknown_unit",
        "sales/bad_warenring_count.edi": "edifact.segment_count",
    },
)

NESTED = b"""ISA*00*          *00*          *08*6112390050     *ZZ*LINDQVIST      *261102*0530*U*00303*000000800*0*P*:~
GS*PD*6112390050*LINDQVIST*261102*0530*800*X*003030~
ST*852*0001~
XQ*H*261025*261031~
N1*RL**92*0101~
LIN**VN*SHI-1~
ZA*QS*6*EA~
LIN**VN*SHI-2~
ZA*QS*2*EA~
N1*RL**92*0102~
LIN**VN*SHI-1~
ZA*QO*4*EA~
CTT*3~
SE*12*0001~
GE*1*800~
IEA*1*000000800~
"""


def rows(account: str, content: bytes, *columns: str) -> list[tuple[Any, ...]]:
    kept = examined(PULL_SALES, landed(PULL_SALES, account, {"report.edi": ("sales", content)}))["sales"]
    assert kept.refused == []
    return [row for frame in kept.accepted for row in frame.select(columns).rows()]


def sample(name: str) -> bytes:
    return (SAMPLES / "retailer_edi" / "sales" / name).read_bytes()


def test_quantities_by_store_are_records_of_their_own() -> None:
    found = rows(
        "harbor", sample("good_852.edi"), "sku", "activity_code", "location", "quantity", "document_part"
    )
    assert [(sku, code, store, int(quantity), part) for sku, code, store, quantity, part in found] == [
        ("SHI-1", "QS", "0101", 12, 1), ("SHI-1", "QS", "0102", 7, 2), ("SHI-1", "QS", "0117", -1, 3),
        ("SHI-1", "QA", "0101", 40, 1), ("SHI-1", "QA", "0102", 11, 2), ("SHI-2", "QS", "HARBOR", 3, 1),
    ]  # fmt: skip


def test_the_period_and_the_price_hold_for_every_store() -> None:
    found = rows("harbor", sample("good_852.edi"), "period_start_date", "period_end_date", "price_amount")
    assert {(str(start), str(end)) for start, end, _ in found} == {("2026-10-25", "2026-10-31")}
    assert [float(price) if price is not None else None for *_, price in found] == [49.9] * 5 + [None]


def test_stores_around_their_articles_are_understood_as_older_releases_write_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from include.systems.edi import exchange
    from include.systems.partners import partner

    agreed = partner("retailer_edi", "harbor").settings
    sets = agreed["edi"]["sets"] | {"852": ["003030"]}
    monkeypatch.setitem(agreed["edi"], "sets", sets)
    assert exchange.exchange_with("retailer_edi", "harbor").sets["852"] == {"003030"}
    found = rows("harbor", NESTED, "location", "sku", "activity_code", "quantity")
    assert [(store, sku, code, int(quantity)) for store, sku, code, quantity in found] == [
        ("0101", "SHI-1", "QS", 6), ("0101", "SHI-2", "QS", 2), ("0102", "SHI-1", "QO", 4),
    ]  # fmt: skip


def test_a_resale_names_customer_order_and_invoice_day() -> None:
    columns = (
        "activity_code",
        "quantity",
        "customer",
        "order_number",
        "price_amount",
        "activity_date",
        "location",
    )
    sold, returned = rows("harbor", sample("good_867.edi"), *columns)
    assert (sold[0], int(sold[1]), sold[2], sold[3], float(sold[4]), str(sold[5]), sold[6]) == (
        "32", 15, "C-9", "PO-1", 18.25, "2026-10-12", "H-1",
    )  # fmt: skip
    assert (returned[0], int(returned[1])) == ("76", 2)


def test_a_sales_data_report_tells_shop_by_shop() -> None:
    columns = ("location", "ean", "activity_code", "quantity", "sales_amount")
    found = [
        (shop[-4:-1], ean[-4:], code, int(quantity), amount and float(amount))
        for shop, ean, code, quantity, amount in rows(
            "warenring", sample("good_warenring_slsrpt.edi"), *columns
        )
    ]
    assert found == [
        ("100", "3931", "153", 2, None), ("100", "3931", "77E", 1, None), ("100", "3948", "153", 4, 119.8),
        ("101", "3931", "153", 9, None),
    ]  # fmt: skip
