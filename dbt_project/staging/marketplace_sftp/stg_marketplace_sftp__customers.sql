select
    'marketplace_sftp' as source_system,
    _account as source_account,
    customer_id as order_customer_key,
    customer_unique_id as customer_key,
    zip_code_prefix,
    city,
    state_code,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'marketplace_sftp__customers') }}
