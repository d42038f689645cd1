select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    asked.node ->> 'id' as return_key,
    asked.node ->> 'name' as return_name,
    asked.node ->> 'status' as source_return_status,
    (asked.node ->> 'createdAt')::timestamptz as requested_at,
    (asked.node ->> 'requestApprovedAt')::timestamptz as approved_at,
    (asked.node ->> 'closedAt')::timestamptz as closed_at,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('returns') }} as asked
where _deleted_at is null and is_deleted is not true
