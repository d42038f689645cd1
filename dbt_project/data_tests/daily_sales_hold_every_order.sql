-- Days that changed: their totals are those of the orders and refunds of the day.
with days as (
    select *
    from {{ ref('daily_sales') }}
    where {{ changed_since_last_build('_build_id') }}
),

summed as (
    select
        days.*,
        ordered.order_total,
        ordered.total_total,
        refunded.refund_total
    from days
    cross join lateral (
        select count(*) as order_total, coalesce(sum(total_amount), 0) as total_total
        from {{ ref('orders') }} as placed
        where placed.business_date = days.business_date
            and placed.source_system = days.source_system
            and placed.source_account = days.source_account
            and placed.currency_code = days.currency_code
            and placed.is_sale
    ) as ordered
    cross join lateral (
        select coalesce(sum(refund_amount), 0) as refund_total
        from {{ ref('refunds') }} as refund
        where refund.business_date = days.business_date
            and refund.source_system = days.source_system
            and refund.source_account = days.source_account
            and refund.currency_code = days.currency_code
            and refund.is_sale
    ) as refunded
)

select *
from summed
where order_count <> order_total or total_amount <> total_total or refund_amount <> refund_total
