"""productSet: what it changes, what it leaves, what it deletes, what it refuses."""

from __future__ import annotations

import time

import pytest

from sandbox.shopify.seed import FOREIGN_OPTION_VALUE, FOREIGN_VARIANT_EVERY

SET = """
mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers, $synchronous: Boolean) {
  productSet(input: $input, identifier: $identifier, synchronous: $synchronous) {
    product { id handle }
    productSetOperation { id status }
    userErrors { code field message }
  }
}"""
READ = """
query($identifier: ProductIdentifierInput!) { productByIdentifier(identifier: $identifier) {
  id handle title descriptionHtml description vendor productType status tags updatedAt seo { title description }
  hasOnlyDefaultVariant totalInventory tracksInventory variantsCount { count } mediaCount { count }
  options { name position values optionValues { name hasVariants } }
  collections(first: 10) { nodes { id title } }
  metafields(first: 20) { nodes { namespace key type value } }
  media(first: 10) { nodes { id alt mediaContentType ... on MediaImage { image { url } } } }
  variants(first: 30) { nodes { id sku barcode price compareAtPrice position title taxable inventoryPolicy
    selectedOptions { name value }
    inventoryItem { id tracked unitCost { amount currencyCode } measurement { weight { unit value } }
      inventoryLevels(first: 3) { nodes { location { id } quantities(names: ["available"]) { quantity } } } } } }
} }"""


def read(shop, handle: str) -> dict:
    return shop.data(READ, identifier={"handle": handle})["productByIdentifier"]


def write(shop, **variables: object) -> dict:
    return shop.data(SET, **variables)["productSet"]


def codes(answer: dict) -> list[tuple[str, str]]:
    return [(error["code"], ".".join(error["field"] or [])) for error in answer["userErrors"]]


def options(*names: str) -> dict:
    return {"productOptions": [{"name": "Size", "values": [{"name": name} for name in names]}]}


def variant(size: str, **fields: object) -> dict:
    return {"optionValues": [{"optionName": "Size", "name": size}]} | fields


@pytest.fixture
def extended(own_box) -> str:
    """Handle of a listed product that others have given a variant."""
    listed = own_box.world.listed_products
    handles = (own_box.world.catalog.products.url_key[row] for row in listed[::FOREIGN_VARIANT_EVERY])
    return next(
        handle for handle in handles if FOREIGN_OPTION_VALUE in str(own_box.tables.product_by_handle(handle))
    )


def input_of(product: dict) -> dict:
    """The lists that a productSet must repeat to keep them."""
    return {
        "productOptions": [
            {"name": one["name"], "values": [{"name": value} for value in one["values"]]}
            for one in product["options"]
        ],
        "variants": [
            {
                "id": one["id"],
                "optionValues": [
                    {"optionName": it["name"], "name": it["value"]} for it in one["selectedOptions"]
                ],
            }
            for one in product["variants"]["nodes"]
        ],
    }


def test_a_product_is_created_with_everything(own_shop):
    given = {
        "title": "Röm's <b>Jacket</b>'); DROP TABLE x;--",
        "handle": "roems-jacket",
        "descriptionHtml": "<p>5 &lt; 6</p>",
        "vendor": "Halma",
        "productType": "Coats",
        "status": "DRAFT",
        "tags": ["b", "a", "a"],
        "seo": {"title": "Seo"},
        "metafields": [{"namespace": "pim", "key": "id", "type": "single_line_text_field", "value": "42"}],
        "files": [{"originalSource": "https://example.com/a.jpg", "alt": "A"}],
        "collections": ["gid://shopify/Collection/401000000002"],
        **options("S", "M"),
        "variants": [
            variant(
                "S",
                sku="J-S",
                barcode="4006381333931",
                price="12.5",
                compareAtPrice=20,
                inventoryItem={
                    "cost": "7.10",
                    "tracked": True,
                    "measurement": {"weight": {"unit": "GRAMS", "value": 80}},
                },
                inventoryQuantities=[
                    {"locationId": "gid://shopify/Location/70100002", "name": "available", "quantity": 4}
                ],
            ),
            variant("M", sku="J-M", price="13.00"),
        ],
    }
    answer = write(own_shop, input=given)
    assert answer["userErrors"] == []
    product = read(own_shop, "roems-jacket")
    assert product["title"] == given["title"]
    assert product["tags"] == ["a", "b"]
    assert product["seo"] == {"title": "Seo", "description": None}
    assert product["options"][0]["values"] == ["S", "M"]
    assert product["metafields"]["nodes"][0]["value"] == "42"
    assert product["media"]["nodes"][0]["image"]["url"] == "https://example.com/a.jpg"
    assert product["collections"]["nodes"][0]["title"] == "Sale"
    small, medium = product["variants"]["nodes"]
    assert (small["price"], small["compareAtPrice"], medium["price"]) == ("12.50", "20.00", "13.00")
    assert small["inventoryItem"]["unitCost"] == {"amount": "7.10", "currencyCode": "EUR"}
    assert small["inventoryItem"]["measurement"]["weight"] == {"unit": "GRAMS", "value": 80.0}
    stocked = {
        level["location"]["id"]: level["quantities"][0]["quantity"]
        for level in small["inventoryItem"]["inventoryLevels"]["nodes"]
    }
    assert stocked == {"gid://shopify/Location/70100001": 0, "gid://shopify/Location/70100002": 4}
    assert product["totalInventory"] == 4


