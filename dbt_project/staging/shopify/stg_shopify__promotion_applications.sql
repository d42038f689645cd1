-- A discount has no identifier on an order: a code is known by itself, whatever its case, and the others by their title.
select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    line.line_key,
    allocation.position::integer as application_number,
    case allocation.node #>> '{discountApplication,__typename}'
        when 'DiscountCodeApplication' then 'code'
        when 'AutomaticDiscountApplication' then 'automatic'
        when 'ManualDiscountApplication' then 'manual'
        when 'ScriptDiscountApplication' then 'script'
        else 'unknown'
    end as promotion_type,
    coalesce(
        upper(allocation.node #>> '{discountApplication,code}'),
        allocation.node #>> '{discountApplication,title}',
        ''
    ) as promotion_key,
    'us' as paid_by,
    {{ shopify_money('allocation.node', 'allocatedAmountSet', 'shopMoney') }} as discount_amount,
    {{ shopify_money('allocation.node', 'allocatedAmountSet', 'presentmentMoney') }} as discount_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral (
    select node ->> 'id' as line_key, node from {{ shopify_nodes('lines') }} as bought
    union all
    select 'shipping ' || (node ->> 'id'), node from {{ shopify_nodes('shipping_lines') }} as sent
) as line
cross join lateral jsonb_array_elements(line.node -> 'discountAllocations') with ordinality as allocation (node, position)
where _deleted_at is null and is_deleted is not true
