"""The mutation ``productSet``: a product as it should be.

A list field that is given deletes what it does not list: variants, options, tags, metafields, collections,
files. What is not given at all stays as it is.
Source: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/productSet
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal

from sandbox.clock import Clock, iso_z
from sandbox.shopify.product_checks import UserError, input_errors, option_values, user_error
from sandbox.shopify.queries import find_product, has_metafield
from sandbox.shopify.tables import Document, Product, ShopTables, Variant, empty_level, gid, number_of
from sandbox.world.identifiers import slug
from sandbox.world.stock import WAREHOUSES

PLAIN_FIELDS = (
    "title",
    "descriptionHtml",
    "vendor",
    "productType",
    "status",
    "templateSuffix",
    "requiresSellingPlan",
    "category",
)
VARIANT_FIELDS = ("barcode", "taxable", "taxCode", "inventoryPolicy")
ITEM_FIELDS = ("cost", "countryCodeOfOrigin", "harmonizedSystemCode", "requiresShipping", "tracked")
LOCATIONS = {warehouse.shop_location_id for warehouse in WAREHOUSES}
DEFAULT_OPTIONS = [{"name": "Title", "values": [{"name": "Default Title"}]}]
DEFAULT_VARIANTS = [{"optionValues": [{"optionName": "Title", "name": "Default Title"}]}]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the product, or what was wrong."""

    product_id: int | None
    errors: list[UserError]


