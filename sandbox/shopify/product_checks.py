"""What ``productSet`` refuses, in the vendor's codes and words.

Source: the descriptions of ProductSetUserErrorCode and of the input types,
https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/productSet
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from sandbox.shopify.tables import Document, Variant, number_of

MAXIMUM_VARIANTS = 2048
MAXIMUM_OPTIONS = 3
MAXIMUM_TEXT = 255
MAXIMUM_QUANTITIES = 50_000

UserError = Document


def user_error(code: str, message: str, *path: str | int) -> UserError:
    """An error of a mutation, with the path to the input that caused it."""
    return {"field": [str(part) for part in path] or None, "message": message, "code": code}


def input_errors(fields: Document, known_variants: list[Variant], is_new: bool) -> list[UserError]:
    """Everything that is wrong with the input.

    Args:
        fields: the ``input`` argument; what is not given is not in it.
        known_variants: those that the product has now.
        is_new: whether the product is to be created.
    """
    errors = list(_product_errors(fields, is_new))
    errors += _list_pair_errors(fields)
    if not errors and fields.get("productOptions") is not None:
        errors += _option_errors(fields["productOptions"])
        errors = errors or list(_variant_errors(fields["variants"], fields["productOptions"], known_variants))
    errors += _metafield_errors(fields.get("metafields"), ("input",))
    errors += _file_errors(fields.get("files"))
    return errors


def _product_errors(fields: Document, is_new: bool) -> Iterator[UserError]:
    if (is_new or "title" in fields) and not str(fields.get("title") or "").strip():
        yield user_error("INVALID_PRODUCT", "Title must be specified", "input", "title")
    for name, label in (("title", "is"), ("vendor", "Vendor is"), ("productType", "Product type is")):
        if len(str(fields.get(name) or "")) > MAXIMUM_TEXT:
            message = f"{label} too long (maximum is {MAXIMUM_TEXT} characters)"
            yield user_error("INVALID_PRODUCT", message, "input", *(("title",) if name == "title" else ()))
    if any(len(tag) > MAXIMUM_TEXT for tag in fields.get("tags") or ()):
        yield user_error("INVALID_PRODUCT", "Product tags is invalid", "input")
    if fields.get("giftCard"):
        message = "Gift card products can only be created after they have been activated"
        yield user_error("GIFT_CARDS_NOT_ACTIVATED", message, "input", "giftCard")


def _list_pair_errors(fields: Document) -> Iterator[UserError]:
    has_variants = fields.get("variants") is not None
    has_options = fields.get("productOptions") is not None
    if has_options and not has_variants:
        message = "Must specify variants when updating options"
        yield user_error("VARIANTS_INPUT_MISSING", message, "input", "variants")
    if has_variants and not has_options:
        message = "Must specify product options when updating variants"
        yield user_error("PRODUCT_OPTIONS_INPUT_MISSING", message, "input", "productOptions")
    if has_variants and len(fields["variants"]) > MAXIMUM_VARIANTS:
        message = f"Number of product variants exceeds shop limit ({MAXIMUM_VARIANTS})"
        yield user_error("VARIANTS_OVER_LIMIT", message, "input", "variants")
    if (
        sum(len(one.get("inventoryQuantities") or ()) for one in fields.get("variants") or ())
        > MAXIMUM_QUANTITIES
    ):
        message = f"Inventory quantity input exceeds the limit of {MAXIMUM_QUANTITIES}."
        yield user_error("INVENTORY_QUANTITIES_LIMIT_EXCEEDED", message, "input", "variants")


def _option_errors(options: list[Document]) -> Iterator[UserError]:
    if len(options) > MAXIMUM_OPTIONS:
        message = f"Can only specify a maximum of {MAXIMUM_OPTIONS} options"
        yield user_error("OPTIONS_OVER_LIMIT", message, "input", "productOptions")
    for name in _repeated(str(option.get("name")) for option in options):
        message = f"Duplicated option name '{name}'"
        yield user_error("DUPLICATED_OPTION_NAME", message, "input", "productOptions")
    for place, option in enumerate(options):
        yield from _one_option_errors(option, ("input", "productOptions", place))


def _one_option_errors(option: Document, path: tuple[str | int, ...]) -> Iterator[UserError]:
    name, values = option.get("name"), [str(value.get("name") or "") for value in option.get("values") or ()]
    if not str(name or "").strip():
        yield user_error("INVALID_INPUT", "The name provided is not valid.", *path, "name")
    elif len(str(name)) > MAXIMUM_TEXT:
        yield user_error("INVALID_INPUT", "Option name is too long.", *path, "name")
    if not values:
        message = f"Option '{name}' must specify at least one option value."
        yield user_error("OPTION_VALUES_MISSING", message, *path)
    for value in _repeated(values):
        yield user_error("DUPLICATED_OPTION_VALUE", f"Duplicated option value '{value}'", *path, "values")
    for place, value in enumerate(values):
        if not value.strip():
            yield user_error("INVALID_INPUT", "The name provided is not valid.", *path, "values", place)
        elif len(value) > MAXIMUM_TEXT:
            yield user_error("INVALID_INPUT", "Option value name is too long.", *path, "values", place)


def _variant_errors(
    variants: list[Document], options: list[Document], known: list[Variant]
) -> Iterator[UserError]:
    values = {str(option["name"]): {str(value["name"]) for value in option["values"]} for option in options}
    known_numbers = {variant.id for variant in known}
    seen: set[tuple[str, ...]] = set()
    for place, variant in enumerate(variants):
        path = ("input", "variants", place)
        if "id" in variant and number_of(str(variant["id"]), "ProductVariant") not in known_numbers:
            yield user_error("PRODUCT_VARIANT_DOES_NOT_EXIST", "Product variant does not exist", *path, "id")
        yield from _option_value_errors(variant["optionValues"], values, path)
        chosen = tuple(option_values(variant).values())
        if chosen in seen:
            title = " / ".join(chosen)
            yield user_error("INVALID_VARIANT", f"The variant '{title}' already exists.", *path)
        seen.add(chosen)
        yield from _variant_field_errors(variant, path)
        yield from _metafield_errors(variant.get("metafields"), path)


def option_values(variant: Document) -> dict[str, str]:
    """Name of the option to value, as a variant's input says."""
    return {str(one.get("optionName")): str(one.get("name")) for one in variant["optionValues"]}


