select
    'ledger_sftp' as source_system,
    _account as source_account,
    article_number as product_key,
    nullif(btrim(description), '') as title,
    null::text as product_type,
    null::text as brand,
    -- Where nothing was sold, the text says why and not what.
    unit_price_amount > 0 and document_number !~ '^[A-Za-z]' as is_name,
    booked_at as mentioned_at,
    document_number || '/' || line_number as mentioned_in,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'ledger_sftp__lines') }}
