select
    'marketplace_sftp' as source_system,
    _account as source_account,
    seller_id as seller_key,
    zip_code_prefix,
    city,
    state_code,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'marketplace_sftp__sellers') }}
