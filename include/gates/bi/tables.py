"""What must hold before readers see conformed tables."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from include.gates.bi.published import suite_of


def products() -> ExpectationSuite:
    """Every product has its identity and a name in some language."""
    return suite_of("products", ("product_id", "source_system", "source_account", "status"), ("product_id",))


def product_variants() -> ExpectationSuite:
    """Every variant has its identity, its product and its article number."""
    return suite_of(
        "product_variants", ("variant_id", "product_id", "source_system", "source_account"), ("variant_id",)
    )


def orders() -> ExpectationSuite:
    """Every order has its identity, its day and its money."""
    return suite_of(
        "orders",
        ("order_id", "source_system", "source_account", "business_date", "currency_code", "total_amount"),
        ("order_id",),
    )


def order_lines() -> ExpectationSuite:
    """Every line has its identity and its order."""
    return suite_of(
        "order_lines", ("order_line_id", "order_id", "source_system", "source_account"), ("order_line_id",)
    )


def refund_lines() -> ExpectationSuite:
    """Every line has its identity, its refund and its money."""
    return suite_of(
        "refund_lines",
        ("refund_line_id", "refund_id", "source_system", "source_account", "business_date", "goods_amount"),
        ("refund_line_id",),
    )


def taxes() -> ExpectationSuite:
    """Every tax has a name, and says on which line of which order it is."""
    return suite_of(
        "taxes",
        ("tax_id", "order_id", "order_line_id", "title", "business_date", "currency_code", "tax_amount"),
        ("tax_id",),
    )