class ProductSet:
    """Runs the mutation on the shop's rows."""

    def __init__(self, tables: ShopTables, clock: Clock):
        self._tables = tables
        self._clock = clock

    def run(self, identifier: Document | None, fields: Document) -> Outcome:
        """Creates or changes one product, all or nothing."""
        with self._tables.state.transaction():
            existing = self._existing(identifier, fields)
            errors = self._identity_errors(identifier, fields, existing)
            known = self._tables.variants_of(existing.id) if existing else []
            errors = (
                errors
                or input_errors(fields, known, existing is None)
                or self._handle_errors(fields, existing)
            )
            errors = errors or self._reference_errors(fields, existing) + self._stock_errors(fields, known)
            return Outcome(None, errors) if errors else Outcome(self._write(existing, known, fields), [])

    def _existing(self, identifier: Document | None, fields: Document) -> Product | None:
        if identifier is not None:
            return find_product(self._tables, identifier)
        return self._tables.product(number_of(str(fields["id"]), "Product")) if fields.get("id") else None

    def _identity_errors(
        self, identifier: Document | None, fields: Document, existing: Product | None
    ) -> list[UserError]:
        if identifier is None:
            missing = fields.get("id") and existing is None
            return (
                [user_error("PRODUCT_DOES_NOT_EXIST", "Product does not exist", "input", "id")]
                if missing
                else []
            )
        if fields.get("id"):
            message = "The id field is not allowed if identifier is provided."
            return [user_error("ID_NOT_ALLOWED", message, "input", "id")]
        if identifier.get("id"):
            message = "Product does not exist"
            return [] if existing else [user_error("PRODUCT_DOES_NOT_EXIST", message, "identifier", "id")]
        if identifier.get("handle"):
            return _named_errors("handle", fields.get("handle"), identifier["handle"])
        return _custom_id_errors(identifier["customId"], fields, existing)

    def _handle_errors(self, fields: Document, existing: Product | None) -> list[UserError]:
        handle = fields.get("handle")
        owner = self._tables.product_by_handle(slug(str(handle))) if handle else None
        if owner is None or (existing and owner.id == existing.id):
            return []
        message = f"Handle '{handle}' already in use. Please provide a new handle."
        return [user_error("HANDLE_NOT_UNIQUE", message, "input", "handle")]

    def _reference_errors(self, fields: Document, existing: Product | None) -> list[UserError]:
        errors = []
        for place, identifier in enumerate(fields.get("collections") or ()):
            collection = self._tables.collection(number_of(identifier, "Collection"))
            if collection is None or "tag" in collection:
                why = (
                    "Collection does not exist"
                    if collection is None
                    else "Can't add a product to a smart collection"
                )
                errors.append(user_error("INVALID_INPUT", why, "input", "collections", place))
        owned = {media["id"] for media in existing.document["media"]} if existing else set()
        for place, file in enumerate(fields.get("files") or ()):
            if "id" in file and file["id"] not in owned:
                errors.append(
                    user_error("INVALID_INPUT", "File does not exist", "input", "files", place, "id")
                )
        return errors

    def _stock_errors(self, fields: Document, known: list[Variant]) -> list[UserError]:
        errors = []
        for place, wanted in enumerate(fields.get("variants") or ()):
            variant = _matching(known, wanted)
            for row, quantity in enumerate(wanted.get("inventoryQuantities") or ()):
                location = number_of(quantity["locationId"], "Location")
                path = ("input", "variants", place, "inventoryQuantities", row, "locationId")
                if location not in LOCATIONS:
                    errors.append(user_error("INVALID_INPUT", "Location does not exist", *path))
                elif variant is not None and self._tables.level(variant.id, location) is None:
                    message = "The variant is not stocked at the location"
                    errors.append(user_error("INVALID_VARIANT", message, *path))
        return errors

    def _write(self, existing: Product | None, known: list[Variant], fields: Document) -> int:
        before = self.snapshot(existing.id) if existing else None
        product = existing or self._new_product(fields)
        if existing is None and fields.get("variants") is None:
            fields = {**fields, "productOptions": DEFAULT_OPTIONS, "variants": DEFAULT_VARIANTS}
        self._write_product(product, fields)
        if fields.get("variants") is not None:
            self._write_variants(product, known, fields["variants"])
        self._tables.state.record_effect(
            at=product.updated_at,
            system="shopify",
            operation="productSet",
            key=product.handle,
            before=before,
            after=self.snapshot(product.id),
        )
        return product.id

    def snapshot(self, product_id: int) -> Document:
        """A product with its variants and stock, as it is now."""
        product = self._tables.product(product_id)
        assert product is not None
        variants = self._tables.variants_of(product_id)
        levels = [asdict(level) for variant in variants for level in self._tables.levels_of(variant.id)]
        return asdict(product) | {"variants": [asdict(variant) for variant in variants], "levels": levels}

    def _new_product(self, fields: Document) -> Product:
        now = iso_z(self._clock())
        handle = slug(str(fields.get("handle") or "")) or self._free_handle(slug(str(fields["title"])))
        document = {
            "title": "",
            "descriptionHtml": "",
            "vendor": "",
            "productType": "",
            "status": "ACTIVE",
            "tags": [],
            "seo": {"title": None, "description": None},
            "options": [],
            "metafields": [],
            "media": [],
            "collections": [],
            "createdAt": now,
            "publishedAt": now,
            "templateSuffix": None,
            "requiresSellingPlan": False,
        }
        return Product(id=self._tables.next_number(), handle=handle, updated_at=now, document=document)

    def _free_handle(self, wanted: str) -> str:
        handle, count = wanted, 0
        while self._tables.product_by_handle(handle) is not None:
            count += 1
            handle = f"{wanted}-{count}"
        return handle

    def _write_product(self, product: Product, fields: Document) -> None:
        document = product.document
        document.update({name: fields[name] for name in PLAIN_FIELDS if fields.get(name) is not None})
        if fields.get("handle"):
            product.handle = slug(str(fields["handle"]))
        if fields.get("seo") is not None:
            document["seo"] = document["seo"] | fields["seo"]
        if fields.get("tags") is not None:
            document["tags"] = sorted(set(fields["tags"]), key=str.lower)
        if fields.get("collections") is not None:
            document["collections"] = [number_of(one, "Collection") for one in fields["collections"]]
        if fields.get("metafields") is not None:
            document["metafields"] = self._metafields(document["metafields"], fields["metafields"])
        if fields.get("files") is not None:
            document["media"] = [self._media(document["media"], file) for file in fields["files"]]
        if fields.get("productOptions") is not None:
            document["options"] = self._options(document["options"], fields["productOptions"])
        product.updated_at = iso_z(self._clock())
        self._tables.save_product(product)

    def _metafields(self, known: list[Document], wanted: list[Document]) -> list[Document]:
        now, by_key = iso_z(self._clock()), {(one["namespace"], one["key"]): one for one in known}
        written = []
        for one in wanted:
            old = by_key.get((one["namespace"], one["key"])) or {
                "number": self._tables.next_number(),
                "createdAt": now,
            }
            changed_at = old.get("updatedAt", now) if old.get("value") == one["value"] else now
            plain = {name: one[name] for name in ("namespace", "key", "type", "value")}
            written.append({**old, **plain, "updatedAt": changed_at})
        return written

    def _media(self, known: list[Document], file: Document) -> Document:
        if "id" in file:
            old = next(one for one in known if one["id"] == file["id"])
            return old | {"alt": file.get("alt", old["alt"])}
        number, now = self._tables.next_number(), iso_z(self._clock())
        return {
            "id": gid("MediaImage", number),
            "url": file["originalSource"],
            "alt": file.get("alt"),
            "createdAt": now,
        }

    def _options(self, known: list[Document], wanted: list[Document]) -> list[Document]:
        by_name = {option["name"]: option for option in known}
        return [
            self._option(by_name.get(option["name"], {"id": None, "values": []}), option, place)
            for place, option in enumerate(wanted, start=1)
        ]

    def _option(self, old: Document, wanted: Document, position: int) -> Document:
        ids = {value["name"]: value["id"] for value in old["values"]}
        names = [value["name"] for value in wanted["values"]]
        values = [
            {"id": ids.get(name) or self._new_gid("ProductOptionValue"), "name": name} for name in names
        ]
        return {
            "id": old["id"] or self._new_gid("ProductOption"),
            "name": wanted["name"],
            "position": position,
            "values": values,
        }

    def _new_gid(self, kind: str) -> str:
        return gid(kind, self._tables.next_number())

    def _write_variants(self, product: Product, known: list[Variant], wanted: list[Document]) -> None:
        kept = set()
        for position, fields in enumerate(wanted, start=1):
            variant = _matching(known, fields)
            is_new = variant is None
            if variant is None:
                variant = self._new_variant(product)
            self._write_variant(variant, fields, fields.get("position") or position)
            self._write_levels(variant, fields.get("inventoryQuantities") or [], is_new)
            kept.add(variant.id)
        for variant in known:
            if variant.id not in kept:
                self._tables.delete_variant(variant.id)

    def _new_variant(self, product: Product) -> Variant:
        now = iso_z(self._clock())
        document = {
            "optionValues": {},
            "price": "0.00",
            "compareAtPrice": None,
            "barcode": None,
            "taxable": True,
            "taxCode": None,
            "inventoryPolicy": "DENY",
            "tracked": True,
            "requiresShipping": True,
            "cost": None,
            "weight": {"unit": "GRAMS", "value": 0.0},
            "metafields": [],
            "media": None,
            "createdAt": now,
        }
        number = self._tables.next_number()
        return Variant(
            id=number, product_id=product.id, position=0, sku="", updated_at=now, document=document
        )

    def _write_variant(self, variant: Variant, fields: Document, position: int) -> None:
        document, item = variant.document, fields.get("inventoryItem") or {}
        document["optionValues"] = option_values(fields)
        document.update({name: fields[name] for name in VARIANT_FIELDS if name in fields})
        document.update({name: item[name] for name in ITEM_FIELDS if name in item})
        for name in ("price", "compareAtPrice"):
            if name in fields:
                document[name] = None if fields[name] is None else _money(fields[name])
        if "measurement" in item:
            document["weight"] = (item["measurement"] or {}).get("weight") or document["weight"]
        if fields.get("metafields") is not None:
            document["metafields"] = self._metafields(document["metafields"], fields["metafields"])
        variant.sku = fields.get("sku", item.get("sku", variant.sku)) or ""
        variant.position = position
        variant.updated_at = iso_z(self._clock())
        self._tables.save_variant(variant)

    def _write_levels(self, variant: Variant, quantities: list[Document], is_new: bool) -> None:
        now = iso_z(self._clock())
        if is_new:
            # A new article is stocked at the first location; for the others there is inventoryActivate.
            self._tables.save_level(empty_level(variant.id, WAREHOUSES[0].shop_location_id, now))
        for quantity in quantities:
            location = number_of(quantity["locationId"], "Location") or 0
            level = self._tables.level(variant.id, location) or empty_level(variant.id, location, now)
            reserved = level.committed if quantity["name"] == "on_hand" else 0
            level.available, level.updated_at = quantity["quantity"] - reserved, now
            self._tables.save_level(level)


