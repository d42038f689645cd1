select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    line.node ->> 'id' as line_key,
    tax.position::integer as tax_number,
    tax.node ->> 'title' as title,
    (tax.node ->> 'ratePercentage')::numeric as rate_percent,
    {{ shopify_money('tax.node', 'priceSet', 'shopMoney') }} as tax_amount,
    {{ shopify_money('tax.node', 'priceSet', 'presentmentMoney') }} as tax_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('lines') }} as line
cross join lateral jsonb_array_elements(line.node -> 'taxLines') with ordinality as tax (node, position)
where _deleted_at is null and is_deleted is not true
