-- Payments that this build took in and whose order is there: as many, and worth as much, as in raw.
with landed as (
    select source_system, source_account, order_key, payment_key, payment_amount
    from {{ ref('stg_shopify__transactions') }}
    where {{ in_this_build('_delivery_id') }}
    union all
    select payment.source_system, payment.source_account, payment.order_key, payment.payment_number::text, payment.payment_amount
    from {{ ref('stg_marketplace_sftp__order_payments') }} as payment
    join {{ ref('stg_marketplace_sftp__orders') }} as placed using (source_account, order_key)
    where not payment.is_deleted and not placed.is_deleted and {{ in_this_build('payment._delivery_id') }}
),

compared as (
    select
        landed.source_system,
        landed.source_account,
        count(*) as landed_count,
        count(payment.payment_id) as conformed_count,
        sum(landed.payment_amount) as landed_amount,
        coalesce(sum(payment.payment_amount), 0) as conformed_amount
    from landed
    left join {{ ref('payments') }} as payment
        on payment.payment_id = {{ id_of('payment', [
            'landed.source_system', 'landed.source_account', 'landed.order_key', 'landed.payment_key',
        ]) }}
    group by landed.source_system, landed.source_account
)

select *
from compared
where landed_count <> conformed_count or landed_amount <> conformed_amount
