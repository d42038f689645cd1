select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    shipment.node ->> 'id' as fulfillment_key,
    line.node ->> 'id' as fulfillment_line_key,
    line.node #>> '{lineItem,id}' as line_key,
    (line.node ->> 'quantity')::integer as quantity,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('fulfillments') }} as shipment
cross join lateral jsonb_array_elements(shipment.node #> '{fulfillmentLineItems,nodes}') as line (node)
where _deleted_at is null and is_deleted is not true
