select
    'marketplace_sftp' as source_system,
    _account as source_account,
    order_id as order_key,
    order_item_number as line_number,
    product_id as product_key,
    seller_id as seller_key,
    shipping_limit_at,
    {{ amount('price_amount') }} as unit_price_amount,
    {{ amount('freight_amount') }} as shipping_amount,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'marketplace_sftp__order_items') }}
