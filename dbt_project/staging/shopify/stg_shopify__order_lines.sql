select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    line.node ->> 'id' as line_key,
    line.position::integer as line_number,
    nullif(line.node ->> 'sku', '') as sku,
    line.node ->> 'title' as title,
    line.node ->> 'variantTitle' as variant_title,
    line.node #>> '{product,id}' as product_id_shopify,
    line.node #>> '{variant,id}' as variant_id_shopify,
    (line.node ->> 'quantity')::integer as quantity,
    (line.node ->> 'currentQuantity')::integer as current_quantity,
    (line.node ->> 'taxable')::boolean as is_taxable,
    {{ shopify_money('line.node', 'originalUnitPriceSet', 'shopMoney') }} as unit_price_amount,
    {{ shopify_money('line.node', 'originalUnitPriceSet', 'presentmentMoney') }} as unit_price_presentment_amount,
    {{ shopify_money('line.node', 'totalDiscountSet', 'shopMoney') }} as discount_amount,
    {{ shopify_money('line.node', 'totalDiscountSet', 'presentmentMoney') }} as discount_presentment_amount,
    {{ shopify_money('line.node', 'discountedTotalSet', 'shopMoney') }} as discounted_total_amount,
    (
        select coalesce(sum({{ shopify_money('tax', 'priceSet', 'shopMoney') }}), 0)
        from jsonb_array_elements(line.node -> 'taxLines') as tax
    ) as tax_amount,
    (
        select coalesce(sum({{ shopify_money('tax', 'priceSet', 'presentmentMoney') }}), 0)
        from jsonb_array_elements(line.node -> 'taxLines') as tax
    ) as tax_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('lines') }} as line
where _deleted_at is null and is_deleted is not true
