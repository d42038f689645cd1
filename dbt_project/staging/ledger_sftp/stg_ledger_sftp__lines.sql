select
    'ledger_sftp' as source_system,
    _account as source_account,
    document_number as order_key,
    line_number,
    document_number ~ '^[A-Za-z]' as is_correction,
    article_number as product_key,
    nullif(btrim(description), '') as title,
    quantity,
    {{ amount('unit_price_amount') }} as unit_price_amount,
    0::numeric(18, 4) as discount_amount,
    booked_at as placed_at,
    customer_number as customer_key,
    country_name,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'ledger_sftp__lines') }}
