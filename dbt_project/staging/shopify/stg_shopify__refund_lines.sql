select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    refund.node ->> 'id' as refund_key,
    line.node ->> 'id' as refund_line_key,
    line.node #>> '{lineItem,id}' as line_key,
    (line.node ->> 'quantity')::integer as quantity,
    line.node ->> 'restockType' as restock_type,
    {{ shopify_money('line.node', 'subtotalSet', 'shopMoney') }} as subtotal_amount,
    {{ shopify_money('line.node', 'subtotalSet', 'presentmentMoney') }} as subtotal_presentment_amount,
    {{ shopify_money('line.node', 'totalTaxSet', 'shopMoney') }} as tax_amount,
    {{ shopify_money('line.node', 'totalTaxSet', 'presentmentMoney') }} as tax_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('refunds') }} as refund
cross join lateral jsonb_array_elements(refund.node #> '{refundLineItems,nodes}') as line (node)
where _deleted_at is null and is_deleted is not true
