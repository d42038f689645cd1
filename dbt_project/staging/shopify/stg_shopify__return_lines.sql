select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    asked.node ->> 'id' as return_key,
    line.node ->> 'id' as return_line_key,
    line.node #>> '{fulfillmentLineItem,lineItem,id}' as line_key,
    (line.node ->> 'quantity')::integer as quantity,
    (line.node ->> 'processedQuantity')::integer as processed_quantity,
    (line.node ->> 'refundedQuantity')::integer as refunded_quantity,
    line.node #>> '{returnReasonDefinition,handle}' as reason_code,
    line.node #>> '{returnReasonDefinition,name}' as reason,
    nullif(line.node ->> 'returnReasonNote', '') as note,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('returns') }} as asked
cross join lateral jsonb_array_elements(asked.node #> '{returnLineItems,nodes}') as line (node)
where _deleted_at is null and is_deleted is not true
