select
    'erp_sftp' as source_system,
    _account as source_account,
    condition_number,
    price_type,
    sku,
    coalesce(channel, 'all') as channel_scope,
    coalesce(customer_number, '') as customer_number,
    currency_code,
    coalesce(minimum_quantity, 1) as minimum_quantity,
    {{ amount('price_amount / coalesce(price_quantity, 1)') }} as price_amount,
    valid_from as first_day,
    valid_to as last_day,
    changed_at as source_updated_at,
    _deleted_at is not null or coalesce(is_withdrawn, false) as is_deleted,
    _delivery_id
from {{ source('raw', 'erp_sftp__prices') }}