def test_a_product_without_options_has_a_default_variant(own_shop):
    write(own_shop, input={"title": "Plain Thing"})
    product = read(own_shop, "plain-thing")
    assert product["hasOnlyDefaultVariant"] is True
    assert [one["title"] for one in product["variants"]["nodes"]] == ["Default Title"]
    assert write(own_shop, input={"title": "Plain Thing"})["product"]["handle"] == "plain-thing-1"


def test_what_is_not_given_stays(own_shop, extended):
    before = read(own_shop, extended)
    assert len(before["variants"]["nodes"]) > 1
    answer = write(own_shop, identifier={"id": before["id"]}, input={"title": "New Title"})
    assert answer["userErrors"] == []
    after = read(own_shop, extended)
    assert after["title"] == "New Title"
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"updatedAt"} == {"title"}


@pytest.mark.parametrize(
    ("given", "list_name"),
    [
        ({"tags": ["only"]}, "tags"),
        ({"metafields": []}, "metafields"),
        ({"collections": []}, "collections"),
        ({"files": []}, "media"),
    ],
)
def test_a_list_that_is_given_deletes_what_it_does_not_list(own_shop, extended, given, list_name):
    before = read(own_shop, extended)
    handle = {"handle": extended}
    assert write(own_shop, identifier=handle, input={**handle, **given})["userErrors"] == []
    after = read(own_shop, extended)
    left = after[list_name] if list_name == "tags" else after[list_name]["nodes"]
    assert left == given.get("tags", [])
    others = {"tags", "metafields", "collections", "media", "variants", "options"} - {list_name}
    assert all(after[name] == before[name] for name in others)


def test_a_shorter_list_of_variants_deletes_the_rest(own_box, own_shop, extended):
    before = read(own_shop, extended)
    given = input_of(before)
    given["variants"] = [one for one in given["variants"] if FOREIGN_OPTION_VALUE not in str(one)]
    assert (
        write(own_shop, identifier={"handle": extended}, input={"handle": extended, **given})["userErrors"]
        == []
    )
    after = read(own_shop, extended)
    assert len(after["variants"]["nodes"]) == len(before["variants"]["nodes"]) - 1
    color = next(one for one in after["options"] if one["name"] == "Color")
    unused = [value["name"] for value in color["optionValues"] if not value["hasVariants"]]
    assert unused == [FOREIGN_OPTION_VALUE]
    gone = next(one for one in before["variants"]["nodes"] if FOREIGN_OPTION_VALUE in one["title"])
    assert own_box.tables.variants_with_sku(gone["sku"]) == []
    assert own_shop.data(
        "query($id: ID!) { inventoryItem(id: $id) { id } }", id=gone["inventoryItem"]["id"]
    ) == {"inventoryItem": None}


@pytest.mark.parametrize("by", ["id", "option values"])
def test_variants_are_matched_and_keep_what_is_not_given(own_shop, extended, by):
    before = read(own_shop, extended)
    given = input_of(before)
    for one in given["variants"]:
        one["price"] = "99.00"
        if by == "option values":
            del one["id"]
    assert (
        write(own_shop, identifier={"handle": extended}, input={"handle": extended, **given})["userErrors"]
        == []
    )
    for old, new in zip(
        before["variants"]["nodes"], read(own_shop, extended)["variants"]["nodes"], strict=True
    ):
        assert new == old | {"price": "99.00"}


