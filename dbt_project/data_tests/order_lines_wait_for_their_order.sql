-- Items and payments of the marketplace whose order has not come. They are kept in raw and appear with the order, so
-- this is news and no error; a row that stays here for days is a question to the marketplace.
{{ config(severity='warn', store_failures=true) }}

with waiting as (
    select 'order_items' as entity, source_account, order_key, unit_price_amount + shipping_amount as waiting_amount
    from {{ ref('stg_marketplace_sftp__order_items') }}
    where not is_deleted and {{ in_this_build('_delivery_id') }}
    union all
    select 'order_payments', source_account, order_key, payment_amount
    from {{ ref('stg_marketplace_sftp__order_payments') }}
    where not is_deleted and {{ in_this_build('_delivery_id') }}
)

select waiting.*
from waiting
left join {{ ref('orders') }} as placed
    on placed.order_id = {{ id_of('order', ["'marketplace_sftp'", 'waiting.source_account', 'waiting.order_key']) }}
where placed.order_id is null
