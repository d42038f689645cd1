-- Lines that this build took in and whose order is there: as many, as many pieces and worth as much as in raw.
with landed as (
    select source_system, source_account, order_key, line_key, quantity, quantity * unit_price_amount as gross_amount
    from {{ ref('stg_shopify__order_lines') }}
    where {{ in_this_build('_delivery_id') }}
    union all
    select item.source_system, item.source_account, item.order_key, item.line_number::text, 1, item.unit_price_amount
    from {{ ref('stg_marketplace_sftp__order_items') }} as item
    join {{ ref('stg_marketplace_sftp__orders') }} as placed using (source_account, order_key)
    where not item.is_deleted and not placed.is_deleted and {{ in_this_build('item._delivery_id') }}
),

compared as (
    select
        landed.source_system,
        landed.source_account,
        count(*) as landed_count,
        count(line.order_line_id) as conformed_count,
        sum(landed.quantity) as landed_quantity,
        coalesce(sum(line.quantity), 0) as conformed_quantity,
        sum(landed.gross_amount) as landed_amount,
        coalesce(sum(line.gross_amount), 0) as conformed_amount
    from landed
    left join {{ ref('order_lines') }} as line
        on line.order_line_id = {{ id_of('order_line', [
            'landed.source_system', 'landed.source_account', 'landed.order_key', 'landed.line_key',
        ]) }}
    group by landed.source_system, landed.source_account
)

select *
from compared
where landed_count <> conformed_count or landed_quantity <> conformed_quantity or landed_amount <> conformed_amount