def test_a_smart_collection_follows_its_rule(own_shop):
    query = """query($handle: String!) { productByIdentifier(identifier: {handle: $handle}) {
      collections(first: 5) { nodes { title ruleSet { rules { condition } } } } } }"""
    write(
        own_shop,
        input={
            "title": "Hit",
            "tags": ["bestseller"],
            "collections": ["gid://shopify/Collection/401000000001"],
        },
    )
    nodes = own_shop.data(query, handle="hit")["productByIdentifier"]["collections"]["nodes"]
    assert [(one["title"], one["ruleSet"] is None) for one in nodes] == [
        ("New In", True),
        ("Bestsellers", False),
    ]


def test_known_files_are_kept_by_id(own_shop, extended):
    before = read(own_shop, extended)["media"]["nodes"]
    files = [{"id": one["id"]} for one in before] + [{"originalSource": "https://example.com/new.jpg"}]
    assert (
        write(own_shop, identifier={"handle": extended}, input={"handle": extended, "files": files})[
            "userErrors"
        ]
        == []
    )
    after = read(own_shop, extended)["media"]["nodes"]
    assert after[:-1] == before
    assert after[-1]["image"]["url"] == "https://example.com/new.jpg"


def test_a_product_is_made_or_found_by_handle(own_shop):
    first = write(own_shop, identifier={"handle": "lamp"}, input={"handle": "lamp", "title": "Lamp"})
    again = write(own_shop, identifier={"handle": "lamp"}, input={"handle": "lamp", "title": "Lamp II"})
    assert first["product"]["id"] == again["product"]["id"]


def test_a_product_is_made_or_found_by_a_custom_id(own_shop):
    custom = {"namespace": "pim", "key": "code", "value": "KNI-1"}
    metafield = custom | {"type": "id"}
    first = write(
        own_shop, identifier={"customId": custom}, input={"title": "Knit", "metafields": [metafield]}
    )
    again = write(own_shop, identifier={"customId": custom}, input={"title": "Knit II"})
    assert first["product"]["id"] == again["product"]["id"]
    other = custom | {"value": "KNI-2"}
    refused = write(own_shop, identifier={"customId": other}, input={"title": "Knit"})
    assert codes(refused) == [("MISSING_FIELD_REQUIRED", "input.metafields")]
    refused = write(
        own_shop,
        identifier={"customId": custom},
        input={"title": "Knit", "metafields": [other | {"type": "id"}]},
    )
    assert codes(refused) == [("METAFIELD_MISMATCH", "input.metafields")]


