"""The two days: the same bytes for one seed, and expectations that an independent look confirms."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from sandbox.days.day_one import first_day
from sandbox.days.day_two import JUMP_FACTOR, LEGAL_BUT_ODD, SecondDay
from sandbox.days.expected import Day, Expected, Flow, Outcome
from sandbox.deliveries.inventory_advice import SYNTAX
from sandbox.deliveries.supplier_catalog import DIALECTS
from sandbox.shopify.order_amounts import Calculation
from sandbox.shopify.order_events import PROVIDER, transactions
from sandbox.world import World

START = date(2026, 11, 2)
AT = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
SCALES = (0.05, 0.1, 1)


@pytest.fixture(scope="module", params=SCALES)
def world(request) -> World:
    return World(seed=7, scale=request.param, start=START)


@pytest.fixture(scope="module")
def one(world) -> Day:
    return first_day(world)


@pytest.fixture(scope="module")
def two(world) -> Day:
    return SecondDay(world, AT).day()


def of(day: Day, flow: Flow, **fields: object) -> list[Expected]:
    return [
        one
        for one in day.expected
        if one.flow is flow and all(getattr(one, name) == value for name, value in fields.items())
    ]


def content(day: Day, path: str) -> bytes:
    return next(file.content for file in day.files if file.path == path)


def rows(blob: bytes, partner: str) -> list[dict[str, str]]:
    text = io.StringIO(blob.decode(DIALECTS[partner].encoding), newline="")
    found = csv.DictReader(text, delimiter=DIALECTS[partner].delimiter, strict=True)
    return [{name.strip(): value.strip() for name, value in row.items()} for row in found]


def is_good(row: dict[str, str]) -> bool:
    price = row["Variant Price"].replace(",", ".")
    is_variant = bool(row["Variant SKU"])
    return (
        (re.fullmatch(r"\d+\.\d\d", price) is not None or not is_variant)
        and re.fullmatch(r"(\d{13})?", row["Variant Barcode"]) is not None
        and row["Variant Weight Unit"] in ("g", "")
    )


def lines(blob: bytes, partner: str) -> list[dict[str, str]]:
    syntax, found = SYNTAX[partner], []
    for segment in blob.decode().replace("\n", "").split(syntax.terminator):
        tag, *elements = segment.split(syntax.element)
        if tag == "LIN":
            found.append(dict(zip(elements[1::2], elements[2::2], strict=True)))
        elif tag == "QTY":
            found[-1][elements[0]] = elements[1]
    return found


def test_one_seed_and_clock_give_the_same_bytes(world, one, two):
    again = World(seed=world.seed, scale=world.scale, start=world.start)
    assert first_day(again).files == one.files
    assert SecondDay(again, AT).day().files == two.files
    assert SecondDay(again, AT).edits == SecondDay(world, AT).edits
    other = first_day(World(seed=8, scale=world.scale, start=world.start))
    assert {file.path for file in other.files} == {file.path for file in one.files}
    assert other.files != one.files


def test_suppliers_deliver_what_is_expected(one, two):
    for day in (one, two):
        for expected in of(day, Flow.CATALOG, outcome=Outcome.ACCEPTED):
            partner = expected.delivery.split("/")[0]
            found = rows(content(day, expected.delivery), partner)
            assert len(found) == expected.delivered
            bad = [row["Variant SKU"] for row in found if not is_good(row)]
            assert sorted(bad) == sorted(refusal.key for refusal in expected.refused)
            assert expected.accepted == len(found) - len(bad)


def test_warehouses_deliver_what_is_expected(one, two):
    for day in (one, two):
        for expected in of(day, Flow.STOCK):
            partner = expected.delivery.split("/")[0]
            found = lines(content(day, expected.delivery), partner)
            assert len(found) == expected.delivered
            if expected.outcome is Outcome.ACCEPTED:
                bad = [
                    one.get("SK", one["UP"]) for one in found if "SK" not in one or not one["33"].isdigit()
                ]
                assert bad == [refusal.key for refusal in expected.refused]


def test_the_marketplace_delivers_what_is_expected(one, two):
    for day in (one, two):
        for expected in of(day, Flow.MARKETPLACE):
            path = f"{expected.delivery}/olist_{expected.entity}_dataset.csv"
            blobs = [file.content for file in day.files if file.path == path]
            if blobs:
                assert len(list(csv.DictReader(io.StringIO(blobs[0].decode())))) == expected.delivered


def test_the_marker_comes_last(one, two, world):
    market = [file.path for file in one.files if file.account == "marketplace"]
    assert market[-1].endswith("_COMPLETE")
    assert len(market) == 7
    late = [file.path.rsplit("/", 1)[1] for file in two.files if file.account == "marketplace"]
    assert len(late) == 5
    missing = [file.path.rsplit("/", 1)[1] for file in SecondDay(world, AT).missing_files()]
    assert missing == ["olist_order_payments_dataset.csv", "_COMPLETE"]


def test_repeated_deliveries_have_the_same_bytes(one, two):
    duplicates = [
        *of(two, Flow.CATALOG, outcome=Outcome.DUPLICATE),
        *of(two, Flow.STOCK, outcome=Outcome.DUPLICATE),
    ]
    first = {file.content for file in one.files}
    names = {file.path for file in one.files}
    assert all(content(two, expected.delivery) in first for expected in duplicates)
    assert Counter(expected.delivery in names for expected in duplicates) == {True: 2, False: 1}


def test_late_deliveries_are_dated_before_the_first_day(one, two):
    for flow in (Flow.CATALOG, Flow.STOCK):
        (late,) = of(two, flow, outcome=Outcome.OLDER)
        stamp = re.search(r"(\d{8})T", late.delivery)[1]
        assert stamp == "20261101"
        assert content(two, late.delivery) not in {file.content for file in one.files}


def test_the_broken_file_ends_within_a_quoted_field(two):
    (broken,) = of(two, Flow.CATALOG, outcome=Outcome.BROKEN)
    blob = content(two, broken.delivery)
    with pytest.raises(csv.Error, match="unexpected end of data"):
        rows(blob, "kontor")
    good = max(one.delivery for one in of(two, Flow.CATALOG) if one.delivery.startswith("kontor"))
    assert good > broken.delivery
    assert content(two, good).startswith(blob)


def test_changes_are_a_small_share(two, one, world):
    if world.scale < 1:
        pytest.skip("a share needs a world of the usual size")
    for flow in (Flow.CATALOG, Flow.STOCK):
        for expected in of(two, flow, outcome=Outcome.ACCEPTED):
            assert 0.02 < expected.changed / expected.delivered < 0.1
    (products,) = of(two, Flow.PRODUCTS)
    assert 0.03 < products.changed / world.launched_variants < 0.1


def test_changed_counts_are_right(one, two):
    for expected in of(two, Flow.CATALOG, outcome=Outcome.ACCEPTED):
        partner = expected.delivery.split("/")[0]
        first = next(it for it in of(one, Flow.CATALOG) if it.delivery.startswith(partner))
        known = {tuple(row.items()) for row in rows(content(one, first.delivery), partner) if is_good(row)}
        found = [tuple(row.items()) for row in rows(content(two, expected.delivery), partner) if is_good(row)]
        assert len(set(found) - known) == expected.changed
    for expected in of(two, Flow.STOCK, outcome=Outcome.ACCEPTED):
        partner = expected.delivery.split("/")[0]
        first = next(it for it in of(one, Flow.STOCK) if it.delivery.startswith(partner))
        known = {tuple(line.items()) for line in lines(content(one, first.delivery), partner) if "SK" in line}
        found = [
            tuple(line.items())
            for line in lines(content(two, expected.delivery), partner)
            if line["33"].isdigit()
        ]
        assert len(set(found) - known) == expected.changed


def test_odd_but_legal_texts_are_delivered(two, world):
    edits = SecondDay(world, AT).edits
    assert LEGAL_BUT_ODD in [english for english, _ in edits.names.values()]
    nordhaus = max(one.delivery for one in of(two, Flow.CATALOG) if one.delivery.startswith("nordhaus"))
    assert LEGAL_BUT_ODD in [row["Title"] for row in rows(content(two, nordhaus), "nordhaus")]


def test_one_price_jumps(two, world):
    second, columns = SecondDay(world, AT), world.catalog.variants
    assert two.gate_stops == [columns.sku[row] for row in second.jumping]
    for row in second.jumping:
        assert second.edits.eur_cents[row] == columns.eur_cents[row] * JUMP_FACTOR
        assert columns.product[row] in world.listed_products


def test_refusals_say_what_is_wrong(one, two):
    refused = [refusal for day in (one, two) for expected in day.expected for refusal in expected.refused]
    assert {refusal.field for refusal in refused} == {
        "ean",
        "names",
        "sku",
        "prices",
        "list_price_amount",
        "barcode",
        "weight_unit",
        "weight_grams",
        "quantity_available",
        "ordered_quantity",
        "customer_number",
        "rate",
        "booked_at",
        "purchased_at",
    }
    assert all(refusal.key and refusal.why for refusal in refused)


def test_orders_of_the_second_day_are_of_that_day(world):
    second = SecondDay(world, AT)
    known = {order.number: order for order in world.storefront_orders}
    assert all(AT - timedelta(minutes=5) < order.created_at <= AT for order in second.new_orders)
    assert not known.keys() & {order.number for order in second.new_orders}
    assert second.changed_orders
    for order in second.changed_orders:
        assert order.updated_at == AT
        assert order.created_at == known[order.number].created_at
        assert (order.refunds, order.shipments) != (
            known[order.number].refunds,
            known[order.number].shipments,
        )


def test_expectations_can_be_written_down(two):
    document = two.expected[0].to_json()
    assert document["accepted"] == document["delivered"] - len(document["refused"])
    assert document["flow"] == "pull_products_from_akeneo"


def test_the_erp_orders_of_every_supplier_and_changes_its_mind(world, one, two):
    (first,) = of(one, Flow.PURCHASES)
    content = next(file.content for file in one.files if file.path == first.delivery)
    rows = list(csv.DictReader(io.StringIO(content.decode("cp1252")), delimiter=";"))
    assert len(rows) == first.delivered
    assert {row["Lieferant"] for row in rows} == {"70010", "70020"}
    outcomes = Counter(expected.outcome for expected in of(two, Flow.PURCHASES))
    assert outcomes == {Outcome.ACCEPTED: 1, Outcome.DUPLICATE: 1, Outcome.OLDER: 1}
    changed = SecondDay(world, AT).purchases
    assert sum(line.is_cancelled for order in changed for line in order.lines) == 1
    known = {order.number for order in world.purchase_orders}
    assert len([order for order in changed if order.number not in known]) == 2


def test_the_erp_states_a_rate_of_every_currency_that_is_sold_in_and_corrects_one(world, one, two):
    (first,), (second,) = of(one, Flow.RATES), of(two, Flow.RATES)
    files = {file.path: file.content for file in (*one.files, *two.files)}
    stated, corrected = (
        list(csv.DictReader(io.StringIO(files[day.delivery].decode("cp1252")), delimiter=";"))
        for day in (first, second)
    )
    assert {"BRL", "GBP", "USD"} <= {row["Nach"] for row in stated}
    assert (len(stated), len(corrected)) == (first.delivered, second.delivered)
    known = {(row["Nach"], row["Kursdatum"]): row["Kurs"] for row in stated}
    again = [row for row in corrected if (row["Nach"], row["Kursdatum"]) in known]
    assert [row["Kurs"] for row in again] != [known[row["Nach"], row["Kursdatum"]] for row in again]
    assert len(again) == 1


def test_the_provider_settles_what_was_paid_and_pays_out_the_rest(world, one, two):
    (first,), (second, again) = of(one, Flow.SETTLEMENTS), of(two, Flow.SETTLEMENTS)
    assert again.outcome is Outcome.DUPLICATE
    assert content(two, again.delivery) == content(one, first.delivery)
    reports = [
        list(csv.DictReader(io.StringIO(content(day, expected.delivery).decode())))
        for day, expected in ((one, first), (two, second))
    ]
    assert [len(report) for report in reports] == [first.delivered, second.delivered]
    for report in reports:
        given, taken = (
            sum(Decimal(row[name] or 0) for row in report) for name in ("Net Credit (NC)", "Net Debit (NC)")
        )
        assert given == taken
        assert [row["Type"] for row in report[-2:]] == ["Fee", "MerchantPayout"]
    settled = [row["Merchant Reference"] for report in reports for row in report if row["Type"] == "Settled"]
    paid = {
        document["paymentId"]: document
        for order in world.storefront_orders
        if not order.is_test
        for document in transactions(order, Calculation(order))
        if (document["gateway"], document["kind"], document["status"]) == (PROVIDER, "SALE", "SUCCESS")
    }
    # One is forgotten, one is of no shop.
    assert len(paid.keys() - set(settled)) == 1
    assert set(settled) - paid.keys() == {"PL-0815"}
    assert len(settled) == len(set(settled))


def test_the_erp_agrees_a_list_price_of_everything_and_ends_a_promotion_early(world, one, two):
    (first,), (second, again) = of(one, Flow.PRICES), of(two, Flow.PRICES)
    stated, changed = (
        list(csv.DictReader(io.StringIO(content(day, path).decode("cp1252")), delimiter=";"))
        for day, path in ((one, first.delivery), (two, second.delivery))
    )
    assert (len(stated), len(changed)) == (first.delivered, second.delivered)
    assert again.outcome is Outcome.DUPLICATE
    assert content(two, again.delivery) == content(one, first.delivery)
    kinds = Counter(row["Preisart"] for row in stated)
    assert kinds["list"] == world.launched_variants
    known = {row["Kondition"]: row for row in stated}
    withdrawn = [row for row in changed if row["Zurückgezogen"]]
    assert 0 < len(withdrawn) < kinds["promotion"]
    assert all(known[row["Kondition"]]["Preisart"] == "promotion" for row in withdrawn)
    assert any(row["Kondition"] not in known for row in changed)
    edited = SecondDay(world, AT).edits
    promoted = {row for product in world.promoted_products for row in world.catalog.variants_of(product)}
    assert not promoted & (edited.eur_cents.keys() | edited.values.keys())


def test_the_till_books_lines_twice_strangers_buy_and_a_document_comes_back(world, one, two):
    (first,) = of(one, Flow.LEDGER)
    content = next(file.content for file in one.files if file.path == first.delivery)
    lines = pl.read_parquet(io.BytesIO(content))
    assert lines.height == first.delivered
    assert lines.is_duplicated().any()
    assert lines["CustomerID"].null_count()
    assert not lines["InvoiceNo"].str.starts_with("C").any()
    assert [expected.outcome for expected in of(two, Flow.LEDGER)] == [Outcome.ACCEPTED, Outcome.DUPLICATE]
    back = [line for line in SecondDay(world, AT).till if line.document.startswith("C")]
    document = [line for line in world.till if line.document == world.till[0].document]
    assert [-line.quantity for line in back] == [line.quantity for line in document]


def test_households_buy_articles_that_nobody_listed_and_some_lines_count_nothing(one, two):
    for day in (one, two):
        files = {
            file.path.rpartition("/")[2]: file.content
            for file in day.files
            if file.path.startswith("harvest/out/")
        }
        baskets = pl.read_parquet(io.BytesIO(files["transactions.parquet"]))
        listed = pl.read_parquet(io.BytesIO(files["products.parquet"]))
        found = {expected.entity: expected.delivered for expected in of(day, Flow.PANEL)}
        assert found == {"transactions": baskets.height, "products": listed.height}
        assert not baskets.select("basket_id", "product_id").is_duplicated().any()
        assert (baskets["sales_value"] >= 0).all()
        assert "_COMPLETE" in files


def test_campaigns_reach_some_households_and_most_coupons_stand_in_a_basket(one, two):
    for day in (one, two):
        files = {
            file.path.rpartition("/")[2]: file.content for file in day.files if "/campaigns/" in file.path
        }
        tables = {name: pl.read_parquet(io.BytesIO(content)) for name, content in files.items() if content}
        found = {expected.entity: expected.delivered for expected in of(day, Flow.CAMPAIGNS)}
        assert found == {
            "campaigns": tables["campaign_descriptions.parquet"].height,
            "campaign_households": tables["campaigns.parquet"].height,
            "coupons": tables["coupons.parquet"].height,
            "coupon_redemptions": tables["coupon_redemptions.parquet"].height,
        }
        coupons, used = tables["coupons.parquet"], tables["coupon_redemptions.parquet"]
        assert coupons.is_duplicated().sum() == 2
        reached = used.join(tables["campaigns.parquet"], on=["campaign_id", "household_id"], how="anti")
        assert (used.height > 0, reached.height) == (True, 0)