def _named_errors(name: str, given: object, wanted: object) -> list[UserError]:
    if not given:
        message = "The input field corresponding to the identifier is required."
        return [user_error("MISSING_FIELD_REQUIRED", message, "input", name)]
    if given != wanted:
        message = "The identifier value does not match the value of the corresponding field in the input."
        return [user_error("INPUT_MISMATCH", message, "input", name)]
    return []


def _custom_id_errors(custom: Document, fields: Document, existing: Product | None) -> list[UserError]:
    metafields = fields.get("metafields")
    if metafields is None:
        if existing is not None:
            return []
        message = "The input field corresponding to the identifier is required."
        return [user_error("MISSING_FIELD_REQUIRED", message, "input", "metafields")]
    probe = Product(id=0, handle="", updated_at="", document={"metafields": metafields})
    if has_metafield(probe, custom):
        return []
    message = "The input argument `metafields` (if present) must contain the `customId` value."
    return [user_error("METAFIELD_MISMATCH", message, "input", "metafields")]


def _matching(known: list[Variant], fields: Document) -> Variant | None:
    """The variant that an input means: by id, else by its option values."""
    if fields.get("id"):
        wanted = number_of(str(fields["id"]), "ProductVariant")
        return next(variant for variant in known if variant.id == wanted)
    chosen = option_values(fields)
    return next((variant for variant in known if variant.document["optionValues"] == chosen), None)


def _money(value: object) -> str:
    return str(Decimal(str(value)).quantize(Decimal("0.01")))
