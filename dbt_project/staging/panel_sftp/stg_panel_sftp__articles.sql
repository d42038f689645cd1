select
    'panel_sftp' as source_system,
    _account as source_account,
    article_number as product_key,
    nullif(concat_ws(', ', product_type, package_size), '') as title,
    product_category as product_type,
    brand,
    true as is_name,
    _as_of as mentioned_at,
    'products' as mentioned_in,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'panel_sftp__products') }}
union all
select
    'panel_sftp',
    _account,
    article_number,
    null,
    null,
    null,
    false,
    sold_at,
    basket_number,
    _as_of,
    _deleted_at is not null,
    _delivery_id
from {{ source('raw', 'panel_sftp__transactions') }}
