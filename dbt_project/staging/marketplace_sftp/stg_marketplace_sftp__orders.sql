select
    'marketplace_sftp' as source_system,
    _account as source_account,
    order_id as order_key,
    customer_id as order_customer_key,
    order_status,
    purchased_at as placed_at,
    approved_at,
    handed_to_carrier_at,
    delivered_at,
    estimated_delivery_at,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'marketplace_sftp__orders') }}
