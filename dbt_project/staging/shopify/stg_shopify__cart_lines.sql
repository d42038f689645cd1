select
    'shopify' as source_system,
    _account as source_account,
    cart_gid as cart_key,
    line.node ->> 'id' as line_key,
    line.position::integer as line_number,
    nullif(line.node ->> 'sku', '') as sku,
    line.node ->> 'title' as title,
    line.node #>> '{product,id}' as product_id_shopify,
    line.node #>> '{variant,id}' as variant_id_shopify,
    (line.node ->> 'quantity')::integer as quantity,
    {{ shopify_money('line.node', 'originalUnitPriceSet', 'shopMoney') }} as unit_price_amount,
    {{ shopify_money('line.node', 'originalUnitPriceSet', 'presentmentMoney') }} as unit_price_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__carts') }}
cross join lateral {{ shopify_nodes('lines') }} as line
where _deleted_at is null
