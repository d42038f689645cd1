"""Catalogues of suppliers: CSV in the Shopify product form, in each partner's own dialect.

Source of the columns: https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.world import World
from sandbox.world.words import BRANDS, COLORS, SIZE_LABELS

COLUMNS = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Google Shopping / Google Product Category",
    "Google Shopping / Gender",
    "Google Shopping / Age Group",
    "Google Shopping / MPN",
    "Google Shopping / AdWords Grouping",
    "Google Shopping / AdWords Labels",
    "Google Shopping / Condition",
    "Google Shopping / Custom Product",
    "Google Shopping / Custom Label 0",
    "Google Shopping / Custom Label 1",
    "Google Shopping / Custom Label 2",
    "Google Shopping / Custom Label 3",
    "Google Shopping / Custom Label 4",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
)
"""The 47 columns; the 46-column form is without the last."""

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
PURCHASE_SHARE = 55
"""What we pay, in per cent of the list price."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a supplier writes its file.

    Attributes:
        has_decimal_comma: ``24,90`` instead of ``24.90``.
        has_cost: the 47-column form, with our purchase price.
        is_padded: headers and cells end in blanks.
        language: 0 English, 1 German, 2 French.
    """

    partner: str
    encoding: str
    delimiter: str = ","
    line_end: str = "\n"
    has_decimal_comma: bool = False
    has_cost: bool = True
    is_padded: bool = False
    language: int = 0


DIALECTS = {
    "nordhaus": Dialect(partner="nordhaus", encoding="utf-8", language=1),
    "lumiere": Dialect(
        partner="lumiere",
        encoding="cp1252",
        delimiter=";",
        has_decimal_comma=True,
        has_cost=False,
        language=2,
    ),
    "kontor": Dialect(partner="kontor", encoding="utf-8-sig", line_end="\r\n", is_padded=True, language=1),
}


def file_name(partner: str, at: datetime) -> str:
    """As ``catalog_nordhaus_20261102T050000Z.csv``."""
    return f"catalog_{partner}_{at:%Y%m%dT%H%M%SZ}.csv"


def catalog_rows(
    world: World, dialect: Dialect, products: list[int], cents: Callable[[int], int]
) -> list[Row]:
    """One row for every variant; every fourth product has a row for a second image, too.

    Args:
        products: rows of the catalogue.
        cents: list price of a variant row.
    """
    rows: list[Row] = []
    for place, product in enumerate(products):
        rows += _product_rows(world, dialect, product, cents)
        if place % 4 == 3:
            rows.append(_image_row(world, product))
    return rows


def _product_rows(world: World, dialect: Dialect, product: int, cents: Callable[[int], int]) -> list[Row]:
    rows = [
        _variant_row(world, dialect, variant, cents(variant))
        for variant in world.catalog.variants_of(product)
    ]
    rows[0] |= _first_row_cells(world, dialect, product, rows[0])
    return rows


def _first_row_cells(world: World, dialect: Dialect, product: int, first: Row) -> Row:
    columns, family = world.catalog.products, world.catalog.family_of(product)
    names = (columns.name_en[product], columns.name_de[product], columns.name_fr[product])
    name, handle = names[dialect.language], columns.url_key[product]
    option_names = _option_names(world, product)
    return {
        "Title": name,
        "Body (HTML)": _body(name, dialect),
        "Vendor": BRANDS[columns.brand[product]][1],
        "Type": family.labels[0],
        "Tags": f"{family.code}, {dialect.partner}",
        "Published": "true",
        **{f"Option{place} Name": option for place, option in enumerate(option_names, start=1)},
        "Image Src": f"https://media.{dialect.partner}.example/{handle}-1.jpg",
        "Image Position": "1",
        "Image Alt Text": name,
        "Gift Card": "false",
        "SEO Title": name,
    }


def _body(name: str, dialect: Dialect) -> str:
    if dialect.language == 2:
        return f"<p>{name} : l{APOSTROPHE}œuvre d{APOSTROPHE}un atelier où l{APOSTROPHE}été dure.</p>"
    if dialect.is_padded:
        return f'<p>{name}</p>{dialect.line_end}<ul><li>Maße siehe "Datenblatt"</li>{dialect.line_end}</ul>'
    return f"<p>{name}, gefertigt in kleiner Serie.</p>"


def _option_names(world: World, product: int) -> list[str]:
    first = world.catalog.products.first[product]
    columns = world.catalog.variants
    names = [
        name
        for name, values in (("Color", columns.color), ("Size", columns.size))
        if values[first] is not None
    ]
    return names or ["Title"]


def _option_values(world: World, variant: int) -> list[str]:
    color, size = world.catalog.variants.color[variant], world.catalog.variants.size[variant]
    values = [] if color is None else [COLORS[color][2]]
    if size is not None:
        values.append(SIZE_LABELS[size])
    return values or ["Default Title"]


def _variant_row(world: World, dialect: Dialect, variant: int, cents: int) -> Row:
    columns = world.catalog.variants
    options = _option_values(world, variant)
    row = {
        "Handle": world.catalog.products.url_key[columns.product[variant]],
        **{f"Option{place} Value": value for place, value in enumerate(options, start=1)},
        "Variant SKU": columns.sku[variant],
        "Variant Grams": str(columns.grams[variant]),
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": price_text(cents, dialect),
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
        "Variant Barcode": columns.ean[variant],
        "Variant Weight Unit": "g",
    }
    if dialect.has_cost:
        row["Cost per item"] = price_text(cents * PURCHASE_SHARE // 100, dialect)
    return row


def _image_row(world: World, product: int) -> Row:
    handle = world.catalog.products.url_key[product]
    source = f"https://media.suppliers.example/{handle}-2.jpg"
    return {"Handle": handle, "Image Src": source, "Image Position": "2", "Image Alt Text": handle}


def price_text(cents: int, dialect: Dialect) -> str:
    """An amount as the supplier writes it."""
    mark = "," if dialect.has_decimal_comma else "."
    return f"{cents // 100}{mark}{cents % 100:02d}"


def catalog_file(rows: list[Row], dialect: Dialect) -> bytes:
    """The rows as the bytes of a file."""
    columns = COLUMNS if dialect.has_cost else COLUMNS[:-1]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.delimiter, lineterminator=dialect.line_end)
    writer.writerow([_cell(column, dialect) for column in columns])
    writer.writerows([_cell(row.get(column, ""), dialect) for column in columns] for row in rows)
    return text.getvalue().encode(dialect.encoding)


def _cell(value: str, dialect: Dialect) -> str:
    return value.ljust(len(value) // 8 * 8 + 8) if dialect.is_padded else value
