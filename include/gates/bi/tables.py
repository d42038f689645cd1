"""What must hold before readers see conformed tables."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from include.gates.promises import are_there


def products() -> ExpectationSuite:
    """Every product has its identity and a name in some language."""
    return _suite("products", ("product_id", "source_system", "source_account", "status"), ("product_id",))


def product_variants() -> ExpectationSuite:
    """Every variant has its identity, its product and its article number."""
    return _suite(
        "product_variants", ("variant_id", "product_id", "source_system", "source_account"), ("variant_id",)
    )


def orders() -> ExpectationSuite:
    """Every order has its identity, its day and its money."""
    return ExpectationSuite(
        name="bi.orders",
        expectations=[
            *are_there(
                (
                    "order_id",
                    "source_system",
                    "source_account",
                    "business_date",
                    "currency_code",
                    "total_amount",
                )
            ),
            gxe.ExpectColumnValuesToBeUnique(column="order_id", description="one row per order"),
        ],
    )


def order_lines() -> ExpectationSuite:
    """Every line has its identity and its order."""
    return _suite(
        "order_lines", ("order_line_id", "order_id", "source_system", "source_account"), ("order_line_id",)
    )


def refund_lines() -> ExpectationSuite:
    """Every line has its identity, its refund and its money."""
    return _suite(
        "refund_lines",
        ("refund_line_id", "refund_id", "source_system", "source_account", "business_date", "goods_amount"),
        ("refund_line_id",),
    )


def _suite(table: str, named: tuple[str, ...], key: tuple[str, ...]) -> ExpectationSuite:
    unique = [
        gxe.ExpectColumnValuesToBeUnique(column=name, description=f"{name} names one row") for name in key
    ]
    return ExpectationSuite(name=f"bi.{table}", expectations=[*are_there(named), *unique])