def _option_value_errors(
    chosen: list[Document], values: dict[str, set[str]], path: tuple[str | int, ...]
) -> Iterator[UserError]:
    for place, one in enumerate(chosen):
        option, value = one.get("optionName"), one.get("name")
        if option not in values:
            message = f"Option '{option}' does not exist"
            yield user_error("OPTION_DOES_NOT_EXIST", message, *path, "optionValues", place)
        elif value not in values[option]:
            message = f"Option value '{value}' does not exist"
            yield user_error("OPTION_VALUE_DOES_NOT_EXIST", message, *path, "optionValues", place)
    missing = values.keys() - {str(one.get("optionName")) for one in chosen}
    if missing:
        names = ", ".join(sorted(missing))
        yield user_error("INVALID_VARIANT", f"You need to add option values for {names}", *path)


def _variant_field_errors(variant: Document, path: tuple[str | int, ...]) -> Iterator[UserError]:
    for name, label in (("price", "Price"), ("compareAtPrice", "Compare at price")):
        if variant.get(name) is not None and str(variant[name]).startswith("-"):
            yield user_error("INVALID_VARIANT", f"{label} must be greater than or equal to 0", *path, name)
    for name, label in (("sku", "SKU"), ("barcode", "Barcode")):
        if len(str(variant.get(name) or "")) > MAXIMUM_TEXT:
            message = f"{label} is too long (maximum is {MAXIMUM_TEXT} characters)"
            yield user_error("INVALID_VARIANT", message, *path, name)
    for place, quantity in enumerate(variant.get("inventoryQuantities") or ()):
        if quantity["name"] not in ("available", "on_hand"):
            message = "The quantity name must be either 'available' or 'on_hand'."
            yield user_error("INVALID_VARIANT", message, *path, "inventoryQuantities", place, "name")


def _metafield_errors(metafields: list[Document] | None, path: tuple[str | int, ...]) -> Iterator[UserError]:
    for place, metafield in enumerate(metafields or ()):
        for name, label in (("namespace", "Namespace"), ("key", "Key"), ("type", "Type"), ("value", "Value")):
            if not str(metafield.get(name) or "").strip():
                yield user_error(
                    "INVALID_METAFIELD", f"{label} can't be blank", *path, "metafields", place, name
                )


def _file_errors(files: list[Document] | None) -> Iterator[UserError]:
    for place, file in enumerate(files or ()):
        if "id" in file:
            continue
        address = urlsplit(str(file.get("originalSource") or ""))
        if address.scheme not in ("http", "https") or not address.netloc:
            yield user_error(
                "INVALID_INPUT", "File URL is invalid", "input", "files", place, "originalSource"
            )


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]
