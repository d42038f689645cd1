-- Refunds that this build took in: as many, and worth as much, as in raw.
with landed as (
    select source_system, source_account, order_key, refund_key, refund_amount
    from {{ ref('stg_shopify__refunds') }}
    where {{ in_this_build('_delivery_id') }}
),

compared as (
    select
        landed.source_system,
        landed.source_account,
        count(*) as landed_count,
        count(refund.refund_id) as conformed_count,
        sum(landed.refund_amount) as landed_amount,
        coalesce(sum(refund.refund_amount), 0) as conformed_amount
    from landed
    left join {{ ref('refunds') }} as refund
        on refund.refund_id = {{ id_of('refund', [
            'landed.source_system', 'landed.source_account', 'landed.order_key', 'landed.refund_key',
        ]) }}
    group by landed.source_system, landed.source_account
)

select *
from compared
where landed_count <> conformed_count or landed_amount <> conformed_amount
