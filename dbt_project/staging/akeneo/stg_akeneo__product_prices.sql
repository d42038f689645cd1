select
    'akeneo' as source_system,
    _account as source_account,
    uuid as variant_key,
    price ->> 'scope' as channel_scope,
    money ->> 'currency' as currency_code,
    {{ amount("money ->> 'amount'") }} as price_amount,
    updated_at as source_updated_at,
    _delivery_id
from {{ source('raw', 'akeneo__products') }}
cross join lateral jsonb_array_elements(prices) as price
cross join lateral jsonb_array_elements(price -> 'data') as money
where _deleted_at is null
