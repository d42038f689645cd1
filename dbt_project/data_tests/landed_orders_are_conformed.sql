-- Orders that this build took in: as many, and worth as much, in conformed as in raw, by source and account.
with landed as (
    select source_system, source_account, order_key, total_amount
    from {{ ref('stg_shopify__orders') }}
    where not is_deleted and {{ in_this_build('_delivery_id') }}
    union all
    select placed.source_system, placed.source_account, placed.order_key, item.total_amount
    from {{ ref('stg_marketplace_sftp__orders') }} as placed
    cross join lateral (
        select coalesce(sum(unit_price_amount + shipping_amount), 0) as total_amount
        from {{ ref('stg_marketplace_sftp__order_items') }} as item
        where item.source_account = placed.source_account and item.order_key = placed.order_key and not item.is_deleted
    ) as item
    where not placed.is_deleted and {{ in_this_build('placed._delivery_id') }}
),

compared as (
    select
        landed.source_system,
        landed.source_account,
        count(*) as landed_count,
        count(placed.order_id) as conformed_count,
        sum(landed.total_amount) as landed_amount,
        coalesce(sum(placed.total_amount), 0) as conformed_amount
    from landed
    left join {{ ref('orders') }} as placed
        on placed.order_id = {{ id_of('order', ['landed.source_system', 'landed.source_account', 'landed.order_key']) }}
    group by landed.source_system, landed.source_account
)

select *
from compared
where landed_count <> conformed_count or landed_amount <> conformed_amount
