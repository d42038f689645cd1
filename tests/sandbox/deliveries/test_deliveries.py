"""The partners' files have the form that each partner writes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sandbox.days.day_one import first_exports
from sandbox.days.partners import advice_lines, supplier_rows
from sandbox.deliveries.inventory_advice import SYNTAX, advice_file
from sandbox.deliveries.marketplace_exports import export_files
from sandbox.deliveries.supplier_catalog import COLUMNS, DIALECTS, catalog_file
from sandbox.shopify.schema import shared_folder
from sandbox.world import World
from sandbox.world.marketplace_orders import COLUMNS as EXPORT_COLUMNS
from sandbox.world.stock import WAREHOUSES

AT = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, scale=0.5, start=date(2026, 11, 2))


def supplier_file(world: World, partner: str) -> tuple[bytes, list[dict[str, str]]]:
    rows = supplier_rows(world, partner, False, lambda row: world.catalog.variants.eur_cents[row])
    return catalog_file(rows, DIALECTS[partner]), rows


def read(content: bytes, partner: str) -> list[dict[str, str]]:
    dialect = DIALECTS[partner]
    text = io.StringIO(content.decode(dialect.encoding), newline="")
    return list(csv.DictReader(text, delimiter=dialect.delimiter))


@pytest.mark.parametrize(("partner", "columns"), [("nordhaus", 47), ("lumiere", 46), ("kontor", 47)])
def test_supplier_files_have_their_columns(world, partner, columns):
    content, rows = supplier_file(world, partner)
    found = read(content, partner)
    assert [name.strip() for name in found[0]] == list(COLUMNS[:columns])
    assert [
        {name.strip(): value.strip() for name, value in row.items() if value.strip()} for row in found
    ] == [{name: value.strip() for name, value in row.items() if value.strip()} for row in rows]


def test_the_columns_are_those_of_real_exports():
    folder = shared_folder() / "data/product-csvs"
    if not folder.exists():
        pytest.skip(f"real product files are not at hand: {folder}")
    for name, columns in (("shopify_home-and-garden.csv", COLUMNS), ("shopify_apparel.csv", COLUMNS[:-1])):
        with (folder / name).open(newline="") as file:
            assert next(csv.reader(file)) == list(columns)


def test_each_supplier_has_its_own_dialect(world):
    nordhaus, lumiere, kontor = (supplier_file(world, partner)[0] for partner in DIALECTS)
    assert nordhaus.decode("utf-8").count("\r") == 0
    with pytest.raises(UnicodeDecodeError):
        lumiere.decode("utf-8")
    assert b"\x92" in lumiere
    assert b"\x9c" in lumiere
    prices = [row["Variant Price"] for row in read(lumiere, "lumiere") if row["Variant Price"]]
    assert all(price[-3] == "," for price in prices)
    assert kontor.startswith(b"\xef\xbb\xbfHandle  ")
    assert kontor.count(b"\r\n") > kontor.count(b"\n") - kontor.count(b"\r\n")


def test_some_cells_of_kontor_go_over_several_lines(world):
    content, rows = supplier_file(world, "kontor")
    assert content.count(b"\r\n") > len(rows) + 1
    body = next(value for name, value in read(content, "kontor")[0].items() if name.strip() == "Body (HTML)")
    assert "\r\n" in body
    assert '"Datenblatt"' in body


def test_further_rows_continue_a_product(world):
    _, rows = supplier_file(world, "nordhaus")
    titled = [row["Handle"] for row in rows if "Title" in row]
    assert len(titled) == len(set(titled))
    seen: set[str] = set()
    for row in rows:
        assert ("Title" in row) == (row["Handle"] not in seen)
        seen.add(row["Handle"])
    images = [row for row in rows if "Variant SKU" not in row]
    assert images
    assert all(row["Image Position"] == "2" and row["Image Src"].startswith("https://") for row in images)


def test_suppliers_name_our_articles(world):
    skus = dict(zip(world.catalog.variants.sku, world.catalog.variants.ean, strict=True))
    for partner in DIALECTS:
        _, rows = supplier_file(world, partner)
        named = {row["Variant SKU"]: row["Variant Barcode"] for row in rows if "Variant SKU" in row}
        assert named.items() <= skus.items()
        assert len(named) > 50


def segments(content: bytes, partner: str) -> list[list[str]]:
    syntax = SYNTAX[partner]
    text = content.decode("ascii").replace("\n", "")
    assert text.endswith(syntax.terminator)
    return [segment.split(syntax.element) for segment in text.split(syntax.terminator)[:-1]]


@pytest.mark.parametrize("place", [0, 1])
def test_advices_count_right(world, place):
    warehouse = WAREHOUSES[place]
    lines = advice_lines(world, warehouse, world.stock[place], False)
    content = advice_file(warehouse, lines, AT, 101)
    found = segments(content, warehouse.partner)
    assert [found[0][0], found[1][0], found[-2][0], found[-1][0]] == ["ISA", "GS", "GE", "IEA"]
    assert found[0][13] == found[-1][2] == "000000101"
    assert found[1][6] == found[-2][2] == "101"
    sets = []
    for segment in found[2:-2]:
        if segment[0] == "ST":
            sets.append([])
        sets[-1].append(segment)
    assert len(sets) == int(found[-2][1]) > place
    for number, one in enumerate(sets, start=1):
        assert one[0] == ["ST", "846", f"{number:04d}"]
        assert one[-1] == ["SE", str(len(one)), f"{number:04d}"]
        assert [segment[0] for segment in one[1:5]] == ["BIA", "REF", "DTM", "N1"]
        assert one[-2] == ["CTT", str(sum(segment[0] == "LIN" for segment in one))]
    stated = [segment for one in sets for segment in one if segment[0] == "LIN"]
    assert [segment[3] for segment in stated] == [line.sku for line in lines]
    assert [segment[5] for segment in stated] == [line.ean for line in lines]


def test_separators_are_each_partners_own(world):
    central = advice_file(WAREHOUSES[0], advice_lines(world, WAREHOUSES[0], world.stock[0], False), AT, 1)
    north = advice_file(WAREHOUSES[1], advice_lines(world, WAREHOUSES[1], world.stock[1], False), AT, 1)
    assert (central[3:4], central[104:106], central[106:107]) == (b"*", b":~", b"\n")
    assert (north[3:4], north[104:106]) == (b"|", b">\r")
    assert b"\n" not in north
    assert north.count(b"\r") > 100


def test_times_are_stated_in_each_partners_zone(world):
    for place, stated in ((0, ["20261102", "0430", "UT"]), (1, ["20261102", "0530", "01"])):
        warehouse = WAREHOUSES[place]
        content = advice_file(warehouse, advice_lines(world, warehouse, world.stock[place], False), AT, 1)
        moment = next(segment for segment in segments(content, warehouse.partner) if segment[0] == "DTM")
        assert moment == ["DTM", "007", *stated]


def test_quantities_add_up(world):
    content = advice_file(WAREHOUSES[0], advice_lines(world, WAREHOUSES[0], world.stock[0], False), AT, 1)
    quantities = [segment for segment in segments(content, "central") if segment[0] == "QTY"]
    for available, on_hand, committed in zip(*(quantities[place::3] for place in range(3)), strict=True):
        assert (available[1], on_hand[1], committed[1]) == ("33", "17", "29")
        assert int(available[2]) + int(committed[2]) == int(on_hand[2])
        assert available[3] == on_hand[3] == committed[3] == "EA"


def exports(world: World) -> dict[str, list[dict[str, str]]]:
    files = export_files(first_exports(world)[0])
    return {
        name.removeprefix("olist_").removesuffix("_dataset.csv"): list(
            csv.DictReader(io.StringIO(content.decode()))
        )
        for name, content in files.items()
    }


def test_the_six_exports_join(world):
    tables = exports(world)
    orders = {row["order_id"] for row in tables["orders"]}
    assert {row["order_id"] for row in tables["order_items"]} == orders
    assert {row["order_id"] for row in tables["order_payments"]} == orders
    assert {row["customer_id"] for row in tables["orders"]} == {
        row["customer_id"] for row in tables["customers"]
    }
    assert {row["product_id"] for row in tables["order_items"]} <= {
        row["product_id"] for row in tables["products"]
    }
    assert {row["seller_id"] for row in tables["order_items"]} == {
        row["seller_id"] for row in tables["sellers"]
    }
    assert any(row["product_category_name"] == "" for row in tables["products"])


def test_what_was_paid_is_what_it_costs_except_where_declared(world):
    tables, declared = exports(world), first_exports(world)[1]
    owed: dict[str, Decimal] = {}
    for row in tables["order_items"]:
        price = Decimal(row["price"]) + Decimal(row["freight_value"])
        owed[row["order_id"]] = owed.get(row["order_id"], Decimal(0)) + price
    paid: dict[str, Decimal] = {}
    for row in tables["order_payments"]:
        paid[row["order_id"]] = paid.get(row["order_id"], Decimal(0)) + Decimal(row["payment_value"])
    differing = {
        order: paid[order] - owed[order] for order in owed if abs(paid[order] - owed[order]) > Decimal("0.01")
    }
    assert differing == dict(zip(declared, (Decimal("5.00"), Decimal("-0.50")), strict=True))


def test_the_exports_have_the_form_of_the_real_ones(world):
    folder = shared_folder() / "data/olist"
    if not folder.exists():
        pytest.skip(f"real exports are not at hand: {folder}")
    for name, content in export_files(first_exports(world)[0]).items():
        with (folder / name).open() as file:
            assert content.decode().split("\n", 1)[0] == file.readline().rstrip("\n")


def test_columns_are_complete(world):
    for table, rows in first_exports(world)[0].rows.items():
        assert all(len(row) == len(EXPORT_COLUMNS[table]) for row in rows)
