from __future__ import annotations

from standard_pull_suite import standard_pull_suite

from include.systems.akeneo.pull import PULL_PRODUCTS

TestStandards = standard_pull_suite(
    PULL_PRODUCTS,
    accounts={"": "pim"},
    refusals={
        "categories/bad_own_parent.json": "not_its_own_parent",
        "families/bad_missing_code.json": "required",
        "products/bad_cut_off.json": "cut_off",
        "products/bad_missing_column.json": "missing_column",
        "products/bad_missing_name.json": "required",
        "products/bad_no_items.json": "missing_records",
        "products/bad_not_json.json": "not_json",
        "products/bad_nul_character.json": "nul_character",
        "products/bad_number.json": "number",
        "products/bad_price.json": "type",
        "products/bad_record_that_is_none.json": "not_an_object",
        "products/bad_repeated_key.json": "repeated_key",
        "products/bad_shape.json": "shape",
    },
)
