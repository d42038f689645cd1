"""Flow ``push_metrics_to_bi``: what readers of the warehouse see."""

from __future__ import annotations

from datetime import timedelta

from include.flow import LatencyClass, Pattern, PublishFlow

PUSH_METRICS = PublishFlow(
    dag_id="push_metrics_to_bi",
    summary="Shows readers the metrics and tables of the newest build that passed its audit, all of them at once.",
    system="bi",
    objects=("order", "product", "inventory", "customer", "refund", "fulfillment", "promotion", "tax"),
    pattern=Pattern.PUBLISH,
    because="Readers must never see a half-built or a wrong state, so it is written aside and swapped in whole.",
    latency=LatencyClass.SAME_DAY,
    owner="analytics",
    schedule="47 * * * *",
    late_after=timedelta(hours=3),
    tables=(
        "metrics.daily_sales",
        "metrics.channels",
        "metrics.customer_orders",
        "metrics.customer_cohorts",
        "metrics.purchase_arrivals",
        "metrics.daily_seams",
        "metrics.daily_stock",
        "metrics.promotion_days",
        "conformed.products",
        "conformed.product_variants",
        "conformed.orders",
        "conformed.order_lines",
        "conformed.refunds",
        "conformed.refund_lines",
        "conformed.fulfillments",
        "conformed.fulfillment_lines",
        "conformed.promotions",
        "conformed.promotion_applications",
        "conformed.coupon_redemptions",
        "conformed.taxes",
    ),
    gates=(
        "include.gates.bi.sales:daily_sales",
        "include.gates.bi.sales:channels",
        "include.gates.bi.customers:customer_orders",
        "include.gates.bi.customers:customer_cohorts",
        "include.gates.bi.supply:purchase_arrivals",
        "include.gates.bi.seams:daily_seams",
        "include.gates.bi.supply:daily_stock",
        "include.gates.bi.promotions:promotion_days",
        "include.gates.bi.tables:products",
        "include.gates.bi.tables:product_variants",
        "include.gates.bi.tables:orders",
        "include.gates.bi.tables:order_lines",
        "include.gates.bi.sales:refunds",
        "include.gates.bi.tables:refund_lines",
        "include.gates.bi.supply:fulfillments",
        "include.gates.bi.supply:fulfillment_lines",
        "include.gates.bi.promotions:promotions",
        "include.gates.bi.promotions:promotion_applications",
        "include.gates.bi.promotions:coupon_redemptions",
        "include.gates.bi.tables:taxes",
    ),
)
