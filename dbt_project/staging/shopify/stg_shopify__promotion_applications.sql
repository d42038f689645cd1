-- A discount has no identifier on an order: a code is known by itself, whatever its case, and the others by their title.
with allocations as (
    select
        _account,
        order_gid,
        _delivery_id,
        line.node ->> 'id' as line_key,
        allocation.node,
        allocation.position
    from {{ source('raw', 'shopify__orders') }}
    cross join lateral {{ shopify_nodes('lines') }} as line
    cross join lateral jsonb_array_elements(line.node -> 'discountAllocations') with ordinality as allocation (node, position)
    where _deleted_at is null
    union all
    select
        _account,
        order_gid,
        _delivery_id,
        'shipping ' || (line.node ->> 'id'),
        allocation.node,
        allocation.position
    from {{ source('raw', 'shopify__orders') }}
    cross join lateral {{ shopify_nodes('shipping_lines') }} as line
    cross join lateral jsonb_array_elements(line.node -> 'discountAllocations') with ordinality as allocation (node, position)
    where _deleted_at is null
)

select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    line_key,
    position::integer as application_number,
    case node #>> '{discountApplication,__typename}'
        when 'DiscountCodeApplication' then 'code'
        when 'AutomaticDiscountApplication' then 'automatic'
        when 'ManualDiscountApplication' then 'manual'
        when 'ScriptDiscountApplication' then 'script'
        else 'unknown'
    end as promotion_type,
    coalesce(
        upper(node #>> '{discountApplication,code}'),
        node #>> '{discountApplication,title}',
        ''
    ) as promotion_key,
    'us' as paid_by,
    {{ shopify_money('node', 'allocatedAmountSet', 'shopMoney') }} as discount_amount,
    {{ shopify_money('node', 'allocatedAmountSet', 'presentmentMoney') }} as discount_presentment_amount,
    _delivery_id
from allocations
