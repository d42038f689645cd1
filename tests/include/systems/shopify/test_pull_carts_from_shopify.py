"""Carts of the storefront: what the standard suite asks of a pull, and long carts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from stand_ins import Remembered, endpoint_of
from standard_pull_suite import NOW, landed, standard_pull_suite

from include.systems.shopify import pull
from include.systems.shopify.pull import PULL_CARTS, read_carts
from sandbox.systems import Sandbox

TestStandards = standard_pull_suite(
    PULL_CARTS,
    accounts={"": "storefront-eu"},
    refusals={
        "carts/bad_amount.json": "type",
        "carts/bad_completed_before_begun.json": "completed_not_before_created",
        "carts/bad_cut_off.json": "cut_off",
        "carts/bad_error_answer.json": "error_answer",
        "carts/bad_incomplete_lines.json": "incomplete_cart",
        "carts/bad_line_without_quantity.json": "required",
        "carts/bad_missing_column.json": "missing_column",
        "carts/bad_other_kind.json": "pattern",
    },
)


def test_a_cart_with_more_lines_than_a_page_holds_comes_whole(own_box: Sandbox) -> None:
    first = own_box.tables.carts()[0]
    (line, *_) = first.document["lineItems"]
    first.document["lineItems"] = [
        {**line, "id": f"gid://shopify/AbandonedCheckoutLineItem/{number}"} for number in range(1, 61)
    ]
    own_box.tables.save_carts([first])
    carts = own_box.tables.carts()
    (arrival,) = pull.changed_carts(endpoint_of(own_box, "shopify"), Remembered(), NOW)  # type: ignore[arg-type]
    found: list[dict[str, Any]] = []
    files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
    for batch in read_carts(landed(PULL_CARTS, arrival.account, files)):
        assert batch.refused == ()
        found += batch.frame.to_dicts()
    lengths = {row["id"]: len(json.loads(row["lineItems.nodes"])) for row in found}
    assert lengths == {
        f"gid://shopify/AbandonedCheckout/{cart.id}": len(cart.document["lineItems"]) for cart in carts
    }


def test_a_cart_that_is_listed_hours_after_its_last_change_is_found(own_box: Sandbox) -> None:
    late = own_box.tables.carts()[0]
    late.updated_at = f"{NOW - timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
    own_box.tables.save_carts([late])
    memory = Remembered(NOW - timedelta(minutes=1))
    (arrival,) = pull.changed_carts(endpoint_of(own_box, "shopify"), memory, NOW)  # type: ignore[arg-type]
    files = {file.name: (file.entity, b"".join(file.blocks())) for file in arrival.files}
    batches = list(read_carts(landed(PULL_CARTS, arrival.account, files)))
    found = [row["id"] for batch in batches for row in batch.frame.to_dicts()]
    assert f"gid://shopify/AbandonedCheckout/{late.id}" in found
