"""The articles: products, the variants they are sold as, their texts, prices and measures.

Kept as columns: the place in a list is the row. A hundred thousand variants are a matter of seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.world.dice import Dice
from sandbox.world.identifiers import ean13, slug, stable_uuid
from sandbox.world.words import BRANDS, COLORS, FAMILIES, LINES, Family

LISTED_EVERY = 3
"""One product of so many stands in the shop already on the first day."""
SUPPLIERS = ("nordhaus", "lumiere", "kontor")
_SUPPLIER_OF_BRAND = {brand: (*SUPPLIERS, None)[place % 4] for place, (brand, _) in enumerate(BRANDS)}


@dataclass(slots=True)
class Products:
    """One row per product: what its variants have in common.

    ``code`` is the code of the PIM's product model; ``first`` and ``last`` bound its variants
    (``last`` not included).
    """

    code: list[str] = field(default_factory=list)
    family: list[int] = field(default_factory=list)
    brand: list[int] = field(default_factory=list)
    supplier: list[str | None] = field(default_factory=list)
    name_en: list[str] = field(default_factory=list)
    name_de: list[str] = field(default_factory=list)
    name_fr: list[str] = field(default_factory=list)
    url_key: list[str] = field(default_factory=list)
    is_enabled: list[bool] = field(default_factory=list)
    age_days: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.code)


@dataclass(slots=True)
class Variants:
    """One row per article that can be ordered. Prices in cents."""

    product: list[int] = field(default_factory=list)
    uuid: list[str] = field(default_factory=list)
    sku: list[str] = field(default_factory=list)
    ean: list[str] = field(default_factory=list)
    color: list[int | None] = field(default_factory=list)
    size: list[str | None] = field(default_factory=list)
    eur_cents: list[int] = field(default_factory=list)
    usd_cents: list[int] = field(default_factory=list)
    grams: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sku)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that the retailer sells."""

    products: Products
    variants: Variants

    def family_of(self, product: int) -> Family:
        """The family of a product."""
        return FAMILIES[self.products.family[product]]

    def variants_of(self, product: int) -> range:
        """The rows of a product's variants."""
        return range(self.products.first[product], self.products.last[product])

    def has_axes(self, product: int) -> bool:
        """Whether the product is sold in several variants, and so has a product model in the PIM."""
        return self.products.last[product] - self.products.first[product] > 1

    def supplied_by(self, supplier: str) -> list[int]:
        """The products that one supplier delivers."""
        return [row for row, name in enumerate(self.products.supplier) if name == supplier]


def build_catalog(seed: int, products: int) -> Catalog:
    """A catalogue of the given number of products, about 2.75 variants each."""
    dice = Dice(seed, "catalog")
    catalog = Catalog(Products(), Variants())
    url_keys: dict[str, int] = {}
    for number in range(1, products + 1):
        _add_product(catalog, dice, number, url_keys)
    return catalog


def _add_product(catalog: Catalog, dice: Dice, number: int, url_keys: dict[str, int]) -> None:
    columns = catalog.products
    row = len(columns)
    family_row = dice.between(0, len(FAMILIES) - 1)
    family = FAMILIES[family_row]
    brand = dice.between(0, len(BRANDS) - 1)
    noun, material, line = dice.pick(family.nouns), dice.pick(family.materials), dice.pick(LINES)
    columns.code.append(f"{family.prefix}-{number:05d}")
    columns.family.append(family_row)
    columns.brand.append(brand)
    columns.supplier.append(_SUPPLIER_OF_BRAND[BRANDS[brand][0]])
    columns.name_en.append(f"{line} {material[0]} {noun[0]}")
    columns.name_de.append(f"{noun[1]} {line} aus {material[1]}")
    columns.name_fr.append(f"{noun[2]} {line} en {material[2]}")
    columns.url_key.append(_free_url_key(columns.name_en[row], url_keys))
    columns.is_enabled.append(not dice.chance(0.03))
    columns.age_days.append(dice.between(2, 400))
    columns.first.append(len(catalog.variants))
    _add_variants(catalog.variants, dice, row, family, columns.code[row])
    columns.last.append(len(catalog.variants))


def _free_url_key(name: str, taken: dict[str, int]) -> str:
    key = slug(name)
    taken[key] = taken.get(key, 0) + 1
    return key if taken[key] == 1 else f"{key}-{taken[key]}"


def _add_variants(columns: Variants, dice: Dice, product: int, family: Family, code: str) -> None:
    eur = _pretty_price(dice.between(*family.cents))
    usd = _pretty_price(round(eur * 1.12))
    grams = dice.between(*family.grams)
    for place, (color, size) in enumerate(_axes(dice, family)):
        sku = "-".join((code, *_sku_parts(color, size)))
        columns.product.append(product)
        columns.uuid.append(stable_uuid("product", sku))
        columns.sku.append(sku)
        columns.ean.append(ean13(len(columns.sku)))
        columns.color.append(color)
        columns.size.append(size)
        columns.eur_cents.append(eur + 1000 * place if family.code == "cookware" else eur)
        columns.usd_cents.append(usd + 1200 * place if family.code == "cookware" else usd)
        columns.grams.append(grams + 10 * place)


def _axes(dice: Dice, family: Family) -> Iterator[tuple[int | None, str | None]]:
    colors: list[int | None] = [None]
    if family.has_color:
        colors = list(dice.sample(range(len(COLORS)), dice.pick((1, 2, 2, 2, 3))))
    sizes: list[str | None] = [None]
    if family.sizes:
        start = dice.between(0, len(family.sizes) - 2)
        sizes = list(family.sizes[start : start + dice.pick((1, 2, 2, 3, 3))])
    return ((color, size) for color in colors for size in sizes)


def _sku_parts(color: int | None, size: str | None) -> Iterator[str]:
    if color is not None:
        yield COLORS[color][1]
    if size is not None:
        yield size.upper()


def _pretty_price(cents: int) -> int:
    """The price at or below, ending in ,90."""
    return max(cents // 100, 1) * 100 - 10
