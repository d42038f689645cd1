"""The catalogue as the PIM shows it: products with inherited values, and the lists around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

from sandbox.world import World
from sandbox.world.words import BRANDS, CATEGORIES, COLORS, FAMILIES, SIZE_LABELS

LOCALES = ("en_US", "de_DE")
CHANNELS = ("ecommerce", "print")
CURRENCIES = (("EUR", "EUR (Euro)"), ("USD", "USD (US Dollar)"))

Document = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute of the PIM.

    Attributes:
        type: Akeneo's name of it, as ``pim_catalog_text``.
        is_localizable: one value by locale.
        is_scopable: one value by channel.
    """

    code: str
    type: str
    labels: tuple[str, str]
    is_localizable: bool = False
    is_scopable: bool = False


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(code="sku", type="pim_catalog_identifier", labels=("SKU", "Artikelnummer")),
    Attribute(code="name", type="pim_catalog_text", labels=("Name", "Name"), is_localizable=True),
    Attribute(
        code="description",
        type="pim_catalog_textarea",
        labels=("Description", "Beschreibung"),
        is_localizable=True,
        is_scopable=True,
    ),
    Attribute(code="price", type="pim_catalog_price_collection", labels=("Price", "Preis"), is_scopable=True),
    Attribute(code="url_key", type="pim_catalog_text", labels=("URL key", "URL-Schlüssel")),
    Attribute(code="ean", type="pim_catalog_text", labels=("EAN", "EAN")),
    Attribute(code="brand", type="pim_catalog_simpleselect", labels=("Brand", "Marke")),
    Attribute(code="color", type="pim_catalog_simpleselect", labels=("Color", "Farbe")),
    Attribute(code="size", type="pim_catalog_simpleselect", labels=("Size", "Größe")),
    Attribute(code="weight", type="pim_catalog_metric", labels=("Weight", "Gewicht")),
    Attribute(code="is_taxable", type="pim_catalog_boolean", labels=("Taxable", "Steuerpflichtig")),
)
ATTRIBUTE_BY_CODE = {attribute.code: attribute for attribute in ATTRIBUTES}

OPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "brand": {code: (label, label) for code, label in BRANDS},
    "color": {code: (english, german) for code, _, english, german in COLORS},
    "size": {code: (label, label) for code, label in SIZE_LABELS.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What was changed in the PIM since the first day, in one go.

    Attributes:
        at: when; it becomes ``updated`` of what was changed.
        names: product row to its English and German name (kept on the product model where there is one).
        descriptions: product row to the English description.
        eur_cents: variant row to its price.
        disabled: product rows.
        values: variant row to attributes whose values are replaced as they stand; None takes them away.
        launched: whether the products of the second day exist now.
    """

    at: datetime
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    descriptions: dict[int, str] = field(default_factory=dict)
    eur_cents: dict[int, int] = field(default_factory=dict)
    disabled: frozenset[int] = frozenset()
    values: dict[int, dict[str, object]] = field(default_factory=dict)
    launched: bool = False


class PimCatalog:
    """The PIM's products at a moment: the world, and what was edited since.

    Args:
        world: what is true on the first day.
        flaws: values that were wrong from the beginning, as in ``Edits.values``.
        edits: what happened on the second day, if it has come.
    """

    def __init__(self, world: World, flaws: dict[int, dict[str, object]], edits: Edits | None = None):
        self.world = world
        self.flaws = flaws
        self.edits = edits
        self._opened = datetime.combine(world.start, time(), UTC)

    @cached_property
    def by_uuid(self) -> list[tuple[str, int]]:
        """UUID and variant row of every product, in the order in which lists show them."""
        count = len(self.world.catalog.variants) if self.edits else self.world.launched_variants
        return sorted((uuid, row) for row, uuid in enumerate(self.world.catalog.variants.uuid[:count]))

    def product_of(self, row: int) -> int:
        """The product row of a variant."""
        return self.world.catalog.variants.product[row]

    def parent(self, row: int) -> str | None:
        """Code of the product model, for products with several variants."""
        product = self.product_of(row)
        return self.world.catalog.products.code[product] if self.world.catalog.has_axes(product) else None

    def is_enabled(self, row: int) -> bool:
        """Whether the product is on sale."""
        product = self.product_of(row)
        if self.edits and product in self.edits.disabled:
            return False
        return self.world.catalog.products.is_enabled[product]

    def categories(self, row: int) -> tuple[str, ...]:
        """Where the product is classified."""
        return self.world.catalog.family_of(self.product_of(row)).categories

    def created(self, row: int) -> datetime:
        """When the product was created."""
        product = self.product_of(row)
        if self.edits and product >= self.world.launched:
            return self.edits.at
        return self._opened - timedelta(days=self.world.catalog.products.age_days[product])

    def updated(self, row: int) -> datetime:
        """When the product itself changed; what it inherits has its own time."""
        if self.edits and self._touches_variant(self.edits, row):
            return self.edits.at
        age = self.world.catalog.products.age_days[self.product_of(row)]
        return self._opened - timedelta(minutes=1 + row * 7919 % (age * 24 * 60))

    def updated_with_parent(self, row: int) -> datetime:
        """When the product or its model changed: what filters on ``updated`` look at."""
        if self.edits and self._touches_model(self.edits, self.product_of(row)):
            return self.edits.at
        return self.updated(row)

    def _touches_variant(self, edits: Edits, row: int) -> bool:
        product = self.product_of(row)
        own = row in edits.eur_cents or row in edits.values or product in edits.disabled
        simple = self.parent(row) is None and self._touches_model(edits, product)
        return own or simple or product >= self.world.launched

    @staticmethod
    def _touches_model(edits: Edits, product: int) -> bool:
        return product in edits.names or product in edits.descriptions

    def document(self, row: int) -> Document:
        """A product as ``GET /products-uuid`` shows it, without links."""
        return {
            "uuid": self.world.catalog.variants.uuid[row],
            "enabled": self.is_enabled(row),
            "family": self.world.catalog.family_of(self.product_of(row)).code,
            "categories": list(self.categories(row)),
            "groups": [],
            "parent": self.parent(row),
            "values": self._values(row),
            "created": self.created(row),
            "updated": self.updated(row),
            "associations": {},
            "quantified_associations": {},
        }

    def _values(self, row: int) -> dict[str, list[Document]]:
        replaced = self.flaws.get(row, {}) | (self.edits.values.get(row, {}) if self.edits else {})
        data = self._plain_values(row) | replaced
        return {
            code: _values_of(ATTRIBUTE_BY_CODE[code], value)
            for code, value in data.items()
            if value is not None
        }

    def _plain_values(self, row: int) -> dict[str, object]:
        columns = self.world.catalog.variants
        color = columns.color[row]
        return {
            "sku": columns.sku[row],
            **self._model_values(self.product_of(row)),
            "price": self._prices(row),
            "ean": columns.ean[row],
            "color": None if color is None else COLORS[color][0],
            "size": columns.size[row],
            "weight": {"amount": f"{columns.grams[row]}.0000", "unit": "GRAM"},
            "is_taxable": True,
        }

    def _model_values(self, product: int) -> dict[str, object]:
        columns = self.world.catalog.products
        names = (columns.name_en[product], columns.name_de[product])
        if self.edits:
            names = self.edits.names.get(product, names)
        return {
            "name": dict(zip(LOCALES, names, strict=True)),
            "description": self._descriptions(product, names),
            "url_key": columns.url_key[product],
            "brand": BRANDS[columns.brand[product]][0],
        }

    def _descriptions(self, product: int, names: tuple[str, str]) -> dict[tuple[str, str], str]:
        english = f"{names[0]}: made to last, repaired for ten years."
        if self.edits:
            english = self.edits.descriptions.get(product, english)
        german = f"{names[1]}: gemacht, um zu bleiben; zehn Jahre Reparaturversprechen."
        short = {("en_US", "print"): names[0], ("de_DE", "print"): names[1]}
        return {("en_US", "ecommerce"): english, ("de_DE", "ecommerce"): german, **short}

    def _prices(self, row: int) -> dict[str, list[Document]]:
        columns = self.world.catalog.variants
        eur, usd = columns.eur_cents[row], columns.usd_cents[row]
        if self.edits and row in self.edits.eur_cents:
            eur = self.edits.eur_cents[row]
        amounts = [{"amount": amount(eur), "currency": "EUR"}, {"amount": amount(usd), "currency": "USD"}]
        return {"ecommerce": amounts, "print": amounts[:1]}


def amount(cents: int) -> str:
    """Cents as text with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def _values_of(attribute: Attribute, value: object) -> list[Document]:
    by_place = value if isinstance(value, dict) and _has_places(attribute) else {None: value}
    return [
        {
            "locale": _locale(attribute, place),
            "scope": _scope(attribute, place),
            "data": data,
            "attribute_type": attribute.type,
        }
        for place, data in by_place.items()
    ]


def _has_places(attribute: Attribute) -> bool:
    return attribute.is_localizable or attribute.is_scopable


def _locale(attribute: Attribute, place: object) -> object:
    if not attribute.is_localizable:
        return None
    return place[0] if isinstance(place, tuple) else place


def _scope(attribute: Attribute, place: object) -> object:
    if not attribute.is_scopable:
        return None
    return place[1] if isinstance(place, tuple) else place


def labels(english: str, german: str) -> dict[str, str]:
    """Labels by locale."""
    return dict(zip(LOCALES, (english, german), strict=True))


def category_documents() -> list[Document]:
    """The category tree, the root first."""
    return [
        {"code": code, "parent": parent, "labels": labels(english, german)}
        for code, parent, english, german in CATEGORIES
    ]


def family_documents() -> list[Document]:
    """The families with their attributes."""
    return [_family(row) for row in range(len(FAMILIES))]


def _family(row: int) -> Document:
    family = FAMILIES[row]
    axes = [code for code, is_axis in (("color", family.has_color), ("size", bool(family.sizes))) if is_axis]
    codes = [attribute.code for attribute in ATTRIBUTES if attribute.code not in ("color", "size")] + axes
    return {
        "code": family.code,
        "attributes": codes,
        "attribute_as_label": "name",
        "attribute_as_image": None,
        "attribute_requirements": {"ecommerce": ["name", "price", "sku"], "print": ["name", "sku"]},
        "labels": labels(*family.labels),
    }


def attribute_documents() -> list[Document]:
    """The attributes."""
    return [
        {
            "code": attribute.code,
            "type": attribute.type,
            "group": "general",
            "group_labels": labels("General", "Allgemein"),
            "sort_order": place,
            "localizable": attribute.is_localizable,
            "scopable": attribute.is_scopable,
            "unique": attribute.type == "pim_catalog_identifier",
            "labels": labels(*attribute.labels),
        }
        for place, attribute in enumerate(ATTRIBUTES)
    ]


def option_documents(attribute: str) -> list[Document]:
    """The options of a select attribute."""
    return [
        {"code": code, "attribute": attribute, "sort_order": place, "labels": labels(*texts)}
        for place, (code, texts) in enumerate(OPTIONS[attribute].items())
    ]


def channel_documents() -> list[Document]:
    """The channels."""
    return [
        {
            "code": code,
            "currencies": [currency for currency, _ in CURRENCIES],
            "locales": list(LOCALES),
            "category_tree": CATEGORIES[0][0],
            "conversion_units": {},
            "labels": labels(code.title(), code.title()),
        }
        for code in CHANNELS
    ]


def locale_documents() -> list[Document]:
    """The locales, one of them not activated."""
    return [{"code": code, "enabled": code in LOCALES} for code in (*LOCALES, "fr_FR")]


def currency_documents() -> list[Document]:
    """The currencies."""
    return [{"code": code, "label": label, "enabled": True} for code, label in CURRENCIES]
