select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    shipment.node ->> 'id' as fulfillment_key,
    shipment.node ->> 'name' as fulfillment_name,
    shipment.node ->> 'status' as status,
    (shipment.node ->> 'createdAt')::timestamptz as shipped_at,
    (shipment.node ->> 'deliveredAt')::timestamptz as delivered_at,
    shipment.node #>> '{location,id}' as location,
    shipment.node #>> '{trackingInfo,0,company}' as carrier,
    shipment.node #>> '{trackingInfo,0,number}' as tracking_number,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('fulfillments') }} as shipment
where _deleted_at is null and is_deleted is not true
