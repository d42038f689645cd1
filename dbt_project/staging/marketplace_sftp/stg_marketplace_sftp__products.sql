select
    'marketplace_sftp' as source_system,
    _account as source_account,
    product_id as product_key,
    nullif(category_name, '') as category_code,
    photo_count,
    weight_grams,
    length_cm,
    height_cm,
    width_cm,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'marketplace_sftp__products') }}