NOT_THERE = "gid://shopify/Product/1"
REFUSED = [
    ({"input": {}}, ("INVALID_PRODUCT", "input.title")),
    ({"input": {"title": " "}}, ("INVALID_PRODUCT", "input.title")),
    ({"input": {"title": "x" * 256}}, ("INVALID_PRODUCT", "input.title")),
    ({"input": {"title": "T", "vendor": "x" * 256}}, ("INVALID_PRODUCT", "input")),
    ({"input": {"title": "T", "tags": ["x" * 256]}}, ("INVALID_PRODUCT", "input")),
    ({"input": {"title": "T", "giftCard": True}}, ("GIFT_CARDS_NOT_ACTIVATED", "input.giftCard")),
    ({"input": {"title": "T", "handle": "gift-wrapping"}}, ("HANDLE_NOT_UNIQUE", "input.handle")),
    ({"identifier": {"id": NOT_THERE}, "input": {"title": "T"}}, ("PRODUCT_DOES_NOT_EXIST", "identifier.id")),
    ({"input": {"id": NOT_THERE, "title": "T"}}, ("PRODUCT_DOES_NOT_EXIST", "input.id")),
    (
        {"identifier": {"handle": "x"}, "input": {"id": NOT_THERE, "title": "T"}},
        ("ID_NOT_ALLOWED", "input.id"),
    ),
    ({"identifier": {"handle": "x"}, "input": {"title": "T"}}, ("MISSING_FIELD_REQUIRED", "input.handle")),
    (
        {"identifier": {"handle": "x"}, "input": {"title": "T", "handle": "y"}},
        ("INPUT_MISMATCH", "input.handle"),
    ),
    ({"input": {"title": "T", **options("S")}}, ("VARIANTS_INPUT_MISSING", "input.variants")),
    (
        {"input": {"title": "T", "variants": [variant("S")]}},
        ("PRODUCT_OPTIONS_INPUT_MISSING", "input.productOptions"),
    ),
    (
        {"input": {"title": "T", **options(), "variants": []}},
        ("OPTION_VALUES_MISSING", "input.productOptions.0"),
    ),
    (
        {"input": {"title": "T", **options("S", "S"), "variants": [variant("S")]}},
        ("DUPLICATED_OPTION_VALUE", "input.productOptions.0.values"),
    ),
    (
        {
            "input": {
                "title": "T",
                "productOptions": options("S")["productOptions"] * 2,
                "variants": [variant("S")],
            }
        },
        ("DUPLICATED_OPTION_NAME", "input.productOptions"),
    ),
    (
        {"input": {"title": "T", **options("S"), "variants": [variant("M")]}},
        ("OPTION_VALUE_DOES_NOT_EXIST", "input.variants.0.optionValues.0"),
    ),
    (
        {"input": {"title": "T", **options("S"), "variants": [variant("S"), variant("S")]}},
        ("INVALID_VARIANT", "input.variants.1"),
    ),
    (
        {"input": {"title": "T", **options("S"), "variants": [variant("S", price="-5.00")]}},
        ("INVALID_VARIANT", "input.variants.0.price"),
    ),
    (
        {"input": {"title": "T", **options("S"), "variants": [variant("S", sku="x" * 256)]}},
        ("INVALID_VARIANT", "input.variants.0.sku"),
    ),
    (
        {
            "input": {
                "title": "T",
                **options("S"),
                "variants": [variant("S", id="gid://shopify/ProductVariant/1")],
            }
        },
        ("PRODUCT_VARIANT_DOES_NOT_EXIST", "input.variants.0.id"),
    ),
    (
        {"input": {"title": "T", "metafields": [{"namespace": "a", "key": "b", "value": "c"}]}},
        ("INVALID_METAFIELD", "input.metafields.0.type"),
    ),
    (
        {"input": {"title": "T", "files": [{"originalSource": "not a url"}]}},
        ("INVALID_INPUT", "input.files.0.originalSource"),
    ),
    (
        {"input": {"title": "T", "files": [{"id": "gid://shopify/MediaImage/1"}]}},
        ("INVALID_INPUT", "input.files.0.id"),
    ),
    (
        {"input": {"title": "T", "collections": ["gid://shopify/Collection/1"]}},
        ("INVALID_INPUT", "input.collections.0"),
    ),
    (
        {"input": {"title": "T", "collections": ["gid://shopify/Collection/401000000009"]}},
        ("INVALID_INPUT", "input.collections.0"),
    ),
]


@pytest.mark.parametrize(("given", "error"), REFUSED, ids=[error[0] for _, error in REFUSED])
def test_what_is_wrong_is_refused_with_code_and_path(shop, given, error):
    effects = len(shop.box.state.effects("productSet"))
    answer = write(shop, **given)
    assert answer["product"] is None
    assert codes(answer) == [error]
    assert answer["userErrors"][0]["message"]
    assert len(shop.box.state.effects("productSet")) == effects


def test_too_many_options_are_refused(shop):
    many = [{"name": f"O{place}", "values": [{"name": "v"}]} for place in range(4)]
    chosen = [{"optionName": one["name"], "name": "v"} for one in many]
    answer = write(shop, input={"title": "T", "productOptions": many, "variants": [{"optionValues": chosen}]})
    assert codes(answer) == [("OPTIONS_OVER_LIMIT", "input.productOptions")]


def test_a_variant_names_a_value_of_every_option(shop):
    two = [*options("S")["productOptions"], {"name": "Color", "values": [{"name": "Red"}]}]
    answer = write(shop, input={"title": "T", "productOptions": two, "variants": [variant("S")]})
    assert codes(answer) == [("INVALID_VARIANT", "input.variants.0")]
    foreign = {"optionValues": [*variant("S")["optionValues"], {"optionName": "Fit", "name": "Slim"}]}
    answer = write(shop, input={"title": "T", **options("S"), "variants": [foreign]})
    assert codes(answer) == [("OPTION_DOES_NOT_EXIST", "input.variants.0.optionValues.1")]


def test_stock_is_set_only_where_an_article_is_kept(own_shop):
    write(own_shop, input={"title": "Kept", **options("S"), "variants": [variant("S")]})
    north = [{"locationId": "gid://shopify/Location/70100002", "name": "available", "quantity": 4}]
    given = {"handle": "kept", **options("S"), "variants": [variant("S", inventoryQuantities=north)]}
    answer = write(own_shop, identifier={"handle": "kept"}, input=given)
    assert codes(answer) == [("INVALID_VARIANT", "input.variants.0.inventoryQuantities.0.locationId")]
    nowhere = [north[0] | {"locationId": "gid://shopify/Location/1"}]
    given["variants"] = [variant("S", inventoryQuantities=nowhere)]
    answer = write(own_shop, identifier={"handle": "kept"}, input=given)
    assert codes(answer) == [("INVALID_INPUT", "input.variants.0.inventoryQuantities.0.locationId")]


