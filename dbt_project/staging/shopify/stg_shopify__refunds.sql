select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    refund.node ->> 'id' as refund_key,
    (refund.node ->> 'processedAt')::timestamptz as refunded_at,
    refund.node ->> 'note' as note,
    {{ shopify_money('refund.node', 'totalRefundedSet', 'shopMoney') }} as refund_amount,
    {{ shopify_money('refund.node', 'totalRefundedSet', 'presentmentMoney') }} as refund_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('refunds') }} as refund
where _deleted_at is null and is_deleted is not true