def test_only_one_identifier_is_allowed(shop):
    payload = shop.ask(SET, identifier={"handle": "a", "id": NOT_THERE}, input={"title": "T"})
    assert payload["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"


def test_every_change_is_an_effect_with_before_and_after(own_box, own_shop, extended):
    write(own_shop, identifier={"handle": extended}, input={"handle": extended, "title": "Once"})
    write(own_shop, input={"title": "Made"})
    first, second = own_box.state.effects("productSet")
    assert (first["key"], second["key"]) == (extended, "made")
    assert first["before"]["document"]["title"] != first["after"]["document"]["title"] == "Once"
    assert second["before"] is None


def operation(shop, number: str) -> dict:
    query = """query($id: ID!) { productOperation(id: $id) { status product { id title }
      ... on ProductSetOperation { id userErrors { code } } } }"""
    return shop.data(query, id=number)["productOperation"]


def finished(shop, number: str) -> dict:
    deadline = time.monotonic() + 5
    while (state := operation(shop, number))["status"] != "COMPLETE":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state


def test_a_product_can_be_set_in_the_background(own_box, own_shop):
    answer = write(own_shop, input={"title": "Later"}, synchronous=False)
    assert answer["product"] is None
    assert answer["productSetOperation"]["status"] == "CREATED"
    assert own_box.state.effects("productSet") == []
    done = finished(own_shop, answer["productSetOperation"]["id"])
    assert done["product"]["title"] == "Later"
    assert done["userErrors"] == []
    assert len(own_box.state.effects("productSet")) == 1


def test_errors_in_the_background_stand_in_the_operation(own_shop):
    answer = write(own_shop, input={"title": ""}, synchronous=False)
    done = finished(own_shop, answer["productSetOperation"]["id"])
    assert done["product"] is None
    assert [error["code"] for error in done["userErrors"]] == ["INVALID_PRODUCT"]


def test_the_shop_is_not_empty_at_the_start(box, shop):
    world = box.world
    handles = {
        one["handle"]
        for one in shop.data("{ products(first: 250) { nodes { handle } } }")["products"]["nodes"]
    }
    ours = {world.catalog.products.url_key[row] for row in world.listed_products}
    assert ours < handles
    assert {"gift-wrapping", "repair-service"} <= handles - ours
    product = read(shop, world.catalog.products.url_key[world.listed_products[0]])
    row = world.listed_products[0]
    assert product["title"] != world.catalog.products.name_en[row]
    assert product["metafields"]["nodes"]
    assert product["media"]["nodes"]
    variants = {one["sku"]: one for one in product["variants"]["nodes"]}
    for one in world.catalog.variants_of(row):
        listed = variants[world.catalog.variants.sku[one]]
        assert float(listed["price"]) * 100 < world.catalog.variants.eur_cents[one]
        assert listed["barcode"] == world.catalog.variants.ean[one]


@pytest.mark.parametrize("kind", ["Product", "ProductVariant", "InventoryItem", "Order"])
def test_an_id_of_another_kind_is_refused(shop, kind):
    field = {
        "Product": "product",
        "ProductVariant": "productVariant",
        "InventoryItem": "inventoryItem",
        "Order": "order",
    }
    payload = shop.ask(f'{{ {field[kind]}(id: "gid://shopify/Metafield/1") {{ id }} }}')
    assert payload["errors"][0]["message"] == "Invalid id: gid://shopify/Metafield/1"
    assert payload["data"] == {field[kind]: None}


def test_nodes_are_found_by_id(shop):
    variant = shop.data("{ productVariants(first: 1) { nodes { id inventoryItem { id } product { id } } } }")
    one = variant["productVariants"]["nodes"][0]
    ids = [
        one["id"],
        one["inventoryItem"]["id"],
        one["product"]["id"],
        "gid://shopify/Location/70100001",
        NOT_THERE,
    ]
    nodes = shop.data("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids)["nodes"]
    assert [node and node["__typename"] for node in nodes] == [
        "ProductVariant",
        "InventoryItem",
        "Product",
        "Location",
        None,
    ]
    assert "errors" in shop.ask('{ node(id: "nonsense") { id } }')
